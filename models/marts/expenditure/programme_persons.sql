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

unnamed as (

    select
        municipality_code,
        year,
        case when not is_withheld then persons end as persons,
        case when not is_withheld then full_year_persons end as full_year_persons,
        withheld_reason
    from reasons

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by
    municipality_code,
    year
