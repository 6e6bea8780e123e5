{{ indicator_config() }}

{#- The window of 253 closes that ends in a block of 253 bars is the end of the block before, from
    the same place on, and the beginning of this one; both are running figures. -#}
{%- set along = 'partition by security_sk, block_no order by bar_no rows between' %}
{%- set so_far = along ~ ' unbounded preceding and current row' %}
{%- set to_the_end = along ~ ' current row and unbounded following' %}
with {{ indicator_bars(['close_adj'], kept_bars=253, states=['peak', 'max_drawdown_all']) }},

blocked as (

    select
        *,
        cast(floor((bar_no - 1) / 253) as integer) as block_no
    from bars

),

extremes as (

    select
        *,
        max(close_adj) over ({{ so_far }}) as peak_so_far,
        min(close_adj) over ({{ so_far }}) as trough_so_far,
        max(close_adj) over ({{ to_the_end }}) as peak_to_come,
        min(close_adj) over ({{ to_the_end }}) as trough_to_come
    from blocked

),

falls as (

    select
        *,
        min(close_adj / peak_so_far) over ({{ so_far }}) as fall_so_far,
        min(trough_to_come / close_adj) over ({{ to_the_end }}) as fall_to_come
    from extremes

),

{% set before = 'over (partition by security_sk order by bar_no)' -%}
combined as (

    select
        *,
        lag(block_no, 252) {{ before }} as first_block,
        lag(peak_to_come, 252) {{ before }} as first_peak,
        lag(fall_to_come, 252) {{ before }} as first_fall,
        max(greatest(close_adj, coalesce(kept_peak, close_adj))) over (
            partition by security_sk order by bar_no
            rows between unbounded preceding and current row
        ) as peak
    from falls

),

final as (

    select
        security_sk,
        trade_date,
        bar_no,
        is_new,
        peak,
        case when bar_no > 1 then close_adj / peak - 1 end as drawdown_current,
        case
            when bar_no > 1
                then
                    min(coalesce(kept_max_drawdown_all, close_adj / peak - 1)) over (
                        partition by security_sk order by bar_no
                        rows between unbounded preceding and current row
                    )
        end as max_drawdown_all,
        case
            when bar_no <= 252 then null
            when first_block = block_no then fall_so_far - 1
            else least(first_fall, fall_so_far, trough_so_far / first_peak) - 1
        end as max_drawdown_252d,
        session_version,
        share_version
    from combined

),

new_bars as (

    select
        security_sk,
        trade_date,
        bar_no,
        peak,
        drawdown_current,
        max_drawdown_all,
        max_drawdown_252d,
        session_version,
        share_version
    from final
    where is_new

)

select * from new_bars
