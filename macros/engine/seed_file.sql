{#
    The file of a seed. Those of seeds/statbank come from $VFM_STATBANK where it is set, so that a large synthetic world
    builds with its own accounts; a relative folder is taken from the project's root.
#}
{% macro seed_file(model) %}
    {% set root, file = model.root_path | replace('\\', '/'), model.original_file_path | replace('\\', '/') %}
    {% set folder = env_var('VFM_STATBANK', '') | replace('\\', '/') %}
    {% if folder and file.startswith('seeds/statbank/') %}
        {% set file = folder ~ '/' ~ file.split('/')[-1] %}
    {% endif %}
    {{ return(file if modules.re.match('(/|[A-Za-z]:)', file) else root ~ '/' ~ file) }}
{% endmacro %}

{#
    Overrides dbt-duckdb's macro of this name (written against 1.11.1: look at it again on each upgrade): its fast way
    alone, with the file from above.
#}
{% macro duckdb__load_csv_rows(model, agate_table) %}
    {% set sql %}
copy {{ this.render() }} from '{{ dbt.escape_single_quotes(seed_file(model)) }}'
(format csv, header true, delimiter '{{ model.config.delimiter }}')
    {% endset %}
    {% do adapter.add_query(sql, abridge_sql_log=True) %}
    {{ return(sql) }}
{% endmacro %}
