with

weeks as (

    {{ unpivot_persons(
        source('registers', 'dream'),
        persons_of_the_study(source('registers', 'ophg'), ref('residence_grounds')),
        '^y_[0-9]{4}$', 'week_column', 'week_code'
    ) }}

),

renamed as (

    select
        person_id,
        substr(week_column, 3, 4) as dream_week,  -- YYWW
        {{ to_code('week_code', 3) }} as dream_code
    from weeks

)

select * from renamed
