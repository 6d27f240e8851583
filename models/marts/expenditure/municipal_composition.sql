with

disclosure as (

    select * from {{ ref('int_composition_disclosure') }}

),

places as (

    select
        municipality_code,
        year,
        {{ withheld_reason('persons', 'is_withheld', within='year') }} as place_withheld_reason
    from {{ ref('int_programme_composition') }}

),

-- a municipality-year whose persons are withheld tells nothing of them
shares as (

    select
        places.municipality_code,
        places.year,
        disclosure.term,
        case when places.place_withheld_reason is null then disclosure.share end as share,
        coalesce(places.place_withheld_reason, disclosure.withheld_reason) as withheld_reason
    from places
    inner join disclosure
        on
            places.municipality_code = disclosure.municipality_code
            and places.year = disclosure.year

),

unnamed as (

    {{ shares_in_columns('shares', ['municipality_code', 'year']) }}

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by
    municipality_code,
    year
