{#
    The profile of a delivery: what is measured of each register, and which measures cannot be right. Measures and the
    bands they lie in stand in models/sources.yml, beside the column they are about (or the register, for several):

      bands:
        - name: men                       # unique in the register; accepted.csv of a delivery calls it bef.men
          of: int_population_links        # relation whose rows are measured; left out: the register's staging model
          where: age_years >= 18          # rows that count; left out: all
          by: extract(year from ...)      # a value for each; left out: one for all rows
          by_what: municipality           # what `by` is, where it is not a year
          count: sex_code = 1             # the share of rows that are so. Or
          mean: paid_hours                # the mean over the rows. Or
          commonest: municipality_code    # the share of rows that have the most frequent value
          possible: [0.2, 0.8]            # outside it is an error
          expected: [0.4, 0.7]            # outside it is a warning
          says: are of men
          why: where the band is from, a sentence

    A share by year is one of all years, too. A share of few rows is far from its mean by chance:
    int_delivery_measures_judged allows for it.
#}

{# The measures of models/sources.yml with their bands: a list of dictionaries. #}
{% macro declared_bands(register=none) -%}
    {%- set bands = [] %}
    {%- set registers = (graph.sources | default({})).values() | selectattr('source_name', 'equalto', 'registers') | list %}
    {%- for source in registers | sort(attribute='identifier') if register in (none, source.identifier) %}
        {%- set meta = source.config.meta or source.meta %}
        {%- set places = [[meta.rows_are, meta]] %}
        {%- for column in source.columns.values() %}
            {%- do places.append([column.name, column.config.meta or column.meta]) %}
        {%- endfor %}
        {%- for column, declared in places %}
            {%- for given in declared.get('bands', []) %}
                {%- set band = {
                    'register': source.identifier, 'column': column, 'of': meta.staged_as, 'where': 'true',
                    'by': "'all'", 'by_what': '',
                } %}
                {%- do band.update(given) %}
                {%- do bands.append(band) %}
            {%- endfor %}
        {%- endfor %}
    {%- endfor %}
    {{ return(bands) }}
{%- endmacro %}

{# Rows by month or week, of the registers that declare `calendar: {date: ..., by: [month, week]}`. #}
{% macro declared_calendars(register=none) -%}
    {%- set calendars = [] %}
    {%- set registers = (graph.sources | default({})).values() | selectattr('source_name', 'equalto', 'registers') | list %}
    {%- for source in registers | sort(attribute='identifier') if register in (none, source.identifier) %}
        {%- set meta = source.config.meta or source.meta %}
        {%- if meta.get('calendar') %}
            {%- for by in meta.calendar.by %}
                {%- set calendar = {'register': source.identifier, 'of': meta.staged_as} %}
                {%- do calendar.update(meta.calendar) %}
                {%- do calendar.update({'by': by}) %}
                {%- do calendars.append(calendar) %}
            {%- endfor %}
        {%- endif %}
    {%- endfor %}
    {{ return(calendars) }}
{%- endmacro %}

{# The registers whose rows come with permits: who comes differs from year to year, and later ones are not asked for. #}
{% macro registers_of_permits() -%}
    'ophg', 'vnds'
{%- endmacro %}

{# One row per measure and period: what the profile holds. Measures over the same rows and periods are one scan. #}
{% macro delivery_profile() -%}
    {% set scans, commonest = {}, [] %}
    {%- for band in declared_bands() %}
        {%- if band.commonest is defined %}
            {%- do commonest.append(band) %}
        {%- else %}
            {%- do scans.setdefault(band.of ~ ' by ' ~ band.by, []).append(band) %}
        {%- endif %}
    {%- endfor %}
    {%- for bands in scans.values() %}
    scan_{{ loop.index }} as (

        select
            {{ _period(bands[0]) }} as period,
            {%- for band in bands %}
            sum(case when {{ band.where }} then 1 else 0 end) as base_{{ loop.index }},
            sum(
                case when {{ band.where }} then
                    {% if band.mean is defined %}{{ band.mean }}{% else %}case when {{ band.count }} then 1 else 0 end{% endif %}
                else 0 end
            ) as counted_{{ loop.index }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ ref(bands[0].of) }}
        group by {{ bands[0].by }}

    ),
    {% endfor %}

    by_period as (

        {%- for bands in scans.values() %}
        {%- set scan = 'scan_' ~ loop.index %}
        {%- for band in bands %}
        {{ _profile_row(band.register, band.column, band.name, 'counted_' ~ loop.index, 'base_' ~ loop.index) }}
        from {{ scan }}
        union all
        {%- endfor %}
        {%- endfor %}
        {%- for band in commonest %}
        {{ _profile_row(band.register, band.column, band.name, 'max(value_rows)', 'sum(value_rows)') }}
        from (
            select
                {{ _period(band) }} as period,
                count(*) as value_rows
            from {{ ref(band.of) }}
            where {{ band.where }} and {{ band.commonest }} is not null
            group by {{ band.by }}, {{ band.commonest }}
        ) as value_counts
        group by period
        union all
        {%- endfor %}
        {%- for calendar in declared_calendars() %}
        {{ _profile_row(calendar.register, calendar.column, 'rows_by_' ~ calendar.by, 'period_rows', 'null') }}
        from (
            select
                {{ as_text('period_start') }} as period,
                period_rows
            from (
                select
                    {{ _period_start(calendar) }} as period_start,
                    count(*) as period_rows
                from {{ ref(calendar.of) }}
                group by {{ _period_start(calendar) }}
            ) as dated
            where period_start is not null
        ) as counted_periods
        {{ 'union all' if not loop.last }}
        {% endfor %}

    ),

    -- a share by year is one of all years, too
    measured as (

        select * from by_period
        union all
        select
            register,
            column_name,
            measure,
            'all' as period,
            sum(counted) as counted,
            cast(sum(base_rows) as bigint) as base_rows
        from by_period
        where period <> 'all' and base_rows is not null
        group by register, column_name, measure

    )

{%- endmacro %}

{# What a measure is of, as the message says it: all, 2012, or municipality 101. Rows without a value are a group, too. #}
{% macro _period(band) -%}
    {{ "'" ~ band.by_what ~ " ' || " if band.by_what }}coalesce({{ as_text(band.by) }}, 'unknown')
{%- endmacro %}

{% macro _profile_row(register, column, name, counted, base) -%}
    select
        '{{ register }}' as register,
        '{{ column }}' as column_name,
        '{{ name }}' as measure,
        period,
        cast({{ counted }} as double) as counted,
        cast({{ base }} as bigint) as base_rows
{%- endmacro %}

{% macro _period_start(calendar) -%}
    {{ month_start(calendar.date) if calendar.by == 'month' else calendar.date }}
{%- endmacro %}

{# The bands as rows: what is expected of each measure, and why. #}
{% macro delivery_bands() -%}
    select
        register,
        measure,
        is_share,
        {% for side in ('possible_low', 'possible_high', 'expected_low', 'expected_high') -%}
        cast({{ side }} as double) as {{ side }},
        {% endfor -%}
        says,
        why
    from (
        values
            {% for band in declared_bands() -%}
            (
                '{{ band.register }}', '{{ band.name }}', {{ 'false' if band.mean is defined else 'true' }},
                {{ (band.possible + band.expected) | join(', ') }},
                '{{ dbt.escape_single_quotes(band.says) | trim }}',
                '{{ dbt.escape_single_quotes(band.why) | trim }}'
            ){{ ',' if not loop.last }}
            {% endfor %}
    ) as declared(
        register, measure, is_share, possible_low, possible_high, expected_low, expected_high, says, why
    )
{%- endmacro %}

{# A share as a percentage with one decimal, a mean with two. #}
{% macro measure_text(value, is_share) -%}
    case
        when {{ is_share }} then {{ as_text('cast(100 * ' ~ value ~ ' as decimal(14, 1))') }} || ' %'
        else {{ as_text('cast(' ~ value ~ ' as decimal(16, 2))') }}
    end
{%- endmacro %}
