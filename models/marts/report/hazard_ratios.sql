with

appendix_table_6_1 as (

    select * from {{ ref('appendix_table_6_1') }}

),

cox_coefficients as (

    select * from {{ ref('cox_coefficients') }}

),

terms as (

    select
        appendix_table_6_1.sex,
        appendix_table_6_1.term,
        appendix_table_6_1.factor,
        appendix_table_6_1.level,
        appendix_table_6_1.label_da,
        appendix_table_6_1.label_en,
        appendix_table_6_1.row_position,
        appendix_table_6_1.coefficient,
        abs(appendix_table_6_1.coefficient / appendix_table_6_1.standard_error) as certainty,
        cox_coefficients.status,
        cox_coefficients.hazard_ratio,
        exp(cox_coefficients.ci_low) as ci_low,
        exp(cox_coefficients.ci_high) as ci_high
    from appendix_table_6_1
    left join cox_coefficients
        on
            appendix_table_6_1.sex = cox_coefficients.sex
            and appendix_table_6_1.term = cox_coefficients.term
    where appendix_table_6_1.reference = 'no'

),

-- a condition is as certain as its less certain estimate of the two sexes
conditions as (

    select
        term,
        min(certainty) as certainty,
        avg(coefficient) as mean_coefficient,
        min(row_position) as first_row
    from terms
    group by term

),

ranked as (

    select
        term,
        row_number() over (
            order by
                case when certainty is null then 1 else 0 end asc,
                certainty desc,
                first_row asc
        ) as certainty_rank,
        row_number() over (
            order by
                case when mean_coefficient is null then 1 else 0 end asc,
                mean_coefficient desc,
                first_row asc
        ) as speed_rank
    from conditions

),

final as (

    select
        terms.sex,
        terms.term,
        terms.factor,
        terms.level,
        terms.label_da,
        terms.label_en,
        terms.hazard_ratio,
        terms.ci_low,
        terms.ci_high,
        case
            when terms.hazard_ratio is not null then null
            when terms.status = 'few_persons' then 'few_persons'
            else 'not_estimated'
        end as withheld_reason,
        cast(ranked.certainty_rank as integer) as certainty_rank,
        cast(ranked.speed_rank as integer) as speed_rank,
        terms.row_position
    from terms
    inner join ranked
        on terms.term = ranked.term

)

select * from final
order by row_position
