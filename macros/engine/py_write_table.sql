{#
    Overrides dbt-duckdb's macro of this name (written against 1.11.1: look at it again on each upgrade).
    A Python model cannot have a contract; this gives it one. Its table is created from the columns of its yml, with
    their data_type and their not_null, primary_key, unique and check constraints, and the frame is inserted by name.
    So an empty frame makes the same table as a full one, and a column missing from either side is an error. Numbers are
    given with the precision that the yml declares (macros/disclosure/release.sql).
#}
{% macro py_write_table(temporary, relation, compiled_code, partitioned_by=none, sorted_by=none) -%}
{%- set declared = model.columns.values() | list -%}
{%- set definitions = [] -%}
{%- for column in declared -%}
    {%- if not column.data_type -%}
        {%- do exceptions.raise_compiler_error(
            'Python model ' ~ model.name ~ ': its yml gives column ' ~ column.name ~ ' no data_type.') -%}
    {%- endif -%}
    {%- set parts = ['"' ~ column.name ~ '"', column.data_type] -%}
    {%- for constraint in column.constraints -%}
        {%- do parts.append({'not_null': 'not null', 'primary_key': 'primary key', 'unique': 'unique',
                             'check': 'check (' ~ constraint.expression ~ ')'}[constraint.type | string]) -%}
    {%- endfor -%}
    {%- do definitions.append(parts | join(' ')) -%}
{%- endfor -%}
{%- for constraint in model.constraints -%}
    {%- set columns = '("' ~ constraint.columns | join('", "') ~ '")' -%}
    {%- do definitions.append({'primary_key': 'primary key ' ~ columns, 'unique': 'unique ' ~ columns,
                               'check': 'check (' ~ constraint.expression ~ ')'}[constraint.type | string]) -%}
{%- endfor -%}
{%- if not declared -%}
    {%- do exceptions.raise_compiler_error(
        'Python model ' ~ model.name ~ ': it has no yml that declares its columns and their data_type.') -%}
{%- endif -%}
{{ compiled_code }}

def materialize(df, con):
    name = '__dbt_python_model_df_{{ relation.identifier }}'
    con.register(name, df)
    delivered = [row[0] for row in con.execute('describe select * from ' + name).fetchall()]
    declared = {{ declared | map(attribute='name') | list }}
    missing = [column for column in declared if column not in delivered]
    undeclared = [column for column in delivered if column not in declared]
    if missing or undeclared:
        raise ValueError(
            'Python model {{ model.name }}: its frame and its yml differ: '
            + '; '.join(
                text + ', '.join(columns)
                for text, columns in [('not in the frame: ', missing), ('not in the yml: ', undeclared)]
                if columns
            )
        )
    con.execute({{ ('create table ' ~ relation ~ ' (' ~ definitions | join(', ') ~ ')') | tojson }})
    con.execute({{ ('insert into ' ~ relation ~ ' by name ' ~ as_declared('select * from __delivered__')) | tojson }}.replace('__delivered__', name))
    con.unregister(name)
{% endmacro %}
