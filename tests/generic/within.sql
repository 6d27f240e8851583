{% test within(model, column_name, min=none, max=none) %}
    {% if min is none and max is none %}
        {% do exceptions.raise_compiler_error('test within on ' ~ column_name ~ ': give min, max or both') %}
    {% endif %}

select *
from {{ model }}
where
    {% if min is not none %}{{ column_name }} < {{ min }}{% endif %}
    {{ 'or' if min is not none and max is not none }}
    {% if max is not none %}{{ column_name }} > {{ max }}{% endif %}

{% endtest %}
