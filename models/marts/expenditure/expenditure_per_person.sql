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

-- the accounts are public; what they give per person is not in a withheld cell
final as (

    select
        expenditure.municipality_code,
        expenditure.year,
        expenditure.expenditure_dkk,
        case when not composition.is_withheld then composition.full_year_persons end
            as full_year_persons,
        case
            when not composition.is_withheld
                then expenditure.expenditure_dkk / composition.full_year_persons
        end as expenditure_per_full_year_person_dkk
    from expenditure
    left join composition
        on
            expenditure.municipality_code = composition.municipality_code
            and expenditure.year = composition.year

)

select * from final
order by
    municipality_code,
    year
