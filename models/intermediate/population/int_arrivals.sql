with

migrations as (

    select * from {{ ref('stg_registers__migrations') }}

),

final as (

    select
        person_id,
        min(migration_date) as entry_date
    from migrations
    where direction_code = 'I'
    group by person_id

)

select * from final
