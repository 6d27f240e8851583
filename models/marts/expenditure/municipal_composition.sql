with

composition as (

    select * from {{ ref('int_programme_composition') }}

),

final as (

    select
        municipality_code,
        year,
        {% for share in composition_terms() %}
        {{ unless_few('persons', share.term) }} as {{ share.term }}{{ "," if not loop.last }}
        {% endfor %}
    from composition

)

select * from final
order by
    municipality_code,
    year
