-- What cannot be right in lpr_a_kontakt: docs/bad_input.md.
{{ config(severity='warn') }}

with

stays as (

    select
        *,
        cast(started_at as date) as start_date
    from {{ ref('stg_registers__lpr3_contacts') }}

),

findings as (

    {{ missing(
        'lpr_a_kontakt',
        ['DW_EK_KONTAKT', 'KONT_STARTTIDSPUNKT', 'KONT_TYPE', 'LPRINDBERETNINGSSYSTEM']
    ) }}
    union all
    {{ unreadable('lpr_a_kontakt', {
        'KONT_STARTTIDSPUNKT': 'moment', 'KONT_SLUTTIDSPUNKT': 'moment',
    }) }}
    union all
    {{ shared_key('lpr_a_kontakt', '(DW_EK_KONTAKT)', 'stays', ['contact_id']) }}
    union all
    {{ finding(
        'lpr_a_kontakt', 'KONT_SLUTTIDSPUNKT', 'stays', 'ended_at < started_at', 'before KONT_STARTTIDSPUNKT',
        'Are the columns exchanged?', 'stay-period', example='min(ended_at)'
    ) }}
    union all
    {{ after_today('lpr_a_kontakt', 'KONT_STARTTIDSPUNKT', 'stays', 'start_date') }}
    union all
    {{ strangers('lpr_a_kontakt', 'stays') }}

),

{{ refuse('findings') }}
