{#- A name or headline as plain words between single blanks: letters and digits of ASCII, & as "and",
    without 's. lower=false keeps the case. Example: name_words("'Dr. Reddy''s Labs'") -> dr reddy labs -#}
{% macro name_words(text, lower=true) -%}
  {%- set apostrophe = 'replace(' ~ text ~ ", '" ~ '’' ~ "', '''')" -%}
  {%- set told = 'lower(' ~ apostrophe ~ ')' if lower else apostrophe -%}
  {%- set ampersand = 'replace(' ~ told ~ ", '&', ' and ')" -%}
  {%- set possessive = "replace(' ' || " ~ ampersand ~ " || ' ', '''s ', ' ')" -%}
  trim({{ regexp_replace_all("replace(" ~ possessive ~ ", '''', '')", '[^A-Za-z0-9]+', ' ') }})
{%- endmacro %}

{#- A company's name without what says its legal form: "Titan Company Limited" -> titan. -#}
{% macro bare_company_name(text) -%}
  {%- set words = name_words(text) -%}
  {%- set limited = regexp_replace_all(words, ' (limited|ltd)$', '') -%}
  {%- set form = regexp_replace_all(limited, ' (company|corporation|corp|co)$', '') -%}
  {{ regexp_replace_all(form, '^the ', '') }}
{%- endmacro %}

{#- The shares that the headlines of a relation (news_key, headline) name: news_key, security_sk,
    mapping_method (name, alias or symbol), confidence, matched_text. A name within a longer one that also
    matched is not meant: "Reliance Power" is not Reliance. Joined word by word, so that a headline is
    compared with the few names that begin with one of its words. -#}
{% macro news_name_matches(relation) %}
    with numbers as (

        {{ dbt.generate_series(64) }}

    ),

    plain as (

        select
            news_key,
            {{ name_words('headline') }} as headline_words,
            {{ name_words('headline', lower=false) }} as cased_words
        from {{ relation }}

    ),

    words as (

        select distinct
            plain.news_key,
            split_part(plain.cased_words, ' ', cast(numbers.generated_number as integer))
                as cased_word
        from plain
        inner join numbers
            on numbers.generated_number
                <= length(plain.headline_words) - length(replace(plain.headline_words, ' ', '')) + 1

    ),

    named as (

        select distinct
            words.news_key,
            plain.headline_words,
            names.phrase,
            names.security_sk,
            names.mapping_method,
            names.confidence
        from words
        inner join {{ ref('int_news__names') }} as names
            on lower(words.cased_word) = names.first_word
        inner join plain
            on
                words.news_key = plain.news_key
                and strpos(' ' || plain.headline_words || ' ', ' ' || names.phrase || ' ') > 0
        where
            names.mapping_method <> 'symbol'
            -- A ticker is written in capitals, in a headline that is not all capitals.
            or (
                words.cased_word = upper(names.phrase)
                and plain.cased_words <> upper(plain.cased_words)
            )

    ),

    longer as (

        select
            shorter.news_key,
            shorter.phrase
        from named as shorter
        inner join named as longer
            on
                shorter.news_key = longer.news_key
                and length(longer.phrase) > length(shorter.phrase)
                and strpos(' ' || longer.phrase || ' ', ' ' || shorter.phrase || ' ') > 0
        group by shorter.news_key, shorter.phrase

    )

    select
        named.news_key,
        named.security_sk,
        named.mapping_method,
        named.confidence,
        named.phrase as matched_text
    from named
    left join longer on named.news_key = longer.news_key and named.phrase = longer.phrase
    where longer.phrase is null and named.confidence > 0
{% endmacro %}
