{#- The dates on which a value that is compared among all securities is not what {{ this }} has: other
    securities, or another value to a billionth. A history that is merely written down again, in the
    scale after a split, changes nothing here. -#}
{% macro other_ranks(upstream, value) -%}
  {%- set billionths = 'cast(round(' ~ value ~ ' * 1000000000) as bigint)' -%}
  {%- set signature -%}
    count(*) as securities,
    sum({{ billionths }}) as values_summed,
    sum({{ billionths }} * (security_sk % 1009)) as bearers_summed
  {%- endset -%}
  select built.trade_date
  from (
    select trade_date, {{ signature }} from {{ this }}
    where {{ value }} is not null group by trade_date
  ) as built
  left join (
    select trade_date, {{ signature }} from {{ upstream }}
    where {{ value }} is not null group by trade_date
  ) as current_values
    on built.trade_date = current_values.trade_date
  where current_values.securities is null
    or built.securities <> current_values.securities
    or built.values_summed <> current_values.values_summed
    or built.bearers_summed <> current_values.bearers_summed
{%- endmacro %}

{#- Deletes those dates, to be ranked anew. -#}
{% macro forget_other_ranks(upstream, value) -%}
  {%- set dates = other_ranks(upstream, value) -%}
  {%- if is_incremental() -%}
  delete from {{ this }} where trade_date in ({{ dates }})
  {%- endif -%}
{%- endmacro %}

{#- Takes over the values of those dates, once {{ this }} is complete: a history found anew for one
    security moves the ranks of all on its dates, and nothing else of their rows. -#}
{% macro take_over_ranks(upstream, value) -%}
  {%- set dates = other_ranks(upstream, value) -%}
  {%- if is_incremental() -%}
  update {{ this }} set {{ value }} = upstream.{{ value }}
  from {{ upstream }} as upstream
  where {{ this.identifier }}.security_sk = upstream.security_sk
    and {{ this.identifier }}.trade_date = upstream.trade_date
    and upstream.trade_date in ({{ dates }})
  {%- endif -%}
{%- endmacro %}
