with

composition as (

    select * from {{ ref('int_programme_composition') }}

),

final as (

    select
        municipality_code,
        year,
        {{ unless_few('persons', 'persons') }} as persons,
        {{ unless_few('persons', 'full_year_persons') }} as full_year_persons
    from composition

)

select * from final
order by
    municipality_code,
    year
