{#- every variable that is declared; there is nothing to ask before the seed is there -#}
{%- set names = [] -%}
{%- if execute -%}
    {%- set names = run_query('select name from ' ~ ref('method_variables')).columns[0].values() -%}
{%- endif -%}
with

variables as (

    select * from {{ ref('method_variables') }}

),

in_force as (

    {% for name in names %}
        {%- set value = var(name) %}
        select
            '{{ name }}' as name,
            {%- if value is iterable and value is not string -%}
                {%- set value = value | join(', ') -%}
            {%- endif %}
            '{{ value | lower }}' as value
        {{ 'union all' if not loop.last }}
    {% else %}
        select
            cast(null as varchar) as name,
            cast(null as varchar) as value
    {% endfor %}

),

final as (

    select
        variables.name,
        cast(in_force.value as varchar) as value,
        variables.unit,
        variables.report_section,
        variables.description
    from variables
    inner join in_force
        on variables.name = in_force.name

)

select * from final
