-- What cannot be right in a delivery as a whole: docs/bad_input.md#profile.
{{ config(severity='warn') }}

with

findings as (

    select
        severity,
        register,
        column_name,
        row_count,
        sentence
    from {{ ref('int_delivery_findings') }}
    where severity <> 'accepted'

),

{{ refuse('findings') }}
