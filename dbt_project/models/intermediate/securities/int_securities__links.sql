-- A link needs two pieces of evidence: the symbol (kept, or changed by the exchange's list) or the
-- ISIN, and one more that does not follow from it. Nothing may contradict it.
with candidates as (

    select * from {{ ref('int_securities__candidates') }}

),

{%- set short = "gap_days <= " ~ var('identity_gap_days') %}

reasoned as (

    select
        *,
        case
            when kind = 'same_isin' and is_price_continued then 'price_continued'
            when kind = 'same_isin' and is_listed_since then 'listed_since'
            when kind = 'same_isin' and gap_days <= {{ var('identity_adjacent_days') }}
                then 'adjacent_sessions'
            when kind = 'same_isin' then null
            when isin_relation in ('same_isin', 'same_issuer') then isin_relation
            when is_price_continued and (isin_relation = 'unknown' or {{ short }})
                then 'price_continued'
            when is_interleaved then 'no_gap'
            when isin_relation = 'other_issuer' or is_price_contradicting then null
            when {{ short }} then 'short_gap'
            when is_listed_since then 'listed_since'
        end as second_evidence
    from candidates

),

ranked as (

    select
        *,
        row_number() over (
            partition by from_spell_key, case when second_evidence is null then 0 else 1 end
            order by gap_days asc, kind desc, to_spell_key asc
        ) as successor_rank,
        row_number() over (
            partition by to_spell_key, case when second_evidence is null then 0 else 1 end
            order by gap_days asc, kind desc, from_spell_key asc
        ) as predecessor_rank
    from reasoned

),

judged as (

    select
        *,
        second_evidence is not null and successor_rank = 1 and predecessor_rank = 1
            as is_accepted
    from ranked

),

final as (

    select
        from_spell_key,
        to_spell_key,
        kind,
        symbol_path,
        gap_days,
        isin_relation,
        second_evidence,
        is_accepted,
        case
            when is_accepted then null
            when second_evidence is not null then 'a nearer spell fits'
            when kind = 'same_isin' then 'the same ISIN alone, without continued price'
            when isin_relation = 'other_issuer' then 'the ISIN is of another issuer'
            when is_price_contradicting then 'the previous close is of another share'
            else 'a long gap and no known ISIN'
        end as refused_because
    from judged

)

select * from final
