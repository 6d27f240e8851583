{% test at_least_one_row(model) %}

select 1 as no_row
where not exists (select 1 from {{ model }})

{% endtest %}
