with

spells as (

    select * from {{ ref('int_spells') }}

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

-- a spell whose ground is not recorded is in the total only: the rest of the total has a mean, too
spells_by_ground as (

    select
        {{ ground_of_table_2_2('residence_group') }} as residence_ground,
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
        {{ duration_sums() }}
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

unlabelled as (

    select
        residence_ground,
        {{ mean_durations() }}
    from checked
    where residence_ground <> 'neither'

),

final as (

    {{ with_report_labels('unlabelled', 'table_2_2_durations') }}

)

select * from final
order by row_position
