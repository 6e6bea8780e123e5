{#- The numbers of a quote: payload key, our column, its type, and whether 0 means "not known".
    The one list that staging types and the quality mart counts. -#}
{% macro quote_numbers() -%}
  {{ return([
    {'key': 'open', 'column': 'open_price', 'scale': 4},
    {'key': 'day_high', 'column': 'high_price', 'scale': 4},
    {'key': 'day_low', 'column': 'low_price', 'scale': 4},
    {'key': 'last_price', 'column': 'close_price', 'scale': 4},
    {'key': 'previous_close', 'column': 'previous_close_price', 'scale': 4, 'zero_unknown': true},
    {'key': 'change', 'column': 'vendor_change', 'scale': 4},
    {'key': 'p_change', 'column': 'vendor_change_pct', 'scale': 8},
    {'key': 'per_change_30d', 'column': 'vendor_change_pct_30d', 'scale': 8},
    {'key': 'per_change_365d', 'column': 'vendor_change_pct_365d', 'scale': 8},
    {'key': 'total_traded_volume', 'column': 'traded_volume', 'scale': 0},
    {'key': 'total_traded_value', 'column': 'turnover_inr', 'scale': 2},
    {'key': 'year_high', 'column': 'high_52w', 'scale': 4, 'zero_unknown': true},
    {'key': 'year_low', 'column': 'low_52w', 'scale': 4, 'zero_unknown': true},
  ]) }}
{%- endmacro %}

{% macro quote_texts() -%}
  {{ return(['identifier', 'symbol', 'last_update_time']) }}
{%- endmacro %}

{% macro quote_meta() -%}
  {{ return(['company_name', 'industry', 'isin']) }}
{%- endmacro %}
