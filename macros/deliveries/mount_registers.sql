{#
    The one way in: each register of models/sources.yml becomes the view raw.<register> over
    $VFM_REGISTERS/<register>/*.parquet (default seeds/registers). A view shows the declared columns under their
    declared names whatever the case delivered, and nothing else. What a delivery lacks stops the run with one sentence.
#}
{% macro mount_registers() %}
    {# dbt compile and dbt docs generate compile this hook too, and need no register #}
    {% if not execute or flags.WHICH in ['compile', 'generate'] %}{{ return('') }}{% endif %}

    {% set folder = register_folder() %}
    {% set registers = graph.sources.values() | selectattr('source_name', 'equalto', 'registers') | list %}
    {% set files = register_files(folder) %}
    {% if not files %}
        {% do exceptions.raise_compiler_error(
            'register folder ' ~ folder ~ ': no such folder, or no <register>/*.parquet in it. '
            ~ 'Set VFM_REGISTERS to the folder of the registers, or make the synthetic ones with make registers. '
            ~ 'See docs/bad_input.md#register-folder.') %}
    {% endif %}
    {% set statements, notes = [], [] %}
    {% for register in registers | sort(attribute='identifier') %}
        {% if files.get(register.identifier) or is_needed(register.identifier) %}
            {% do statements.append(mount_register(register, folder, files.get(register.identifier), notes)) %}
        {% else %}
            {% do statements.append(empty_register(register)) %}
        {% endif %}
    {% endfor %}
    {% set later = graph.sources.values() | selectattr('source_name', 'equalto', 'later_registers') | list %}
    {% do refuse_without_stays(folder, files) %}
    {% for register in later | sort(attribute='identifier') %}
        {% if files.get(register.identifier) %}
            {% do statements.append(mount_register(register, folder, files.get(register.identifier), notes)) %}
        {% else %}
            {% do statements.append(empty_register(register)) %}
        {% endif %}
    {% endfor %}
    {% for note in notes %}
        {% do exceptions.warn(note) %}
    {% endfor %}
    {% do statements.append(mount_acceptances(folder)) %}
    {% do run_statements(['create schema if not exists raw;'] + statements) %}
    {{ return('') }}
{% endmacro %}


{#
    The SQL of a register's view, or one sentence about what the delivery lacks. To the list `notes` it adds a sentence
    for each part file that is read otherwise than it is written.
#}
{% macro mount_register(register, folder, files, notes=[]) %}
    {% if not files %}
        {% do exceptions.raise_compiler_error(
            'register ' ~ register.identifier ~ ': no parquet file in ' ~ folder ~ '/' ~ register.identifier
            ~ '. See docs/bad_input.md#missing-register.') %}
    {% endif %}
    {% set parts = register_columns(folder, register.identifier, files) %}
    {% do refuse_column_types(register, parts) %}
    {% if parts.values() | map(attribute='rows') | sum == 0 %}
        {% do exceptions.raise_compiler_error(
            'register ' ~ register.identifier ~ ': no row in ' ~ folder ~ '/' ~ register.identifier
            ~ '/*.parquet. An empty register is taken for a failed delivery. '
            ~ 'See docs/bad_input.md#empty-register.') %}
    {% endif %}
    {% set select_list = register_select_list(register, parts) %}
    {% for file, reading in part_readings(register, folder, parts, notes).items() %}
        {% do parts[file].update({'reading': reading}) %}
    {% endfor %}
    {% do note_equal_parts(register, folder, parts, notes) %}
    {{ return(register_view(register, folder, parts, select_list)) }}
{% endmacro %}


{# Whether the study cannot do without a register: hospital stays of its years may all come from LPR3. #}
{% macro is_needed(register) %}
    {{ return(register != 'lpr_adm' or first_permit_day() < lpr3_from()) }}
{% endmacro %}


{# Stops where the study reads hospital stays of LPR3 and neither register of them is there. #}
{% macro refuse_without_stays(folder, files) %}
    {% set there = files.get('sygehusbenyttelse_ophold') or files.get('lpr_a_kontakt') %}
    {% if reads_lpr3() and not there %}
        {% do exceptions.raise_compiler_error(
            'register sygehusbenyttelse_ophold: no parquet file in ' ~ folder ~ '/sygehusbenyttelse_ophold, nor in '
            ~ folder ~ '/lpr_a_kontakt. The study reads hospital stays from ' ~ var('lpr3_from') ~ ' on from one of them. '
            ~ 'See docs/bad_input.md#missing-register.') %}
    {% endif %}
{% endmacro %}


{# The view of a register that was not delivered and is not needed: its columns without a row. #}
{% macro empty_register(register) %}
    {% set selected = [] %}
    {% for column in register.columns.values() %}
        {% set type = 'string' if column.data_type in [none, 'varchar'] else column.data_type %}
        {% do selected.append('cast(null as ' ~ type ~ ') as ' ~ column.name) %}
    {% endfor %}
    {{ return(
        'create or replace view ' ~ register.schema ~ '.' ~ register.identifier ~ ' as select '
        ~ selected | join(', ') ~ ' where 1 = 0;') }}
{% endmacro %}


{#
    The view raw.acceptances: what accepted.csv beside the registers says is true of the delivery although the profile finds
    it unusual. It names a finding of the profile and gives a reason.
#}
{% macro mount_acceptances(folder) %}
    {% set known = [] %}
    {% for band in declared_bands() %}{% do known.append(band.register ~ '.' ~ band.name) %}{% endfor %}
    {% for calendar in declared_calendars() %}
        {% do known.append(calendar.register ~ '.rows_by_' ~ calendar.by) %}
        {% do known.append(calendar.register ~ '.steps') %}
    {% endfor %}
    {% set rows = [] %}
    {% for finding, reason in accepted_rows(folder) %}
        {% if finding not in known %}
            {# what is no name of a finding may be an id #}
            {% set shown = finding if modules.re.match('[a-z_]+[.][a-z_0-9-]+$', finding) else 'a text that is no name' %}
            {% do exceptions.raise_compiler_error(
                'accepted.csv: ' ~ shown ~ ' is no finding of the delivery profile. Write it as the message does, such as '
                ~ 'bef.men. See docs/bad_input.md#accepted.') %}
        {% elif (reason or '') | trim | length < 10 %}
            {% do exceptions.raise_compiler_error(
                'accepted.csv: the reason of ' ~ finding ~ ' is too short: say in a sentence of 10 characters or more why it is '
                ~ 'true of the delivery. It is published. See docs/bad_input.md#accepted.') %}
        {% endif %}
        {% do rows.append(
            "select '" ~ finding ~ "' as finding, '" ~ dbt.escape_single_quotes(reason | trim) ~ "' as reason") %}
    {% else %}
        {% do rows.append("select '' as finding, '' as reason where false") %}
    {% endfor %}
    {{ return('create or replace view raw.acceptances as ' ~ rows | join(' union all ')) }}
{% endmacro %}


{# The folder of the registers; a relative one is taken from the project's root, so that the views work from anywhere. #}
{% macro register_folder() %}
    {% set folder = env_var('VFM_REGISTERS', '') %}
    {% if not folder %}
        {% if target.name == 'registers' %}
            {% do exceptions.raise_compiler_error(
                'target registers: VFM_REGISTERS is not set, and this target never falls back on the synthetic '
                ~ 'registers. Set it to the folder of the real ones. See docs/bad_input.md#register-folder.') %}
        {% endif %}
        {% set folder = 'seeds/registers' %}
    {% endif %}
    {% set root = invocation_args_dict.get('project_dir') | string %}
    {% if not modules.re.match('(/|[A-Za-z]:)', folder) and modules.re.match('(/|[A-Za-z]:)', root) %}
        {% set folder = root ~ '/' ~ folder %}
    {% endif %}
    {{ return(modules.re.sub('/+$', '', folder | replace('\\', '/'))) }}
{% endmacro %}


{#
    What a register's view selects: a list of [delivered expression, declared name].
    `parts`: {part file: {'rows': n, 'columns': {lower-case name: delivered name}}}; every part must hold every
    required column, since a part without it would fill it with nulls and nobody would know.
#}
{% macro register_select_list(register, parts) %}
    {% set selected = [] %}
    {% for column in register.columns.values() %}
        {% set meta = column.config.meta or column.meta %}
        {% if meta.get('pattern') %}
            {% set wanted = period_columns(column.name, meta) %}
            {% for file, part in parts.items() %}
                {% for name in wanted if name | lower not in part.columns %}
                    {% do missing_column(register, name, file, part) %}
                {% endfor %}
            {% endfor %}
            {% set found = {} %}
            {% for part in parts.values() %}
                {% for lower, name in part.columns.items() if modules.re.match(meta.pattern, name, modules.re.I) %}
                    {% do found.update({lower: name}) %}
                {% endfor %}
            {% endfor %}
            {% for lower in found | sort %}
                {% do selected.append(['"' ~ found[lower] ~ '"', lower | upper]) %}
            {% endfor %}
        {% else %}
            {% set names = [column.name] + meta.get('aliases', []) %}
            {% set found = {} %}
            {% for file, part in parts.items() %}
                {% set here = [] %}
                {% for name in names if name | lower in part.columns %}
                    {% do here.append(name) %}
                    {% do found.update({name: part.columns[name | lower]}) %}
                {% endfor %}
                {% if not here and meta.get('required', true) %}
                    {% do missing_column(register, names | join(' or '), file, part) %}
                {% endif %}
            {% endfor %}
            {% if not found %}
                {# every engine knows a string; a varchar needs a length on some #}
                {% set type = 'string' if column.data_type in [none, 'varchar'] else column.data_type %}
                {% set expression = 'cast(null as ' ~ type ~ ')' %}
            {% elif found | length == 1 %}
                {% set expression = '"' ~ (found.values() | first) ~ '"' %}
            {% else %}
                {% set expression = 'coalesce("' ~ found.values() | join('", "') ~ '")' %}
            {% endif %}
            {% do selected.append([expression, column.name]) %}
        {% endif %}
    {% endfor %}
    {{ return(selected) }}
{% endmacro %}


{% macro missing_column(register, column, file, part) %}
    {% set found = part.columns.values() | sort %}
    {% set shown = found[:20] | join(', ') ~ (' and ' ~ (found | length - 20) ~ ' more' if found | length > 20 else '') %}
    {% do exceptions.raise_compiler_error(
        'register ' ~ register.identifier ~ ': required column ' ~ column ~ ' is missing in ' ~ file
        ~ ', which has ' ~ shown ~ '. See docs/bad_input.md#missing-column.') %}
{% endmacro %}


{#
    The columns a wide register must have from the first permit year to the data's end, one per ISO week or quarter.
    `meta` says the first and the last year for which they exist at all (first_year, last_year), and the variables that
    say from which year on or until which year the study reads them (from, until).
#}
{% macro period_columns(name, meta) %}
    {% set date = modules.datetime.date %}
    {% set period = meta.period %}
    {% set first_years = [var('first_permit_year') | int, meta.get('first_year', 0)] %}
    {% set last_years = [meta.get('last_year', 9999)] %}
    {% if meta.get('from') %}{% do first_years.append(var(meta.get('from')) | int) %}{% endif %}
    {% if meta.get('until') %}{% do last_years.append(var(meta.get('until')) | int - 1) %}{% endif %}
    {% set first_year, last_year = first_years | max, last_years | min %}
    {% set last = modules.datetime.datetime.strptime(var('data_end_week') | string, '%Y-%m-%d').date() %}
    {% set columns = [] %}
    {% if period == 'iso_week' %}
        {% set fourth = date(first_year, 1, 4) %}
        {% set monday = fourth - modules.datetime.timedelta(days=fourth.weekday()) %}
        {% for week in range(((last - monday).days // 7) + 1) %}
            {% set iso = (monday + modules.datetime.timedelta(weeks=week)).isocalendar() %}
            {% do columns.append('Y_%02d%02d' | format(iso[0] % 100, iso[1])) %}
        {% endfor %}
    {% elif period == 'quarter' %}
        {% set end = last if last.year <= last_year else date(last_year, 12, 31) %}
        {% for year in range(first_year, end.year + 1) %}
            {% for quarter in range(1, 5) if year < end.year or quarter <= (end.month + 2) // 3 %}
                {% do columns.append(name.split('_')[0] ~ '_' ~ quarter ~ 'KV' ~ year) %}
            {% endfor %}
        {% endfor %}
    {% else %}
        {% do exceptions.raise_compiler_error('column ' ~ name ~ ': unknown period ' ~ period) %}
    {% endif %}
    {{ return(columns) }}
{% endmacro %}


{# ---- what only the engine knows ------------------------------------------------------------------------------- #}

{# {register: [files]} of every <folder>/<register>/*.parquet #}
{% macro register_files(folder) %}
    {{ return(adapter.dispatch('register_files', 'value_for_money')(folder)) }}
{% endmacro %}

{% macro duckdb__register_files(folder) %}
    {% set query %}
        select file
        from glob({{ duckdb_path(folder, '/*/*.parquet') }})
        order by file
    {% endset %}
    {% set files = {} %}
    {% for row in run_query(query).rows %}
        {% set inside = row[0][folder | length + 1:] %}
        {% set separator = '/' if '/' in inside else '\\' %}
        {% do files.setdefault(inside.split(separator)[0], []).append(row[0]) %}
    {% endfor %}
    {{ return(files) }}
{% endmacro %}

{# A path as an SQL text in which nothing is a pattern for DuckDB, and a pattern behind it. #}
{% macro duckdb_path(path, pattern='') %}
    {{ return("'" ~ dbt.escape_single_quotes(modules.re.sub('([*?\\[])', '[\\1]', path) ~ pattern) ~ "'") }}
{% endmacro %}

{# The same of several files. #}
{% macro duckdb_paths(folder, register, files) %}
    {% set paths = [] %}
    {% for file in files %}
        {% do paths.append(duckdb_path(folder ~ '/' ~ register ~ '/' ~ file)) %}
    {% endfor %}
    {{ return('[' ~ paths | join(', ') ~ ']') }}
{% endmacro %}


{# [(finding, reason)] of <folder>/accepted.csv; nothing where there is none #}
{% macro accepted_rows(folder) %}
    {{ return(adapter.dispatch('accepted_rows', 'value_for_money')(folder)) }}
{% endmacro %}

{% macro duckdb__accepted_rows(folder) %}
    {% set path = duckdb_path(folder ~ '/accepted.csv') %}
    {% if not run_query("select file from glob(" ~ path ~ ")").rows %}{{ return([]) }}{% endif %}
    {% set query %}
        select trim(finding), reason
        from read_csv({{ path }}, header = true, all_varchar = true)
        where trim(finding) <> ''
        order by all
    {% endset %}
    {{ return(run_query(query).rows) }}
{% endmacro %}

{% macro spark__accepted_rows(folder) %}
    {% set path = spark_path(folder) ~ '/accepted.csv' %}
    {# beside a file that is always there, since Spark stops at a path without any #}
    {% set own = spark_path(invocation_args_dict.get('project_dir') | string) ~ '/dbt_project.yml' %}
    {% set pattern = '/{' ~ path[1:] ~ ',' ~ own[1:] ~ '}' if path[0] == '/' and own[0] == '/' else path %}
    {% set found = run_query("select path from binaryFile.`" ~ pattern ~ "` where path like '%/accepted.csv'").rows %}
    {% if not found %}{{ return([]) }}{% endif %}
    {{ return(run_query("select trim(_c0), _c1 from csv.`" ~ path ~ "` where _c0 <> 'finding' order by _c0").rows) }}
{% endmacro %}

{# {part file: {'rows': n, 'columns': {lower-case name: delivered name}}} from the files' footers alone #}
{% macro register_columns(folder, register, files) %}
    {{ return(adapter.dispatch('register_columns', 'value_for_money')(folder, register, files)) }}
{% endmacro %}

{#
    A footer lists the columns with those inside them, each behind its owner: `inside` counts the entries that are still
    to come below the last column of the row itself.
#}
{% macro duckdb__register_columns(folder, register, files) %}
    {% set names = [] %}
    {% for file in files %}
        {% do names.append(file[(folder ~ '/' ~ register) | length + 1:]) %}
    {% endfor %}
    {% set paths = duckdb_paths(folder, register, names) %}
    {% set query %}
        select
            schemas.file_name,
            cast(footers.num_rows as varchar) as row_count,
            string_agg(schemas.name, chr(31) order by schemas.column_id) as column_names,
            string_agg(
                coalesce(schemas.duckdb_type, schemas.converted_type, 'STRUCT'), chr(31) order by schemas.column_id
            ) as column_types,
            string_agg(cast(coalesce(schemas.num_children, 0) as varchar), ' ' order by schemas.column_id) as children
        from parquet_schema({{ paths }}) as schemas
        inner join parquet_file_metadata({{ paths }}) as footers
            on schemas.file_name = footers.file_name
        where schemas.column_id > 0
        group by all
        order by schemas.file_name
    {% endset %}
    {% set parts = {} %}
    {% for name in names %}
        {% do parts.update({name: {'rows': 0, 'columns': {}, 'types': {}, 'twice': []}}) %}
    {% endfor %}
    {% for row in run_query(query).rows %}
        {% set part = {'rows': row[1] | int, 'columns': {}, 'types': {}, 'twice': []} %}
        {% set types, children = row[3].split('\x1f'), row[4].split(' ') %}
        {% set inside = namespace(entries=0) %}
        {% for name in row[2].split('\x1f') %}
            {% if inside.entries == 0 %}
                {% do part.twice.append(name) if name | lower in part.columns %}
                {% do part.columns.update({name | lower: name}) %}
                {% do part.types.update({name | lower: types[loop.index0]}) %}
                {% set inside.entries = children[loop.index0] | int %}
            {% else %}
                {% set inside.entries = inside.entries - 1 + children[loop.index0] | int %}
            {% endif %}
        {% endfor %}
        {% do parts[row[0][(folder ~ '/' ~ register) | length + 1:]].update(part) %}
    {% endfor %}
    {{ return(parts) }}
{% endmacro %}


{# Its files by name and not by pattern: a part that is taken away after it was looked at must not go unnoticed. #}
{% macro register_view(register, folder, parts, select_list) %}
    {{ return(adapter.dispatch('register_view', 'value_for_money')(register, folder, parts, select_list)) }}
{% endmacro %}

{% macro duckdb__register_view(register, folder, parts, select_list) %}
    {% set relations = [] %}
    {% for group in part_groups(register, parts, select_list) %}
        {% set columns = [] %}
        {% for expression, name in group.columns %}
            {% do columns.append(expression ~ ' as ' ~ name) %}
        {% endfor %}
        {% do relations.append(
            'select ' ~ columns | join(', ') ~ '\nfrom read_parquet('
            ~ duckdb_paths(folder, register.identifier, group.files) ~ ', union_by_name = true)') %}
    {% endfor %}
    {% set statements %}
create or replace view {{ register.schema }}.{{ register.identifier }} as
{{ relations | join('\nunion all\n') }};
comment on view {{ register.schema }}.{{ register.identifier }} is '{{ dbt.escape_single_quotes(register.description | trim) }}';
    {% endset %}
    {{ return(statements) }}
{% endmacro %}


{# Several statements; DuckDB takes them in one go. #}
{% macro run_statements(statements) %}
    {{ return(adapter.dispatch('run_statements', 'value_for_money')(statements)) }}
{% endmacro %}

{% macro duckdb__run_statements(statements) %}
    {% do run_query(statements | join('\n')) %}
{% endmacro %}

{% macro default__run_statements(statements) %}
    {% for statement in statements %}
        {% do run_query(statement) %}
    {% endfor %}
{% endmacro %}


{# ---- the same for Spark, whose data sources list and read files by a path in backticks ------------------------- #}

{# Beside a file that is always there: a pattern without any match is an error. #}
{% macro spark__register_files(folder) %}
    {% set pattern = spark_path(folder) ~ '/*/*.parquet' %}
    {% set own = spark_path(invocation_args_dict.get('project_dir') | string) ~ '/dbt_project.yml' %}
    {% if pattern[0] == '/' and own[0] == '/' %}
        {% set pattern = '/{' ~ pattern[1:] ~ ',' ~ own[1:] ~ '}' %}
    {% endif %}
    {% set query %}
        select path from binaryFile.`{{ pattern }}` where path like '%.parquet' order by path
    {% endset %}
    {% set files = {} %}
    {% for row in run_query(query).rows %}
        {% do files.setdefault(row[0].split('/')[-2], []).append(row[0]) %}
    {% endfor %}
    {{ return(files) }}
{% endmacro %}

{# Columns and types are known when the query is planned, so nothing but the files' footers is read. #}
{% macro spark__register_columns(folder, register, files) %}
    {% set path = spark_path(folder) ~ '/' ~ register ~ '/' %}
    {% set query %}
        select _metadata.file_name as file_name, count(*) as row_count
        from parquet.`{{ path }}*.parquet`
        group by _metadata.file_name
    {% endset %}
    {% set rows = {} %}
    {% for row in run_query(query).rows %}
        {% do rows.update({row[0]: row[1] | int}) %}
    {% endfor %}
    {% set schemas, parts = [], {} %}
    {% for file in files %}
        {% set name = file.split('/')[-1] %}
        {% do parts.update({name: {'rows': rows.get(name, 0), 'columns': {}, 'types': {}}}) %}
        {% do schemas.append(
            "select '" ~ dbt.escape_single_quotes(name) ~ "' as file_name, typeof(struct(part.*)) as schema "
            ~ 'from (select 1 as one) as one left join (select * from parquet.`' ~ path ~ spark_path(name)
            ~ '` limit 0) as part on true') %}
    {% endfor %}
    {% for row in run_query(schemas | join(' union all ')).rows %}
        {% for name, type in modules.re.findall('([^:]+):([a-z_]+(?:[(][0-9, ]+[)])?)(?:,|$)', row[1][7:-1]) %}
            {% do parts[row[0]].columns.update({name | lower: name}) %}
            {% do parts[row[0]].types.update({name | lower: type}) %}
        {% endfor %}
    {% endfor %}
    {{ return(parts) }}
{% endmacro %}

{#
    Spark reads files of one schema at once, and would read no file whose types differ: such parts are put one below
    the other, and a column whose types differ, or that is read otherwise than written, becomes text in all, as in DuckDB.
#}
{% macro spark__register_view(register, folder, parts, select_list) %}
    {% set path = spark_path(folder) ~ '/' ~ register.identifier ~ '/' %}
    {% set groups, kinds, declared = {}, {}, {} %}
    {% for file, part in parts.items() %}
        {% do groups.setdefault(part.types | dictsort | string ~ part.get('reading', {}) | string, []).append(file) %}
        {% for found in declared_columns(register, part).values() %}
            {% for delivered in found.names %}
                {% do declared.update({delivered | lower: found}) %}
            {% endfor %}
        {% endfor %}
        {% for lower, type in part.types.items() %}
            {% do kinds.setdefault(lower, []).append(type) %}
        {% endfor %}
    {% endfor %}
    {% set shifted = [] %}
    {% for part in parts.values() %}
        {% for lower, reading in part.get('reading', {}).items() if reading.shift %}
            {% do shifted.append(lower) %}
        {% endfor %}
    {% endfor %}
    {% set relations = [] %}
    {% for files in groups.values() %}
        {% set names, columns = [], [] %}
        {% for file in files %}
            {% do names.append(spark_path(file)) %}
        {% endfor %}
        {% for lower, types in kinds.items() %}
            {% set type = parts[files[0]].types.get(lower) %}
            {% set reading = parts[files[0]].get('reading', {}).get(lower, {}) %}
            {% set differ = types | unique | list | length > 1 or lower in shifted %}
            {% if type is none %}
                {% set value = 'null' %}
            {% elif lower in declared and (differ or reading.get('blank')) %}
                {% set value = '`' ~ lower ~ '`' %}
                {% set value = 'nullif(' ~ value ~ ", cast('nan' as " ~ type ~ '))' if reading.get('blank') else value %}
                {% set value = value_as_text(declared[lower], value, type, reading.get('shift', 0)) | trim if differ else value %}
            {% elif 'string' in types and type != 'string' %}
                {% set value = as_text('`' ~ lower ~ '`') | trim %}
            {% else %}
                {% set value = '`' ~ lower ~ '`' %}
            {% endif %}
            {% do columns.append(value ~ ' as `' ~ lower ~ '`') %}
        {% endfor %}
        {% do relations.append(
            'select ' ~ columns | join(', ')
            ~ ' from parquet.`' ~ path ~ '{' ~ names | join(',') ~ '}`') %}
    {% endfor %}
    {% set selected = [] %}
    {# a view takes a name in double quotes for a text, whatever the session says #}
    {% for expression, name in select_list %}
        {% do selected.append((expression | replace('"', '`')) ~ ' as ' ~ name) %}
    {% endfor %}
    {% set view %}
create or replace view {{ register.schema }}.{{ register.identifier }} as
select {{ selected | join(', ') }} from ({{ relations | join(' union all ') }}) as parts
    {% endset %}
    {{ return(view) }}
{% endmacro %}

{# A path as it stands between backticks, where Spark would take some characters for a pattern. #}
{% macro spark_path(path) %}
    {{ return(modules.re.sub('([\\[\\]{},*?\\\\])', '\\\\\\1', path) | replace('`', '``')) }}
{% endmacro %}
