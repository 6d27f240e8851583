with

case_mix_terms as (

    select * from {{ ref('int_case_mix_terms') }}

),

model_terms as (

    select * from {{ ref('model_terms') }}

),

report_labels as (

    select * from {{ ref('report_labels') }}

),

reference_levels as (

    select
        factor,
        term as reference
    from case_mix_terms
    where is_reference

),

cox_terms as (

    select
        'cox' as model,
        case_mix_terms.term,
        case
            when case_mix_terms.term <> reference_levels.reference then reference_levels.reference
        end as reference,
        case_mix_terms.label_da,
        case_mix_terms.label_en,
        'Report, appendix table 6.1' as source
    from case_mix_terms
    left join reference_levels
        on case_mix_terms.factor = reference_levels.factor

),

-- years follow the study, and a year that Table 5.1 does not print speaks for itself
cost_need_terms as (

    {% for term in cost_need_terms_in_order() %}
    select
        '{{ term }}' as term,
        {{ cost_need_reference(term) }} as reference
    {{ "union all" if not loop.last }}
    {% endfor %}

),

labelled_cost_need_terms as (

    select
        'cost_need' as model,
        cost_need_terms.term,
        cost_need_terms.reference,
        coalesce(report_labels.label_da, replace(cost_need_terms.term, 'year_', '')) as label_da,
        coalesce(report_labels.label_en, replace(cost_need_terms.term, 'year_', '')) as label_en,
        'Report, Table 5.1' as source
    from cost_need_terms
    left join report_labels
        on
            cost_need_terms.term = report_labels.value
            and report_labels.dimension = 'cost_need_term'

),

all_terms as (

    select * from cox_terms
    union all
    select * from labelled_cost_need_terms
    union all
    select
        model,
        term,
        reference,
        label_da,
        label_en,
        source
    from model_terms

),

final as (

    select
        cast(model as varchar) as model,
        cast(term as varchar) as term,
        cast(reference as varchar) as reference,
        cast(label_da as varchar) as label_da,
        cast(label_en as varchar) as label_en,
        cast(source as varchar) as source
    from all_terms

)

select * from final
order by
    model,
    term
