{#- Every event and correction with its final status. The feed is believed unless the price plainly
    says that nothing happened: the opening is near the close before, and far from it divided by
    the factor. A correction by hand is believed whatever the price says. -#}

{%- set shared = ['security_sk', 'security_link', 'symbol', 'ex_date', 'source_key'] -%}

with told as (

    select
        clause_sk as event_sk,
        {{ shared | join(',\n        ') }},
        company_name,
        event_type,
        phrase,
        subject,
        new_shares,
        held_shares,
        face_value_from,
        face_value_to,
        share_factor,
        amount_inr,
        premium_inr + face_value_max as rights_price_inr,
        status,
        status_reason,
        event_learned_at as learned_at,
        records,
        false as is_manual
    from {{ ref('int_corporate_actions__events') }}

    union all

    select
        correction_sk as event_sk,
        {{ shared | join(',\n        ') }},
        null as company_name,
        'manual' as event_type,
        upper(correction) as phrase,
        reason as subject,
        null as new_shares,
        null as held_shares,
        null as face_value_from,
        null as face_value_to,
        case when correction = 'drop' then 1 else share_factor end as share_factor,
        null as amount_inr,
        null as rights_price_inr,
        case
            when not is_current then 'superseded'
            when correction = 'withdraw' then 'no_effect'
            when flaw is not null then 'needs_review'
        end as status,
        case
            when not is_current then 'newer_correction'
            when correction = 'withdraw' then 'correction_withdrawn'
            else flaw
        end as status_reason,
        learned_at,
        1 as records,
        true as is_manual
    from {{ ref('int_corporate_actions__corrections') }}

),

history as (

    select min(history_from) as history_from from {{ ref('int_corporate_actions__evidence') }}

),

priced as (

    select
        told.*,
        evidence.evidence_date,
        evidence.open_price,
        evidence.previous_close_price,
        told.ex_date <= history.history_from as is_before_history,
        evidence.has_earlier_bar,
        {{ dbt.datediff(
            'told.ex_date', 'evidence.evidence_date', 'day'
        ) }} as days_to_evidence,
        sum(case when told.status is null and told.phrase <> 'ADD' then ln(told.share_factor) end)
            over (partition by told.security_sk, told.ex_date) as log_share_factor,
        sum(case when told.status is null then told.amount_inr end)
            over (partition by told.security_sk, told.ex_date) as cash_inr
    from told
    left join {{ ref('int_corporate_actions__evidence') }} as evidence
        on told.security_sk = evidence.security_sk and told.ex_date = evidence.ex_date
    cross join history

),

measured as (

    -- How far the opening lies from the close before, as it is and after the factors: logarithms.
    select
        *,
        abs(ln({{ ratio('nullif(open_price, 0)', 'previous_close_price') }})) as gap_as_it_is,
        abs(ln({{ ratio('nullif(open_price, 0)', 'previous_close_price') }}) + log_share_factor)
            as gap_after_factors
    from priced

),

judged as (

    select
        *,
        case
            when coalesce(status, 'needs_review') = 'needs_review' and is_before_history
                then 'before_the_history'
            when status is not null then status_reason
            when security_sk is null then 'symbol_unknown'
            when phrase = 'ADD' and abs(log_share_factor - ln(share_factor)) < 0.000001
                then 'the_feed_has_it'
            when evidence_date is null then 'no_bar_since'
            when not has_earlier_bar then 'no_bar_before'
            when
                share_factor is not null and not is_manual and days_to_evidence <= 30
                and gap_after_factors > {{ var('adjustment_contradiction_gap') }}
                and gap_as_it_is < gap_after_factors / 2
                then 'price_did_not_move'
            when share_factor is null and previous_close_price is null then 'close_before_unknown'
            when event_type = 'rights' and rights_price_inr > previous_close_price
                then 'rights_above_price'
            when amount_inr is not null and cash_inr >= previous_close_price
                then 'dividend_exceeds_price'
        end as judgement
    from measured

),

final as (

    select
        *,
        case
            when judgement is null then 'applied'
            when judgement in ('before_the_history', 'rights_above_price') then 'no_effect'
            when judgement = 'the_feed_has_it' then 'superseded'
            when judgement = 'no_bar_since' then 'pending'
            when judgement = 'no_bar_before' then 'orphaned'
            when judgement = 'price_did_not_move' then 'contradicted'
            else coalesce(status, 'needs_review')
        end as final_status
    from judged

)

select * from final
