{#- When a snapshot is taken: UTC without a zone, as all times of the warehouse. dbt's own is a
    time with a zone on DuckDB, which no other table has. Redshift's is right. -#}
{% macro duckdb__snapshot_get_time() -%}
  cast(now() at time zone 'UTC' as timestamp)
{%- endmacro %}
