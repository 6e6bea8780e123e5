-- Gated by the audit like every mart: depends_on {{ ref('int_quotes__disposed') }}
with quotes as (

    select * from {{ ref('int_quotes__parsed') }}

),

-- Of a day that was fetched more than once, the newest reply speaks.
newest as (

    select
        asked_trade_date,
        max(fetched_at) as fetched_at
    from quotes
    group by asked_trade_date

),

replies as (

    select quotes.*
    from quotes
    inner join newest
        on
            quotes.asked_trade_date = newest.asked_trade_date
            and quotes.fetched_at = newest.fetched_at

),

checked as (

    select
        asked_trade_date,
        count(*) as records_checked
    from replies
    group by asked_trade_date

),

flaws as (

    {% for number in quote_numbers() -%}
    select
        asked_trade_date,
        '{{ number.column }}' as column_name,
        {{ number.column }}_flaw as reason
    from replies
    union all
    {% endfor -%}
    {% for name in quote_meta() -%}
    {#- An index has no company; a share should have one. -#}
    select
        asked_trade_date,
        '{{ name }}' as column_name,
        case when {{ name }} is null and identifier <> symbol then 'missing' end as reason
    from replies
    {% if not loop.last %}union all
    {% endif %}
    {%- endfor %}

),

final as (

    select
        flaws.asked_trade_date as trade_date,
        cast('quotes' as varchar(64)) as dataset_name,
        cast(flaws.column_name as varchar(64)) as column_name,
        cast(flaws.reason as varchar(32)) as reason,
        checked.records_checked,
        count(*) as records_affected
    from flaws
    inner join checked on flaws.asked_trade_date = checked.asked_trade_date
    where flaws.reason is not null
    group by
        flaws.asked_trade_date, flaws.column_name, flaws.reason, checked.records_checked

)

select * from final
