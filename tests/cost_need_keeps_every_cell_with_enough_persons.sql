-- A municipality and year with more persons than minimum_persons must have expenditure in the
-- accounts and be an observation of the cost-need models; an export that lacks it would shrink
-- the models silently.
with

composition as (

    select * from {{ ref('int_programme_composition') }}
    where persons > {{ var('minimum_persons') }}

),

observations as (

    select * from {{ ref('int_cost_need_input') }}

)

select
    composition.municipality_code,
    composition.year,
    composition.persons
from composition
left join observations
    on
        composition.municipality_code = observations.municipality_code
        and composition.year = observations.year
where observations.municipality_code is null
