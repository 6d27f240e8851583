{#
    Sums of the case mix, so that municipalities are compared without a row of a person: the terms of the Cox models and the
    reference levels, which no column of the input has.
#}
{% set factors = case_mix_factors() %}
with

cox_input as (

    select * from {{ ref('int_cox_input') }}

),

sums as (

    select
        municipality_code,
        sex,
        is_benchmarked,
        {% for term in case_mix_terms_in_order() %}
        {{ exact_sum(term) }} as {{ term }},
        {% endfor %}
        cast(count(*) as bigint) as spells
    from cox_input
    group by municipality_code, sex, is_benchmarked

),

-- who is on no level of a factor is on its reference level
final as (

    {% for factor, levels in factors.items() %}
    select
        municipality_code,
        sex,
        is_benchmarked,
        spells,
        '{{ factor }}' as factor,
        '{{ factor }}_reference' as term,
        true as is_reference,
        spells
        {% for level in levels %}
        - {{ factor }}_{{ level }}
        {% endfor %}
            as total
    from sums
    union all
    {% for level in levels %}
    select
        municipality_code,
        sex,
        is_benchmarked,
        spells,
        '{{ factor }}' as factor,
        '{{ factor }}_{{ level }}' as term,
        false as is_reference,
        {{ factor }}_{{ level }} as total
    from sums
    union all
    {% endfor %}
    {% endfor %}
    {% for value in case_mix_values() %}
    select
        municipality_code,
        sex,
        is_benchmarked,
        spells,
        '{{ value }}' as factor,
        '{{ value }}' as term,
        false as is_reference,
        {{ value }} as total
    from sums
    {{ "union all" if not loop.last }}
    {% endfor %}

)

select * from final
