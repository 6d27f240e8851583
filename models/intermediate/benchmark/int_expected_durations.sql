with

linear_predictors as (

    select * from {{ ref('int_linear_predictors') }}

),

baseline as (

    select * from {{ ref('int_cox_baseline') }}

),

-- the area under S0(t)^exp(xb) on 0..156; the curve is constant within a week
final as (

    select
        linear_predictors.spell_id,
        linear_predictors.municipality_code,
        linear_predictors.is_benchmarked,
        {{ exact_sum('''
            case
                when linear_predictors.is_without_hazard then 1
                else power(baseline.survival, exp(linear_predictors.linear_predictor))
            end
        ''') }} as expected_duration_weeks
    from linear_predictors
    inner join baseline
        on linear_predictors.sex = baseline.sex
    where baseline.week < {{ var('window_weeks') }}
    group by
        linear_predictors.spell_id,
        linear_predictors.municipality_code,
        linear_predictors.is_benchmarked

)

select * from final
