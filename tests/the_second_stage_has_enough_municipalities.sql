-- A frontier with three coefficients needs six municipalities. A build of few persons stops here,
-- with the variable to lower. Where there is no row at all, the tables are empty.
with

benchmarked as (

    select count(*) as municipalities from {{ ref('int_efficiency_input') }}

),

too_few as (

    select
        municipalities,
        'variable minimum_spells is {{ var("minimum_spells") }}: only '
        || {{ as_text('municipalities') }}
        || ' municipalities have as many spells and both indicators, and the frontiers need 6. '
        || 'Lower minimum_spells, or build from more persons. See docs/bad_input.md#variables.'
            as sentence
    from benchmarked
    where municipalities between 1 and 5

)

select municipalities
from too_few
where {{ raise_error('sentence') }} is null
