-- How do the regions compare, in weeks and in kroner?
-- The indicator of a region is expected over observed weeks, summed over the spells of its
-- municipalities. Kroner are a mean of municipality-years in the cost-need model, each
-- weighing alike.
with

spending as (

    select
        places.region,
        avg(need.expenditure_per_full_year_person_dkk) as actual_dkk,
        avg(need.expected_dkk) as expected_dkk
    from expenditure.expenditure_need as need
    inner join meta.municipalities as places
        on need.municipality_code = places.municipality_code
    group by places.region

)

select
    regions.group_name as region,
    round(regions.observed_mean_duration_weeks, 1) as observed_weeks,
    round(regions.expected_mean_duration_weeks, 1) as expected_weeks,
    round(regions.benchmark_indicator, 3) as indicator,
    regions.position,
    round(spending.actual_dkk, -2) as actual_dkk,
    round(spending.expected_dkk, -2) as expected_dkk
from benchmark.group_indicators as regions
inner join spending
    on regions.group_name = spending.region
where regions.kind = 'region'
order by indicator desc
