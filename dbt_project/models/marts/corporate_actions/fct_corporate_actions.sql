with events as (

    select * from {{ ref('int_corporate_actions__judged') }}

),

final as (

    select
        cast(event_sk as varchar(32)) as event_sk,
        security_sk,
        cast(symbol as varchar(64)) as symbol,
        cast(company_name as varchar(256)) as company_name,
        ex_date,
        cast(event_type as varchar(32)) as event_type,

        -- what it says
        cast(new_shares as double precision) as new_shares,
        cast(held_shares as double precision) as held_shares,
        cast(face_value_from as double precision) as face_value_from_inr,
        cast(face_value_to as double precision) as face_value_to_inr,
        cast(share_factor as double precision) as share_factor,
        cast(amount_inr as double precision) as amount_inr,
        cast(rights_price_inr as double precision) as rights_price_inr,

        -- what became of it
        cast(final_status as varchar(16)) as event_status,
        cast(judgement as varchar(64)) as status_reason,
        evidence_date,
        open_price,
        previous_close_price,

        -- where it comes from
        learned_at,
        is_manual,
        cast(subject as varchar(1024)) as subject,
        cast(security_link as varchar(16)) as security_link,
        cast(source_key as varchar(1024)) as source_key,
        cast(records as bigint) as records
    from events

)

select * from final
