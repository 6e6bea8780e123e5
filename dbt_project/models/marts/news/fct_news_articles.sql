{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='news_key',
        on_schema_change='fail',
        pre_hook="{{ forget_moved_news() }}"
    )
}}

-- Gated by the audit like every mart: depends_on {{ ref('int_quotes__disposed') }}
with records as (

    select * from {{ ref('int_news__records') }}
    where is_news

),

enrichment as (

    select * from {{ ref('stg_enrichment__news') }}

),

received as (

    select
        news_key,
        min(fetched_at) as first_seen_at,
        min(published_at) as first_published_at,
        max(loaded_at) as records_version,
        count(*) as versions_count
    from records
    group by news_key

),

enriched as (

    select
        news_key,
        max(loaded_at) as enrichment_version
    from enrichment
    group by news_key

),

touched as (

    select
        received.*,
        enriched.enrichment_version
    from received
    left join enriched on received.news_key = enriched.news_key
    {% if is_incremental() -%}
    left join {{ this }} as built on received.news_key = built.news_key
    where
        built.news_key is null
        or built.records_version <> received.records_version
        or built.versions_count <> received.versions_count
        or coalesce(built.enrichment_version, built.first_seen_at)
        <> coalesce(enriched.enrichment_version, built.first_seen_at)
    {%- endif %}

),

-- Of a news that came more than once the latest version speaks.
latest as (

    select
        records.*,
        touched.first_seen_at,
        touched.first_published_at,
        touched.records_version,
        touched.versions_count,
        touched.enrichment_version,
        row_number() over (
            partition by records.news_key
            order by records.fetched_at desc, records.source_key desc, records.record_no desc
        ) as newest_first
    from records
    inner join touched on records.news_key = touched.news_key

),

toned as (

    select
        enrichment.*,
        row_number() over (
            partition by enrichment.news_key
            order by
                enrichment.enriched_at desc, enrichment.object_key desc, enrichment.record_no desc
        ) as newest_first
    from enrichment
    inner join touched on enrichment.news_key = touched.news_key

),

timed as (

    -- Nothing is news of tomorrow; without a date it is from when we first saw it.
    select
        latest.*,
        case
            when coalesce(latest.published_at, latest.first_published_at) > latest.fetched_at
                then 'future'
            when coalesce(latest.published_at, latest.first_published_at) is null then 'missing'
            when latest.published_at is null then 'earlier_version'
            else 'stated'
        end as published_flag,
        case
            when coalesce(latest.published_at, latest.first_published_at) <= latest.fetched_at
                then coalesce(latest.published_at, latest.first_published_at)
            else latest.first_seen_at
        end as published_known_at
    from latest
    where latest.newest_first = 1

),

joined as (

    select
        timed.*,
        {{ dbt.dateadd('minute', 330, 'timed.published_known_at') }} as published_ist,
        coalesce(toned.cluster_key, timed.news_key) as cluster_key,
        toned.cluster_similarity,
        toned.cluster_version,
        coalesce(timed.sentiment_score, toned.sentiment_score) as tone,
        case
            when timed.sentiment_score is not null then 'alpha_vantage'
            else toned.sentiment_model
        end as tone_model,
        case when timed.sentiment_score is null then toned.sentiment_version end as tone_version
    from timed
    left join toned on timed.news_key = toned.news_key and toned.newest_first = 1

),

final as (

    {{ news_article_columns() }}
    from joined
    left join {{ ref('dim_dates') }} as dates
        on cast(joined.published_ist as date) = dates.calendar_date

)

select * from final
