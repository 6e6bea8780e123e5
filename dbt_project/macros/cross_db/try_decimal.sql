{#- Text as decimal(precision, scale), or NULL when it is no number or does not fit: "-", "", "NaN",
    "Infinity", "1.2.3". Groups of thousands are understood, Western (1,234,567.8) and Indian
    (12,34,567.8); a decimal comma (1,5) is not a number.
    Example: try_decimal("'0.158519'", 18, 4) -> 0.1585 -#}
{% macro try_decimal(text, precision, scale) -%}
  {{ return(adapter.dispatch('try_decimal')(text, precision, scale)) }}
{%- endmacro %}

{% macro default__try_decimal(text, precision, scale) -%}
  {{ exceptions.raise_compiler_error('try_decimal has no body for ' ~ target.type) }}
{%- endmacro %}

{#- DuckDB's own cast would read 1_000 as 1000. -#}
{% macro duckdb__try_decimal(text, precision, scale) -%}
  case
    when contains({{ text }}, '_') then null
    when not contains({{ text }}, ',') then try_cast({{ text }} as decimal({{ precision }}, {{ scale }}))
    when regexp_matches(trim({{ text }}), '^[+-]?[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}([.][0-9]+)?$')
      then try_cast(replace({{ text }}, ',', '') as decimal({{ precision }}, {{ scale }}))
  end
{%- endmacro %}

{% macro redshift__try_decimal(text, precision, scale) -%}
  {%- set plain = '^[+-]?([0-9]{1,' ~ (precision - scale) ~ '}([.][0-9]*)?|[.][0-9]+)$' -%}
  {%- set grouped = '^[+-]?[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}([.][0-9]+)?$' -%}
  {%- set power = '^[+-]?[0-9]([.][0-9]+)?[eE][+-]?[0-9]$' -%}
  case
    when trim({{ text }}) ~ '{{ plain }}'
      or (trim({{ text }}) ~ '{{ grouped }}'
        and replace(trim({{ text }}), ',', '') ~ '{{ plain }}')
      then cast(replace(trim({{ text }}), ',', '') as decimal({{ precision }}, {{ scale }}))
    when trim({{ text }}) ~ '{{ power }}'
      then cast(cast(trim({{ text }}) as double precision) as decimal({{ precision }}, {{ scale }}))
  end
{%- endmacro %}
