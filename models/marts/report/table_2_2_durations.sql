with

spells as (

    select * from {{ ref('spells') }}

),

population as (

    select * from {{ ref('int_population') }}

),

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

-- the note under the table leaves out municipalities with too few spells
benchmarked_spells as (

    select
        spells.person_id,
        spells.duration_weeks,
        spells.is_success,
        {{ weeks_until_success_or_end_of_programme('spells') }} as counted_weeks,
        population.residence_group
    from spells
    inner join benchmark
        on spells.municipality_code = benchmark.municipality_code
    inner join population
        on spells.person_id = population.person_id

),

-- a spell whose ground is not recorded is in the total only
spells_by_ground as (

    select
        residence_group as residence_ground,
        person_id,
        duration_weeks,
        counted_weeks,
        is_success
    from benchmarked_spells
    where residence_group in ('refugee', 'family_reunified')
    union all
    select
        'all' as residence_ground,
        person_id,
        duration_weeks,
        counted_weeks,
        is_success
    from benchmarked_spells

),

sums as (

    select
        residence_ground,
        cast(count(*) as bigint) as spells,
        cast(sum(counted_weeks) as bigint) as weeks,
        cast(sum(case when is_success then 1 else 0 end) as bigint) as successes,
        cast(sum(case when is_success then duration_weeks else 0 end) as bigint) as success_weeks,
        cast(count(distinct person_id) as bigint) as persons,
        cast(count(distinct case when is_success then person_id end) as bigint)
            as successful_persons
    from spells_by_ground
    group by residence_ground

),

final as (

    select
        residence_ground,
        {{ unless_few('persons', 'cast(weeks as double) / spells') }}
            as mean_weeks_unfinished_counted,
        {{ unless_few('successful_persons', 'cast(success_weeks as double) / successes') }}
            as mean_weeks_successes_only
    from sums

)

select * from final
order by {{ position_in('residence_ground', ['refugee', 'family_reunified', 'all']) }}
