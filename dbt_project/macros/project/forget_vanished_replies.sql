{#- A reply whose rows left raw_data (it was loaded again and is now quarantined whole) must leave the
    incremental copy too: delete+insert replaces what comes again, not what went. replies: the raw table, the quotes' if
    none. -#}
{% macro forget_vanished_replies(replies=none) %}
  {% if is_incremental() %}
    delete from {{ this }}
    where source_key not in (
      select source_key from {{ replies or source('raw_data', 'rapidapi_quotes') }}
    )
  {% endif %}
{% endmacro %}
