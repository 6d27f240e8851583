with

sums as (

    select * from {{ ref('int_case_mix_sums') }}

),

coefficients as (

    select * from {{ ref('int_cox_coefficients') }}

),

baseline as (

    select * from {{ ref('int_cox_baseline') }}

),

-- the country's mean of each term; a reference level, and a term without a coefficient, moves
-- nothing by itself
national_terms as (

    select
        sums.sex,
        sums.factor,
        sums.term,
        sums.is_reference,
        {{ exact_sum('sums.total') }} / cast(sum(sums.spells) as double) as national_mean,
        coalesce(max(coefficients.coefficient), 0) as coefficient
    from sums
    left join coefficients
        on
            sums.sex = coefficients.sex
            and sums.term = coefficients.term
    group by sums.sex, sums.factor, sums.term, sums.is_reference

),

factors as (

    select
        sex,
        factor,
        {{ exact_sum('national_mean * coefficient') }} as mean_effect,
        -- without a reference level it is a number and not a set of levels
        max(case when is_reference then 1 else 0 end) = 1 as has_levels
    from national_terms
    group by sex, factor

),

-- a level counts by how far it lies from the country's average of its factor, whichever level is
-- the reference
effects as (

    select
        national_terms.sex,
        national_terms.factor,
        national_terms.term,
        national_terms.national_mean,
        national_terms.coefficient
        - case when factors.has_levels then factors.mean_effect else 0 end as effect
    from national_terms
    inner join factors
        on
            national_terms.sex = factors.sex
            and national_terms.factor = factors.factor

),

term_scores as (

    select
        sums.municipality_code,
        sums.factor,
        sums.term,
        {{ exact_sum('effects.effect * (sums.total - sums.spells * effects.national_mean)') }}
        / cast(sum(sums.spells) as double) as score
    from sums
    inner join effects
        on
            sums.sex = effects.sex
            and sums.term = effects.term
    where sums.is_benchmarked
    group by sums.municipality_code, sums.factor, sums.term

),

-- log cumulative hazard over the window of the average spell of a sex
sexes as (

    select
        factors.sex,
        {{ exact_sum('factors.mean_effect') }}
        + max(case
            when baseline.survival > 0 and baseline.survival < 1 then ln(-ln(baseline.survival))
            else 0
        end) as level
    from factors
    inner join baseline
        on factors.sex = baseline.sex
    where baseline.week = {{ var('window_weeks') }}
    group by factors.sex

),

spells as (

    select distinct
        municipality_code,
        sex,
        is_benchmarked,
        spells
    from sums

),

national_level as (

    select
        {{ exact_sum('spells.spells * sexes.level') }} / cast(sum(spells.spells) as double)
            as level
    from spells
    inner join sexes
        on spells.sex = sexes.sex

),

sex_scores as (

    select
        spells.municipality_code,
        'sex' as factor,
        'sex' as term,
        {{ exact_sum('spells.spells * (sexes.level - national_level.level)') }}
        / cast(sum(spells.spells) as double) as score
    from spells
    inner join sexes
        on spells.sex = sexes.sex
    cross join national_level
    where spells.is_benchmarked
    group by spells.municipality_code

),

final as (

    select * from term_scores
    union all
    select * from sex_scores

)

select * from final
order by municipality_code, factor, term
