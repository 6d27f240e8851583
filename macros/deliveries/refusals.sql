{#
    What cannot be right in a delivery. A test in tests/registers is a list of findings, one per rule; each is one
    row where the rule is broken and none where it holds. `dbt build` stops with the worst error of a register,
    `make check-registers` runs the same files and lists all.

    A finding of severity `error` stops the build, a `warning` does not. Its sentence names the register, the
    column, the number of rows, an example, what to do and where to read more; never a person.
#}

{#
    `relation` rows for which `condition` holds break the rule. `says` follows "has N rows"; `noun` is what a row of
    the relation is; `example` is an aggregate over those rows (never of a column that holds ids). Without `ids` it is
    of a register that holds none.
#}
{% macro finding(
    register, column, relation, condition, says, advice, anchor, example=none, noun='row', severity='error',
    ids=true
) -%}
    select
        '{{ severity }}' as severity,
        '{{ register }}' as register,
        '{{ column }}' as column_name,
        broken.row_count,
        'register {{ register }}: {{ 'key' if '(' in column else 'column' }} {{ column }} has '
        || {{ counted('broken.row_count', noun) }} || ' {{ says }}'
        {%- if example %}
        || coalesce(' (for example ' || {{ shown('broken.example', ids) }} || ')', '')
        {%- endif %}
        || '. {{ advice }} See docs/bad_input.md#{{ anchor }}.' as sentence
    from (
        select
            {% if example %}{{ example }} as example,{% endif %}
            cast(count(*) as bigint) as row_count
        from {{ relation }}
        where {{ condition }}
        having count(*) > 0
    ) as broken
{%- endmacro %}

{# The end of a test: stops with the worst error, returns the warnings. `findings` is a CTE before it. #}
{% macro refuse(findings) -%}
ranked as (

    select
        -- a sentence that came out as null would raise nothing, and let all others pass
        coalesce(sentence, 'register ' || register || ': column ' || column_name || ' breaks a rule.') as sentence,
        row_number() over (order by row_count desc, column_name, sentence) as place,
        count(*) over () - 1 as others
    from {{ findings }}
    where severity = 'error'

),

worst as (

    select
        sentence || case
            when others > 0 then ' make check-registers lists ' || {{ counted('others', 'more problem') }} || '.'
            else ''
        end as sentence
    from ranked
    where place = 1

)

select
    severity,
    register,
    column_name,
    row_count,
    sentence
from {{ findings }}
where (select {{ raise_error('sentence') }} from worst) is null
{%- endmacro %}

{% macro counted(number, noun) -%}
    {{ as_text(number) }} || case when {{ number }} = 1 then ' {{ noun }}' else ' {{ noun }}s' end
{%- endmacro %}

{# Null, or a text that stands for it. #}
{% macro is_blank(column) -%}
    {{ return(adapter.dispatch('is_blank', 'value_for_money')(column)) }}
{%- endmacro %}

{% macro duckdb__is_blank(column) -%}
    ({{ column }} is null or (typeof({{ column }}) = 'VARCHAR' and {{ to_text(column) }} is null))
{%- endmacro %}

{% macro spark__is_blank(column) -%}
    ({{ column }} is null or (typeof({{ column }}) = 'string' and {{ to_text(column) }} is null))
{%- endmacro %}

{# The values of all rows in their order, with a comma between them. #}
{% macro listed(column) -%}
    {{ return(adapter.dispatch('listed', 'value_for_money')(column)) }}
{%- endmacro %}

{% macro default__listed(column) -%}
    string_agg({{ as_text(column) }}, ', ' order by {{ column }})
{%- endmacro %}

{% macro spark__listed(column) -%}
    listagg({{ as_text(column) }}, ', ') within group (order by {{ column }})
{%- endmacro %}

{# ---- rules that several registers share --------------------------------------------------------------------- #}

{# The raw relation of a register, of the report's years or later. #}
{% macro register_source(register) %}
    {% set later = ['sygehusbenyttelse_ophold', 'lpr_a_kontakt'] %}
    {{ return(source('later_registers' if register in later else 'registers', register)) }}
{% endmacro %}

{# {column: date, integer, hours or moment}: raw values that macros/deliveries/casts.sql cannot read #}
{% macro unreadable(register, columns) -%}
    {% set casts = {'date': to_date, 'integer': to_integer, 'hours': to_hours, 'moment': to_moment} %}
    {% set kinds = {'date': 'date', 'integer': 'whole number', 'hours': 'number', 'moment': 'day and time'} %}
    {% for column, kind in columns.items() %}
    {{ finding(
        register, column, register_source(register),
        casts[kind](column) ~ ' is null and not ' ~ is_blank(column),
        'that no ' ~ kinds[kind] ~ ' can be read from', 'Deliver the column in a form that is.', 'unreadable',
        example='min(' ~ to_text(column) ~ ')'
    ) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# Raw columns that need a value in every row. #}
{% macro missing(register, columns) -%}
    {% for column in columns %}
    {{ finding(
        register, column, register_source(register), is_blank(column),
        'without a value', 'The method needs one in every row.', 'no-value'
    ) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# Keys of a relation without exact duplicates that several rows share. #}
{% macro shared_key(register, key, relation, columns) -%}
    {{ finding(
        register, key, '(select 1 from ' ~ relation ~ ' group by ' ~ columns | join(', ') ~ ' having count(*) > 1)',
        'true', 'in several rows that differ', 'Deliver the rows that hold; exact duplicates do no harm.',
        'two-rows-one-key', noun='value'
    ) }}
{%- endmacro %}

{% macro after_today(register, column, relation, field) -%}
    {{ finding(
        register, column, relation, field ~ ' > current_date',
        'after today', 'Was the date counted from another day than it was read from?', 'after-today',
        example='max(' ~ field ~ ')'
    ) }}
{%- endmacro %}

{# Events of persons before their birth date in bef. #}
{% macro before_birth(register, column, relation, field) -%}
    {% set born %}
        (
            select events.{{ field }}
            from {{ relation }} as events
            inner join {{ ref('stg_registers__population') }} as born on events.person_id = born.person_id
            group by events.person_id, events.{{ field }}
            having events.{{ field }} < min(born.birth_date)
        )
    {% endset %}
    {{ finding(
        register, column, born, 'true', 'before the birth date in bef',
        'Check the dates, and whether the ids are of the same persons.', 'before-birth',
        example='min(' ~ field ~ ')'
    ) }}
{%- endmacro %}

{# One column, or several in brackets. #}
{% macro _name_of(names) -%}
    {{ return(names[0] if names | length == 1 else '(' ~ names | join(', ') ~ ')') }}
{%- endmacro %}

{# SQL of a code of one column, or of several in brackets, as a message shows it. #}
{% macro _shown_code(relation, columns, ids) -%}
    {%- set values = [] %}
    {%- for column in columns %}{% do values.append(shown(relation ~ '.' ~ column, ids)) %}{% endfor %}
    {{ return(values[0] if values | length == 1 else "'(' || " ~ values | join(" || ', ' || ") ~ " || ')'") }}
{%- endmacro %}

{#
    Codes that are in no row of a seed; the combination with the most rows stands for all. `columns` are the
    relation's, `names` the delivery's, `fields` the seed's. Rows without one of the codes pass: `missing` sees them.
#}
{% macro unmapped(
    register, names, relation, columns, seed, fields=none, path='seeds/classifications/', is_no=none, advice=none,
    anchor='unmapped-code', ids=true
) -%}
    {% set label = _name_of(names) %}
    {% set is_no = is_no or 'is in no row of ' ~ path ~ seed ~ '.csv' %}
    {% set advice = advice or 'Add what it means to that file, or correct the delivery.' %}
    {% set code = _shown_code('unknown_codes', columns, ids) %}
    select
        'error' as severity,
        '{{ register }}' as register,
        '{{ label }}' as column_name,
        cast(code_rows as bigint) as row_count,
        'register {{ register }}: {{ label }} = ' || {{ code }} || ' in ' || {{ counted('code_rows', 'row') }}
        || ' {{ is_no }}'
        || case
            when others = 0 then ''
            when others = 1 then ', nor is 1 other'
            else ', nor are ' || {{ as_text('others') }} || ' others'
        end
        || '. {{ advice }} See docs/bad_input.md#{{ anchor }}.' as sentence
    from (
        select
            codes.*,
            count(*) over () - 1 as others,
            row_number() over (order by codes.code_rows desc, codes.{{ columns | join(', codes.') }}) as place
        from (
            select
                {{ columns | join(', ') }},
                count(*) as code_rows
            from {{ relation }}
            where {{ columns | join(' is not null and ') }} is not null
            group by {{ columns | join(', ') }}
        ) as codes
        where not exists (
            select 1
            from {{ ref(seed) }} as known
            where
                {% for column in columns %}
                known.{{ (fields or columns)[loop.index0] }} = codes.{{ column }}
                {{ 'and' if not loop.last }}
                {% endfor %}
        )
    ) as unknown_codes
    where place = 1
{%- endmacro %}

{#
    Codes that a seed knows, in rows of a day on which none of its rows holds (valid_from to valid_to, both included; empty
    where there is no end). The combination with the most rows stands for all. `columns` are the relation's, `names` the
    delivery's, `fields` the seed's, and `day` is a date of the relation.
#}
{% macro outside_dates(register, names, relation, columns, day, seed, fields=none, ids=true) -%}
    {% set fields = fields or columns %}
    {% set label = _name_of(names) %}
    {% set code = _shown_code('codes', columns, ids) %}
    select
        'error' as severity,
        '{{ register }}' as register,
        '{{ label }}' as column_name,
        cast(code_rows as bigint) as row_count,
        'register {{ register }}: {{ label }} = ' || {{ code }} || ' in ' || {{ counted('code_rows', 'row') }}
        || ' lies outside valid_from and valid_to in seeds/classifications/{{ seed }}.csv (for example on '
        || {{ as_text('example') }} || '). Correct the delivery, or the dates if the source says so. '
        || 'See docs/bad_input.md#outside-dates.' as sentence
    from (
        select
            *,
            row_number() over (order by code_rows desc, {{ columns | join(', ') }}) as place
        from (
            select
                {{ columns | join(', ') }},
                sum(day_rows) as code_rows,
                min({{ day }}) as example
            from (
                select
                    {% for column in columns %}
                    delivered.{{ column }},
                    {% endfor %}
                    delivered.{{ day }},
                    delivered.day_rows
                from (
                    select
                        {{ columns | join(', ') }},
                        {{ day }},
                        count(*) as day_rows
                    from {{ relation }}
                    group by {{ columns | join(', ') }}, {{ day }}
                ) as delivered
                inner join {{ ref(seed) }} as known
                    on
                        {% for column in columns %}
                        delivered.{{ column }} = known.{{ fields[loop.index0] }}
                        {{ 'and' if not loop.last }}
                        {% endfor %}
                group by
                    {% for column in columns %}
                    delivered.{{ column }},
                    {% endfor %}
                    delivered.{{ day }},
                    delivered.day_rows
                having max(case when {{ is_valid_on('known', 'delivered.' ~ day) }} then 1 else 0 end) = 0
            ) as outside
            group by {{ columns | join(', ') }}
        ) as wrong
    ) as codes
    where place = 1
{%- endmacro %}

{#
    Municipalities in rows that the method reads: rows from before the first permit year hold the codes of their own
    time. Christiansoe (411) is no municipality and is not among the 98, but people live there.
#}
{% macro unknown_municipality(register, name, relation, column, date) -%}
    {% set read %}
        (
            select {{ column }}
            from {{ relation }}
            where extract(year from {{ date }}) >= {{ var('first_permit_year') }} and {{ column }} <> '411'
        ) as read_rows
    {% endset %}
    {{ unmapped(
        register, [name], read, [column], 'municipalities', ['municipality_code'],
        is_no='is not a municipality since 2007',
        advice='Codes from before the reform of 2007 are accepted in rows before ' ~ var('first_permit_year') ~ ' only.',
        anchor='unknown-municipality'
    ) }}
{%- endmacro %}

{#
    One id in a great part of a large register is no person but a lost column. Joins by person would multiply its rows by
    each other, so that neither the check nor the build would end: what comes after this rule is not tried.
#}
{% macro one_id(register, relation) -%}
    {{ finding(
        register, 'PNR',
        '(
            select *
            from (
                select
                    max(id_rows) as row_count,
                    sum(id_rows) as all_rows
                from (
                    select count(*) as id_rows
                    from ' ~ relation ~ '
                    group by person_id
                ) as ids
            ) as largest
            where all_rows >= 1000 and row_count > 0.3 * all_rows
        )',
        'true', 'that stands in more than three of ten rows of the register',
        'Were the ids replaced by a constant? Deliver the pseudonym of each person.', 'one-id', noun='id'
    ) }}
{%- endmacro %}

{#
    Persons of a register who are not in bef: ids of another length than any there, and nearly nobody found at all.
    A register without the right persons joins to nothing, and everyone looks unemployed or healthy.
#}
{% macro strangers(register, relation) -%}
    {{ one_id(register, relation) }}

    union all

    {{ finding(
        register, 'PNR',
        '(select distinct person_id from ' ~ relation ~ ') as persons',
        'length(person_id) not in (select distinct length(person_id) from '
        ~ ref('stg_registers__population') ~ ' where person_id is not null)
        and exists (select 1 from ' ~ ref('stg_registers__population') ~ ')',
        'of another length than all ids in bef', 'Were leading zeros lost? Deliver ids as text.', 'other-ids',
        noun='id'
    ) }}

    union all

    {{ finding(
        register, 'PNR',
        '(
            select given.person_id
            from (select distinct person_id from ' ~ relation ~ ') as given
            inner join (
                select distinct upper(person_id) as spelling
                from ' ~ ref('stg_registers__population') ~ '
            ) as others
                on upper(given.person_id) = others.spelling
            left join (select distinct person_id from ' ~ ref('stg_registers__population') ~ ') as known
                on given.person_id = known.person_id
            where known.person_id is null
        ) as spelled',
        'true', 'that bef spells with other capital letters',
        'They would be found nowhere: deliver one spelling.', 'other-ids', noun='id'
    ) }}

    union all

    select
        case when 10 * found < persons then 'error' else 'warning' end as severity,
        '{{ register }}' as register,
        'PNR' as column_name,
        cast(persons - found as bigint) as row_count,
        'register {{ register }}: of ' || {{ counted('persons', 'person') }} || ' in column PNR '
        || {{ as_text('persons - found') }} || ' are not in bef. '
        || 'Are the ids the same pseudonyms in both? See docs/bad_input.md#not-in-bef.' as sentence
    from (
        select
            count(*) as persons,
            count(known.person_id) as found
        from (select distinct person_id from {{ relation }}) as persons
        left join (select distinct person_id from {{ ref('stg_registers__population') }}) as known
            on persons.person_id = known.person_id
    ) as shares
    where
        persons >= 100
        and 2 * found < persons
        and exists (select 1 from {{ ref('stg_registers__population') }})
{%- endmacro %}

{#
    Municipalities without any row, where 30 rows or more would be expected: `expected` is a relation of
    municipality_code and weight, and a register has its rows in proportion. Part files are one a municipality, or rows
    were chosen by it.
#}
{% macro municipalities_without_rows(register, column, relation, field, expected) -%}
    select
        'error' as severity,
        '{{ register }}' as register,
        '{{ column }}' as column_name,
        cast(count(*) as bigint) as row_count,
        'register {{ register }}: column {{ column }} has no row of municipality '
        || {{ listed('expected.municipality_code') }}
        || ', where 30 and more are expected. Were rows left out? See docs/bad_input.md#missing-municipality.'
            as sentence
    from (
        select
            municipality_code,
            weight / sum(weight) over () as share
        from {{ expected }}
        where municipality_code is not null
    ) as expected
    left join (
        select distinct {{ field }} as municipality_code
        from {{ relation }}
    ) as delivered
        on expected.municipality_code = delivered.municipality_code
    where
        delivered.municipality_code is null
        and expected.share * (select count(*) from {{ relation }}) >= 30
    having count(*) > 0
{%- endmacro %}

{#
    Years of the study without a row, in a register with 100 rows a year or more: one file a year is how registers
    are delivered, and one is easily forgotten. `year` is an expression over the relation.
#}
{% macro years_without_rows(register, column, relation, year, last_year) -%}
    select
        'error' as severity,
        '{{ register }}' as register,
        '{{ column }}' as column_name,
        cast(count(*) as bigint) as row_count,
        'register {{ register }}: column {{ column }} has no row of '
        || {{ listed('years.year') }}
        || '. Was a file forgotten, or a date read from the wrong day? See docs/bad_input.md#missing-year.' as sentence
    from (
        {% for number in range(var('first_permit_year') | int, last_year + 1) %}
        select {{ number }} as year
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as years
    left join (
        select
            {{ year }} as year,
            count(*) as year_rows
        from {{ relation }}
        group by {{ year }}
    ) as delivered
        on years.year = delivered.year
    where
        delivered.year is null
        and (select count(*) from {{ relation }}) >= 100 * {{ last_year + 1 - var('first_permit_year') | int }}
    having count(*) > 0
{%- endmacro %}

{#
    A file that came twice, in a register in which equal rows are separate events (DECISIONS.md, D1): nine in ten
    rows of a year have an equal one.
#}
{% macro delivered_twice(register, column, relation, columns, year) -%}
    select
        'error' as severity,
        '{{ register }}' as register,
        '{{ column }}' as column_name,
        cast(sum(year_rows) as bigint) as row_count,
        'register {{ register }}: column {{ column }} has an equal row for nearly every row of '
        || {{ listed('year') }}
        || '. Was a file delivered twice? See docs/bad_input.md#delivered-twice.' as sentence
    from (
        select
            {{ year }} as year,
            sum(equal_rows) as year_rows,
            sum(case when equal_rows > 1 then equal_rows else 0 end) as repeated_rows
        from (
            select
                {{ columns | join(', ') }},
                count(*) as equal_rows
            from {{ relation }}
            group by {{ columns | join(', ') }}
        ) as distinct_rows
        group by {{ year }}
    ) as years
    where year_rows >= 100 and 10 * repeated_rows >= 9 * year_rows
    having count(*) > 0
{%- endmacro %}

{# ---- exports of Statbank -------------------------------------------------------------------------------------- #}

{# Values of an export that are no number, and those that are blank or two full stops where the method reads them. #}
{% macro export_values(export, relation, headings, read) -%}
    {% set number = to_amount if headings == ['INDHOLD'] else to_number %}
    {% for heading in headings %}
    {{ finding(
        export, heading, relation, number('"' ~ heading ~ '"') ~ ' is null and ' ~ to_text('"' ~ heading ~ '"')
        ~ " <> '..'", 'that no number can be read from', 'Write numbers without separators of thousands.',
        'unreadable', example='min("' ~ heading ~ '")', ids=false
    ) }}
    union all
    {{ finding(
        export, heading, relation, 'coalesce(' ~ to_text('"' ~ heading ~ '"') ~ ", '..') = '..' and " ~ read,
        'without a value', 'Statbank writes two full stops for what it does not have.', 'no-value'
    ) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{#
    Pairs of an area and a year that the method needs and an export does not hold. Where an export leaves out cells of
    0 (`absent_is_zero`), only an area without any year or a year without any area was forgotten.
#}
{% macro missing_cells(export, areas, delivered, first_year, last_year, absent_is_zero=false) -%}
    {% set needed %}
        (
            select
                areas.area || ' in ' || {{ as_text('years.year') }} as cell,
                areas.area not in (select area from {{ delivered }})
                or years.year not in (select year from {{ delivered }}) as is_forgotten
            from {{ areas }} as areas
            cross join (
                {% for number in range(first_year, last_year + 1) %}
                select {{ number }} as year
                {{ 'union all' if not loop.last }}
                {% endfor %}
            ) as years
            left join (select distinct area, year from {{ delivered }}) as delivered
                on areas.area = delivered.area and years.year = delivered.year
            where delivered.area is null
        ) as needed
    {% endset %}
    {{ finding(
        export, '(OMRÅDE, TID)', needed, 'is_forgotten' if absent_is_zero else 'true',
        'that the method needs and the export lacks',
        'Choose all areas, years ' ~ first_year ~ ' to ' ~ last_year ~ ' and, for accounts, PRISENHED LOBM.',
        'missing-cell', example='min(cell)', noun='cell', ids=false
    ) }}
    {%- if absent_is_zero %}
    union all
    {{ finding(
        export, '(OMRÅDE, TID)', needed, 'not is_forgotten', 'without a row',
        'Statbank leaves out amounts of 0: is that what they are?', 'missing-cell', example='min(cell)', noun='cell',
        severity='warning', ids=false
    ) }}
    {%- endif %}
{%- endmacro %}

{# The rules that both exports of the accounts keep. `areas` and `amounts` are CTEs of the test. #}
{% macro account_findings(export, key) -%}
    {{ export_values(
        export, 'accounts', ['INDHOLD'], 'is_read'
    ) }}

    union all

    {{ finding(
        export, 'OMRÅDE', 'accounts',
        "area not in (select municipality_code from municipalities)
        and area not in ('000', '081', '082', '083', '084', '085') and area not like '9__'",
        'with an area that is neither one of the 98 municipalities nor a total',
        'Totals are 0, 81 to 85 and 9xx; staging leaves them out.', 'unknown-area', example='min(area)',
        ids=false
    ) }}

    union all

    {{ finding(
        export, '(' ~ key | join(', ') ~ ')',
        '(select 1 from accounts where is_read group by "' ~ key | join('", "') ~ '" having count(distinct "INDHOLD") > 1)',
        'true', 'in several rows that differ', 'Two extracts were put together; keep one.', 'two-rows-one-key',
        noun='value'
    ) }}

    union all

    {{ missing_cells(
        export, '(select municipality_code as area from municipalities)',
        '(select area, year from accounts where is_of_programme)',
        var('first_expenditure_year') | int, var('last_expenditure_year') | int, absent_is_zero=true
    ) }}

    union all

    -- a wrong unit is a factor of a thousand, a wrong sign is below nothing: the range is wide for worlds of all sizes
    {{ finding(
        export, 'INDHOLD',
        "(select sum(" ~ to_amount('"INDHOLD"') ~ ") / 1000 as gross_millions from accounts
        where is_of_programme and " ~ to_text('"DRANST"') ~ " = '1' and upper(" ~ to_text('"ART"') ~ ") = 'UE'
        group by year)",
        'gross_millions not between 30 and 100000',
        'in which all municipalities together have gross expenditure below 30 or above 100,000 million kroner',
        'They spend 1,500 to 10,000 million a year: export LOBM in thousands of kroner, expenditure with its own sign.',
        'implausible-figure', example='cast(round(min(gross_millions)) as bigint)', noun='year', ids=false
    ) }}
{%- endmacro %}
