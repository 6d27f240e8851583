{#
    One row per person and filled-in column of a wide register: the columns whose names match `pattern`
    (a regular expression, case-blind) become rows (`name_column`, `value_column`). Empty cells give no row.
    In one pass, whatever the number of columns.
#}
{% macro unpivot_columns(relation, key, pattern, name_column, value_column) -%}
    {{ return(adapter.dispatch('unpivot_columns', 'value_for_money')(relation, key, pattern, name_column, value_column)) }}
{%- endmacro %}

{% macro duckdb__unpivot_columns(relation, key, pattern, name_column, value_column) -%}
    select
        {{ key }},
        lower({{ name_column }}) as {{ name_column }},
        {{ value_column }}
    from (
        unpivot (select {{ key }}, cast(columns('(?i){{ pattern }}') as varchar) from {{ relation }})
        on columns(* exclude ({{ key }}))
        into name {{ name_column }} value {{ value_column }}
    ) as unpivoted
    where trim({{ value_column }}) not in ('', '.')
{%- endmacro %}

{# A row as JSON leaves its empty cells out, and needs no list of the columns. #}
{% macro spark__unpivot_columns(relation, key, pattern, name_column, value_column) -%}
    select
        {{ key }},
        lower({{ name_column }}) as {{ name_column }},
        {{ value_column }}
    from (
        select
            {{ key }},
            explode(from_json(to_json(struct({{ relation }}.*)), 'map<string, string>'))
                as ({{ name_column }}, {{ value_column }})
        from {{ relation }}
    ) as unpivoted
    where
        {{ name_column }} rlike '(?i){{ pattern }}'
        and trim({{ value_column }}) not in ('', '.')
{%- endmacro %}

{#
    The same of a register with one row a person, in which some persons are delivered in several equal rows. These few go
    apart: else all rows would be compared with all. `register` is the raw table, its person is `pnr`. `persons` is a query
    of the ids that are wanted, each once: a national register holds two hundred times as many, who never become rows. The
    rows have a `person_id`, read once a person and not once a cell.
#}
{% macro unpivot_persons(register, persons, pattern, name_column, value_column) -%}
    with

    wanted as (

        {{ persons }}

    ),

    repeated_persons as (

        select {{ to_person_id('pnr') }} as person_id
        from {{ register }}
        group by {{ to_person_id('pnr') }}
        having count(*) > 1

    ),

    delivered_once as (

        select
            delivered.*,
            wanted.person_id
        from {{ register }} as delivered
        inner join wanted
            on {{ to_person_id('delivered.pnr') }} = wanted.person_id
        left join repeated_persons
            on {{ to_person_id('delivered.pnr') }} = repeated_persons.person_id
        where repeated_persons.person_id is null

    ),

    delivered_again as (

        select
            delivered.*,
            wanted.person_id
        from {{ register }} as delivered
        inner join wanted
            on {{ to_person_id('delivered.pnr') }} = wanted.person_id
        inner join repeated_persons
            on wanted.person_id = repeated_persons.person_id

    ),

    cells_again as (

        {{ unpivot_columns('delivered_again', 'person_id', pattern, name_column, value_column) }}

    )

    {{ unpivot_columns('delivered_once', 'person_id', pattern, name_column, value_column) }}
    union all
    select distinct * from cells_again
{%- endmacro %}
