-- The year that others are compared with, first_permit_year, has spells of both sexes. Without any,
-- the other years add up to one, and the fit would drop another year instead: raise
-- first_permit_year to the first with permits.
{% set first_year = permit_years() | first %}

with

spells as (

    select * from {{ ref('int_spells') }}

),

covariates as (

    select * from {{ ref('int_spell_covariates') }}

),

reference_years as (

    select
        spells.sex,
        {% for factor in ['spell_start_year', 'permit_year'] %}
        cast(
            sum(case when covariates.{{ factor }} = '{{ first_year }}' then 1 else 0 end) as bigint
        ) as spells_by_{{ factor }}{{ "," if not loop.last }}
        {% endfor %}
    from spells
    inner join covariates
        on spells.spell_id = covariates.spell_id
    group by spells.sex

),

final as (

    select * from reference_years
    where spells_by_spell_start_year = 0 or spells_by_permit_year = 0

)

select * from final
