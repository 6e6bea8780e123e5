{#- An object whose rows left the raw tables (it was promoted again and is refused now) must leave the
    incremental copy too: delete+insert replaces what comes again, not what went. -#}
{% macro forget_vanished_objects(relations) -%}
  {%- if is_incremental() -%}
  delete from {{ this }}
  where source_key not in (
    {% for relation in relations -%}
    select source_key from {{ relation }}
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
  )
  {%- endif -%}
{%- endmacro %}
