-- What cannot be right in sygehusbenyttelse_ophold: docs/bad_input.md.
{{ config(severity='warn') }}

with

stays as (

    select
        *,
        cast(started_at as date) as start_date
    from {{ ref('stg_registers__hospital_stays') }}

),

findings as (

    {{ missing('sygehusbenyttelse_ophold', ['DW_EK_SYGEHUSOPHOLD', 'SGH_OPH_STARTTIDSPUNKT']) }}
    union all
    {{ unreadable('sygehusbenyttelse_ophold', {
        'SGH_OPH_STARTTIDSPUNKT': 'moment', 'SGH_OPH_SLUTTIDSPUNKT': 'moment',
    }) }}
    union all
    {{ shared_key('sygehusbenyttelse_ophold', '(DW_EK_SYGEHUSOPHOLD)', 'stays', ['contact_id']) }}
    union all
    {{ finding(
        'sygehusbenyttelse_ophold', 'SGH_OPH_SLUTTIDSPUNKT', 'stays', 'ended_at < started_at', 'before SGH_OPH_STARTTIDSPUNKT',
        'Are the columns exchanged?', 'stay-period', example='min(ended_at)'
    ) }}
    union all
    {{ after_today('sygehusbenyttelse_ophold', 'SGH_OPH_STARTTIDSPUNKT', 'stays', 'start_date') }}
    union all
    {{ strangers('sygehusbenyttelse_ophold', 'stays') }}

),

{{ refuse('findings') }}
