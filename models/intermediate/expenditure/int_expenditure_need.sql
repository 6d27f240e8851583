with

cells as (

    select * from {{ ref('int_cost_need_input') }}

),

coefficients as (

    select * from {{ ref('int_cost_need_coefficients') }}
    where model = 3

),

-- the regression's design, one row per cell and term
design as (

    {% for share in cost_need_shares() %}
    select
        municipality_code,
        year,
        '{{ share }}' as term,
        {{ share }} as regressor
    from cells
    union all
    {% endfor %}
    select
        municipality_code,
        year,
        'year_' || cast(year as varchar) as term,
        1.0 as regressor
    from cells
    union all
    select
        municipality_code,
        year,
        'constant' as term,
        1.0 as regressor
    from cells

),

-- the first year is the reference: it has no coefficient and adds nothing
fitted as (

    select
        design.municipality_code,
        design.year,
        {{ exact_sum('design.regressor * coefficients.coefficient_dkk') }} as expected_dkk
    from design
    inner join coefficients
        on design.term = coefficients.term
    group by design.municipality_code, design.year

),

final as (

    select
        cells.municipality_code,
        cells.year,
        cells.expenditure_per_full_year_person_dkk as actual_dkk,
        fitted.expected_dkk,
        cells.expenditure_per_full_year_person_dkk / fitted.expected_dkk as expenditure_indicator
    from cells
    inner join fitted
        on
            cells.municipality_code = fitted.municipality_code
            and cells.year = fitted.year

)

select * from final
order by
    municipality_code,
    year
