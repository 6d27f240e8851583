with

spells as (

    select * from {{ ref('spells') }}

),

observed_durations as (

    select * from {{ ref('observed_durations') }}

),

municipalities as (

    select * from {{ ref('municipalities') }}

),

counted as (

    select
        municipality_code,
        cast(count(*) as bigint) as spells,
        cast(sum(case when is_success then 1 else 0 end) as bigint) as successes,
        cast(count(distinct person_id) as bigint) as persons,
        cast(count(distinct case when is_success then person_id end) as bigint)
            as persons_with_success,
        cast(count(distinct case when not is_success then person_id end) as bigint)
            as persons_without_success
    from spells
    group by municipality_code

),

-- the successes are told only where neither they nor the rest of the spells are of few persons
final as (

    select
        municipalities.municipality_code,
        municipalities.municipality_name,
        {{ unless_few('counted.persons', 'observed_durations.observed_mean_duration_weeks') }}
            as observed_mean_duration_weeks,
        {{ unless_few('counted.persons', 'counted.spells') }} as spells,
        {{ unless_few(
            'least(counted.persons_with_success, counted.persons_without_success)', 'counted.successes'
        ) }} as successes,
        {{ unless_few(
            'least(counted.persons_with_success, counted.persons_without_success)',
            '100.0 * counted.successes / counted.spells'
        ) }} as success_percent,
        'no' as columns_swapped_in_print
    from municipalities
    left join counted
        on municipalities.municipality_code = counted.municipality_code
    left join observed_durations
        on municipalities.municipality_code = observed_durations.municipality_code

)

select * from final
order by municipality_code
