{#
    The part files of a register may differ in the types of their columns: a date in one is a day count in another. Each
    part is read by its own types. A column whose types differ becomes text in all parts: of a value that can be read the
    text that staging reads again, of any other the value itself, which the rules in tests/registers then name.
#}

{# {declared name: [delivered names]} of a part file, and the declared column of each name. #}
{% macro declared_columns(register, part) %}
    {% set found = {} %}
    {% for column in register.columns.values() %}
        {% set meta = column.config.meta or column.meta %}
        {% if meta.get('pattern') %}
            {% for lower, name in part.columns.items() if modules.re.match(meta.pattern, name, modules.re.I) %}
                {% do found.update({lower | upper: {'column': column, 'meta': meta, 'names': [name]}}) %}
            {% endfor %}
        {% else %}
            {% set here = [] %}
            {% for name in [column.name] + meta.get('aliases', []) if name | lower in part.columns %}
                {% do here.append(part.columns[name | lower]) %}
            {% endfor %}
            {% if here %}
                {% do found.update({column.name: {'column': column, 'meta': meta, 'names': here}}) %}
            {% endif %}
        {% endif %}
    {% endfor %}
    {{ return(found) }}
{% endmacro %}


{# Stops where a declared column is not one value a row, is bytes, or is there twice. #}
{% macro refuse_column_types(register, parts) %}
    {% for file, part in parts.items() %}
        {% for name, found in declared_columns(register, part).items() %}
            {% for delivered in found.names %}
                {% set what = no_single_value(part.types[delivered | lower] | upper) %}
                {% if what or delivered | lower in part.get('twice', []) | map('lower') %}
                    {% do exceptions.raise_compiler_error(
                        'register ' ~ register.identifier ~ ': column ' ~ delivered ~ ' of ' ~ file
                        ~ (' ' ~ what if what else ' is there twice, in upper and in lower case: ask for one')
                        ~ '. See docs/bad_input.md#column-type.') %}
                {% endif %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
{% endmacro %}


{# What is wrong with a type that holds no single value, in upper case; none where it holds one. #}
{% macro no_single_value(type) %}
    {% if type in ['BLOB', 'BINARY'] %}
        {{ return('holds bytes that no one has marked as text: ask for it as text') }}
    {% elif '[' in type or '(' in type and not type.startswith('DECIMAL') or type in ['LIST', 'MAP', 'STRUCT', 'ARRAY'] %}
        {% set kind = 'list' if '[' in type or type in ['LIST', 'ARRAY'] else 'map' if 'MAP' in type else 'record' %}
        {{ return('holds a ' ~ kind ~ ' in each row: ask for one value a row, as text') }}
    {% endif %}
    {{ return(none) }}
{% endmacro %}


{#
    The parts that are read together, as a list of {files, columns: [[expression, declared name]]}. Where all parts hold
    the same columns in the same types, that is one group and the select list as it is.
#}
{% macro part_groups(register, parts, select_list) %}
    {% set groups, kinds = {}, {} %}
    {% for file, part in parts.items() %}
        {% set signature = [] %}
        {% for name, found in declared_columns(register, part).items() %}
            {% for delivered in found.names %}
                {% set reading = part.get('reading', {}).get(delivered | lower, {}) %}
                {% set kind = part.types[delivered | lower] ~ ' ' ~ reading.get('shift', 0) %}
                {% do signature.append(delivered | lower ~ ' ' ~ kind ~ ' ' ~ reading.get('blank', false)) %}
                {% do kinds.setdefault(name, []).append(kind) %}
            {% endfor %}
        {% endfor %}
        {% do groups.setdefault(signature | sort | join(','), []).append(file) %}
    {% endfor %}
    {% if groups | length == 1 and not parts.values() | selectattr('reading', 'defined') | list %}
        {{ return([{'files': parts.keys() | list, 'columns': select_list}]) }}
    {% endif %}
    {% set relations = [] %}
    {% for files in groups.values() %}
        {% set part = parts[files[0]] %}
        {% set here = declared_columns(register, part) %}
        {% set columns = [] %}
        {% for expression, name in select_list %}
            {% set values = [] %}
            {% for delivered in (here[name].names if name in here else []) %}
                {% set reading = part.get('reading', {}).get(delivered | lower, {}) %}
                {% set value = '"' ~ delivered ~ '"' %}
                {% set value = 'nullif(' ~ value ~ ", cast('nan' as " ~ part.types[delivered | lower] ~ '))'
                    if reading.get('blank') else value %}
                {% do values.append(
                    value_as_text(here[name], value, part.types[delivered | lower], reading.get('shift', 0)) | trim
                    if reading.get('shift') or kinds[name] | unique | list | length > 1 else value) %}
            {% endfor %}
            {% set one = 'null' if not values else values[0] if values | length == 1 else 'coalesce(' ~ values | join(', ') ~ ')' %}
            {% do columns.append([expression if not kinds.get(name) else one, name]) %}
        {% endfor %}
        {% do relations.append({'files': files, 'columns': columns}) %}
    {% endfor %}
    {{ return(relations) }}
{% endmacro %}


{# A value of a declared column as the text that staging reads as the same, or as it is where it cannot be read. #}
{% macro value_as_text(declared, value, type, shift=0) -%}
    {%- set data_type = declared.column.data_type -%}
    {%- if data_type in ['date', 'integer', 'double'] -%}
        {%- set cast = {'date': to_date, 'integer': to_integer, 'double': to_hours}[data_type] -%}
        {%- set read = cast(value) if not shift else 'cast(' ~ dbt.dateadd('day', shift, cast(value)) ~ ' as date)' -%}
        coalesce({{ as_text(read) }}, {{ to_text(value) }})
    {%- elif declared.meta.get('width') -%}
        {{ to_code(value, declared.meta.width) }}
    {%- elif declared.column.name | lower in ['pnr', 'familie_id', 'e_faelle_id'] -%}
        {{ to_person_id(value) }}
    {%- else -%}
        {{ to_text(value) if type | lower in ['varchar', 'string'] else to_whole(value) }}
    {%- endif -%}
{%- endmacro %}


{#
    Part files that hold the same rows. Where a row is an event of its own (no key), that stops the run, unless there are
    so few that it can be chance; elsewhere equal rows are read once, and it is noted. Only parts with as many rows and the
    same columns are read for it.
#}
{% macro note_equal_parts(register, folder, parts, notes) %}
    {% set rivals, sums = {}, {} %}
    {% for file, part in parts.items() if part.rows %}
        {% set columns = [] %}
        {% for found in declared_columns(register, part).values() %}
            {% for delivered in found.names %}
                {% do columns.append(delivered | lower ~ ' ' ~ part.types[delivered | lower]) %}
            {% endfor %}
        {% endfor %}
        {% do rivals.setdefault(part.rows ~ ' ' ~ columns | sort | join(','), []).append(file) %}
    {% endfor %}
    {% for files in rivals.values() if files | length > 1 %}
        {% set queries = [] %}
        {% for file in files %}
            {% set columns = [] %}
            {% for found in declared_columns(register, parts[file]).values() %}
                {% for delivered in found.names %}
                    {% do columns.append('"' ~ delivered ~ '"') %}
                {% endfor %}
            {% endfor %}
            {% do queries.append(
                'select ' ~ loop.index0 ~ ' as place, ' ~ as_text(rows_sum(columns | sort(case_sensitive=false)))
                ~ ' as content from ' ~ part_relation(folder, register.identifier, file)) %}
        {% endfor %}
        {% for row in run_query(quoted(queries | join(' union all '))).rows %}
            {% do sums.setdefault(row[1], []).append(files[row[0] | int]) %}
        {% endfor %}
    {% endfor %}
    {% for files in sums.values() if files | length > 1 %}
        {% set key = (register.config.meta or register.meta).get('key') %}
        {% set sentence = 'register ' ~ register.identifier ~ ': ' ~ (files | sort)[:3] | join(' and ')
            ~ ' hold the same ' ~ rows_in_words(parts[files[0]].rows)
            ~ (', read once' if key else ', which count twice')
            ~ '. Take one away, and ask for what is missing. See docs/bad_input.md#file-twice.' %}
        {% if key or parts[files[0]].rows < 10 %}
            {% do notes.append(sentence) %}
        {% else %}
            {% do exceptions.raise_compiler_error(sentence) %}
        {% endif %}
    {% endfor %}
{% endmacro %}


{# A number that is the same for the same rows in any order. Dispatched. #}
{% macro rows_sum(columns) %}
    {{ return(adapter.dispatch('rows_sum', 'value_for_money')(columns)) }}
{% endmacro %}

{% macro duckdb__rows_sum(columns) %}
    {{ return('sum(cast(hash(' ~ columns | join(', ') ~ ') as hugeint))') }}
{% endmacro %}

{% macro spark__rows_sum(columns) %}
    {{ return('sum(cast(xxhash64(' ~ columns | join(', ') ~ ') as decimal(38, 0)))') }}
{% endmacro %}
