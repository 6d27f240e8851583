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

weeks_once as (

    {{ unpivot_columns('delivered_once', 'pnr', '^y_[0-9]{4}$', 'week_column', 'week_code') }}

),

weeks_again as (

    {{ unpivot_columns('delivered_again', 'pnr', '^y_[0-9]{4}$', 'week_column', 'week_code') }}

),

weeks as (

    select * from weeks_once
    union all
    select distinct * from weeks_again

),

renamed as (

    select
        {{ to_person_id('pnr') }} as person_id,
        substr(week_column, 3, 4) as dream_week,  -- YYWW
        {{ to_code('week_code', 3) }} as dream_code
    from weeks

)

select * from renamed
