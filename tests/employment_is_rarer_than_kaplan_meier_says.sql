-- Kaplan-Meier assumes that those who left could still find work; the cumulative incidence does not
with

incidences as (

    select * from {{ ref('cumulative_incidence') }}

),

survival as (

    select * from {{ ref('survival_bands') }}

),

final as (

    select
        incidences.sex,
        incidences.week,
        incidences.incidence,
        1 - survival.survival as kaplan_meier_incidence
    from incidences
    inner join survival
        on
            incidences.sex = survival.sex
            and incidences.week = survival.week
    where
        incidences.cause = 'employment'
        and incidences.incidence > 1 - survival.survival + 1e-9

)

select * from final
