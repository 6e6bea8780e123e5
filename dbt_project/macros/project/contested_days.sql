{#- The equity series in the order in which one of them is the price of a day: that of
    var('equity_series'). Columns series, series_rank. -#}
{% macro series_by_rank() %}
    {% for series in var('equity_series') -%}
    select
        '{{ series }}' as series,
        {{ loop.index }} as series_rank
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}
{% endmacro %}

{#- The days among CTE `sessions` on which a symbol traded in two equity series (EQ and BE, in the
    trade-to-trade segment of the early years), with the rank of the one that is its price. A share
    moves between the series within its life, hardly ever within one day. Needs CTE `ranked_series`. -#}
{% macro contested_days() %}
    select
        symbol,
        trade_date,
        min(best_rank) as best_rank
    from (
        {% for model in ['bhavcopy_legacy', 'bhavcopy_udiff', 'sec_bhavdata'] -%}
        select
            lines.symbol,
            lines.trade_date,
            min(ranked_series.series_rank) as best_rank
        from {{ ref('stg_nse__' ~ model) }} as lines
        inner join sessions on lines.trade_date = sessions.trade_date
        inner join ranked_series on lines.series = ranked_series.series
        group by lines.symbol, lines.trade_date
        having min(ranked_series.series_rank) <> max(ranked_series.series_rank)
        {% if not loop.last %}union all
        {% endif %}
        {%- endfor %}
    ) as traded
    group by symbol, trade_date
{% endmacro %}
