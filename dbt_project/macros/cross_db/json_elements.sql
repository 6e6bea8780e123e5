{#- The elements of a JSON array that is a member of a JSON column, one row each: the columns to keep,
    `element_no` from 1 and `element`. An array that is missing or another kind of value gives no row.
    Example: json_elements(source('x', 'y'), ['source_key'], 'payload', 'topics') -#}
{% macro json_elements(relation, keep, column, member) -%}
  {{ return(adapter.dispatch('json_elements')(relation, keep, column, member)) }}
{%- endmacro %}

{% macro default__json_elements(relation, keep, column, member) -%}
  {{ exceptions.raise_compiler_error('json_elements has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__json_elements(relation, keep, column, member) -%}
  select
    {{ keep | join(', ') }},
    unnest(range(1, len(elements) + 1)) as element_no,
    unnest(elements) as element
  from (
    select
      {{ keep | join(', ') }},
      case
        when json_type({{ column }}, '$.{{ member }}') = 'ARRAY'
          then cast(json_extract({{ column }}, '$.{{ member }}') as json[])
      end as elements
    from {{ relation }}
  ) as opened
{%- endmacro %}

{% macro redshift__json_elements(relation, keep, column, member) -%}
  select
    {% for name in keep -%} lines.{{ name }}, {% endfor %}
    place + 1 as element_no,
    element
  from {{ relation }} as lines, lines.{{ column }}.{{ member }} as element at place
  where is_array(lines.{{ column }}.{{ member }})
{%- endmacro %}
