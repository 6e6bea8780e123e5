with source as (

    select * from {{ source('nse', 'nse_bhavcopy_udiff') }}

),

final as (

    select
        source_key,
        record_no,
        fetched_at,
        loaded_at,
        trade_date,
        tckr_symb as symbol,
        scty_srs as series,
        isin,
        fin_instrm_nm as fin_instrument_name,
        {{ plain_decimal('opn_pric', 18, 4) }} as open_price,
        {{ plain_decimal('hgh_pric', 18, 4) }} as high_price,
        {{ plain_decimal('lw_pric', 18, 4) }} as low_price,
        -- ClsPric is the close; SttlmPric is another price in more than half of the rows
        {{ plain_decimal('cls_pric', 18, 4) }} as close_price,
        nullif({{ plain_decimal('last_pric', 18, 4) }}, 0) as last_price,
        nullif({{ plain_decimal('prvs_clsg_pric', 18, 4) }}, 0) as previous_close_price,
        {{ plain_bigint('ttl_tradg_vol') }} as traded_volume,
        {{ plain_decimal('ttl_trf_val', 18, 2) }} as turnover_inr,
        {{ plain_bigint('ttl_nb_of_txs_exctd') }} as trades
    from source

)

select * from final
