{#
    name: [unit, description]; one row per variable of dbt_project.yml.
#}
{% set variables = {
    'first_permit_year': ['year', 'First year of a residence permit in the population'],
    'last_permit_year': ['year', 'Last year of a residence permit in the population'],
    'minimum_age_years': ['years', 'Lowest age at the permit'],
    'maximum_age_years': ['years', 'Highest age at the permit'],
    'leaving_age_years': ['years', 'Age in whose year a spell ends'],
    'data_end_week': ['date', 'Monday of the last week of the weekly states'],
    'window_weeks': ['weeks', 'Weeks that a spell is followed at most'],
    'success_weeks': ['weeks', 'Weeks in a row in employment that are a success'],
    'success_hours_per_week': ['hours a week', 'Hours of work that make a week one of employment'],
    'gap_weeks': ['weeks', 'Weeks in a row without employment that start a further spell'],
    'restart_after_move': ['true or false', 'Whether a spell starts anew in the municipality moved to'],
    'health_weeks': ['weeks', 'Weeks before the spell whose health care counts'],
    'minimum_spells': ['spells', 'Spells that a municipality of the benchmark has at least'],
    'ties': ['name', 'How the Cox models treat spells that end in one week'],
    'bootstrap_replicates': ['replicates', 'Replicates of the bootstrap of the indicators'],
    'bootstrap_seed': ['seed', 'Seed of all random draws'],
    'frontier_draws': ['draws', 'Draws of the bootstrap of the likelihood ratio of the frontiers'],
    'funnel_winsorised_share': ['share', 'Share of the z-values drawn in at either end of the funnel'],
    'rank_draws': ['draws', 'Draws behind the confidence sets of the ranks'],
    'indicator_draws': ['draws', 'Draws of both indicators behind the intervals of the frontiers'],
    'first_expenditure_year': ['year', 'First year of expenditure'],
    'last_expenditure_year': ['year', 'Last year of expenditure'],
    'price_year': ['year', 'Year of whose prices the expenditure is'],
    'programme_years': ['years', 'Years that a person is under the programme'],
    'minimum_persons': ['persons', 'Municipality-years with so many persons or fewer leave the cost-need model'],
    'supplementary_groupings': ['names', 'Groupings of the accounts in the supplementary analysis'],
    'outlier_municipality': ['municipality code', 'Municipality left out as a check of robustness; empty for none'],
    'disclosure_limit': ['persons', 'A number that rests on fewer persons is not published'],
} %}
with

final as (

    {% for name, words in variables.items() %}
    {% set value = var(name) %}
    select
        cast('{{ name }}' as {{ dbt.type_string() }}) as name,
        cast(
            '{{ value | join(", ") if value is sequence and value is not string else value }}'
            as {{ dbt.type_string() }}
        ) as value,
        cast('{{ words[0] }}' as {{ dbt.type_string() }}) as unit,
        cast('{{ words[1] }}' as {{ dbt.type_string() }}) as description
    {{ "union all" if not loop.last }}
    {% endfor %}

)

select * from final
