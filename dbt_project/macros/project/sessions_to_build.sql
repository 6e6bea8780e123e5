{#- The CTE `sessions`: the rows of `upstream`, one per session, that {{ this }} has not built; in a full
    refresh all. Example: with {{ sessions_to_build(ref('int_prices__sessions')) }}, -#}
{% macro sessions_to_build(upstream) -%}
sessions as (

    select *
    from {{ upstream }}
    where true {{ not_built_yet('trade_date') }}

)
{%- endmacro %}
