{#
    What a whole part file says of its dates and numbers, and no single value does: dates that are midnight in Denmark
    written as UTC, days counted from 1970 or 1900, ids that a floating number has rounded. What can only be meant one
    way is read so, and a note says it; what can be meant in two stops the run. The import asks the same questions
    (vfm/registers/conversion.py). Only columns of the types that can be wrong so are looked at.
#}

{# {part file: {delivered name in lower case: {shift: days to be added, blank: whether NaN stands for nothing}}} #}
{% macro part_readings(register, folder, parts, notes) %}
    {% set places, queries = [], [] %}
    {% for file, part in parts.items() %}
        {% set relation = part_relation(folder, register.identifier, file) %}
        {% for name, found in declared_columns(register, part).items() %}
            {% for delivered in found.names %}
                {% set type = part.types[delivered | lower] | upper %}
                {% set column = '"' ~ delivered ~ '"' %}
                {% if found.column.data_type == 'date' and type not in ['DATE', 'TIMESTAMP WITH TIME ZONE'] %}
                    {% do queries.append(date_profile(places | length, column, relation)) %}
                    {% do places.append({'file': file, 'name': delivered, 'column': name, 'type': type}) %}
                {% endif %}
                {% if type in ['FLOAT', 'DOUBLE'] and found.column.data_type != 'double' %}
                    {% do queries.append(number_profile(places | length, column, relation, type)) %}
                    {% do places.append({'file': file, 'name': delivered, 'column': name, 'type': type}) %}
                {% endif %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {% set profiles, readings = {}, {} %}
    {% for row in (run_query(quoted(queries | join('\nunion all\n'))).rows if queries else []) %}
        {% do profiles.setdefault(row[0] | int, []).append([row[1], row[2] | int, row[3], row[4]]) %}
    {% endfor %}
    {% for place, profile in profiles.items() %}
        {% set column = places[place] %}
        {% set what = 'column ' ~ column.name ~ ' of ' ~ column.file %}
        {% set own = readings.setdefault(column.file, {}).setdefault(column.name | lower, {'shift': 0, 'blank': false}) %}
        {% if profile[0][0] in ['nan', 'rounded'] %}
            {% for kind, rows, _, _ in profile if rows %}
                {% do own.update({'blank': true}) if kind == 'nan' %}
                {% set type = register.columns[column.column].data_type if column.column in register.columns else 'varchar' %}
                {% if kind == 'rounded' and type == 'varchar' %}
                    {% do refuse_reading(register, what ~ ' holds in ' ~ rows_in_words(rows)
                        ~ ' a value that is not whole: a floating number has lost its last digits. Ask for it as text') %}
                {% endif %}
            {% endfor %}
        {% else %}
            {% set reading = date_reading(
                what, profile, year_of_part(column.file), column.column == 'FOED_DAG', register.identifier) %}
            {% do refuse_reading(register, reading.refusal) if reading.refusal %}
            {% do notes.append('register ' ~ register.identifier ~ ': ' ~ reading.note
                ~ '. See docs/bad_input.md#part-reading.') if reading.note %}
            {% do own.update({'shift': reading.shift}) %}
        {% endif %}
    {% endfor %}
    {{ return(readings) }}
{% endmacro %}


{% macro refuse_reading(register, sentence) %}
    {% do exceptions.raise_compiler_error(
        'register ' ~ register.identifier ~ ': ' ~ sentence ~ '. See docs/bad_input.md#part-reading.') %}
{% endmacro %}


{% macro rows_in_words(rows) %}
    {{ return('{:,}'.format(rows) ~ (' row' if rows == 1 else ' rows')) }}
{% endmacro %}


{# Rows, first and last date of each kind of value in a column, each distinct value looked at once. #}
{% macro date_profile(place, column, relation) -%}
    select
        {{ place }} as place,
        trait,
        {{ as_text('sum(value_rows)') }} as trait_rows,
        {{ as_text('min(day)') }} as first_day,
        {{ as_text('max(day)') }} as last_day
    from (
        select
            {{ date_trait('delivered_value') }} as trait,
            {{ to_date('delivered_value') }} as day,
            value_rows
        from (
            select {{ column }} as delivered_value, count(*) as value_rows from {{ relation }} group by {{ column }}
        ) as each_value
    ) as traits
    where day is not null
    group by trait
{%- endmacro %}


{# Rows of a floating column that are no number, and those that it cannot hold exactly. #}
{% macro number_profile(place, column, relation, type) -%}
    {%- set limit = 16777216 if type == 'FLOAT' else 9007199254740992 %}
    select
        {{ place }} as place,
        'nan' as trait,
        {{ as_text('sum(case when isnan(' ~ column ~ ') then 1 else 0 end)') }} as trait_rows,
        null as first_day,
        null as last_day
    from {{ relation }}
    having count(*) > 0
    union all
    select
        {{ place }} as place,
        'rounded' as trait,
        {{ as_text(
            'sum(case when not isnan(' ~ column ~ ') and (abs(' ~ column ~ ') >= ' ~ limit ~ ' or ' ~ column
            ~ ' <> floor(' ~ column ~ ')) then 1 else 0 end)'
        ) }} as trait_rows,
        null as first_day,
        null as last_day
    from {{ relation }}
    having count(*) > 0
{%- endmacro %}


{#
    What kind of date a value is: a day; a day and midnight, evening (22:00 or 23:00, which is midnight in Denmark in
    UTC) or another time (clock); a time with its zone (instant); a count of days, seconds or milliseconds.
#}
{% macro date_trait(column) -%}
    {%- set text = to_whole(column) -%}
    case
        when {{ text_matches(text, '^[0-9]{8}$') }} then 'day'
        when {{ text_matches(text, '^-?[0-9]{1,5}$') }} then 'days'
        when {{ text_matches(text, '^-?[0-9]{6,10}$') }} then 'seconds ' || {{ clock_of_count(text, 86400) }}
        when {{ text_matches(text, '^-?[0-9]{11,13}$') }} then 'milliseconds ' || {{ clock_of_count(text, 86400000) }}
        when {{ text_matches(text, zoned_pattern()) }} then 'instant'
        when {{ text_matches(text, time_of_day('00')) }} or {{ text_matches(text, time_of_day('12', ' ?[Aa][Mm]')) }}
            then 'midnight'
        when {{ text_matches(text, time_of_day('2[23]')) }} or {{ text_matches(text, time_of_day('1[01]', ' ?[Pp][Mm]')) }}
            then 'evening'
        when {{ text_matches(text, '([0-9][T ]|[0-9]{4}:)[0-9]{2}[:.][0-9]{2}') }} then 'clock'
        when {{ text }} is not null then 'day'
    end
{%- endmacro %}

{# A pattern of the full hour behind a date. #}
{% macro time_of_day(hour, half='') -%}
    ([0-9][T ]|[0-9]{4}:){{ hour }}[:.]00([:.]00([.,]0*)?)?{{ half }}$
{%- endmacro %}

{# `day` is how many the count has in a day. A count before 1960 is negative. #}
{% macro clock_of_count(text, day) -%}
    {%- set rest = '((try_cast(' ~ text ~ ' as bigint) % ' ~ day ~ ') + ' ~ day ~ ') % ' ~ day -%}
    case
        when {{ rest }} = 0 then 'midnight'
        when {{ rest }} in ({{ day // 24 * 22 }}, {{ day // 24 * 23 }}) then 'evening'
        else 'clock'
    end
{%- endmacro %}

{# A date of ISO 8601 with a time and its zone, as the time in UTC or its distance from it. #}
{% macro zoned_pattern() -%}
    ^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]*)?)? ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?)$
{%- endmacro %}


{# The year that a part file's name says, none where it says none or two. #}
{% macro year_of_part(file) %}
    {% set years = modules.re.findall('(?<![0-9])((?:19|20)[0-9][0-9])(?:[0-9][0-9]){0,2}(?![0-9])', file) | unique | list %}
    {{ return(years[0] | int if years | length == 1 else none) }}
{% endmacro %}


{#
    What a column's dates must mean.

    `profile`: [trait, rows, first day, last day] of each kind of value, the days as ISO texts read as staging reads
    them. `year`: of the file's name, or none. Returns {shift: days to be added to each date, note, refusal}: a note
    says what was done, a refusal why it cannot be known. Sentences begin with `what`.
#}
{% macro date_reading(what, profile, year, is_birth, register) %}
    {% set found = namespace(evening=0, others=0, clock=0, counts=0, days=0, first=none, last=none) %}
    {% for trait, rows, first, last in profile %}
        {% set found.evening = found.evening + (rows if trait.endswith('evening') else 0) %}
        {% set found.clock = found.clock + (rows if trait.endswith('clock') else 0) %}
        {% set found.others = found.others + (rows if not trait.endswith(('evening', 'clock')) else 0) %}
        {% set found.counts = found.counts + (rows if trait.startswith(('days', 'seconds', 'milliseconds')) else 0) %}
        {% set found.days = found.days + (rows if trait == 'days' else 0) %}
        {% set found.first = first if found.first is none or first < found.first else found.first %}
        {% set found.last = last if found.last is none or last > found.last else found.last %}
    {% endfor %}
    {% set rows = found.evening + found.clock + found.others %}
    {% set shift, note, refusal = 0, none, none %}
    {% if not rows %}
        {# nothing was delivered, or nothing that is a date #}
    {% elif found.evening and found.evening == rows %}
        {% set shift = 1 %}
        {% set note = what ~ ' holds 22:00 or 23:00 in all its ' ~ rows_in_words(rows)
            ~ ', which is midnight in Denmark in UTC: read as the day after (' ~ found.last ~ ' as '
            ~ day_after(found.last, 1) ~ ')' %}
    {% elif found.evening and (not found.clock or 2 * found.evening > rows) %}
        {% set refusal = what ~ ' holds 22:00 or 23:00 in ' ~ rows_in_words(found.evening) ~ ' of '
            ~ '{:,}'.format(rows) ~ ', which may be midnight in Denmark in UTC: the day before or the day itself? '
            ~ 'Ask for dates without a time' %}
    {% endif %}
    {% if rows and found.counts == rows and not is_birth and not refusal %}
        {% set counted = count_reading(what, found, year, register) %}
        {% set shift, refusal = shift + counted.shift, counted.refusal %}
        {% set note = [note, counted.note] | select | join(', and ') or none %}
    {% endif %}
    {{ return({'shift': shift, 'note': note, 'refusal': refusal}) }}
{% endmacro %}


{#
    From which day a column's counts count. SAS and Stata count from 1960; R, Python and Unix from 1970, 3,653 days
    later; Excel from the end of 1899, 21,916 days before. The year of the file's name decides. Without it a column
    that ends before the study, or holds years and ends too early, is of one kind or the other.
#}
{% macro count_reading(what, found, year, register) %}
    {% set last, unix, excel = found.last[:4] | int, day_after(found.last, 3653), day_after(found.last, -21916) %}
    {% set shift, day, note, refusal = 0, none, none, none %}
    {% if year is not none %}
        {% if last < year - 1 and year - 1 <= unix[:4] | int <= year + 1 %}
            {% set shift, day = 3653, '1 January 1970' %}
        {% elif last > year + 1 and found.days == found.counts and year - 1 <= excel[:4] | int <= year + 1 %}
            {% set shift, day = -21916, '30 December 1899, as in Excel' %}
        {% endif %}
        {% if shift %}
            {% set note = what ~ ' holds counts that end in ' ~ day_after(found.last, shift)[:4] ~ ' as its name says, '
                ~ 'and in ' ~ last ~ ' if they count from 1960: read as counts from ' ~ day %}
        {% endif %}
    {% else %}
        {% set first_year, end = var('first_permit_year') | int, var('data_end_week') | string %}
        {% set early = day_after(end, -366) %}
        {% if (last < first_year and unix[:4] | int >= first_year)
            or (day_after(found.first, 1096) < found.last and found.last < early and unix >= early) %}
            {% set refusal = what ~ ' holds counts that end on ' ~ found.last ~ ' if they count from 1960 (SAS, Stata) '
                ~ 'and on ' ~ unix ~ ' if from 1970 (R, Python). Name the file with its year, such as ' ~ register ~ '_'
                ~ unix[:4] ~ ', or ask for dates as ' ~ unix %}
        {% endif %}
    {% endif %}
    {{ return({'shift': shift, 'note': note, 'refusal': refusal}) }}
{% endmacro %}


{# A day so many days later, both as ISO texts. #}
{% macro day_after(day, days) %}
    {% if day[:3] == '999' %}{{ return(day) }}{% endif %}
    {% set date = modules.datetime.datetime.strptime(day[:10], '%Y-%m-%d') + modules.datetime.timedelta(days=days) %}
    {{ return(date.strftime('%Y-%m-%d')) }}
{% endmacro %}


{# A query with names in double quotes, as the engine writes names. Dispatched. #}
{% macro quoted(query) %}
    {{ return(adapter.dispatch('quoted', 'value_for_money')(query)) }}
{% endmacro %}

{% macro default__quoted(query) %}
    {{ return(query) }}
{% endmacro %}

{% macro spark__quoted(query) %}
    {{ return(query | replace('"', '`')) }}
{% endmacro %}


{# What to select a part file from. Dispatched. #}
{% macro part_relation(folder, register, file) %}
    {{ return(adapter.dispatch('part_relation', 'value_for_money')(folder, register, file)) }}
{% endmacro %}

{% macro duckdb__part_relation(folder, register, file) %}
    {{ return('read_parquet(' ~ duckdb_path(folder ~ '/' ~ register ~ '/' ~ file) ~ ')') }}
{% endmacro %}

{% macro spark__part_relation(folder, register, file) %}
    {{ return('parquet.`' ~ spark_path(folder ~ '/' ~ register ~ '/' ~ file) ~ '`') }}
{% endmacro %}
