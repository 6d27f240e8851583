{#
    Overrides dbt-duckdb's macro of this name, and calls it (written against 1.11.1: look at it again on each upgrade).
    A table gives its numbers as its yml declares (macros/disclosure/release.sql).
    What Spark has built is not computed again: where $VFM_SPARK_TABLES holds the model's table as Parquet, DuckDB only
    works out the columns and their types from the model's SQL and fills them from there, in the order of the files.
#}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) -%}
    {#- `relation` has a name for the time being, `this` the model's -#}
    {%- set files = files_from_spark(this) if language == 'sql' and not temporary else none -%}
    {%- if files -%}
        {%- set compiled_code = 'select * from (\n' ~ compiled_code ~ '\n) as as_declared limit 0' -%}
    {%- endif -%}
    {%- set compiled_code = as_declared(compiled_code) if language == 'sql' else compiled_code -%}
    {{ dbt.duckdb__create_table_as(temporary, relation, compiled_code, language, partitioned_by, sorted_by) }}
    {% if files %}
    insert into {{ relation }} select * from read_parquet({{ files }});
    {% endif %}
{%- endmacro %}

{# The files of a table that Spark has built, as an SQL text; none where it has not. #}
{% macro files_from_spark(relation) %}
    {% set folder = env_var('VFM_SPARK_TABLES', '') %}
    {% if not folder %}{{ return(none) }}{% endif %}
    {% set files = duckdb_path(folder ~ '/' ~ relation.schema ~ '.db/' ~ relation.identifier, '/*.parquet') %}
    {% set found = run_query('select count(*) from glob(' ~ files ~ ')').rows[0][0] %}
    {{ return(files if found else none) }}
{% endmacro %}
