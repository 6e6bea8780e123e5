{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['security_sk', 'trade_date'],
        on_schema_change='fail',
        pre_hook="{{ forget_other_ranks(ref('int_indicators__windows'), 'return_252d') }}"
    )
}}

with windows as (

    select * from {{ ref('int_indicators__windows') }}
    where return_252d is not null
    {% if is_incremental() -%}
    and trade_date not in (select distinct built.trade_date from {{ this }} as built)
    {%- endif %}

),

final as (

    select
        security_sk,
        trade_date,
        return_252d,
        percent_rank() over (partition by trade_date order by return_252d) as rs_rank_252d
    from windows

)

select * from final
