{#- Stops run, build and test with one clear message when the loader has not made its tables yet, or
    when run and test, which load no seeds, find none. Commands that read no data (parse, compile,
    docs, list, seed, freshness) are left alone. -#}
{% macro require_raw_tables() %}
  {% if execute and flags.WHICH in ['run', 'build', 'test', 'snapshot', 'retry'] %}
    {% set missing = [] %}
    {% for source in graph.sources.values() if source.schema == var('raw_schema') %}
      {% if not adapter.get_relation(source.database, source.schema, source.identifier) %}
        {% do missing.append(source.schema ~ '.' ~ source.identifier) %}
      {% endif %}
    {% endfor %}
    {% if missing %}
      {% do exceptions.raise_compiler_error(
        'The warehouse has no ' ~ missing | sort | join(', ') ~ '. Run `investiq init` to create '
        'the raw tables, then `investiq load` to fill them.'
      ) %}
    {% endif %}
    {% for seed in graph.nodes.values() if seed.resource_type == 'seed' and flags.WHICH != 'build' %}
      {% if not adapter.get_relation(seed.database, seed.schema, seed.alias) %}
        {% do missing.append(seed.schema ~ '.' ~ seed.alias) %}
      {% endif %}
    {% endfor %}
    {% if missing %}
      {% do exceptions.raise_compiler_error(
        'The warehouse has no ' ~ missing | sort | join(', ') ~ '. Run `dbt seed` once, or '
        '`dbt build`, which loads the seeds by itself.'
      ) %}
    {% endif %}
  {% endif %}
{% endmacro %}
