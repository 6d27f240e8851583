with

terms as (

    select * from {{ ref('int_case_mix_terms') }}

),

coefficients as (

    select * from {{ ref('cox_coefficients') }}

),

-- a published p-value has two digits: stars are given by all of them
exact as (

    select * from {{ ref('int_cox_coefficients') }}

),

terms_by_sex as (

    select
        sexes.sex,
        terms.*
    from terms
    cross join (values ('men'), ('women')) as sexes (sex)

),

final as (

    select
        terms_by_sex.sex,
        terms_by_sex.term,
        terms_by_sex.factor,
        terms_by_sex.level,
        case when terms_by_sex.is_reference then 'yes' else 'no' end as reference,
        case when terms_by_sex.is_reference then 0.0 else coefficients.coefficient end
            as coefficient,
        coefficients.standard_error,
        case when coefficients.p_value is not null then {{ stars('exact.p_value') }} end as stars,
        terms_by_sex.label_da,
        terms_by_sex.label_en,
        cast(
            row_number() over (order by terms_by_sex.term_number, terms_by_sex.sex) as integer
        ) as row_position
    from terms_by_sex
    left join coefficients
        on
            terms_by_sex.sex = coefficients.sex
            and terms_by_sex.term = coefficients.term
    left join exact
        on
            terms_by_sex.sex = exact.sex
            and terms_by_sex.term = exact.term

)

select * from final
order by row_position
