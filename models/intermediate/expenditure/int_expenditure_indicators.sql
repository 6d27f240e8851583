with

expenditure_need as (

    select * from {{ ref('int_expenditure_need') }}

),

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

student_t as (

    select * from {{ ref('student_t_quantiles') }}

),

yearly as (

    select
        expenditure_need.municipality_code,
        expenditure_need.expenditure_indicator as yearly_indicator
    from expenditure_need
    inner join benchmark
        on expenditure_need.municipality_code = benchmark.municipality_code

),

means as (

    select
        municipality_code,
        cast(count(*) as integer) as years,
        {{ exact_sum('yearly_indicator') }} / count(*) as expenditure_indicator
    from yearly
    group by municipality_code

),

squares as (

    select
        yearly.municipality_code,
        {{ exact_sum('power(yearly.yearly_indicator - means.expenditure_indicator, 2)') }}
            as sum_of_squares
    from yearly
    inner join means
        on yearly.municipality_code = means.municipality_code
    group by yearly.municipality_code

),

-- the standard error of a mean over years; a mean of one year has no standard error
errors as (

    select
        means.municipality_code,
        means.years,
        means.expenditure_indicator,
        case
            when means.years > 1 then sqrt(squares.sum_of_squares / (means.years - 1) / means.years)
        end as report_standard_error
    from means
    inner join squares
        on means.municipality_code = squares.municipality_code

),

final as (

    {{ with_positions_over_years('errors', 'student_t') }}

)

select * from final
order by municipality_code
