-- 1,096 days are three years with a leap day.
with

programme_days as (

    select * from {{ ref('int_programme_days') }}

)

select sum(person_days) as person_days
from programme_days
group by person_id
having sum(person_days) > 1096
