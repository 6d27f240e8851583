-- The third model needs more municipality-years than it has terms. A build of few persons stops
-- here, with the variable to lower. Where there is no row at all, the tables are empty.
{%- set terms = cost_need_terms_in_order() | length %}
with

cells as (

    select count(*) as cells from {{ ref('int_cost_need_input') }}

),

too_few as (

    select
        cells,
        'variable minimum_persons is {{ var("minimum_persons") }}: only '
        || {{ counted('cells', 'municipality-year') }}
        || ' of more persons are there, and the cost-need models need more than {{ terms }}. Lower '
        || 'minimum_persons, or build from more persons. See docs/bad_input.md#variables.'
            as sentence
    from cells
    where cells between 1 and {{ terms }}

)

select cells
from too_few
where {{ raise_error('sentence') }} is null
