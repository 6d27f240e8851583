with

terms as (

    select * from {{ ref('case_mix_terms') }}

),

-- the seed stands in the order of the print
numbered as (

    select
        *,
        row_number() over () as seed_number
    from terms

),

permit_years as (

    {% for year in permit_years() %}
    select
        '{year}' as level,
        '{{ year }}' as permit_year,
        {{ 'true' if loop.first else 'false' }} as is_first_year
    {{ "union all" if not loop.last }}
    {% endfor %}

),

-- what the seed says of {year} holds for each year; the others are compared with the first
final as (

    select
        replace(numbered.term, '{year}', coalesce(permit_years.permit_year, '')) as term,
        numbered.factor,
        coalesce(permit_years.permit_year, numbered.level) as level,
        coalesce(permit_years.is_first_year, numbered.is_reference) as is_reference,
        replace(numbered.label_da, '{year}', coalesce(permit_years.permit_year, '')) as label_da,
        replace(numbered.label_en, '{year}', coalesce(permit_years.permit_year, '')) as label_en,
        cast(
            row_number() over (order by numbered.seed_number, permit_years.permit_year) as integer
        ) as term_number
    from numbered
    left join permit_years
        on numbered.level = permit_years.level

)

select * from final
order by term_number
