-- What cannot be right in sssy: docs/bad_input.md.
{{ config(severity='warn') }}

with

health_contacts as (

    select * from {{ ref('stg_registers__health_contacts') }}

),

findings as (

    {{ missing('sssy', ['PNR', 'KONTAKT', 'HONUGE']) }}
    union all
    {{ unreadable('sssy', {'KONTAKT': 'integer', 'BARNMAK': 'integer'}) }}
    union all
    {{ finding(
        'sssy', 'KONTAKT', 'health_contacts', 'contacts < 0', 'below 0', 'A row has 0 contacts or more.',
        'contacts', example='min(contacts)'
    ) }}
    union all
    {{ finding(
        'sssy', 'HONUGE', 'health_contacts',
        'fee_week is not null and (length(fee_week) <> 4 or ' ~ to_integer('fee_week') ~ ' is null or mod('
        ~ to_integer('fee_week') ~ ', 100) not between 1 and 53)',
        'that are no week YYWW', 'Deliver the year and the week with two digits each.', 'fee-week',
        example='min(fee_week)'
    ) }}
    union all
    {{ years_without_rows(
        'sssy', 'HONUGE', 'health_contacts', '2000 + ' ~ to_integer('substr(fee_week, 1, 2)'),
        var('last_permit_year') | int
    ) }}
    union all
    {{ strangers('sssy', 'health_contacts') }}

),

{{ refuse('findings') }}
