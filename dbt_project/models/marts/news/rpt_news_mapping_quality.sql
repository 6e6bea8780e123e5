-- The labelled headlines are mapped by the same rules as the news, with the names of this home.
with labelled as (

    select
        split as scope_part,
        cast(headline_no as varchar(16)) as news_key,
        symbols,
        headline
    from {{ ref('news_labelled_headlines') }}

),

found as (

    select
        matches.news_key,
        matches.security_sk
    from (
        {{ news_name_matches('labelled') | indent(4) }}
    ) as matches
    where matches.confidence >= {{ var('news_min_confidence') }}
    group by matches.news_key, matches.security_sk

),

-- Who has, or had last, each symbol.
holders as (

    select
        symbol,
        security_sk,
        row_number() over (
            partition by symbol order by valid_to desc, security_sk asc
        ) as newest_first
    from {{ ref('int_securities__aliases') }}

),

expected as (

    select distinct
        labelled.news_key,
        holders.security_sk
    from labelled
    inner join holders
        on
            holders.newest_first = 1
            and strpos(';' || labelled.symbols || ';', ';' || holders.symbol || ';') > 0

),

compared as (

    select
        coalesce(expected.news_key, found.news_key) as news_key,
        expected.news_key is not null as is_expected,
        found.news_key is not null as is_found
    from expected
    full outer join found
        on expected.news_key = found.news_key and expected.security_sk = found.security_sk

),

measured as (

    select
        'labelled_' || labelled.scope_part as scope,
        count(distinct labelled.news_key) as items,
        count(distinct case when compared.is_found then labelled.news_key end) as items_mapped,
        count(case when compared.is_expected then 1 end) as mentions_expected,
        count(case when compared.is_found then 1 end) as mentions_found,
        count(case when compared.is_expected and compared.is_found then 1 end) as mentions_correct
    from labelled
    left join compared on labelled.news_key = compared.news_key
    group by labelled.scope_part

    union all

    select
        'news_' || articles.source_name as scope,
        count(distinct articles.news_key) as items,
        count(distinct bridge.news_key) as items_mapped,
        null as mentions_expected,
        count(bridge.news_key) as mentions_found,
        null as mentions_correct
    from {{ ref('fct_news_articles') }} as articles
    left join {{ ref('bridge_news_securities') }} as bridge
        on articles.news_key = bridge.news_key and bridge.is_counted
    group by articles.source_name

),

final as (

    select
        cast(scope as varchar(32)) as scope,
        cast(items as bigint) as items,
        cast(items_mapped as bigint) as items_mapped,
        {{ ratio('items_mapped', 'items') }} as mapping_rate,
        cast(mentions_expected as bigint) as mentions_expected,
        cast(mentions_found as bigint) as mentions_found,
        cast(mentions_correct as bigint) as mentions_correct,
        -- Without one of the labelled companies in this home nothing can be said.
        case
            when mentions_expected > 0 then {{ ratio('mentions_correct', 'mentions_found') }}
        end as mapping_precision,
        case
            when mentions_expected > 0 then {{ ratio('mentions_correct', 'mentions_expected') }}
        end as mapping_recall
    from measured

)

select * from final
