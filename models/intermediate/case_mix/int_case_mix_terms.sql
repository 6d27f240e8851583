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

-- terms that the report does not have are of the studies that name them
chosen as (

    select * from numbered
    where
        only_in is null
        {% for term in case_mix_terms_in_order() %}
        or term = '{{ term }}'
        {% endfor %}

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
        replace(chosen.term, '{year}', coalesce(permit_years.permit_year, '')) as term,
        chosen.factor,
        coalesce(permit_years.permit_year, chosen.level) as level,
        coalesce(permit_years.is_first_year, chosen.is_reference) as is_reference,
        replace(chosen.label_da, '{year}', coalesce(permit_years.permit_year, '')) as label_da,
        replace(chosen.label_en, '{year}', coalesce(permit_years.permit_year, '')) as label_en,
        cast(
            row_number() over (order by chosen.seed_number, permit_years.permit_year) as integer
        ) as term_number
    from chosen
    left join permit_years
        on chosen.level = permit_years.level

)

select * from final
order by term_number
