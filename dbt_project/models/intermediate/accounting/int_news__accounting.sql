with records as (

    select * from {{ ref('int_news__records') }}

),

-- The record that speaks for its news.
speaking as (

    select
        source_key,
        record_no
    from {{ ref('fct_news_articles') }}

),

disposed as (

    select
        records.source_name,
        records.dataset_name,
        records.source_key,
        records.asked_trade_date as trade_date,
        records.fetched_at,
        case
            when not records.is_news then 'out_of_scope'
            when speaking.source_key is null then 'superseded'
            else 'mart_news'
        end as disposition,
        case
            when records.kind <> 'news' then records.kind
            when not records.is_news then 'no_title'
            when speaking.source_key is null then 'newer_version'
            else 'latest'
        end as reason
    from records
    left join speaking
        on records.source_key = speaking.source_key and records.record_no = speaking.record_no

),

final as (

    select
        source_name,
        dataset_name,
        source_key,
        trade_date,
        fetched_at,
        disposition,
        reason,
        count(*) as records
    from disposed
    group by
        source_name, dataset_name, source_key, trade_date, fetched_at, disposition, reason

)

select * from final
