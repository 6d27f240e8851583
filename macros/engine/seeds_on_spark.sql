{#
    Override dbt-spark's macros of these names (written against 1.11.0: look at them again on each upgrade), which insert
    a seed as literals, thousands of rows a statement. Spark reads the file itself, as DuckDB does. A varchar without a
    length is a string there.
#}
{% macro spark__create_csv_table(model, agate_table) %}
    {% set columns = [] %}
    {% for name in agate_table.column_names %}
        {% do columns.append('`' ~ name ~ '` ' ~ spark_type(model.config.column_types[name])) %}
    {% endfor %}
    {% set sql %}
create table {{ this.render() }} ({{ columns | join(', ') }}) using parquet
    {% endset %}
    {% call statement('_') %}{{ sql }}{% endcall %}
    {{ return(sql) }}
{% endmacro %}

{% macro spark__load_csv_rows(model, agate_table) %}
    {% set columns, delivered = [], [] %}
    {% for name in agate_table.column_names %}
        {% do delivered.append('`' ~ name ~ '` string') %}
        {% do columns.append('cast(`' ~ name ~ '` as ' ~ spark_type(model.config.column_types[name]) ~ ')') %}
    {% endfor %}
    {% set source = model.name ~ '__file' %}
    {% do run_query(
        'create or replace temporary view ' ~ source ~ ' (' ~ delivered | join(', ') ~ ') using csv options ('
        ~ "path '" ~ seed_file(model) ~ "', header 'true', sep '" ~ model.config.delimiter ~ "', escape '\"', multiLine 'true')"
    ) %}
    {% set sql %}
insert into {{ this.render() }} select {{ columns | join(', ') }} from {{ source }}
    {% endset %}
    {% do run_query(sql) %}
    {{ return(sql) }}
{% endmacro %}

{% macro spark_type(data_type) %}
    {{ return('string' if data_type | lower == 'varchar' else data_type) }}
{% endmacro %}
