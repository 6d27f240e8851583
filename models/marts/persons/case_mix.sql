with

case_mix as (

    select * from {{ ref('int_case_mix') }}

),

final as (

    select
        spell_id,
        {% for term in case_mix_terms_in_order() %}
        {{ term }}{{ "," if not loop.last }}
        {% endfor %}
    from case_mix

)

select * from final
