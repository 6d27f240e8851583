-- What cannot be right in bef: docs/bad_input.md. Its findings: macros/deliveries/refusals.sql.
{{ config(severity='warn') }}

with

population as (

    select * from {{ ref('stg_registers__population') }}

),

places as (

    select distinct
        person_id,
        municipality_code
    from population

),

inhabitants as (

    select
        municipality_code,
        cast(population_18_64_2014 as double) as weight
    from {{ ref('municipalities') }}

),

findings as (

    {{ missing('bef', [
        'PNR', 'REFERENCETID', 'KOEN', 'ALDER', 'FOED_DAG', 'KOM', 'OPR_LAND', 'FAMILIE_TYPE',
    ]) }}
    union all
    {{ unreadable('bef', {
        'REFERENCETID': 'date', 'KOEN': 'integer', 'ALDER': 'integer', 'FOED_DAG': 'date',
        'IE_TYPE': 'integer', 'FAMILIE_TYPE': 'integer', 'PLADS': 'integer',
    }) }}
    union all
    {{ shared_key('bef', '(PNR, REFERENCETID)', 'population', ['person_id', 'reference_date']) }}
    union all
    {{ finding(
        'bef', 'KOEN', 'population', 'sex_code not in (1, 2)', 'that are neither 1 nor 2',
        '1 is a man, 2 a woman.', 'unmapped-code', example='min(sex_code)'
    ) }}
    union all
    {{ unmapped('bef', ['FAMILIE_TYPE'], 'population', ['family_type_code'], 'family_types') }}
    union all
    {{ unknown_municipality('bef', 'KOM', 'population', 'municipality_code', 'reference_date') }}
    union all
    {{ municipalities_without_rows('bef', 'KOM', 'places', 'municipality_code', 'inhabitants') }}
    union all
    {{ unmapped('bef', ['OPR_LAND'], 'population', ['country_code'], 'countries') }}
    union all
    {{ finding(
        'bef', 'ALDER', 'population', 'age_years not between 0 and 125', 'outside 0 to 125',
        'It is the age in completed years on the reference date.', 'age', example='max(age_years)'
    ) }}
    union all
    {{ finding(
        'bef', 'ALDER', 'population',
        'abs(age_years - ' ~ completed_years('birth_date', 'reference_date') ~ ') > 1',
        'more than a year from the age that FOED_DAG and REFERENCETID give',
        'One of the three columns was read wrongly.', 'age', example='max(age_years)'
    ) }}
    union all
    {{ finding(
        'bef', 'KOEN',
        '(select 1 from population group by person_id having count(distinct sex_code) > 1)', 'true',
        'of two sexes', 'An id must stand for one person.', 'two-persons-one-id', noun='person'
    ) }}
    union all
    {{ finding(
        'bef', 'FOED_DAG',
        '(select 1 from population group by person_id having count(distinct birth_date) > 1)', 'true',
        'with two birth dates', 'An id must stand for one person.', 'two-persons-one-id', noun='person'
    ) }}
    union all
    {{ one_id('bef', 'population') }}
    union all
    {{ after_today('bef', 'REFERENCETID', 'population', 'reference_date') }}
    union all
    -- quarterly files serve as well: the method takes 31 December, or else the next date
    {{ finding(
        'bef', 'REFERENCETID', 'population',
        'extract(day from ' ~ add_days('reference_date', 1) ~ ') <> 1
        or mod(extract(month from reference_date), 3) <> 0',
        'that are not the last day of a quarter', 'The method looks for 31 December.',
        'reference-date', example='min(reference_date)', severity='warning'
    ) }}
    union all
    {{ years_without_rows(
        'bef', 'REFERENCETID', 'population', 'extract(year from reference_date)', var('last_permit_year') | int
    ) }}
    union all
    {{ finding(
        'bef', 'PNR',
        '(select person_id from population group by person_id) as persons',
        'length(person_id) < (select max(length(person_id)) from population)',
        'shorter than others', 'Were leading zeros lost? Deliver ids as text.', 'other-ids',
        noun='id', severity='warning'
    ) }}

),

{{ refuse('findings') }}
