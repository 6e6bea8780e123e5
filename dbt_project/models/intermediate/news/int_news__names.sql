with bearers as (

    -- Who has, or had last, each symbol.
    select
        symbol,
        security_sk,
        row_number() over (
            partition by symbol order by valid_to desc, security_sk asc
        ) as newest_first
    from {{ ref('int_securities__aliases') }}

),

holders as (

    select * from bearers
    where newest_first = 1

),

newest_symbols as (

    select
        security_sk,
        max(symbol) as symbol
    from holders
    group by security_sk

),

companies as (

    select
        described.security_sk,
        {{ bare_company_name('described.company_name') }} as bare_name
    from {{ ref('int_securities__described') }} as described
    where described.company_name is not null

),

worded as (

    select
        *,
        split_part(bare_name, ' ', 1) as word_1,
        split_part(bare_name, ' ', 2) as word_2,
        split_part(bare_name, ' ', 3) as word_3
    from companies

),

aliases as (

    select
        {{ name_words('seed.alias') }} as phrase,
        holders.security_sk,
        'alias' as mapping_method,
        seed.confidence,
        1 as priority
    from {{ ref('news_company_aliases') }} as seed
    left join holders on seed.symbol = holders.symbol
    -- What blocks a common word does so in a home without that share too.
    where
        seed.alias_kind = 'name'
        and (holders.security_sk is not null or seed.confidence = 0)

),

unioned as (

    select * from aliases

    union all

    -- A name of one word may be a word of the language.
    select
        bare_name as phrase,
        security_sk,
        'name' as mapping_method,
        case when word_2 = '' then 0.6 else 0.9 end as confidence,
        2 as priority
    from worded
    where length(bare_name) >= 4

    union all

    -- The press leaves the end of a long name away.
    select
        word_1 || ' ' || word_2 as phrase,
        min(security_sk) as security_sk,
        'name' as mapping_method,
        0.7 as confidence,
        3 as priority
    from worded
    where word_2 not in ('', 'of', 'and', 'the')
    group by word_1 || ' ' || word_2
    having
        count(*) = 1
        and max(word_3) not in ('', 'of', 'and')
        and max(length(word_1)) > 2

    union all

    select
        lower(symbol) as phrase,
        security_sk,
        'symbol' as mapping_method,
        0.8 as confidence,
        4 as priority
    from holders
    where {{ text_matches('symbol', '[A-Z][A-Z0-9]{2,}') }}

),

-- One meaning per phrase: the surest, and of two shares of one name that of the shorter symbol.
ranked as (

    select
        unioned.*,
        row_number() over (
            partition by unioned.phrase
            order by
                unioned.priority asc,
                unioned.confidence desc,
                length(newest_symbols.symbol) asc,
                newest_symbols.symbol asc,
                unioned.security_sk asc
        ) as best_first
    from unioned
    left join newest_symbols on unioned.security_sk = newest_symbols.security_sk

),

final as (

    select
        phrase,
        split_part(phrase, ' ', 1) as first_word,
        security_sk,
        mapping_method,
        cast(confidence as double precision) as confidence
    from ranked
    where best_first = 1 and phrase <> ''

)

select * from final
