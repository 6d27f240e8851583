with

shares as (

    select * from {{ ref('int_composition_disclosure') }}
    where municipality_code = '{{ whole_country() }}'

),

final as (

    {{ shares_in_columns('shares', ['year']) }}

)

select * from final
order by year
