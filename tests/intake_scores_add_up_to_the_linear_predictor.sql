-- What the covariates make of a municipality's mean log hazard is the mean of its spells' linear
-- predictors, less the country's mean of the sex: to 1e-9. So no term is lost or counted twice on
-- the way to the distances.
with

linear_predictors as (

    select * from {{ ref('int_linear_predictors') }}

),

scores as (

    select * from {{ ref('int_intake_scores') }}

),

means_of_the_sexes as (

    select
        sex,
        avg(linear_predictor) as mean_predictor
    from linear_predictors
    group by sex

),

from_spells as (

    select
        linear_predictors.municipality_code,
        avg(linear_predictors.linear_predictor - means_of_the_sexes.mean_predictor) as score
    from linear_predictors
    inner join means_of_the_sexes
        on linear_predictors.sex = means_of_the_sexes.sex
    where linear_predictors.is_benchmarked
    group by linear_predictors.municipality_code

),

from_scores as (

    select
        municipality_code,
        sum(score) as score
    from scores
    where factor <> 'sex'
    group by municipality_code

)

select
    from_spells.municipality_code,
    from_spells.score as of_spells,
    from_scores.score as of_scores
from from_spells
full outer join from_scores
    on from_spells.municipality_code = from_scores.municipality_code
where
    from_spells.municipality_code is null
    or from_scores.municipality_code is null
    or abs(from_spells.score - from_scores.score) > 1e-9
