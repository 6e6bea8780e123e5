{#- A reply whose rows left raw_data (it was loaded again and is now quarantined whole) must leave the
    incremental copy too: delete+insert replaces what comes again, not what went. -#}
{% macro forget_vanished_replies() %}
  {% if is_incremental() %}
    delete from {{ this }}
    where source_key not in (
      select source_key from {{ source('raw_data', 'rapidapi_quotes') }}
    )
  {% endif %}
{% endmacro %}
