{#- The pieces typed, with their figures. What is not understood whole is never guessed. -#}

{%- set number = corporate_action_grammar('number') %}

with pieces as (

    select * from {{ ref('int_corporate_actions__pieces') }}
    where phrase <> 'UNKNOWN' or said <> ''

),

numbers as (

    select
        *,
        replace({{ regexp_nth('said', number, 1) }}, ',', '') as number_1,
        replace({{ regexp_nth('said', number, 2) }}, ',', '') as number_2,
        replace({{ regexp_nth('said', number, 3) }}, ',', '') as number_3
    from pieces

),

figures as (

    select
        *,
        cast({{ try_decimal('number_1', 18, 6) }} as double precision) as figure_1,
        cast({{ try_decimal('number_2', 18, 6) }} as double precision) as figure_2,
        cast({{ try_decimal('number_3', 18, 6) }} as double precision) as figure_3
    from numbers

),

typed as (

    select
        *,
        {{ corporate_action_type() }} as event_type,
        {{ corporate_action_flaw() }} as flaw
    from figures

),

measured as (

    select
        {{ surrogate_key(['announcement_sk', 'clause_no']) }} as clause_sk,
        announcement_sk,
        clause_no,
        phrase,
        said,
        is_revised,
        is_cancelled,
        event_type,
        flaw,
        case when event_type in ('bonus', 'rights') then figure_1 end as new_shares,
        case when event_type in ('bonus', 'rights') then figure_2 end as held_shares,
        case when event_type in ('split', 'consolidation') then figure_1 end as face_value_from,
        case when event_type in ('split', 'consolidation') then figure_2 end as face_value_to,
        case
            when event_type = 'rights' and flaw is null then coalesce(figure_3, 0)
        end as premium_inr,
        case
            when event_type in ('dividend', 'special_dividend', 'distribution') and flaw is null
                then figure_1
        end as amount_inr,
        case
            when flaw is not null then null
            when event_type = 'bonus' then 1 + figure_1 / figure_2
            when event_type in ('split', 'consolidation') then figure_1 / figure_2
        end as share_factor
    from typed

),

worded as (

    -- Two texts that say the same have the same saying: "Dividend" is the final one.
    select
        *,
        case
            when event_type in ('dividend', 'special_dividend', 'distribution') then 'cash'
            else event_type
        end as event_family,
        {{ surrogate_key([
            'event_type', "case when phrase = 'FINAL' then 'DIVIDEND' else phrase end", 'flaw',
            'new_shares', 'held_shares', 'face_value_from', 'face_value_to', 'premium_inr',
            'amount_inr',
            "case when event_type in ('none', 'unknown') or flaw is not null then said end"
        ]) }} as saying
    from measured

),

final as (

    -- Two equal dividends in one text are two; the same dividend in two texts is one.
    select
        *,
        row_number() over (partition by announcement_sk, saying order by clause_no) as occurrence
    from worded

)

select * from final
