with

composition as (

    select * from {{ ref('int_programme_composition') }}

),

programme_expenditure as (

    select * from {{ ref('int_programme_expenditure') }}

),

expenditure as (

    {{ net_expenditure('programme_expenditure', "scope = 'programme'") }}

),

reasons as (

    select
        *,
        {{ withheld_reason('persons', 'is_withheld', within='year') }} as withheld_reason
    from composition

),

-- the accounts are public; the expenditure per person of a withheld cell is not
unnamed as (

    select
        expenditure.municipality_code,
        expenditure.year,
        expenditure.expenditure_dkk,
        case when not reasons.is_withheld then reasons.full_year_persons end
            as full_year_persons,
        case
            when not reasons.is_withheld
                then expenditure.expenditure_dkk / reasons.full_year_persons
        end as expenditure_per_full_year_person_dkk,
        case when reasons.persons is null then 'not_estimated' else reasons.withheld_reason end
            as withheld_reason
    from expenditure
    left join reasons
        on
            expenditure.municipality_code = reasons.municipality_code
            and expenditure.year = reasons.year

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by
    municipality_code,
    year
