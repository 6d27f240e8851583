with

per_person as (

    select * from {{ ref('expenditure_per_person') }}

),

need as (

    select * from {{ ref('expenditure_need') }}

),

unnamed as (

    select
        per_person.municipality_code,
        per_person.year,
        per_person.full_year_persons,
        per_person.expenditure_per_full_year_person_dkk as actual_dkk,
        per_person.expenditure_per_full_year_person_dkk,
        need.expected_dkk,
        need.expenditure_indicator,
        per_person.withheld_reason as persons_withheld_reason,
        case
            when need.expected_dkk is not null then null
            else coalesce(per_person.withheld_reason, 'not_estimated')
        end as expected_withheld_reason
    from per_person
    left join need
        on
            per_person.municipality_code = need.municipality_code
            and per_person.year = need.year

),

-- the year before counts only where it is shown
with_year_before as (

    select
        later.*,
        later.actual_dkk / nullif(earlier.actual_dkk, 0) as times_year_before
    from unnamed as later
    left join unnamed as earlier
        on
            later.municipality_code = earlier.municipality_code
            and later.year = earlier.year + 1

),

with_swings as (

    select
        *,
        coalesce(
            times_year_before >= {{ swing_of_expenditure() }}
            or times_year_before <= 1.0 / {{ swing_of_expenditure() }},
            false
        ) as is_swing
    from with_year_before

),

final as (

    {{ with_municipality_names('with_swings') }}

)

select * from final
order by
    municipality_code,
    year
