-- The columns of benchmark.case_mix are the non-reference terms of appendix table 6.1.
with

printed as (

    select term
    from {{ ref('case_mix_terms') }}
    where not is_reference

),

built as (

    {% for term in case_mix_terms_in_order() %}
    select '{{ term }}' as term
    {{ "union all" if not loop.last }}
    {% endfor %}

)

select
    printed.term as printed_term,
    built.term as built_term
from printed
full outer join built
    on printed.term = built.term
where printed.term is null or built.term is null
