with

final as (

    {% for share in composition_terms() %}
    select
        cast({{ loop.index }} as integer) as position,
        '{{ share.term }}' as term,
        cast({{ share.in_model | default('null') }} as integer) as in_model
    {{ "union all" if not loop.last }}
    {% endfor %}

)

select * from final
order by position
