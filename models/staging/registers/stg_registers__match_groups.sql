with

quarters as (

    {{ unpivot_persons(
        source('registers', 'dream'), persons_of_the_study(), '^match_[1-4]kv[0-9]{4}$',
        'quarter_column', 'match_group'
    ) }}

),

renamed as (

    select
        person_id,
        cast(substr(quarter_column, 10, 4) as integer) as calendar_year,
        cast(substr(quarter_column, 7, 1) as integer) as calendar_quarter,
        {{ to_code('match_group', 1) }} as match_group
    from quarters

)

select * from renamed
