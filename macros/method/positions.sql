{# Whether an interval lies above, below or around a value; around if there is no interval. #}
{% macro position_of_interval(low, high, value=1) -%}
    case
        when {{ low }} > {{ value }} then 'above'
        when {{ high }} < {{ value }} then 'below'
        else 'around'
    end
{%- endmacro %}

{# From which ratio on the expenditure of two years that follow each other is a swing. #}
{% macro swing_of_expenditure() %}{{ return(2) }}{% endmacro %}

{#
    The corner of the map of both indicators (Figure 5.2, Table 5.3). Only a municipality that stands apart from 1 on
    both axes belongs to one.
#}
{% macro corner_of_map(benchmark_position, expenditure_position) -%}
    case
        when {{ benchmark_position }} = 'above' and {{ expenditure_position }} = 'below'
            then 'high_result_low_cost'
        when {{ benchmark_position }} = 'above' and {{ expenditure_position }} = 'above'
            then 'high_result_high_cost'
        when {{ benchmark_position }} = 'below' and {{ expenditure_position }} = 'below'
            then 'low_result_low_cost'
        when {{ benchmark_position }} = 'below' and {{ expenditure_position }} = 'above'
            then 'low_result_high_cost'
        else 'uncertain'
    end
{%- endmacro %}

{#
    Expenditure indicators with the report's 95 % interval, that over the years (Student's t), its position, and the fifth,
    the cheapest first. `indicators`: a CTE with municipality_code, years, expenditure_indicator and report_standard_error; `student_t`: the CTE of
    the seed student_t_quantiles.
#}
{% macro with_positions_over_years(indicators, student_t) -%}
    select
        municipality_code,
        years,
        expenditure_indicator,
        report_standard_error,
        report_ci_low,
        report_ci_high,
        {{ position_of_interval('report_ci_low', 'report_ci_high') }} as report_position,
        {{ quintile('expenditure_rank', 'municipalities') }} as quintile
    from (
        select
            {{ indicators }}.*,
            {{ indicators }}.expenditure_indicator
            - {{ student_t }}.quantile_0975 * {{ indicators }}.report_standard_error as report_ci_low,
            {{ indicators }}.expenditure_indicator
            + {{ student_t }}.quantile_0975 * {{ indicators }}.report_standard_error as report_ci_high,
            row_number() over (
                order by {{ indicators }}.expenditure_indicator asc, {{ indicators }}.municipality_code asc
            ) as expenditure_rank,
            count(*) over () as municipalities
        from {{ indicators }}
        left join {{ student_t }}
            on {{ indicators }}.years - 1 = {{ student_t }}.degrees_of_freedom
    ) as ranked
{%- endmacro %}
