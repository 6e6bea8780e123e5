with applied as (

    select
        *,
        row_number() over (
            partition by security_sk, ex_date, subject order by event_type, event_sk
        ) as nth_of_subject,
        case
            when event_type = 'rights'
                then
                    (1 + new_shares / held_shares * rights_price_inr / previous_close_price)
                    / (1 + new_shares / held_shares)
        end as rights_multiplier
    from {{ ref('int_corporate_actions__judged') }}
    where final_status = 'applied'

),

combined as (

    -- A product by way of logarithms, rounded where there was more than one factor: 5 x 2 is 10.
    select
        security_sk,
        ex_date,
        count(share_factor) as share_factors,
        max(share_factor) as single_factor,
        {{ rounded('exp(sum(ln(share_factor)))', 12) }} as product_of_factors,
        coalesce(sum(amount_inr), 0) as dividend_inr,
        max(previous_close_price) as previous_close_price,
        count(rights_multiplier) as rights,
        max(rights_multiplier) as single_rights,
        exp(sum(ln(rights_multiplier))) as product_of_rights,
        max(learned_at) as learned_at,
        max(case when is_manual then 1 else 0 end) = 1 as is_manual,
        {{ dbt.listagg(
            measure="case when nth_of_subject = 1 then subject end", delimiter_text="' + '", order_by_clause='order by event_type, event_sk'
        ) }} as description
    from applied
    group by security_sk, ex_date

),

final as (

    select
        security_sk,
        ex_date,
        case
            when share_factors = 0 then 1.0
            when share_factors = 1 then single_factor
            else product_of_factors
        end as share_factor,
        dividend_inr,
        case when dividend_inr = 0 then 1.0 else 1 - dividend_inr / previous_close_price end
        * case
            when rights = 0 then 1.0 when rights = 1 then single_rights else product_of_rights
        end
            as tr_multiplier,
        learned_at,
        is_manual,
        description
    from combined

)

select * from final
where share_factor <> 1 or tr_multiplier <> 1
