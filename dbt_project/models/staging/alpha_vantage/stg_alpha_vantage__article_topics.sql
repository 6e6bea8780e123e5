with elements as (

    {{ json_elements(
        source('alpha_vantage', 'alpha_vantage_news'),
        ['source_key', 'record_no', 'loaded_at'], 'payload', 'topics'
    ) }}

),

opened as (

    select
        source_key,
        record_no,
        loaded_at,
        element_no,
        {{ json_fields('element', ['topic', 'relevance_score']) }}
            as element_fields
    from elements

),

final as (

    select
        opened.source_key,
        opened.record_no,
        opened.loaded_at,
        cast(opened.element_no as integer) as topic_no,
        {{ json_text('opened.element_fields."topic"') }} as topic,
        cast(
            {{ try_decimal(json_text('opened.element_fields."relevance_score"'), 12, 8) }}
            as double precision
        ) as relevance_score
    from opened

)

select * from final
