-- Years of 365 days, one in four with a day more: three years have 1,096 days at most. By law it
-- is three years, or up to five.
{% set years = var('programme_years') | int if var('programme_rule') == 'constant' else 5 %}

with

programme_days as (

    select * from {{ ref('int_programme_days') }}

)

select sum(person_days) as person_days
from programme_days
group by person_id
having sum(person_days) > {{ 365 * years + (years + 3) // 4 }}
