{#- What the exchange said, once, however often it was fetched and however many face values it was
    repeated with; and whose share it is about. -#}

with said as (

    select
        symbol,
        is_equity,
        ex_date,
        subject_text,
        max(subject) as subject,
        max(series) as series,
        max(company_name) as company_name,
        max(isin) as isin,
        min(face_value_inr) as face_value_min,
        max(face_value_inr) as face_value_max,
        min(announced_at) as announced_at,
        min(fetched_at) as learned_at,
        max(fetched_at) as last_seen_at,
        min(source_key) as source_key,
        count(*) as records
    from {{ ref('int_corporate_actions__parsed') }}
    group by symbol, is_equity, ex_date, subject_text

),

equity as (

    select * from said
    where is_equity

),

bearers as (

    {{ symbol_bearers('equity') }}

),

final as (

    select
        {{ surrogate_key([
            'said.symbol', "case when said.is_equity then 'equity' end", 'said.ex_date',
            'said.subject_text'
        ]) }}
            as announcement_sk,
        case when said.is_equity then bearers.security_sk end as security_sk,
        case when said.is_equity then bearers.security_link end as security_link,
        said.*
    from said
    left join bearers
        on
            said.symbol = bearers.symbol
            and said.ex_date = bearers.ex_date

)

select * from final
