with

acceptances as (

    select * from {{ source('deliveries', 'acceptances') }}

),

renamed as (

    select
        finding,
        reason
    from acceptances

)

select * from renamed
