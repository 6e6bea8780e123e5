{#- The landed objects whose records an incremental model lacks, or has from an earlier load. Asking per
    object, and not for the newest loaded_at of all, also finds one whose load was committed late.
    relations: raw tables. Example: with pending as ({{ pending_objects([source('x', 'y')]) }}) -#}
{% macro pending_objects(relations) -%}
  select arrived.source_key
  from (
    {% for relation in relations -%}
    select source_key, max(loaded_at) as loaded_at from {{ relation }} group by source_key
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
  ) as arrived
  {% if is_incremental() -%}
  left join (
    select source_key, max(loaded_at) as loaded_at from {{ this }} group by source_key
  ) as present
    on arrived.source_key = present.source_key and arrived.loaded_at = present.loaded_at
  where present.source_key is null
  {%- endif -%}
{%- endmacro %}
