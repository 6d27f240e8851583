with

covariates as (

    select * from {{ ref('int_spell_covariates') }}

),

-- one indicator per non-reference level, then the covariates that enter as they are
final as (

    select
        spell_id,
        {% for factor, levels in case_mix_factors().items() %}
        {% for level in levels %}
        cast(case when {{ factor }} = '{{ level }}' then 1 else 0 end as double)
            as {{ factor }}_{{ level }},
        {% endfor %}
        {% endfor %}
        {% for value in case_mix_values() %}
        cast({{ value }} as double) as {{ value }}{{ "," if not loop.last }}
        {% endfor %}
    from covariates

)

select * from final
order by spell_id
