with

permits as (

    select * from {{ ref('stg_registers__permits') }}

),

residence_grounds as (

    select * from {{ ref('residence_grounds') }}

),

classified as (

    select
        permits.person_id,
        permits.permit_date,
        residence_grounds.residence_ground,
        residence_grounds.residence_group,
        residence_grounds.is_qualifying,
        row_number() over (
            partition by permits.person_id, residence_grounds.is_qualifying
            order by
                permits.permit_date,
                permits.permit_category,
                permits.permit_basis,
                permits.permit_explanation
        ) as permit_number
    from permits
    inner join residence_grounds
        on
            permits.permit_category = residence_grounds.permit_category
            and permits.permit_basis = residence_grounds.permit_basis
            and permits.permit_explanation = residence_grounds.permit_explanation

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
