-- Every value of a factor is a term of the Cox models or the factor's named reference. Another
-- would join the reference unseen, and nothing would be controlled for, as for a year without a
-- term.
with

covariates as (

    select * from {{ ref('int_spell_covariates') }}

),

terms as (

    select * from {{ ref('int_case_mix_terms') }}

),

levels as (

    {% for factor in case_mix_factors() %}
    select distinct
        '{{ factor }}' as factor,
        {{ factor }} as level
    from covariates
    {{ "union all" if not loop.last }}
    {% endfor %}

),

-- a ground that is not recorded is on the reference level on purpose (DECISIONS.md, P6)
final as (

    select
        levels.factor,
        levels.level
    from levels
    left join terms
        on
            levels.factor = terms.factor
            and levels.level = terms.level
    where
        terms.term is null
        and (
            levels.factor <> 'residence_ground'
            or levels.level <> 'unknown'
            or levels.level is null
        )

)

select * from final
