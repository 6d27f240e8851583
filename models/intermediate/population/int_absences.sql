with

population as (

    select * from {{ ref('int_population') }}

),

migrations as (

    select * from {{ ref('stg_registers__migrations') }}

),

-- of an emigration and an immigration on one day, the immigration is the later one
events as (

    select
        population.person_id,
        migrations.migration_date,
        migrations.direction_code,
        min(case when migrations.direction_code = 'I' then migrations.migration_date end) over (
            partition by population.person_id
            order by
                migrations.migration_date,
                case migrations.direction_code when 'U' then 1 else 2 end
            rows between 1 following and unbounded following
        ) as next_immigration_date
    from migrations
    inner join population
        on
            migrations.person_id = population.person_id
            and migrations.migration_date >= population.entry_date

),

final as (

    select
        person_id,
        migration_date as absent_from,
        coalesce(next_immigration_date, {{ date_literal('9999-12-31') }}) as absent_to
    from events
    where direction_code = 'U'

)

select * from final
