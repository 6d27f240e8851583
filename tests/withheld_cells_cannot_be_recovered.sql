-- An attack on the published tables: in every group of cells that adds up to a published total,
-- the total less the published cells must cover more than one cell and at least as many persons as
-- the disclosure limit (docs/disclosure.md). Persons are counted from the person-level tables.
-- Shares of the composition are attacked by linear programming (tests/privacy).
with

programme_days as (

    select * from {{ ref('int_programme_days') }}

),

population as (

    select * from {{ ref('int_population') }}

),

spells as (

    select
        spells.person_id,
        spells.sex,
        spells.municipality_code,
        spells.outcome,
        spells.is_success,
        case
            when population.residence_group in ('refugee', 'family_reunified')
                then population.residence_group
            else 'neither'
        end as residence_ground
    from {{ ref('int_spells') }} as spells
    inner join population
        on spells.person_id = population.person_id

),

members as (

    {{ programme_members('programme_days', 'population') }}

),

totals as (

    select
        max(case when sex = 'all' and outcome = 'total' then spells end) as spells,
        max(case when sex = 'all' and outcome = 'success' then spells end) as successes
    from {{ ref('table_2_1') }}

),

-- a municipality's number is known if one table publishes it
municipalities as (

    select
        observed.municipality_code,
        coalesce(observed.spells, appendix.spells, indicators.spells) as spells,
        coalesce(
            observed.successes,
            appendix.successes,
            appendix.success_percent * coalesce(observed.spells, appendix.spells)
        ) as successes
    from {{ ref('observed_durations') }} as observed
    inner join {{ ref('appendix_table_5_1') }} as appendix
        on observed.municipality_code = appendix.municipality_code
    left join {{ ref('benchmark_indicators') }} as indicators
        on observed.municipality_code = indicators.municipality_code

),

cells_2_1 as (

    select
        sex as row_label,
        outcome,
        spells
    from {{ ref('table_2_1') }}

),

-- the third ground is known where the other two and the total are
cells_2_2 as (

    select
        residence_ground as row_label,
        outcome,
        spells
    from {{ ref('table_2_2') }}
    union all
    select
        'neither' as row_label,
        outcome,
        case
            when count(spells) = 3
                then sum(case when residence_ground = 'all' then spells else -spells end)
        end as spells
    from {{ ref('table_2_2') }}
    where 'neither' in (select spells.residence_ground from spells)
    group by outcome

),

-- one row per person and unknown cell; a group whose total is withheld gives no equation
unknown as (

    select
        'spells by municipality' as attacked,
        'all' as total,
        municipalities.municipality_code as cell,
        spells.person_id
    from municipalities
    inner join totals
        on totals.spells is not null
    left join spells
        on municipalities.municipality_code = spells.municipality_code
    where municipalities.spells is null
    union all
    select
        'successes by municipality' as attacked,
        'all' as total,
        municipalities.municipality_code as cell,
        spells.person_id
    from municipalities
    inner join totals
        on totals.successes is not null
    left join spells
        on
            municipalities.municipality_code = spells.municipality_code
            and spells.is_success
    where municipalities.successes is null
    {% for table, of in [('2_1', 'sex'), ('2_2', 'residence_ground')] %}
    {% for group, cell in [('row_label', 'outcome'), ('outcome', 'row_label')] %}
    {% set whole, part = ('total', 'all') if cell == 'row_label' else ('all', 'total') %}
    union all
    select
        'table_{{ table }} by {{ cell }}' as attacked,
        totals_of.{{ group }} as total,
        cells.{{ cell }} as cell,
        spells.person_id
    from cells_{{ table }} as totals_of
    inner join cells_{{ table }} as cells
        on
            totals_of.{{ group }} = cells.{{ group }}
            and cells.{{ cell }} <> '{{ part }}'
    left join spells
        on
            cells.row_label in (spells.{{ of }}, 'all')
            and cells.outcome in (spells.outcome, 'total')
    where
        totals_of.{{ cell }} = '{{ part }}'
        and totals_of.spells is not null
        and cells.spells is null
    {% endfor %}
    {% endfor %}
    union all
    select
        'figure_4_1' as attacked,
        cast(members.year as varchar) as total,
        members.municipality_code as cell,
        members.person_id
    from members
    inner join {{ ref('programme_persons') }} as told
        on
            members.municipality_code = told.municipality_code
            and members.year = told.year
            and told.full_year_persons is null
    inner join {{ ref('figure_4_1') }} as totals_of
        on
            members.year = totals_of.year
            and totals_of.full_year_persons is not null

),

recovered as (

    select
        attacked,
        total,
        count(distinct cell) as cells,
        count(distinct person_id) as persons
    from unknown
    group by attacked, total
    union all
    select
        'table_2_2 by subtraction' as attacked,
        'neither ' || cells.outcome as total,
        2 as cells,
        count(distinct spells.person_id) as persons
    from cells_2_2 as cells
    left join spells
        on
            cells.row_label = spells.residence_ground
            and cells.outcome in (spells.outcome, 'total')
    where
        cells.row_label = 'neither'
        and cells.spells is not null
    group by cells.outcome

)

select
    attacked,
    total,
    cells,
    persons
from recovered
where
    {{ disclosure_limit() }} > 0
    and (cells = 1 or persons < {{ disclosure_limit() }})
