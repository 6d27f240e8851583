with

acceptances as (

    select * from {{ ref('stg_deliveries__acceptances') }}

),

findings as (

    select * from {{ ref('int_delivery_findings') }}

),

final as (

    select
        cast(acceptances.finding as varchar) as finding,
        cast(acceptances.reason as varchar) as reason,
        findings.finding is not null as is_found
    from acceptances
    left join findings
        on acceptances.finding = findings.finding

)

select * from final
