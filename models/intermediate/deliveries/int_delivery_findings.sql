with

measures as (

    select * from {{ ref('int_delivery_measures_judged') }}

),

calendars as (

    select * from {{ ref('int_delivery_calendar_judged') }}

),

acceptances as (

    select * from {{ ref('stg_deliveries__acceptances') }}

),

findings as (

    select * from measures
    union all
    select * from calendars

),

named as (

    select
        *,
        register || '.' || measure as finding
    from findings

),

final as (

    select
        named.finding,
        case when acceptances.finding is null then named.severity else 'accepted' end as severity,
        named.register,
        named.column_name,
        named.row_count,
        named.sentence || case
            when acceptances.finding is null
                then
                    ' If it is true of the delivery, accept ' || named.finding
                    || ' in accepted.csv. See docs/bad_input.md#profile.'
            else ' Accepted: ' || acceptances.reason
        end as sentence
    from named
    left join acceptances
        on named.finding = acceptances.finding

)

select * from final
