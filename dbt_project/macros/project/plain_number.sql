{#- The numbers of the exchange's archives, which are written plainly ("36", "36.3", ".27"): text as
    decimal(precision, scale) or bigint, NULL for anything else ("-", "NaN", "1,234", "1_000"). One
    look at each text instead of the three of try_decimal: there are ten million rows of them.
    Example: plain_decimal('close_price', 18, 4) ; plain_bigint('tottrdqty') -#}
{% macro plain_decimal(text, precision, scale) -%}
  cast(case
    when {{ text_matches(
      text, '[+-]?([0-9]{1,' ~ (precision - scale) ~ '}([.][0-9]*)?|[.][0-9]+)'
    ) }} then cast({{ text }} as decimal({{ precision }}, {{ scale }}))
  end as decimal({{ precision }}, {{ scale }}))
{%- endmacro %}

{% macro plain_bigint(text) -%}
  case when {{ text_matches(text, '[+-]?[0-9]{1,18}') }} then cast({{ text }} as bigint) end
{%- endmacro %}

{#- Why a bar cannot be one, or NULL: what fct_prices_daily refuses, and the quarantine says. -#}
{% macro bar_flaw() -%}
  case
    when symbol is null or series is null then 'missing_symbol'
    when open_price + high_price + low_price + close_price is null then 'missing_price'
    when least(open_price, high_price, low_price, close_price) < 0 then 'negative_price'
    when least(open_price, high_price, low_price, close_price) = 0 then 'zero_price'
    when low_price > least(open_price, close_price)
      or high_price < greatest(open_price, close_price) then 'ohlc_broken'
    when traded_volume is null then 'missing_volume'
    when least(traded_volume, turnover_inr) < 0 then 'negative_volume'
    when traded_volume > 0 and turnover_inr = 0 then 'volume_without_value'
    when traded_volume = 0 and turnover_inr > 0 then 'value_without_volume'
    when traded_volume = 0 then 'no_trade'
  end
{%- endmacro %}
