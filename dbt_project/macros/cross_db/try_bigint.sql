{#- Text as a whole number, or NULL when it is none: "18201395" and "18,201,395.0" are, "1.5" is not.
    Built on try_decimal, so it reads the same texts.
    Example: try_bigint("'12,34,567'") -> 1234567 -#}
{% macro try_bigint(text) -%}
  {%- set number = try_decimal(text, 24, 6) -%}
  case when {{ number }} = floor({{ number }}) then cast({{ number }} as bigint) end
{%- endmacro %}
