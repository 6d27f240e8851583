{#
    Stays made of contacts, by Statistics Denmark's rule: a person's contacts in presence that lie at most four hours apart
    are one stay.
#}
with

contacts as (

    select * from {{ ref('stg_registers__lpr3_contacts') }}

),

-- contacts of another system repeat those of lpr_adm
present as (

    select
        contact_id,
        person_id,
        started_at,
        coalesce(ended_at, started_at) as ended_at,
        diagnosis_code
    from contacts
    where
        contact_type_code = 'ALCA00'
        and reporting_system = 'LPR3'
        and started_at is not null

),

-- the latest end so far: a long contact may hold several short ones
ordered as (

    select
        *,
        max(ended_at) over (
            partition by person_id
            order by started_at, ended_at, contact_id
            rows between unbounded preceding and 1 preceding
        ) as latest_end
    from present

),

marked as (

    select
        *,
        case
            when {{ dbt.datediff('latest_end', 'started_at', 'second') }} <= 4 * 3600 then 0
            else 1
        end as starts_a_stay
    from ordered

),

numbered as (

    select
        *,
        sum(starts_a_stay) over (
            partition by person_id
            order by started_at, ended_at, contact_id
            rows between unbounded preceding and current row
        ) as stay_number
    from marked

),

stays as (

    select
        person_id,
        stay_number,
        min(contact_id) as contact_id,
        min(started_at) as started_at,
        max(ended_at) as ended_at
    from numbered
    group by person_id, stay_number

),

diagnoses as (

    select
        person_id,
        stay_number,
        diagnosis_code,
        sum({{ dbt.datediff('started_at', 'ended_at', 'second') }}) as seconds
    from numbered
    where diagnosis_code is not null
    group by person_id, stay_number, diagnosis_code

),

-- the diagnosis that lasts longest within the stay, of equal ones the first in the alphabet
ranked as (

    select
        *,
        row_number() over (
            partition by person_id, stay_number
            order by seconds desc, diagnosis_code asc
        ) as diagnosis_number
    from diagnoses

),

final as (

    select
        stays.contact_id,
        stays.person_id,
        stays.started_at,
        stays.ended_at,
        ranked.diagnosis_code
    from stays
    left join ranked
        on
            stays.person_id = ranked.person_id
            and stays.stay_number = ranked.stay_number
            and ranked.diagnosis_number = 1

)

select * from final
