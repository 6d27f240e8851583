with

spells as (

    select * from {{ ref('int_spells') }}

),

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

-- the note under the table leaves out municipalities with too few spells
benchmarked_spells as (

    select
        spells.sex,
        spells.person_id,
        spells.duration_weeks,
        spells.is_success,
        {{ weeks_until_success_or_end_of_programme('spells') }} as counted_weeks
    from spells
    inner join benchmark
        on spells.municipality_code = benchmark.municipality_code

),

sums as (

    select
        coalesce(sex, 'all') as sex,
        {{ duration_sums() }}
    from benchmarked_spells
    group by cube (sex)

),

-- the mean of one sex follows from those of the other sex and of all
checked as (

    select
        *,
        {{ is_withheld('persons', within="sex = 'all'", key='sex') }} as spells_are_withheld,
        {{ is_withheld('successful_persons', within="sex = 'all'", key='sex') }}
            as successes_are_withheld
    from sums

),

unlabelled as (

    select
        sex,
        {{ mean_durations() }}
    from checked

),

final as (

    {{ with_report_labels('unlabelled', 'table_2_1_durations') }}

)

select * from final
order by row_position
