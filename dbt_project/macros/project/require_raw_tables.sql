{#- Stops run, build and test with one clear message when the loader has not made its tables yet.
    Commands that read no raw data (parse, compile, docs, list, seed, freshness) are left alone. -#}
{% macro require_raw_tables() %}
  {% if execute and flags.WHICH in ['run', 'build', 'test', 'snapshot', 'retry'] %}
    {% set missing = [] %}
    {% for source in graph.sources.values() if source.schema == 'raw_data' %}
      {% set found = adapter.get_relation(source.database, source.schema, source.identifier) %}
      {% if found is none %}{% do missing.append(source.schema ~ '.' ~ source.identifier) %}{% endif %}
    {% endfor %}
    {% if missing %}
      {% do exceptions.raise_compiler_error(
        'The warehouse has no ' ~ missing | sort | join(', ') ~ '. Run `investiq init` to create '
        'the raw tables, then `investiq load` to fill them.'
      ) %}
    {% endif %}
  {% endif %}
{% endmacro %}
