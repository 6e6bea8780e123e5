{#- The rows of a master of which the exchange keeps one version only, from its newest snapshot.
    per: columns that have snapshots of their own, such as the list's name.
    Example: newest_snapshot(source('nse', 'nse_equity_list')) -#}
{% macro newest_snapshot(relation, per=[]) -%}
  select snapshots.*
  from (
    select
      *,
      first_value(source_key) over (
        {{ 'partition by ' ~ per | join(', ') if per }}
        order by fetched_at desc, source_key desc
        rows between unbounded preceding and unbounded following
      ) as newest_source_key
    from {{ relation }}
  ) as snapshots
  where snapshots.source_key = snapshots.newest_source_key
{%- endmacro %}
