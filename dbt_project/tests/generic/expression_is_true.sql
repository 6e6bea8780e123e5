{#- The expression holds in every row; a NULL result is not a failure (not_null is its own test). -#}
{% test expression_is_true(model, expression) %}
select *
from {{ model }}
where not ({{ expression }})
{% endtest %}
