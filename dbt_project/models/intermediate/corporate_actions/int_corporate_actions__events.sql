{#- Clauses as events of a share, with what can be said of them before a price is looked at. An
    event whose status is NULL takes effect if the prices allow it. -#}

{%- set event_of_party = 'party, ex_date, is_equity, saying, occurrence, is_cancelled' -%}
{%- set family_of_party = 'party, ex_date, is_equity, event_family' -%}

with clauses as (

    select
        clauses.*,
        announcements.security_sk,
        announcements.security_link,
        announcements.symbol,
        announcements.company_name,
        announcements.is_equity,
        announcements.ex_date,
        announcements.subject,
        announcements.face_value_min,
        announcements.face_value_max,
        announcements.learned_at,
        announcements.last_seen_at,
        announcements.source_key,
        announcements.records,
        coalesce(cast(announcements.security_sk as {{ dbt.type_string() }}), announcements.symbol)
            as party
    from {{ ref('int_corporate_actions__clauses') }} as clauses
    inner join {{ ref('int_corporate_actions__announcements') }} as announcements
        on clauses.announcement_sk = announcements.announcement_sk

),

compared as (

    select
        *,
        row_number() over (
            partition by {{ event_of_party }}
            order by case when is_revised then 0 else 1 end, learned_at, source_key, clause_sk
        ) as nth_telling,
        min(learned_at) over (partition by {{ event_of_party }}) as event_learned_at,
        max(last_seen_at) over (partition by {{ event_of_party }}) as event_last_seen_at,
        max(case when is_revised then learned_at end)
            over (partition by {{ family_of_party }})
            as revised_at,
        max(case when is_cancelled then learned_at end)
            over (partition by {{ family_of_party }})
            as cancelled_at,
        max(case when flaw is null and not is_cancelled then learned_at end)
            over (partition by {{ family_of_party }})
            as restated_at,
        max(case when flaw is null then 1 else 0 end)
            over (partition by party, ex_date, is_equity, event_type)
            as is_known
    from clauses

),

moved as (

    -- Seen before its day, never after, and then seen under another day near it: it was put off.
    select distinct earlier.clause_sk
    from compared as earlier
    inner join compared as later
        on earlier.party = later.party and earlier.saying = later.saying
    where
        earlier.is_equity
        and later.is_equity
        and earlier.event_type not in ('none', 'unknown')
        and later.ex_date <> earlier.ex_date
        and abs({{ dbt.datediff('earlier.ex_date', 'later.ex_date', 'day') }}) <= 30
        and earlier.event_last_seen_at < later.learned_at
        and cast(earlier.event_last_seen_at as date) < earlier.ex_date

),

corrected as (

    select distinct
        coalesce(cast(security_sk as {{ dbt.type_string() }}), symbol) as party,
        ex_date
    from {{ ref('int_corporate_actions__corrections') }}
    where is_current and flaw is null and correction in ('set', 'drop', 'replace')

),

reasoned as (

    select
        compared.*,
        case
            when not compared.is_equity then 'not_equity'
            when compared.event_type = 'none'
                then
                    case
                        when compared.phrase = 'BONUS' then 'other_paper' else
                            lower(compared.phrase)
                    end
            when compared.is_cancelled then 'cancelled'
        end as no_effect_reason,
        case
            when compared.cancelled_at >= compared.learned_at then 'cancelled'
            when compared.nth_telling > 1 then 'repeated'
            when
                compared.revised_at is not null
                and (not compared.is_revised or compared.learned_at < compared.revised_at)
                then 'purpose_revised'
            when compared.restated_at > compared.event_last_seen_at then 'restated'
            when moved.clause_sk is not null then 'moved_to_another_date'
            when
                compared.flaw in ('dividend_amount_unknown', 'rights_price_unknown')
                and compared.is_known = 1
                then 'told_with_its_amount'
            when
                corrected.party is not null
                and compared.event_type in ('split', 'bonus', 'consolidation')
                then 'corrected_by_hand'
        end as superseded_reason,
        case
            when compared.ex_date is null then 'ex_date_unknown'
            when
                compared.event_type = 'rights'
                and compared.flaw is null
                and (
                    compared.face_value_min is null
                    or compared.face_value_min <> compared.face_value_max
                )
                then 'rights_face_value_unclear'
            else compared.flaw
        end as review_reason
    from compared
    left join moved on compared.clause_sk = moved.clause_sk
    left join corrected on compared.party = corrected.party and compared.ex_date = corrected.ex_date

),

final as (

    select
        *,
        case
            when no_effect_reason is not null then 'no_effect'
            when superseded_reason is not null then 'superseded'
            when review_reason is not null then 'needs_review'
        end as status,
        coalesce(no_effect_reason, superseded_reason, review_reason) as status_reason
    from reasoned

)

select * from final
