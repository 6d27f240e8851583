with

main_indicators as (

    select * from {{ ref('int_expenditure_indicators') }}

),

main_input as (

    select * from {{ ref('int_cost_need_input') }}

),

main_fit as (

    select * from {{ ref('cost_need_fit') }}

),

main_regressions as (

    select * from {{ ref('indicator_regressions') }}

),

supplementary_indicators as (

    select * from {{ ref('int_supplementary_indicators') }}

),

supplementary_input as (

    select * from {{ ref('int_supplementary_cost_need_input') }}

),

supplementary_fit as (

    select * from {{ ref('supplementary_cost_need_fit') }}

),

supplementary_regressions as (

    select * from {{ ref('supplementary_regressions') }}

),

positions as (

    select
        case when analysis = 'main' then 'programme' else 'supplementary' end as grouping_set,
        municipality_code,
        position
    from {{ ref('int_expenditure_positions') }}

),

apart as (

    select
        grouping_set,
        cast(count(case when position <> 'around' then 1 end) as integer) as municipalities_apart
    from positions
    group by grouping_set

),

cells as (

    select
        'programme' as grouping_set,
        expenditure_per_full_year_person_dkk * full_year_persons as expenditure_dkk,
        full_year_persons
    from main_input
    union all
    select
        'supplementary' as grouping_set,
        expenditure_per_full_year_person_dkk * full_year_persons as expenditure_dkk,
        full_year_persons
    from supplementary_input

),

expenditure as (

    select
        grouping_set,
        {{ exact_sum('expenditure_dkk') }} as expenditure_dkk,
        {{ exact_sum('expenditure_dkk') }} / {{ exact_sum('full_year_persons') }}
            as expenditure_per_full_year_person_dkk
    from cells
    group by grouping_set

),

indicators as (

    select
        'programme' as grouping_set,
        municipality_code,
        years,
        expenditure_indicator,
        report_standard_error
    from main_indicators
    union all
    select
        'supplementary' as grouping_set,
        municipality_code,
        years,
        expenditure_indicator,
        report_standard_error
    from supplementary_indicators

),

means as (

    select
        grouping_set,
        cast(count(*) as integer) as municipalities,
        {{ exact_sum('expenditure_indicator') }} / count(*) as mean_indicator,
        -- the squared standard error of a mean over n years is the variance of the years over n
        sqrt(
            {{ exact_sum('report_standard_error * report_standard_error * years * (years - 1)') }}
            / nullif({{ exact_sum('years - 1') }}, 0)
        ) as yearly_standard_deviation
    from indicators
    group by grouping_set

),

spreads as (

    select
        means.grouping_set,
        means.municipalities,
        means.yearly_standard_deviation,
        sqrt(
            {{ exact_sum('power(indicators.expenditure_indicator - means.mean_indicator, 2)') }}
            / nullif(means.municipalities - 1, 0)
        ) as indicator_standard_deviation
    from indicators
    inner join means
        on indicators.grouping_set = means.grouping_set
    group by means.grouping_set, means.municipalities, means.yearly_standard_deviation

),

fits as (

    select
        'programme' as grouping_set,
        r_squared
    from main_fit
    where model = 3
    union all
    select
        'supplementary' as grouping_set,
        r_squared
    from supplementary_fit
    where model = 3

),

slopes as (

    select
        'programme' as grouping_set,
        coefficient,
        p_value,
        r_squared
    from main_regressions
    where sample = 'all' and form = 'linear' and term = 'expenditure_indicator'
    union all
    select
        'supplementary' as grouping_set,
        coefficient,
        p_value,
        r_squared
    from supplementary_regressions
    where sample = 'all' and form = 'linear' and term = 'expenditure_indicator'

),

programme as (

    select expenditure_dkk
    from expenditure
    where grouping_set = 'programme'

),

final as (

    select
        spreads.grouping_set,
        spreads.municipalities,
        expenditure.expenditure_per_full_year_person_dkk,
        expenditure.expenditure_dkk / programme.expenditure_dkk as share_of_programme_expenditure,
        fits.r_squared as cost_need_r_squared,
        spreads.indicator_standard_deviation,
        spreads.yearly_standard_deviation,
        apart.municipalities_apart,
        slopes.coefficient as slope,
        slopes.p_value as slope_p_value,
        slopes.r_squared as slope_r_squared
    from spreads
    cross join programme
    inner join expenditure
        on spreads.grouping_set = expenditure.grouping_set
    inner join apart
        on spreads.grouping_set = apart.grouping_set
    inner join fits
        on spreads.grouping_set = fits.grouping_set
    inner join slopes
        on spreads.grouping_set = slopes.grouping_set

)

select * from final
order by grouping_set
