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

-- the standard error of a mean over years; one year has none
errors as (

    select
        means.municipality_code,
        means.years,
        means.expenditure_indicator,
        case
            when means.years > 1 then sqrt(squares.sum_of_squares / (means.years - 1) / means.years)
        end as standard_error
    from means
    inner join squares
        on means.municipality_code = squares.municipality_code

),

intervals as (

    select
        errors.municipality_code,
        errors.years,
        errors.expenditure_indicator,
        errors.standard_error,
        errors.expenditure_indicator - student_t.quantile_0975 * errors.standard_error as ci_low,
        errors.expenditure_indicator + student_t.quantile_0975 * errors.standard_error as ci_high
    from errors
    left join student_t
        on errors.years - 1 = student_t.degrees_of_freedom

),

ranked as (

    select
        *,
        row_number() over (order by expenditure_indicator asc, municipality_code asc)
            as expenditure_rank,
        count(*) over () as municipalities
    from intervals

),

final as (

    select
        municipality_code,
        years,
        expenditure_indicator,
        standard_error,
        ci_low,
        ci_high,
        case
            when ci_low > 1 then 'above'
            when ci_high < 1 then 'below'
            else 'around'
        end as position,
        {{ quintile('expenditure_rank', 'municipalities') }} as quintile
    from ranked

)

select * from final
order by municipality_code
