with

spells as (

    select * from {{ ref('int_spells') }}

),

case_mix as (

    select * from {{ ref('int_case_mix') }}

),

municipal_spells as (

    select
        municipality_code,
        cast(count(*) as bigint) as spells,
        cast(count(distinct case when is_success then person_id end) as bigint)
            as persons_with_success,
        {{ weeks_saved() }} as weeks_saved
    from spells
    group by municipality_code

),

final as (

    select
        spells.spell_id,
        spells.person_id,
        spells.sex,
        spells.municipality_code,
        spells.duration_weeks,
        spells.is_success,
        {{ is_benchmarked(
            'municipal_spells.spells',
            'municipal_spells.persons_with_success',
            'municipal_spells.weeks_saved',
        ) }} as is_benchmarked,
        {% for term in case_mix_terms_in_order() %}
        case_mix.{{ term }}{{ "," if not loop.last }}
        {% endfor %}
    from spells
    inner join case_mix
        on spells.spell_id = case_mix.spell_id
    inner join municipal_spells
        on spells.municipality_code = municipal_spells.municipality_code

)

select * from final
order by spell_id
