{#- An ISIN that names one security, else NULL: the exchange's files also hold INE, DUMMY and
    IN0000000000, which many securities share. Example: valid_isin("'DUMMY'") -> NULL -#}
{% macro valid_isin(text) -%}
  case
    when {{ text_matches(text, 'IN[A-Z0-9]{9}[0-9]') }} and right({{ text }}, 9) <> '000000000'
      then {{ text }}
  end
{%- endmacro %}

{#- The issuer within an ISIN: its first seven characters. A split changes the ones behind. -#}
{% macro isin_issuer(isin) -%}
  left({{ isin }}, 7)
{%- endmacro %}
