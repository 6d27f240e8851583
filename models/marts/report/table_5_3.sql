with

efficiency_map as (

    select * from {{ ref('efficiency_map') }}

),

expenditure_need as (

    select * from {{ ref('expenditure_need') }}

),

-- the years that make up the expenditure indicator
expenditure as (

    select
        municipality_code,
        {{ exact_sum('actual_dkk') }} / count(*) as expenditure_dkk
    from expenditure_need
    group by municipality_code

),

municipalities as (

    select
        efficiency_map.municipality_code,
        efficiency_map.expenditure_position,
        efficiency_map.total_expenditure_position,
        efficiency_map.benchmark_position || '_1' as benchmark_level,
        efficiency_map.benchmark_indicator,
        expenditure.expenditure_dkk
    from efficiency_map
    inner join expenditure
        on efficiency_map.municipality_code = expenditure.municipality_code

),

-- a cell that no municipality falls in is a row, too
levels as (

    select
        expenditure_levels.expenditure_level,
        benchmark_levels.benchmark_level
    from (values ('above'), ('below'), ('around'), ('total'))
        as expenditure_levels (expenditure_level)
    cross join (values ('below_1'), ('above_1'), ('around_1'), ('total'))
        as benchmark_levels (benchmark_level)

),

-- by the report's interval of the expenditure indicator, and by that with the total error
{% for cells, position in [
    ('cells', 'expenditure_position'),
    ('total_error_cells', 'total_expenditure_position'),
] %}
{{ cells }} as (

    select
        levels.expenditure_level,
        levels.benchmark_level,
        cast(count(municipalities.municipality_code) as bigint) as municipalities,
        {{ exact_sum('municipalities.expenditure_dkk') }}
        / nullif(count(municipalities.municipality_code), 0) as expenditure_dkk_per_person,
        {{ exact_sum('municipalities.benchmark_indicator') }}
        / nullif(count(municipalities.municipality_code), 0) as benchmark_indicator
    from levels
    left join municipalities
        on
            levels.expenditure_level in (municipalities.{{ position }}, 'total')
            and levels.benchmark_level in (municipalities.benchmark_level, 'total')
    group by levels.expenditure_level, levels.benchmark_level

),

{% endfor %}
-- one count, in both columns of the print: nothing is misprinted here
unlabelled as (

    select
        cells.expenditure_level,
        cells.benchmark_level,
        cells.expenditure_dkk_per_person,
        cells.expenditure_dkk_per_person as expenditure_per_full_year_person_dkk,
        cells.benchmark_indicator,
        cells.municipalities as municipalities_as_printed,
        cells.municipalities as municipalities_corrected,
        total_error_cells.expenditure_dkk_per_person as total_error_expenditure_dkk_per_person,
        total_error_cells.benchmark_indicator as total_error_benchmark_indicator,
        total_error_cells.municipalities as total_error_municipalities
    from cells
    inner join total_error_cells
        on
            cells.expenditure_level = total_error_cells.expenditure_level
            and cells.benchmark_level = total_error_cells.benchmark_level

),

final as (

    {{ with_report_labels('unlabelled', 'table_5_3') }}

)

select * from final
order by row_position
