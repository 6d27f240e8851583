with

persons as (

    select * from {{ source('registers', 'dream') }}

),

renamed as (

    select distinct  -- a person may be delivered in several equal rows
        {{ to_person_id('pnr') }} as person_id,
        {{ to_date('intpgmsldt') }} as programme_end_date
    from persons

)

select * from renamed
where programme_end_date is not null
