select
    source_key,
    trade_date,
    fetched_at,
    disposition,
    reason,
    count(*) as records
from {{ ref('int_indices__levels') }}
where is_official
group by source_key, trade_date, fetched_at, disposition, reason
