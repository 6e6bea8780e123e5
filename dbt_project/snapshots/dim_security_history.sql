{#- dim_securities says what a security is called today; this keeps what it was called before,
    which no full refresh can bring back: lists and quotes of long ago are not asked again. -#}
{% snapshot dim_security_history %}

select
    security_sk,
    symbol,
    series,
    isin,
    security_type,
    company_name,
    industry,
    is_current,
    is_delisted_guess
from {{ ref('dim_securities') }}

{% endsnapshot %}
