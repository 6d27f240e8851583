{#
    An example in a message is shown only where it cannot be an id: it is short or a date, is no id of the delivery, has not
    the form of one, and is not of letters and digits and as long as one. vfm/privacy/examples.py is the same rule for the
    import, which has no warehouse; tests/privacy/test_examples.py holds them together.
#}

{#
    The text of a value, or that there is one of so many characters. `value` is a column, not an aggregate. Without
    `ids` (exports of Statbank hold none) it is shown as it is.
#}
{% macro shown(value, ids=true) -%}
    {% if ids %}
    case
        when {{ cannot_be_an_id(as_text(value)) }} then {{ as_text(value) }}
        else 'one of ' || length({{ as_text(value) }}) || ' characters'
    end
    {% else %}
    {{ as_text(value) }}
    {% endif %}
{%- endmacro %}

{# Whether a text may be shown. #}
{% macro cannot_be_an_id(text) -%}
    {% set day = text_matches(text, date_pattern()) %}
    {% set plain = plain_value(text) %}
    {% set is_code = text_matches(plain, '^[0-9a-z]*[0-9][0-9a-z]*$') %}
    {% set long_code = 'case when ' ~ is_code ~ ' then length(' ~ plain ~ ') end' %}
    (
        (length({{ text }}) < 10 or {{ day }})
        and {{ ids_like('id_key', without_leading_zeros(plain)) }} = 0
        and ({{ day }} or {{ ids_like('id_form', form_of(plain)) }} + {{ ids_like('id_length', long_code) }} = 0)
    )
{%- endmacro %}

{# How many ids have the value in the column. #}
{% macro ids_like(column, value) -%}
    (select count(*) from {{ ref('stg_registers__ids') }} as ids where ids.{{ column }} = {{ value }})
{%- endmacro %}

{% macro date_pattern() -%}
    ^([0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}|[0-9]{1,2}[-./][0-9]{1,2}[-./][0-9]{4})([ T][0-9:.]*)?$
{%- endmacro %}

{# A text in lower case, without blanks around it, hyphens, and the zeros behind the point that a floating number has. #}
{% macro plain_value(text) -%}
    lower(replace(regexp_replace(trim({{ text }}), '[.]0+$', ''), '-', ''))
{%- endmacro %}

{% macro without_leading_zeros(text) -%}
    regexp_replace({{ text }}, '^0+', '')
{%- endmacro %}

{# 9 for every digit, A for every letter. #}
{% macro form_of(text) -%}
    translate(lower({{ text }}), '0123456789abcdefghijklmnopqrstuvwxyz', '9999999999AAAAAAAAAAAAAAAAAAAAAAAAAA')
{%- endmacro %}

{# Whether a text is as a pattern says. Dispatched. #}
{% macro text_matches(text, pattern) -%}
    {{ return(adapter.dispatch('text_matches', 'value_for_money')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__text_matches(text, pattern) -%}
    regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__text_matches(text, pattern) -%}
    ({{ text }} rlike '{{ pattern }}')
{%- endmacro %}
