{{ config(enabled=var('compare_with_print')) }}
{#
    Measure -> tolerance, argued item by item in the yml. The tolerances compare; nothing is fitted to them here.
#}
{% set municipality = "printed.municipality_code || ' ' || printed.municipality_name" %}
{% set two_standard_errors = "2 * abs(printed.coefficient_dkk / printed.t_value)" %}
{% set four_points = "
    case
        when printed.spells >= " ~ var('minimum_spells') ~ " then 4
        else greatest(
            4, 200 * sqrt(printed.successes * (printed.spells - printed.successes) / power(printed.spells, 3))
        )
    end" %}
{% set same_side_of_five_percent = "
    case
        when printed.sample = 'all' and printed.term = 'expenditure_indicator' then 0.025
        else abs(printed.p_value - 0.05)
    end" %}
{% set further_results = "
    case
        when printed.result like 'programme_expenditure_%' then 0.05
        when printed.result = 'mean_expenditure_all_years' then 0.05 * printed.value
        when printed.result = 'supplementary_r_squared' then 0.05
        when printed.result = 'supplementary_share' then 0.01
        when printed.result = 'percent_between_fifths' then 3
        else 1
    end" %}
{% set tables = {
    'table_2_1': {
        'spells': 'greatest(15, 0.02 * printed.spells)',
        'percent': '1',
    },
    'table_2_1_durations': {
        'mean_weeks_unfinished_counted': '3',
        'mean_weeks_successes_only': '3',
    },
    'table_2_2': {
        'spells': 'greatest(15, 0.02 * printed.spells)',
        'percent': '1',
    },
    'table_2_2_durations': {
        'mean_weeks_unfinished_counted': '3',
        'mean_weeks_successes_only': '3',
    },
    'table_3_1': {
        'mean_weeks': "case printed.quantity when 'observed_duration' then 3 else 1 end",
        'standard_deviation': "case printed.quantity when 'observed_duration' then 2.5 else 1 end",
        'variance': "case printed.quantity when 'observed_duration' then 88.5 else 9.8 end",
        'variance_reduction_percent': '4',
    },
    'table_3_2': {
        'benchmark_indicator': '0.015',
        'observed_mean_duration_weeks': '6',
        'expected_mean_duration_weeks': '6',
    },
    'table_4_1': {'million_dkk_2015_prices': '0.05'},
    'table_4_2': {'million_dkk_2015_prices': '0.05'},
    'table_4_3': {
        'municipalities': '0',
        'mean_dkk': '0.05 * printed.mean_dkk',
        'min_dkk': '0.2 * printed.min_dkk',
        'max_dkk': '0.2 * printed.max_dkk',
        'standard_error_dkk': '0.25 * printed.standard_error_dkk',
    },
    'table_5_1': {
        'coefficient_dkk': two_standard_errors,
        't_value': '2',
    },
    'table_5_1_fit': {
        'observations': '15',
        'r_squared': '0.05',
        'model_degrees_of_freedom': '0',
    },
    'table_5_2': {
        'municipalities': '0',
        'mean_expenditure_indicator': '0.04',
    },
    'table_5_2_members': {'quintile': '0'},
    'figure_5_1_regression': {
        'coefficient': 'printed.standard_error',
        'standard_error': '0.25 * printed.standard_error',
        'p_value': same_side_of_five_percent,
        'r_squared': '0.05',
        'municipalities': '0',
    },
    'table_5_3': {
        'expenditure_dkk_per_person': '0.08 * printed.expenditure_dkk_per_person',
        'benchmark_indicator': '0.03',
        'municipalities_as_printed': "case printed.municipalities_corrected when 92 then 0 else 6 end",
        'municipalities_corrected': "case printed.municipalities_corrected when 92 then 0 else 6 end",
    },
    'appendix_table_5_1': {
        'observed_mean_duration_weeks': '3',
        'spells': '0',
        'successes': four_points ~ ' * printed.spells / 100',
        'success_percent': four_points,
    },
    'appendix_table_6_1': {
        'coefficient': '2 * printed.standard_error',
        'standard_error': 'greatest(0.0005, 0.3 * printed.standard_error)',
    },
    'further_results': {'value': further_results},
} %}
{% set labels = {'table_5_2_members': municipality, 'appendix_table_5_1': municipality} %}
{% set only = {'appendix_table_6_1': "printed.reference = 'no'"} %}

with

cells as (
    {% for item, keys in report_items().items() %}
        {{ report_cells(item, keys, tables[item], label=labels.get(item), where=only.get(item)) }}
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

final as (

    select
        report_item,
        row_label,
        row_position,
        label_da,
        label_en,
        measure,
        published,
        rebuilt,
        tolerance
    from cells

)

select * from final
