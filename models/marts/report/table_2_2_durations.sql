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

-- a spell whose ground is not recorded is in the total only: what is left of it is a mean, too
spells_by_ground as (

    select
        case
            when residence_group in ('refugee', 'family_reunified') then residence_group
            else 'neither'
        end as residence_ground,
        person_id,
        duration_weeks,
        counted_weeks,
        is_success
    from benchmarked_spells
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

checked as (

    select
        *,
        {{ is_withheld('persons', within="residence_ground = 'all'", key='residence_ground') }}
            as spells_are_withheld,
        {{ is_withheld(
            'successful_persons', within="residence_ground = 'all'", key='residence_ground'
        ) }} as successes_are_withheld
    from sums

),

-- a tenth of a week does not tell by how many spells it was divided
final as (

    select
        residence_ground,
        case when not spells_are_withheld then round(cast(weeks as double) / spells, 1) end
            as mean_weeks_unfinished_counted,
        case
            when not successes_are_withheld then round(cast(success_weeks as double) / successes, 1)
        end as mean_weeks_successes_only
    from checked
    where residence_ground <> 'neither'

)

select * from final
order by {{ position_in('residence_ground', ['refugee', 'family_reunified', 'all']) }}
