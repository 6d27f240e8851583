with

composition as (

    select * from {{ ref('int_programme_composition') }}

),

final as (

    select
        municipality_code,
        year,
        case when not is_withheld then persons end as persons,
        case when not is_withheld then full_year_persons end as full_year_persons
    from composition

)

select * from final
order by
    municipality_code,
    year
