with

composition as (

    select * from {{ ref('int_programme_composition') }}

),

disclosure as (

    select * from {{ ref('int_composition_disclosure') }}

),

withheld as (

    select
        municipality_code,
        year,
        {% for share in composition_terms() %}
        max(case when term = '{{ share.term }}' and is_withheld then 1 else 0 end)
            as {{ share.term }}{{ "," if not loop.last }}
        {% endfor %}
    from disclosure
    group by municipality_code, year

),

final as (

    select
        composition.municipality_code,
        composition.year,
        {% for share in composition_terms() %}
        case
            when not composition.is_withheld and withheld.{{ share.term }} = 0
                then composition.{{ share.term }}
        end as {{ share.term }}{{ "," if not loop.last }}
        {% endfor %}
    from composition
    inner join withheld
        on
            composition.municipality_code = withheld.municipality_code
            and composition.year = withheld.year

)

select * from final
order by
    municipality_code,
    year
