{% test same_number_of_rows_as(model, to) %}

with

counts as (

    select
        (select count(*) from {{ model }}) as rows_here,
        (select count(*) from {{ to }}) as rows_there

)

select *
from counts
where rows_here <> rows_there

{% endtest %}
