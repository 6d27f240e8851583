{# The lines of Table 4.1, in its order. #}
{% macro national_expenditure_lines() %}
    {{ return([
        'gross', 'payments_from_municipalities', 'gross_net_of_payments', 'state_refund', 'other_income', 'net',
    ]) }}
{% endmacro %}
