{#- Text as decimal(precision, scale), or NULL when it is no number or does not fit: "-", "", "NaN",
    "Infinity", "1.2.3". Groups of thousands are understood, Western (1,234,567.8) and Indian
    (12,34,567.8); a decimal comma (1,5) is not a number. The text is looked at before it is cast:
    Redshift has no lenient cast, and DuckDB's reads " - " as 0 and 1_000 as 1000.
    Example: try_decimal("'0.158519'", 18, 4) -> 0.1585 -#}
{% macro try_decimal(text, precision, scale) -%}
  {%- set trimmed = 'trim(' ~ text ~ ')' -%}
  {%- set type = 'decimal(' ~ precision ~ ', ' ~ scale ~ ')' -%}
  {%- set whole = '[0-9]{1,' ~ (precision - scale) ~ '}' -%}
  {%- set ungrouped = 'replace(' ~ trimmed ~ ", ',', '')" -%}
  cast(case
    when {{ text_matches(trimmed, '[+-]?(' ~ whole ~ '([.][0-9]*)?|[.][0-9]+)') }}
      then cast({{ trimmed }} as {{ type }})
    when {{ text_matches(trimmed, '[+-]?[0-9]([.][0-9]+)?[eE]([+]?[0-9]|-[0-9]{1,3})') }}
      then cast(cast({{ trimmed }} as double precision) as {{ type }})
    when {{ text_matches(trimmed, '[+-]?[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}([.][0-9]+)?') }}
      and {{ text_matches(ungrouped, '[+-]?' ~ whole ~ '([.][0-9]+)?') }}
      then cast({{ ungrouped }} as {{ type }})
  end as {{ type }})
{%- endmacro %}
