with

spells as (

    select * from {{ ref('spells') }}

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
        cast(count(*) as bigint) as spells,
        cast(sum(counted_weeks) as bigint) as weeks,
        cast(sum(case when is_success then 1 else 0 end) as bigint) as successes,
        cast(sum(case when is_success then duration_weeks else 0 end) as bigint) as success_weeks,
        cast(count(distinct person_id) as bigint) as persons,
        cast(count(distinct case when is_success then person_id end) as bigint)
            as successful_persons
    from benchmarked_spells
    group by cube (sex)

),

-- the mean of one sex is in those of the other and of all
checked as (

    select
        *,
        {{ is_withheld('persons', within="sex = 'all'", key='sex') }} as spells_are_withheld,
        {{ is_withheld('successful_persons', within="sex = 'all'", key='sex') }}
            as successes_are_withheld
    from sums

),

-- a tenth of a week does not tell by how many spells it was divided
final as (

    select
        sex,
        case when not spells_are_withheld then round(cast(weeks as double) / spells, 1) end
            as mean_weeks_unfinished_counted,
        case
            when not successes_are_withheld then round(cast(success_weeks as double) / successes, 1)
        end as mean_weeks_successes_only
    from checked

)

select * from final
order by {{ position_in('sex', ['men', 'women', 'all']) }}
