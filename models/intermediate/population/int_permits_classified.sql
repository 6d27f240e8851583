with

permits as (

    select * from {{ ref('stg_registers__permits') }}

),

residence_grounds as (

    select * from {{ ref('residence_grounds') }}

),

-- a ground that the study names is a level of its own, and its permits qualify
grounds_of_the_study as (

    select
        permit_category,
        permit_basis,
        permit_explanation,
        valid_from,
        valid_to,
        case when {{ is_further_ground() }} then further_ground else residence_ground end
            as residence_ground,
        case when {{ is_further_ground() }} then 'refugee' else residence_group end
            as residence_group,
        is_qualifying or {{ is_further_ground() }} as is_qualifying
    from residence_grounds

),

classified as (

    select
        permits.person_id,
        permits.permit_date,
        grounds_of_the_study.residence_ground,
        grounds_of_the_study.residence_group,
        grounds_of_the_study.is_qualifying,
        row_number() over (
            partition by permits.person_id, grounds_of_the_study.is_qualifying
            order by
                permits.permit_date,
                permits.permit_category,
                permits.permit_basis,
                permits.permit_explanation
        ) as permit_number
    from permits
    inner join grounds_of_the_study
        on
            permits.permit_category = grounds_of_the_study.permit_category
            and permits.permit_basis = grounds_of_the_study.permit_basis
            and permits.permit_explanation = grounds_of_the_study.permit_explanation
            and {{ is_valid_on('grounds_of_the_study', 'permits.permit_date') }}

),

final as (

    select
        person_id,
        permit_date,
        residence_ground,
        residence_group,
        is_qualifying,
        is_qualifying and permit_number = 1 as is_first_qualifying
    from classified

)

select * from final
