{#
    The disclosure limit as the models use it: 0 and 1 switch it off. "Fewer than the limit" includes zero. "Nobody of n"
    says something about all n; and if zeros were published, a withheld cell would be known to hold one to four
    (docs/disclosure.md).
#}
{% macro disclosure_limit() -%}
    {%- set limit = var('disclosure_limit') | int -%}
    {%- if limit > var('minimum_persons') | int -%}
        {%- do exceptions.raise_compiler_error(
            'disclosure_limit is ' ~ limit ~ ', but the cost-need tables tell of municipalities with more than '
            ~ var('minimum_persons') ~ ' persons: raise minimum_persons to ' ~ limit ~ ' or lower disclosure_limit. '
            ~ 'See docs/disclosure.md.'
        ) -%}
    {%- endif -%}
    {{ return(limit if limit > 1 else 0) }}
{%- endmacro %}

{# A value that may be published: null where it rests on fewer persons than the disclosure limit. #}
{% macro unless_few(persons, value) -%}
    case when {{ persons }} >= {{ disclosure_limit() }} then {{ value }} end
{%- endmacro %}

{#
    Whether a cell is withheld so that it cannot be got from a total by subtraction. Cells of `within` add up to
    something published. Cells with fewer persons than the limit are withheld. If there are any, the smallest cell that
    reaches the limit is withheld too (of equal cells, the first by `key`), so that subtraction reveals nothing: what is
    left of the total covers more than one cell, and at least as many persons as the limit.
    `candidate`: the cells that may be withheld with them, all by default; `first`: an expression that orders them
    before their size does. `persons` is never null.
#}
{% macro is_withheld(persons, key, within=none, candidate='true', first=none) -%}
    (
        {{ persons }} < {{ disclosure_limit() }}
        or (
            min({{ persons }}) over ({{ 'partition by ' ~ within if within }}) < {{ disclosure_limit() }}
            and {{ candidate }}
            and row_number() over (
                {{ 'partition by ' ~ within if within }}
                order by
                    case
                        when {{ persons }} >= {{ disclosure_limit() }} and {{ candidate }} then 0 else 1
                    end,
                    {{ first ~ ',' if first }}
                    {{ persons }},
                    {{ key }}
            ) = 1
        )
    )
{%- endmacro %}

{#
    Why a cell is withheld: few_persons, or protects_another_cell if the cell itself reaches the limit; null if the
    cell is published. The two are kept apart only if the withheld cells together hold at least twice the limit. With
    fewer persons, protects_another_cell would narrow down what the other cell may hold, so all cells say few_persons
    (docs/disclosure.md).
#}
{% macro withheld_reason(persons, is_withheld, within=none) -%}
    case
        when not {{ is_withheld }} then null
        when
            {{ persons }} >= {{ disclosure_limit() }}
            and sum(case when {{ is_withheld }} then {{ persons }} else 0 end)
                over ({{ 'partition by ' ~ within if within }}) >= 2 * {{ disclosure_limit() }}
            then 'protects_another_cell'
        else 'few_persons'
    end
{%- endmacro %}

{#
    Whether a cell of a two-way table with its margins is withheld: a query on the CTE `cells`, one row per `row` and
    `column` with both totals, complete (a cell of nobody is a row with 0 persons), that adds is_withheld.
    - If a cell of a margin has few persons, the whole margin is withheld, and all inner cells with it.
    - If one inner cell has few persons, it is withheld with three others that hide it in its row and in its column:
      those of the smallest other row and of the largest other column.
    - If several inner cells have few persons, all inner cells are withheld.
#}
{% macro withheld_in_two_ways(cells, row, column, row_total, column_total) -%}
    {%- set few = "persons < " ~ disclosure_limit() -%}
    {%- set inner = row ~ " <> '" ~ row_total ~ "' and " ~ column ~ " <> '" ~ column_total ~ "'" -%}
    select
        *,
        case
            when {{ row }} = '{{ row_total }}' and {{ column }} = '{{ column_total }}' then {{ few }}
            when {{ row }} = '{{ row_total }}' then few_columns > 0
            when {{ column }} = '{{ column_total }}' then few_rows > 0
            when few_columns > 0 or few_rows > 0 or few_cells > 1 then true
            when few_cells = 0 then false
            else
                ({{ row }} = few_row or row_rank = 1)
                and ({{ column }} = few_column or column_rank = 1)
        end as is_withheld
    from (
        select
            *,
            dense_rank() over (
                order by case when {{ row }} in (few_row, '{{ row_total }}') then 1 else 0 end, row_persons, {{ row }}
            ) as row_rank,
            dense_rank() over (
                order by
                    case when {{ column }} in (few_column, '{{ column_total }}') then 1 else 0 end,
                    column_persons desc,
                    {{ column }}
            ) as column_rank
        from (
            select
                *,
                sum(case when {{ few }} and {{ row }} = '{{ row_total }}' and {{ column }} <> '{{ column_total }}'
                    then 1 else 0 end) over () as few_columns,
                sum(case when {{ few }} and {{ row }} <> '{{ row_total }}' and {{ column }} = '{{ column_total }}'
                    then 1 else 0 end) over () as few_rows,
                sum(case when {{ few }} and {{ inner }} then 1 else 0 end) over () as few_cells,
                max(case when {{ few }} and {{ inner }} then {{ row }} end) over () as few_row,
                max(case when {{ few }} and {{ inner }} then {{ column }} end) over () as few_column,
                max(persons) over (partition by {{ row }}) as row_persons,
                max(persons) over (partition by {{ column }}) as column_persons
            from {{ cells }}
        ) as counted
    ) as ranked
{%- endmacro %}
