-- What cannot be right in the figures of the local labour markets: docs/bad_input.md.
{{ config(severity='warn') }}
{% set bounds = {
    'LEDIGHEDSPROCENT': (0, 30), 'ARBEJDSPLADSER_PR_18_64': (0.2, 3), 'ARBEJDSPLADSER_MELLEMHOEJT_PROCENT': (0, 100),
} %}

with

municipalities as (

    select * from {{ ref('municipalities') }}

),

figures as (

    select
        *,
        {{ to_text('"OMRÅDE"') }} as area,
        {{ to_integer('"TID"') }} as year
    from {{ ref('labour_market') }}

),

findings as (

    {{ export_values(
        'labour_market', 'figures', bounds.keys(),
        'year between ' ~ var('first_permit_year') ~ ' and ' ~ var('last_permit_year')
    ) }}
    union all
    {% for heading, (lowest, highest) in bounds.items() %}
    {{ finding(
        'labour_market', heading, 'figures',
        to_number('"' ~ heading ~ '"') ~ ' not between ' ~ lowest ~ ' and ' ~ highest,
        'outside ' ~ lowest ~ ' to ' ~ highest, 'Is it the column that the heading names?', 'implausible-figure',
        example='max("' ~ heading ~ '")', ids=false
    ) }}
    union all
    {% endfor %}
    {{ shared_key(
        'labour_market', '(OMRÅDE, TID)', '(select distinct * from figures)', ['area', 'year']
    ) }}
    union all
    {{ missing_cells(
        'labour_market', '(select distinct commuting_area as area from municipalities)', 'figures',
        var('first_permit_year') | int, var('last_permit_year') | int
    ) }}

),

{{ refuse('findings') }}
