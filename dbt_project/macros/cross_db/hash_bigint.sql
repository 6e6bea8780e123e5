{#- A text as a whole number of 52 bits: a key that joins and sorts faster than 32 hexadecimal digits
    and that every tool reads exactly, those with double precision included. NULL for NULL.
    Example: hash_bigint("'RELIANCE#1'") -#}
{% macro hash_bigint(text) -%}
  {{ return(adapter.dispatch('hash_bigint')(text)) }}
{%- endmacro %}

{% macro default__hash_bigint(text) -%}
  {{ exceptions.raise_compiler_error('hash_bigint has no body for ' ~ target.type) }}
{%- endmacro %}

{% macro duckdb__hash_bigint(text) -%}
  cast('0x' || left(md5({{ text }}), 13) as bigint)
{%- endmacro %}

{% macro redshift__hash_bigint(text) -%}
  strtol(left(md5({{ text }}), 13), 16)
{%- endmacro %}
