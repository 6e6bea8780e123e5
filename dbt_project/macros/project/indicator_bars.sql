{#- The CTE `bars` of an indicator model: every bar to compute, numbered from 1 per security, and before
    it as much of what is kept as its windows reach back, with `is_new` telling them apart. In a full
    refresh: all bars, all new. Afterwards, once forget_stale has cut off what is stale: the bars after
    the last kept one of each security, `kept_bars` bars before the first of them (an expression may
    use spans.from_bar), and for each of `anchor_years` the bars that a look back by so many years can
    meet. `columns` are of fct_prices_daily, `states` of {{ this }}: NULL on new bars. first_date: with the day of
    the first bar of all.
    Only narrow scans and hash joins go over the history: it is never sorted again, and the prices are
    named twice rather than once in a CTE, which DuckDB would write out whole. -#}
{% macro indicator_bars(columns, kept_bars, states=[], anchor_years=[], first_date=false) -%}
{% if is_incremental() -%}
kept as (

    select
        security_sk,
        max(trade_date) as last_date,
        max(bar_no) as last_bar_no{{ ',' if first_date }}
        {%- if first_date %}
        min(trade_date) as first_date
        {%- endif %}
    from {{ this }}
    group by security_sk

),

arrived as (

    select
        prices.security_sk,
        prices.trade_date,
        coalesce(kept.last_bar_no, 0)
        + row_number() over (partition by prices.security_sk order by prices.trade_date) as bar_no,
        kept.last_date is null as is_whole{{ ',' if first_date }}
        {%- if first_date %}
        coalesce(
            kept.first_date, min(prices.trade_date) over (partition by prices.security_sk)
        ) as first_date
        {%- endif %}
    from {{ ref('fct_prices_daily') }} as prices
    left join kept on prices.security_sk = kept.security_sk
    where kept.last_date is null or prices.trade_date > kept.last_date

),

spans as (

    select
        security_sk,
        min(trade_date) as from_date,
        max(trade_date) as to_date,
        min(bar_no) as from_bar{{ ',' if first_date }}
        {%- if first_date %}
        min(first_date) as first_date
        {%- endif %}
    from arrived
    group by security_sk

),

{% if anchor_years -%}
anchors as (

    select
        spans.security_sk,
        {%- for years in anchor_years %}
        max(
            case
                when built.trade_date <= {{ dbt.dateadd('year', -years, 'spans.from_date') }}
                    then built.trade_date
            end
        ) as anchor_{{ years }}y{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ this }} as built
    inner join spans on built.security_sk = spans.security_sk
    group by spans.security_sk

),

{% endif -%}
numbered as (

    select
        security_sk,
        trade_date,
        bar_no,
        {%- if first_date %}
        first_date,
        {%- endif %}
        {%- for state in states %}
        cast(null as double precision) as {{ state }},
        {%- endfor %}
        is_whole,
        true as is_new
    from arrived

    union all

    select
        built.security_sk,
        built.trade_date,
        built.bar_no,
        {%- if first_date %}
        spans.first_date,
        {%- endif %}
        {%- for state in states %}
        built.{{ state }},
        {%- endfor %}
        false as is_whole,
        false as is_new
    from {{ this }} as built
    inner join spans on built.security_sk = spans.security_sk
    {%- if anchor_years %}
    inner join anchors on built.security_sk = anchors.security_sk
    {%- endif %}
    where
        built.bar_no >= spans.from_bar - ({{ kept_bars }})
        {%- for years in anchor_years %}
        or (
            built.trade_date >= coalesce(anchors.anchor_{{ years }}y, built.trade_date)
            and built.trade_date <= {{ dbt.dateadd('year', -years, 'spans.to_date') }}
        )
        {%- endfor %}

),

bars as (

    select
        prices.security_sk,
        prices.trade_date,
        numbered.bar_no,
        numbered.is_new,
        {%- if first_date %}
        numbered.first_date,
        {%- endif %}
        {%- for state in states %}
        numbered.{{ state }} as kept_{{ state }},
        {%- endfor %}
        {%- for column in columns %}
        prices.{{ column }},
        {%- endfor %}
        prices.session_version,
        prices.share_version
    from {{ arrived_of(ref('fct_prices_daily'), 'numbered') }} as prices
    inner join numbered
        on
            prices.security_sk = numbered.security_sk
            and prices.trade_date = numbered.trade_date

)
{%- else -%}
bars as (

    select
        security_sk,
        trade_date,
        row_number() over (partition by security_sk order by trade_date) as bar_no,
        true as is_new,
        {%- if first_date %}
        min(trade_date) over (partition by security_sk) as first_date,
        {%- endif %}
        {%- for state in states %}
        cast(null as double precision) as kept_{{ state }},
        {%- endfor %}
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        session_version,
        share_version
    from {{ ref('fct_prices_daily') }}

)
{%- endif %}
{%- endmacro %}

{#- The rows of a relation among which all those are that a CTE names: of the securities that are made
    anew everything, of all others what is not older than anything of theirs in the CTE. A new session
    is found so without reading the history of those few that a split has rescaled. The CTE has
    security_sk, trade_date, is_whole. -#}
{% macro arrived_of(relation, named='arrived') -%}
  (
    select whole.*
    from {{ relation }} as whole
    where whole.security_sk in (select known.security_sk from {{ named }} as known where known.is_whole)

    union all

    select later.*
    from {{ relation }} as later
    where
      later.trade_date >= (
        select min(known.trade_date) from {{ named }} as known where not known.is_whole
      )
      and later.security_sk
      not in (select known.security_sk from {{ named }} as known where known.is_whole)
  )
{%- endmacro %}

{#- The CTE `arrived` that arrived_of needs: the bars of a relation after the last one of each security in
    {{ this }}; is_whole where it has none of that security. -#}
{% macro bars_arrived(relation) -%}
kept as (

    select
        security_sk,
        max(trade_date) as last_date
    from {{ this }}
    group by security_sk

),

arrived as (

    select
        part.security_sk,
        part.trade_date,
        kept.last_date is null as is_whole
    from {{ relation }} as part
    left join kept on part.security_sk = kept.security_sk
    where kept.last_date is null or part.trade_date > kept.last_date

)
{%- endmacro %}
