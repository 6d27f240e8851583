-- Least squares with a constant leaves residuals that sum to zero, in the whole and, with a
-- dummy for each year, in every year. The expectation is computed in SQL from the coefficients:
-- a term with another name on one side would be left out of it without a word, and shows here.
-- The mean residual may reach a tenth of a krone by rounding.
with

expenditure_need as (

    select * from {{ ref('int_expenditure_need') }}

),

residuals as (

    select
        year,
        {{ exact_sum('actual_dkk - expected_dkk') }} / count(*) as mean_residual_dkk
    from expenditure_need
    group by year

)

select
    year,
    mean_residual_dkk
from residuals
where not coalesce(abs(mean_residual_dkk) < 0.1, false)
