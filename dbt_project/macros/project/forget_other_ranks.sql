{#- Deletes the dates on which a value that is ranked among all securities is not what it was ranked
    by: other securities, or another value to a billionth. A history that is merely written down
    again, in the scale after a split, changes nothing here. -#}
{% macro forget_other_ranks(upstream, value) -%}
  {%- if is_incremental() -%}
  {%- set billionths = 'cast(round(' ~ value ~ ' * 1000000000) as bigint)' -%}
  {%- set signature -%}
    count(*) as securities,
    sum({{ billionths }}) as values_summed,
    sum({{ billionths }} * (security_sk % 1009)) as bearers_summed
  {%- endset -%}
  delete from {{ this }}
  where trade_date in (
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
  )
  {%- endif -%}
{%- endmacro %}
