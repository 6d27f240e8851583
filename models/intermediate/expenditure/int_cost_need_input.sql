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

-- means over few persons say little about the municipality (report, note under Table 5.1)
final as (

    select
        composition.municipality_code,
        composition.year,
        expenditure.expenditure_dkk
        / composition.full_year_persons as expenditure_per_full_year_person_dkk,
        composition.persons,
        composition.full_year_persons,
        {% for share in cost_need_shares() %}
        composition.{{ share }}{{ "," if not loop.last }}
        {% endfor %}
    from composition
    inner join expenditure
        on
            composition.municipality_code = expenditure.municipality_code
            and composition.year = expenditure.year
    where composition.persons > {{ var('minimum_persons') }}

)

select * from final
order by
    municipality_code,
    year
