{#- The column lists of stg_rapidapi__quotes, made from quote_numbers(), quote_texts(), quote_meta()
    in three steps: JSON to text, text to number, number to column and flaw. -#}

{% macro quote_text_columns(record) -%}
  {%- set columns = [] -%}
  {%- for name in quote_texts() -%}
    {%- set value = 'trim(' ~ json_text(record ~ '."' ~ name ~ '"') ~ ')' -%}
    {%- do columns.append('nullif(' ~ value ~ ", '') as " ~ name ~ '_text') -%}
  {%- endfor -%}
  {%- for name in quote_meta() -%}
    {%- set value = 'trim(' ~ json_text(record ~ '."meta"."' ~ name ~ '"') ~ ')' -%}
    {%- do columns.append('nullif(nullif(' ~ value ~ ", ''), '-') as " ~ name) -%}
  {%- endfor -%}
  {%- for number in quote_numbers() -%}
    {%- set value = record ~ '."' ~ number.key ~ '"' -%}
    {%- do columns.append(json_text(value) ~ ' as ' ~ number.column ~ '_text') -%}
    {%- do columns.append(json_kind(value) ~ ' as ' ~ number.column ~ '_kind') -%}
  {%- endfor -%}
  {{ columns | join(',\n        ') }}
{%- endmacro %}

{% macro quote_read_columns() -%}
  {%- set columns = [] -%}
  {%- for number in quote_numbers() -%}
    {%- set text = number.column ~ '_text' -%}
    {%- if number.scale == 0 -%}{%- set value = try_bigint(text) -%}
    {%- elif number.scale == 2 -%}
      {#- Read with 18 digits, which is rupees enough: DuckDB reads wider decimals 20 times slower. -#}
      {%- set value = 'cast(' ~ try_decimal(text, 18, 2) ~ ' as decimal(24, 2))' -%}
    {%- else -%}{%- set value = try_decimal(text, 18, number.scale) -%}
    {%- endif -%}
    {%- do columns.append(value ~ ' as ' ~ number.column ~ '_read') -%}
  {%- endfor -%}
  {{ columns | join(',\n        ') }}
{%- endmacro %}

{% macro quote_typed_columns() -%}
  {%- set columns = [] -%}
  {%- for number in quote_numbers() -%}
    {%- set read = number.column ~ '_read' -%}
    {#- A cast says the type again that nullif() and case hide. -#}
    {%- set nullable = 'cast(nullif(' ~ read ~ ', 0) as decimal(18, ' ~ number.scale ~ '))' -%}
    {%- set value = nullable if number.zero_unknown else read -%}
    {%- set flaw = value_flaw(
      number.column ~ '_text', number.column ~ '_kind', read, number.zero_unknown
    ) -%}
    {%- do columns.append(value ~ ' as ' ~ number.column) -%}
    {%- do columns.append(flaw ~ ' as ' ~ number.column ~ '_flaw') -%}
  {%- endfor -%}
  {{ columns | join(',\n        ') }}
{%- endmacro %}
