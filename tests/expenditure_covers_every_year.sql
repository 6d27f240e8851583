-- Every year of the accounts needs a price index and amounts in both exports: a year without an
-- index would fall out of every sum without a word.
with

years as (
    {% set last_year = var('last_expenditure_year') | int %}
    {% for year in range(var('first_expenditure_year') | int, last_year + 1) %}
    select {{ year }} as year
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

price_index as (

    select * from {{ ref('price_index') }}

),

programme_expenditure as (

    select distinct year from {{ ref('programme_expenditure') }}

),

national_expenditure as (

    select distinct year from {{ ref('national_expenditure') }}
    where line = 'net'

)

select
    years.year,
    price_index.year as in_price_index,
    programme_expenditure.year as in_regk100,
    national_expenditure.year as in_regk31
from years
left join price_index
    on years.year = price_index.year
left join programme_expenditure
    on years.year = programme_expenditure.year
left join national_expenditure
    on years.year = national_expenditure.year
where
    price_index.year is null
    or programme_expenditure.year is null
    or national_expenditure.year is null
