{#- a value that is not a list is refused when dbt connects; it must not stop the parser before -#}
{%- set groupings = var('supplementary_groupings') -%}
{%- set groupings = groupings if groupings is iterable else [] -%}
with

cells as (

    select * from {{ ref('int_cost_need_input') }}

),

programme_expenditure as (

    select * from {{ ref('int_programme_expenditure') }}

),

expenditure as (

    {{ net_expenditure(
        'programme_expenditure', "grouping in ('" ~ groupings | join("', '") ~ "')"
    ) }}

),

-- cells and composition are those of the main analysis; a cell without such accounts spent nothing
final as (

    select
        cells.municipality_code,
        cells.year,
        coalesce(expenditure.expenditure_dkk, 0) / cells.full_year_persons
            as expenditure_per_full_year_person_dkk,
        cells.persons,
        cells.full_year_persons,
        {% for share in cost_need_shares() %}
        cells.{{ share }}{{ "," if not loop.last }}
        {% endfor %}
    from cells
    left join expenditure
        on
            cells.municipality_code = expenditure.municipality_code
            and cells.year = expenditure.year

)

select * from final
order by
    municipality_code,
    year
