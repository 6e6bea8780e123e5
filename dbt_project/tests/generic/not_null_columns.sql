{#- None of the columns is NULL in any row: one scan for what not_null asks column by column. -#}
{% test not_null_columns(model, columns) %}
select *
from {{ model }}
where
    {% for column in columns -%}
    {{ 'or ' if not loop.first }}{{ column }} is null
    {% endfor -%}
{% endtest %}
