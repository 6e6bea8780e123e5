{#- Whose share a symbol meant at a date, as a query: symbol, ex_date, security_sk, security_link; one
    row per symbol and date of the relation, none for a symbol that nobody bore. The bearer of that
    time; else who bore it later, for the exchange labels an old event with the symbol of today; else
    who bore it last. Never by ISIN: the feed's may be obsolete. -#}
{% macro symbol_bearers(relation) -%}
  select symbol, ex_date, security_sk, security_link
  from (
    select
      asked.symbol,
      asked.ex_date,
      aliases.security_sk,
      case
        when asked.ex_date between aliases.valid_from and aliases.valid_to then 'bearer_then'
        when asked.ex_date < aliases.valid_from then 'later_bearer'
        else 'earlier_bearer'
      end as security_link,
      row_number() over (
        partition by asked.symbol, asked.ex_date
        order by
          case
            when asked.ex_date between aliases.valid_from and aliases.valid_to then 0
            when asked.ex_date < aliases.valid_from then 1
            else 2
          end,
          case when asked.ex_date < aliases.valid_from then aliases.valid_from end,
          aliases.valid_to desc,
          aliases.security_sk
      ) as nth
    from (select distinct symbol, ex_date from {{ relation }} where ex_date is not null) as asked
    inner join {{ ref('int_securities__aliases') }} as aliases on asked.symbol = aliases.symbol
  ) as ranked
  where nth = 1
{%- endmacro %}
