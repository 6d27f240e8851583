-- What cannot be right in bfl: docs/bad_input.md.
{{ config(severity='warn') }}

with

job_months as (

    select * from {{ ref('stg_registers__job_months') }}

),

findings as (

    {{ missing('bfl', ['PNR', 'AJO_JOB_SLUT_DATO', 'AJO_LOENTIMER']) }}
    union all
    {{ unreadable('bfl', {
        'AJO_JOB_START_DATO': 'date', 'AJO_JOB_SLUT_DATO': 'date', 'AJO_LOENTIMER': 'hours',
    }) }}
    union all
    {{ finding(
        'bfl', 'AJO_LOENTIMER', 'job_months', 'paid_hours > 744', 'above 744 hours a month',
        'No month has more.', 'hours', example='max(paid_hours)'
    ) }}
    union all
    {{ finding(
        'bfl', 'AJO_LOENTIMER', 'job_months', 'paid_hours < -744', 'below -744 hours a month',
        'No correction takes off more than a month.', 'hours', example='min(paid_hours)'
    ) }}
    union all
    -- corrections of an earlier report
    {{ finding(
        'bfl', 'AJO_LOENTIMER', 'job_months', 'paid_hours between -744 and -0.01', 'below 0 hours',
        'They are taken off the hours of the month.', 'hours', example='min(paid_hours)', severity='warning'
    ) }}
    union all
    {{ finding(
        'bfl', 'AJO_JOB_SLUT_DATO', 'job_months', 'job_end_date < job_start_date',
        'before AJO_JOB_START_DATO', 'A job ends after it starts.', 'job-period',
        example='min(job_end_date)'
    ) }}
    union all
    {{ finding(
        'bfl', 'AJO_JOB_SLUT_DATO', 'job_months',
        'job_start_date < ' ~ month_start('job_end_date'), 'that cover more than a month',
        'All hours of a row are counted in the month of its end.', 'job-period', severity='warning'
    ) }}
    union all
    {{ after_today('bfl', 'AJO_JOB_SLUT_DATO', 'job_months', 'job_end_date') }}
    union all
    {{ years_without_rows(
        'bfl', 'AJO_JOB_SLUT_DATO', 'job_months', 'extract(year from job_end_date)',
        (var('data_end_week') | string)[:4] | int
    ) }}
    union all
    {{ delivered_twice(
        'bfl', 'AJO_JOB_SLUT_DATO', 'job_months',
        ['person_id', 'job_start_date', 'job_end_date', 'paid_hours'], 'extract(year from job_end_date)'
    ) }}
    union all
    {{ strangers('bfl', 'job_months') }}

),

{{ refuse('findings') }}
