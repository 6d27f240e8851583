with

-- a person can be delivered twice; the few who are go apart: else all rows are compared with all
repeated_persons as (

    select {{ to_person_id('pnr') }} as person_id
    from {{ source('registers', 'dream') }}
    group by {{ to_person_id('pnr') }}
    having count(*) > 1

),

delivered_once as (

    select dream.*
    from {{ source('registers', 'dream') }} as dream
    left join repeated_persons
        on {{ to_person_id('dream.pnr') }} = repeated_persons.person_id
    where repeated_persons.person_id is null

),

delivered_again as (

    select dream.*
    from {{ source('registers', 'dream') }} as dream
    inner join repeated_persons
        on {{ to_person_id('dream.pnr') }} = repeated_persons.person_id

),

quarters_once as (

    {{ unpivot_columns(
        'delivered_once', 'pnr', '^match_[1-4]kv[0-9]{4}$', 'quarter_column', 'match_group'
    ) }}

),

quarters_again as (

    {{ unpivot_columns(
        'delivered_again', 'pnr', '^match_[1-4]kv[0-9]{4}$', 'quarter_column', 'match_group'
    ) }}

),

quarters as (

    select * from quarters_once
    union all
    select distinct * from quarters_again

),

renamed as (

    select
        {{ to_person_id('pnr') }} as person_id,
        cast(substr(quarter_column, 10, 4) as integer) as calendar_year,
        cast(substr(quarter_column, 7, 1) as integer) as calendar_quarter,
        {{ to_code('match_group', 1) }} as match_group
    from quarters

)

select * from renamed
