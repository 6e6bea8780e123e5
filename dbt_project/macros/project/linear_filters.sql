{#- Recursive averages E(t) = p·E(t-1) + u(t) as plain windows, exact and without overflow. u is 0 before
    the seed bar, the seed on it, a·input after it, with a = 1 - p. Within a block of 253 bars
    E(t) = p^(k+1)·E(before the block) + p^k·Σ u(i)·p^-i, where k and i count from 0 in the block; from
    block to block the ends are chained by a recursion of one step per block, beginning with the value
    kept on the bar before the first block where {{ this }} has one.

    relation: a CTE with security_sk, trade_date, bar_no, is_new, the inputs, and kept_<name> (NULL on new
    bars). filters: a list of {name, p, input, seed_bar, seed (an aggregate over the first bars)}.
    Makes the CTE <prefix>_filtered: security_sk, trade_date, bar_no, is_new, the columns of `carried`,
    and each name, NULL before its seed bar. -#}
{% macro linear_filters(prefix, relation, filters, carried=[]) -%}
{%- set block_of = 'cast(floor((bar_no - 1) / 253) as integer)' %}
{{ prefix }}_seeds as (

    select
        security_sk,
        {%- for f in filters %}
        {{ f.seed }} as seed_{{ f.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    where bar_no <= 253
    group by security_sk

),

{#- The bar before the first block, if it is here, was computed before: it only hands its values on. #}
{{ prefix }}_starts as (

    select
        security_sk,
        cast(
            max(case when not is_new and mod(bar_no, 253) = 0 then bar_no / 253 else 0 end)
            as integer
        ) as block_no,
        {%- for f in filters %}
        coalesce(
            max(case when not is_new and mod(bar_no, 253) = 0 then kept_{{ f.name }} end), 0
        ) as {{ f.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
    group by security_sk

),

{{ prefix }}_placed as (

    select
        *,
        {{ block_of }} as block_no,
        cast(mod(bar_no - 1, 253) as double precision) as place
    from {{ relation }}
    where is_new or mod(bar_no, 253) <> 0

),

{{ prefix }}_powers as (

    select
        place,
        {%- for f in filters %}
        power({{ f.p }}, place) as power_{{ f.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ prefix }}_placed
    group by place

),

{{ prefix }}_weighed as (

    select
        placed.security_sk,
        placed.trade_date,
        placed.bar_no,
        placed.is_new,
        placed.block_no,
        placed.place,
        {%- for column in carried %}
        placed.{{ column }},
        {%- endfor %}
        {%- for f in filters %}
        case
            when placed.bar_no > {{ f.seed_bar }} then (1 - {{ f.p }}) * placed.{{ f.input }}
            when placed.bar_no = {{ f.seed_bar }} then seeds.seed_{{ f.name }}
            else 0
        end / powers.power_{{ f.name }} as {{ f.name }},
        powers.power_{{ f.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ prefix }}_placed as placed
    inner join {{ prefix }}_powers as powers on placed.place = powers.place
    left join {{ prefix }}_seeds as seeds on placed.security_sk = seeds.security_sk

),

{{ prefix }}_summed as (

    select
        security_sk,
        trade_date,
        bar_no,
        is_new,
        block_no,
        place,
        {%- for column in carried %}
        {{ column }},
        {%- endfor %}
        {%- for f in filters %}
        power_{{ f.name }},
        sum({{ f.name }}) over (
            partition by security_sk, block_no order by bar_no
            rows between unbounded preceding and current row
        ) as {{ f.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ prefix }}_weighed

),

{{ prefix }}_befores (
    security_sk, block_no, {{ filters | map(attribute='name') | join(', ') }}
) as (

    select
        security_sk,
        block_no,
        {%- for f in filters %}
        {{ f.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ prefix }}_starts

    union all

    select
        befores.security_sk,
        befores.block_no + 1 as block_no,
        {%- for f in filters %}
        power({{ f.p }}, 253) * befores.{{ f.name }}
        + ends.power_{{ f.name }} * ends.{{ f.name }} as {{ f.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ prefix }}_befores as befores
    inner join {{ prefix }}_summed as ends
        on
            befores.security_sk = ends.security_sk
            and befores.block_no = ends.block_no
            and ends.place = 252

),

{{ prefix }}_filtered as (

    select
        summed.security_sk,
        summed.trade_date,
        summed.bar_no,
        summed.is_new,
        {%- for column in carried %}
        summed.{{ column }},
        {%- endfor %}
        {%- for f in filters %}
        case
            when summed.bar_no >= {{ f.seed_bar }}
                then
                    summed.power_{{ f.name }}
                    * ({{ f.p }} * befores.{{ f.name }} + summed.{{ f.name }})
        end as {{ f.name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ prefix }}_summed as summed
    inner join {{ prefix }}_befores as befores
        on summed.security_sk = befores.security_sk and summed.block_no = befores.block_no

)
{%- endmacro %}
