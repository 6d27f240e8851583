-- The residence periods of a person neither overlap nor leave a gap, so that person-days add up.
with

residence_periods as (

    select * from {{ ref('int_residence_periods') }}

),

with_next as (

    select
        valid_from,
        valid_to,
        lead(valid_from) over (partition by person_id order by valid_from, valid_to)
            as next_valid_from
    from residence_periods

)

select *
from with_next
where
    valid_from > valid_to
    or valid_to <> next_valid_from
