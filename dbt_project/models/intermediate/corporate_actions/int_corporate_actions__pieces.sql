{#- The free text taken apart where a phrase begins; what stands before the first is unknown. -#}

with announcements as (

    select
        announcement_sk,
        coalesce(subject_text, '') as subject_text,
        {{ regexp_replace_all(
            "coalesce(subject_text, '')", '[(]? *(purpose )?(revised|cancell?ed) *[)]?', ''
        ) }} as purpose
    from {{ ref('int_corporate_actions__announcements') }}

),

-- A distribution of a trust names its total first and its parts after it: it stays in one piece.
marked_0 as (

    select
        announcement_sk,
        {{ text_matches('subject_text', '.*revised.*') }} as is_revised,
        {{ text_matches('subject_text', '.*cancell?ed.*') }} as is_cancelled,
        case
            when {{ text_matches('purpose', '[ /&,;:.-]*') }} then '|EMPTY '
            when strpos(purpose, 'distribution') > 0
                then substring(purpose, 1, strpos(purpose, 'distribution') - 1)
            else purpose
        end as marked_text,
        case
            when strpos(purpose, 'distribution') > 0
                then '|DISTRIBUTION ' || substring(purpose, strpos(purpose, 'distribution') + 12)
            else ''
        end as distribution_text
    from announcements

),
{% for replacements in corporate_action_replacements() | batch(4) %}
marked_{{ loop.index }} as (

    select
        announcement_sk,
        is_revised,
        is_cancelled,
        distribution_text,
        {{ regexp_replace_each('marked_text', replacements) }} as marked_text
    from marked_{{ loop.index0 }}

),
{% endfor %}
marked as (

    select
        announcement_sk,
        is_revised,
        is_cancelled,
        marked_text || distribution_text as marked_text
    from marked_{{ (corporate_action_replacements() | batch(4) | list) | length }}

),

places as (
    {% for place in range(1, 13) %}
    select {{ place }} as place
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

pieces as (

    -- More than twelve pieces have not been seen; the last one then holds a mark and is unknown.
    select
        marked.announcement_sk,
        marked.is_revised,
        marked.is_cancelled,
        places.place as clause_no,
        case
            when places.place = 1 then 'UNKNOWN ' || split_part(marked.marked_text, '|', 1)
            when
                places.place = 12 and split_part(marked.marked_text, '|', 13) <> ''
                then 'UNKNOWN ...'
            else split_part(marked.marked_text, '|', places.place)
        end as piece
    from marked
    cross join places

),

final as (

    select
        announcement_sk,
        is_revised,
        is_cancelled,
        clause_no,
        split_part(piece, ' ', 1) as phrase,
        trim({{ regexp_replace_all(
            "substring(piece, strpos(piece, ' ') + 1)",
            '^( *and |[ /&,;:-])+|( and|[ /&,;:.-])+$', ''
        ) }}) as said
    from pieces
    where piece <> '' and piece <> 'UNKNOWN '

)

select * from final
