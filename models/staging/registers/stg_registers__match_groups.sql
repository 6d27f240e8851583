with

quarters as (

    {{ unpivot_persons(
        source('registers', 'dream'),
        persons_of_the_study(source('registers', 'ophg'), ref('residence_grounds')),
        '^(match|visit)_[1-4]kv[0-9]{4}$', 'quarter_column', 'match_group'
    ) }}

),

renamed as (

    select
        person_id,
        lower(substr(quarter_column, 1, 5)) as system,
        cast(substr(quarter_column, 10, 4) as integer) as calendar_year,
        cast(substr(quarter_column, 7, 1) as integer) as calendar_quarter,
        {{ to_code('match_group', 1) }} as match_group
    from quarters

)

-- from 2014 to 2019 both are delivered; the study says which it reads
select * from renamed
where
    (system = 'match' and calendar_year < {{ var('visit_from_year') }})
    or (system = 'visit' and calendar_year >= {{ var('visit_from_year') }})
