with

composition as (

    select * from {{ ref('int_programme_composition') }}

),

reasons as (

    select
        *,
        {{ withheld_reason('persons', 'is_withheld', within='year') }} as withheld_reason
    from composition

),

final as (

    select
        municipality_code,
        year,
        case when not is_withheld then persons end as persons,
        case when not is_withheld then full_year_persons end as full_year_persons,
        withheld_reason
    from reasons

)

select * from final
order by
    municipality_code,
    year
