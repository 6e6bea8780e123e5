{#- Why a number's text is not a plain JSON number, or NULL when nothing is wrong.
    text, kind: the value as text and its JSON kind; typed: what it was read as.
    Reasons: missing, empty, dash, nan, infinity, text_number, not_a_number, zero_means_unknown. -#}
{% macro value_flaw(text, kind, typed, zero_means_unknown=false) -%}
  case
    when {{ kind }} is null then 'missing'
    {%- if zero_means_unknown %}
    when {{ typed }} = 0 then 'zero_means_unknown'
    {%- endif %}
    when {{ kind }} = 'number' and {{ typed }} is not null then null
    when {{ kind }} = 'string' and {{ typed }} is not null then 'text_number'
    when trim({{ text }}) = '' then 'empty'
    when trim({{ text }}) = '-' then 'dash'
    when lower(trim({{ text }})) = 'nan' then 'nan'
    when {{ text_matches('lower(trim(' ~ text ~ '))', '[+-]?inf(inity)?') }} then 'infinity'
    else 'not_a_number'
  end
{%- endmacro %}
