{#- Text as a whole number, or NULL when it is none: "18201395" and "18,201,395.0" are, "1.5" is not.
    Example: try_bigint("'12,34,567'") -> 1234567 -#}
{% macro try_bigint(text) -%}
  {%- set trimmed = 'trim(' ~ text ~ ')' -%}
  case
    when {{ text_matches(trimmed, '[+-]?[0-9]{1,18}([.]0*)?') }}
      then cast(split_part({{ trimmed }}, '.', 1) as bigint)
    when {{ text_matches(trimmed, '[+-]?[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}([.]0*)?') }}
      and length({{ trimmed }}) <= 23
      then cast(replace(split_part({{ trimmed }}, '.', 1), ',', '') as bigint)
  end
{%- endmacro %}
