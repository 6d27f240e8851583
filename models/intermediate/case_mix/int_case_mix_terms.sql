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
in_the_study as (

    select * from numbered
    where
        only_in is null
        or term in ('{{ case_mix_terms_in_order() | join("', '") }}')

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
        replace(in_the_study.term, '{year}', coalesce(permit_years.permit_year, '')) as term,
        in_the_study.factor,
        coalesce(permit_years.permit_year, in_the_study.level) as level,
        coalesce(permit_years.is_first_year, in_the_study.is_reference) as is_reference,
        replace(in_the_study.label_da, '{year}', coalesce(permit_years.permit_year, '')) as label_da,
        replace(in_the_study.label_en, '{year}', coalesce(permit_years.permit_year, '')) as label_en,
        cast(
            row_number() over (order by in_the_study.seed_number, permit_years.permit_year) as integer
        ) as term_number
    from in_the_study
    left join permit_years
        on in_the_study.level = permit_years.level

)

select * from final
order by term_number
