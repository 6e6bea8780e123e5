with source as (

    select * from {{ source('enrichment', 'news_enrichment') }}

),

final as (

    select
        object_key,
        record_no,
        news_key,
        cluster_key,
        cluster_similarity,
        cluster_method,
        cluster_version,
        sentiment_compound as sentiment_score,
        sentiment_model,
        sentiment_version,
        fetched_at as enriched_at,
        loaded_at
    from source

)

select * from final
