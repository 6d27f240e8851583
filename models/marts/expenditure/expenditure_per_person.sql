with

composition as (

    select * from {{ ref('int_programme_composition') }}

),

programme_expenditure as (

    select * from {{ ref('programme_expenditure') }}

),

expenditure as (

    select
        municipality_code,
        year,
        {{ exact_sum('net_of_payments_dkk') }} as expenditure_dkk
    from programme_expenditure
    where scope = 'programme'
    group by municipality_code, year

),

-- the accounts are public; what they give per person is not where the persons are few
final as (

    select
        expenditure.municipality_code,
        expenditure.year,
        expenditure.expenditure_dkk,
        {{ unless_few('composition.persons', 'composition.full_year_persons') }}
            as full_year_persons,
        {{ unless_few(
            'composition.persons', 'expenditure.expenditure_dkk / composition.full_year_persons'
        ) }} as expenditure_per_full_year_person_dkk
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
