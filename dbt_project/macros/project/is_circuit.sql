{#- Whether a close stands at its extreme of the day and, within one tick, at a price band around what
    the exchange took as yesterday's close: 2, 5, 10 or 20 %. direction: 1 up, -1 down. NULL without a
    yesterday. Inferred: shares with derivatives have no fixed band. -#}
{% macro is_circuit(close, extreme, base, direction) -%}
  case
    when {{ base }} is not null
      then
        {{ close }} = {{ extreme }}
        and {{ direction }} * ({{ close }} - {{ base }}) > {{ var('tick_size') }} / 2
        and (
          {%- for band in [0.02, 0.05, 0.1, 0.2] %}
          {{ 'or ' if not loop.first -}}
          abs({{ close }} - {{ base }} * (1 + {{ direction }} * {{ band }}))
          <= {{ var('tick_size') }} + 0.000001
          {%- endfor %}
        )
  end
{%- endmacro %}
