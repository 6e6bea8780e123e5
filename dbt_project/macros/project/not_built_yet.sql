{#- The condition `and` that leaves out the sessions that {{ this }} has; nothing in a full refresh.
    Example: where rows_loaded > 0 {{ not_built_yet('trade_date') }} -#}
{% macro not_built_yet(day) -%}
  {%- if is_incremental() -%}
    and {{ day }} not in (select built.trade_date from {{ this }} as built)
  {%- else -%}
    and true
  {%- endif -%}
{%- endmacro %}
