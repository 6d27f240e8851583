{# What the models and tests of the municipal accounts share. REGK31 and REGK100 have these columns alike. #}

{# Amounts come in thousands of kroner (LOBM) or in kroner per inhabitant, sometimes both in one export. #}
{% macro is_in_thousand_kroner() -%}
    upper({{ to_text('"PRISENHED"') }}) = 'LOBM'
{%- endmacro %}

{# A number of an export; Statbank writes a hyphen for nil. #}
{% macro to_amount(column) -%}
    if({{ to_text(column) }} = '-', 0, {{ to_number(column) }})
{%- endmacro %}

{# Function 5.46.60, whose accounts the report reads. #}
{% macro programme_function() %}{{ return('54660') }}{% endmacro %}

{# The column of the seed price_index that the study's variable of that name chooses. #}
{% macro price_index_column() -%}
    {{ return({'consumer': 'index_2015_100', 'municipal': 'municipal_index_2015_100'}[var('price_index')]) }}
{%- endmacro %}

{# The columns that staging makes of both exports. #}
{% macro account_columns() -%}
    {{ to_code('"OMRÅDE"', 3) }} as municipality_code,
    {{ to_code('"FUNKTION"', 5) }} as function_code,
    {{ to_text('"DRANST"') }} as dranst,
    upper({{ to_text('"ART"') }}) as art,
    {{ to_integer('"TID"') }} as year,
    cast(round({{ to_amount('"INDHOLD"') }} * 1000) as bigint) as amount_dkk
{%- endmacro %}

{#
    The rows of an export with what its rules ask of them, for tests/statbank. Totals of areas and other price units are
    not read; they only have to be recognised. Read are the functions of the seed account_groupings; `is_of_programme`
    is one of 5.46.60.
#}
{% macro delivered_accounts(export) -%}
    select
        coded.*,
        coded.is_amount
        and municipalities.municipality_code is not null
        and coded.function_code in (select function_code from {{ ref('account_groupings') }}) as is_read,
        coded.is_amount
        and municipalities.municipality_code is not null
        and coded.function_code = '{{ programme_function() }}' as is_of_programme
    from (
        select
            *,
            {{ to_code('"OMRÅDE"', 3) }} as area,
            {{ to_code('"FUNKTION"', 5) }} as function_code,
            {{ to_integer('"TID"') }} as year,
            {{ is_in_thousand_kroner() }} as is_amount
        from {{ ref(export) }}
    ) as coded
    left join municipalities
        on coded.area = municipalities.municipality_code
{%- endmacro %}

{# Net programme expenditure of each municipality and year, to the øre, over the rows that `condition` chooses. #}
{% macro net_expenditure(programme_expenditure, condition) -%}
    select
        municipality_code,
        year,
        {{ exact_sum('net_of_payments_dkk', decimals=2) }} as expenditure_dkk
    from {{ programme_expenditure }}
    where {{ condition }}
    group by municipality_code, year
{%- endmacro %}
