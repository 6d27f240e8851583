{#
    What staging does to a raw column: a trimmed text, a zero-padded code, a person's id, a date, a number.

    Deliveries hold the same value in many types: a code as a number that lost its zeros, a date as a day count of SAS,
    a text or a timestamp. Each macro reads all of them. What it cannot read becomes null, and the tests in
    tests/registers stop the build with the column, the number of rows and an example.
    Only literal names of types are compared, so the engine decides once per column and a column that is right already
    costs nothing.
#}

{# A full stop alone is how SAS writes a missing number. #}
{% macro to_text(column) -%}
    nullif(nullif(trim({{ as_text(column) }}), ''), '.')
{%- endmacro %}

{# A value in letters and digits: the type that holds them has another name in each engine. #}
{% macro as_text(expression) -%}
    {{ return(adapter.dispatch('as_text', 'value_for_money')(expression)) }}
{%- endmacro %}

{% macro default__as_text(expression) -%}
    cast({{ expression }} as varchar)
{%- endmacro %}

{# Spark writes large doubles as 1.6E9, and in a view takes a heading in double quotes for a text. #}
{% macro spark__as_text(expression) -%}
    {%- set expression = expression | replace('"', '`') -%}
    case
        when typeof({{ expression }}) in ('double', 'float') and cast({{ expression }} as string) like '%E%'
            then regexp_replace(
                cast(try_cast(cast({{ expression }} as string) as decimal(38, 6)) as string), '([.][0-9]+?)0+$', '$1'
            )
        else cast({{ expression }} as string)
    end
{%- endmacro %}

{#
    A text without the decimals that a whole number got on its way: 101.0 and 101,0 are 101. Most have none, and a look
    for the separator costs a third of the regular expression.
#}
{% macro to_whole(column) -%}
    {{ return(adapter.dispatch('to_whole', 'value_for_money')(column)) }}
{%- endmacro %}

{% macro default__to_whole(column) -%}
    {%- set text = to_text(column) -%}
    case
        when {{ text }} like '%.%' or {{ text }} like '%,%' then regexp_replace({{ text }}, '[.,]0+$', '')
        else {{ text }}
    end
{%- endmacro %}

{% macro spark__to_whole(column) -%}
    regexp_replace({{ to_text(column) }}, '[.,]0+$', '')
{%- endmacro %}

{# Codes lose their leading zeros where a delivery stores them as numbers. #}
{% macro to_code(column, width) -%}
    {%- set code = to_whole(column) -%}
    case when length({{ code }}) < {{ width }} then lpad({{ code }}, {{ width }}, '0') else {{ code }} end
{%- endmacro %}

{# A pseudonym stays as it is, unless it came as a number: then it has its 12 digits again. #}
{% macro to_person_id(column) -%}
    {{ return(adapter.dispatch('to_person_id', 'value_for_money')(column)) }}
{%- endmacro %}

{% macro duckdb__to_person_id(column) -%}
    case when typeof({{ column }}) = 'VARCHAR' then {{ to_text(column) }} else {{ to_code(column, 12) }} end
{%- endmacro %}

{% macro spark__to_person_id(column) -%}
    case when typeof({{ column }}) = 'string' then {{ to_text(column) }} else {{ to_code(column, 12) }} end
{%- endmacro %}

{#
    Dates: as such, as timestamps, and as texts or numbers, which their form distinguishes:
    2011-03-05, 05-03-2011 and 05MAR2011 with any time behind; 20110305; days (up to 5 digits) or seconds (9 or 10)
    since 1 January 1960 as SAS counts; milliseconds (12 or 13) since that day as Stata counts. A time with its zone is
    the day it was in Denmark, whatever the time zone of the session.
#}
{% macro to_date(column) -%}
    {{ return(adapter.dispatch('to_date', 'value_for_money')(column)) }}
{%- endmacro %}

{% macro duckdb__to_date(column) -%}
    {%- set text = to_whole(column) -%}
    case
        when typeof({{ column }}) in ('DATE', 'TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS')
            then try_cast({{ column }} as date)
        when typeof({{ column }}) = 'TIMESTAMP WITH TIME ZONE'
            then cast(timezone('Europe/Copenhagen', try_cast({{ column }} as timestamptz)) as date)
        when regexp_matches({{ text }}, '^\d{4}-\d{2}-\d{2}{{ time_behind() }}$')
            then try_cast(substr({{ text }}, 1, 10) as date)
        when {{ text_matches(text, zoned_pattern()) }}
            then cast(timezone('Europe/Copenhagen', {{ zoned_instant(text) }}) as date)
        when regexp_matches({{ text }}, '^\d{8}$')
            then cast(try_strptime({{ text }}, '%Y%m%d') as date)
        when regexp_matches({{ text }}, '^-?\d{1,5}$')
            then date '1960-01-01' + try_cast({{ text }} as integer)
        when regexp_matches({{ text }}, '^(\d{9,10}|-\d{6,10})$')
            then cast(timestamp '1960-01-01' + to_seconds(try_cast({{ text }} as bigint)) as date)
        when regexp_matches({{ text }}, '^(\d{12,13}|-\d{11,13})$')
            then cast(timestamp '1960-01-01' + to_milliseconds(try_cast({{ text }} as bigint)) as date)
        when regexp_matches({{ text }}, '^\d{2}[-./]\d{2}[-./]\d{4}{{ time_behind() }}$')
            then cast(try_strptime(regexp_replace(substr({{ text }}, 1, 10), '[./]', '-', 'g'), '%d-%m-%Y') as date)
        when regexp_matches({{ text }}, '^\d{2}[A-Za-z]{3}\d{4}{{ time_behind() }}$')
            then cast(
                try_strptime(
                    replace(replace(upper(substr({{ text }}, 1, 9)), 'MAJ', 'MAY'), 'OKT', 'OCT'), '%d%b%Y'
                ) as date
            )
    end
{%- endmacro %}

{# A time behind a date, and Danish time by name. Another zone is not left out in silence. #}
{% macro time_behind() -%}
    ([T :][0-9:., ]*([AaPp][Mm])?( ?([[]?Europe/Copenhagen[]]?|CES?T))?)?
{%- endmacro %}

{# The minute of a time with its zone, in the form that DuckDB reads. #}
{% macro zoned_instant(text) -%}
    try_cast(
        substr({{ text }}, 1, 16) || ':00' || case
            when {{ text }} like '%T' or {{ text }} like '%C' or {{ text }} like '%Z' then '+00'
            else regexp_extract({{ text }}, '[+-][0-9:]+$')
        end as timestamptz
    )
{%- endmacro %}

{#
    Spark refuses a cast that no value of the type could pass, even if no row reaches it, so every value is cast to text
    first. The text is handed to a function: written out at each place that reads it, it would take longer to plan than
    to run.
#}
{% macro spark__to_date(column) -%}
    {%- set months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'] -%}
    case
        when typeof({{ column }}) in ('date', 'timestamp_ntz')
            then try_cast(substr(cast({{ column }} as string), 1, 10) as date)
        when typeof({{ column }}) = 'timestamp'
            then cast(
                from_utc_timestamp(try_cast(cast({{ column }} as string) as timestamp), 'Europe/Copenhagen') as date
            )
        else transform(
            array({{ to_whole(column) }}),
            written -> case
                when written rlike '^[0-9]{4}-[0-9]{2}-[0-9]{2}{{ time_behind() }}$'
                    then try_cast(substr(written, 1, 10) as date)
                when written rlike '{{ zoned_pattern() }}'
                    then cast(
                        from_utc_timestamp(
                            try_cast(regexp_replace(written, '([+-][0-9]{2}):?([0-9]{2})$', '$1:$2') as timestamp),
                            'Europe/Copenhagen'
                        ) as date
                    )
                when written rlike '^[0-9]{8}$'
                    then try_cast(
                        concat_ws('-', substr(written, 1, 4), substr(written, 5, 2), substr(written, 7, 2)) as date
                    )
                when written rlike '^-?[0-9]{1,5}$'
                    then date_add(date '1960-01-01', try_cast(written as integer))
                when written rlike '^([0-9]{9,10}|-[0-9]{6,10})$'
                    then date_add(date '1960-01-01', cast(floor(try_cast(written as bigint) / 86400) as integer))
                when written rlike '^([0-9]{12,13}|-[0-9]{11,13})$'
                    then date_add(date '1960-01-01', cast(floor(try_cast(written as bigint) / 86400000) as integer))
                when written rlike '^[0-9]{2}[-./][0-9]{2}[-./][0-9]{4}{{ time_behind() }}$'
                    then try_cast(
                        concat_ws('-', substr(written, 7, 4), substr(written, 4, 2), substr(written, 1, 2)) as date
                    )
                when written rlike '^[0-9]{2}[A-Za-z]{3}[0-9]{4}{{ time_behind() }}$'
                    then try_cast(
                        concat_ws(
                            '-',
                            substr(written, 6, 4),
                            case replace(replace(upper(substr(written, 3, 3)), 'MAJ', 'MAY'), 'OKT', 'OCT')
                                {%- for month in months %}
                                when '{{ month }}' then '{{ '%02d' | format(loop.index) }}'
                                {%- endfor %}
                                else '00'
                            end,
                            substr(written, 1, 2)
                        ) as date
                    )
            end
        )[0]
    end
{%- endmacro %}

{#
    A day with its time: as a timestamp, and as a text or a number that its form distinguishes: 2019-03-05 14:30 with or
    without seconds, 05MAR2019:14:30:00 as SAS writes it, and seconds since 1 January 1960 (9 or 10 digits).
#}
{% macro to_moment(column) -%}
    {{ return(adapter.dispatch('to_moment', 'value_for_money')(column)) }}
{%- endmacro %}

{% macro duckdb__to_moment(column) -%}
    {%- set text = to_text(column) -%}
    case
        when typeof({{ column }}) in ('DATE', 'TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS')
            then try_cast({{ column }} as timestamp)
        when typeof({{ column }}) = 'TIMESTAMP WITH TIME ZONE'
            then timezone('Europe/Copenhagen', try_cast({{ column }} as timestamptz))
        when regexp_matches({{ text }}, '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}([.]\d+)?)?)?$')
            then try_cast(
                replace({{ text }}, 'T', ' ')
                || case length({{ text }}) when 10 then ' 00:00:00' when 16 then ':00' else '' end as timestamp
            )
        when regexp_matches({{ text }}, '^\d{2}[A-Za-z]{3}\d{4}:\d{2}:\d{2}:\d{2}([.]\d+)?$')
            then try_strptime(
                replace(replace(upper(substr({{ text }}, 1, 18)), 'MAJ', 'MAY'), 'OKT', 'OCT'), '%d%b%Y:%H:%M:%S'
            )
        when regexp_matches({{ text }}, '^\d{9,10}([.,]0+)?$')
            then timestamp '1960-01-01' + to_seconds(try_cast({{ to_whole(column) }} as bigint))
    end
{%- endmacro %}

{% macro spark__to_moment(column) -%}
    case
        when typeof({{ column }}) in ('date', 'timestamp_ntz')
            then try_cast(cast({{ column }} as string) as timestamp)
        when typeof({{ column }}) = 'timestamp'
            then from_utc_timestamp(try_cast(cast({{ column }} as string) as timestamp), 'Europe/Copenhagen')
        when {{ to_whole(column) }} rlike '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?$'
            then try_cast(replace({{ to_whole(column) }}, 'T', ' ') as timestamp)
        when {{ to_whole(column) }} rlike '^[0-9]{2}[A-Za-z]{3}[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?$'
            then try_to_timestamp(
                initcap(replace(replace(upper(substr({{ to_whole(column) }}, 1, 18)), 'MAJ', 'MAY'), 'OKT', 'OCT')),
                'ddMMMyyyy:HH:mm:ss'
            )
        when {{ to_whole(column) }} rlike '^[0-9]{9,10}$'
            then timestamp '1960-01-01' + make_dt_interval(0, 0, 0, try_cast({{ to_whole(column) }} as bigint))
    end
{%- endmacro %}

{# A whole number, whatever its type; 30.5 is not a whole number. #}
{% macro to_integer(column) -%}
    {{ return(adapter.dispatch('to_integer', 'value_for_money')(column)) }}
{%- endmacro %}

{% macro duckdb__to_integer(column) -%}
    case
        when typeof({{ column }}) in ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT')
            then try_cast({{ column }} as integer)
        when regexp_matches({{ to_text(column) }}, '^[-+]?\d+([.,]0+|\.)?$')
            then try_cast({{ to_whole(column) }} as integer)
    end
{%- endmacro %}

{% macro spark__to_integer(column) -%}
    case
        when typeof({{ column }}) in ('tinyint', 'smallint', 'int', 'bigint')
            then try_cast(cast({{ column }} as string) as integer)
        when {{ to_text(column) }} rlike '^[-+]?[0-9]+([.,]0+|[.])?$'
            then try_cast(try_cast({{ to_whole(column) }} as decimal(38, 0)) as integer)
    end
{%- endmacro %}

{# Hours keep two decimals, so that their sums are exact in any order; a decimal comma is read too. #}
{% macro to_hours(column) -%}
    {{ return(adapter.dispatch('to_hours', 'value_for_money')(column)) }}
{%- endmacro %}

{% macro duckdb__to_hours(column) -%}
    case
        when typeof({{ column }}) = 'VARCHAR'
            then try_cast(replace({{ to_text(column) }}, ',', '.') as decimal(12, 2))
        else try_cast({{ column }} as decimal(12, 2))
    end
{%- endmacro %}

{% macro spark__to_hours(column) -%}
    case
        when typeof({{ column }}) = 'string'
            then try_cast(replace({{ to_text(column) }}, ',', '.') as decimal(12, 2))
        else try_cast({{ column }} as decimal(12, 2))
    end
{%- endmacro %}

{# A number with a decimal point or comma, or null. #}
{% macro to_number(column) -%}
    {{ return(adapter.dispatch('to_number', 'value_for_money')(column)) }}
{%- endmacro %}

{% macro default__to_number(column) -%}
    try_cast(replace({{ to_text(column) }}, ',', '.') as double)
{%- endmacro %}
