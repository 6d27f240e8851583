-- The columns of persons.case_mix are the non-reference terms of appendix table 6.1, and every
-- level that a code list gives is a term of that table: another would join the reference unseen.
with

terms as (

    select
        term,
        is_reference
    from {{ ref('int_case_mix_terms') }}

),

columns_printed as (

    select * from terms
    where not is_reference

),

built as (

    {% for term in case_mix_terms_in_order() %}
    select '{{ term }}' as term
    {{ "union all" if not loop.last }}
    {% endfor %}

),

-- a ground that is not recorded has no level on purpose (DECISIONS.md, P6)
mapped as (

    select 'origin_' || origin as term from {{ ref('countries') }}
    where not is_western
    union distinct
    select 'origin_' || origin as term from {{ ref('country_groups') }}
    where country_grouping = '{{ var('country_grouping') }}'
    union distinct
    select 'danish_education_' || danish_education as term from {{ ref('danish_education') }}
    union distinct
    select 'residence_ground_' || residence_ground as term from {{ ref('residence_grounds') }}
    where residence_ground not in ('unknown', 'none')
    union distinct
    select 'residence_ground_' || further_ground as term from {{ ref('residence_grounds') }}
    where {{ is_further_ground() }}
    union distinct
    select 'family_type_' || family_type as term from {{ ref('family_types') }}
    union distinct
    select 'match_group_' || match_group as term from {{ ref('match_groups') }}

)

select
    columns_printed.term as printed_term,
    built.term as built_term
from columns_printed
full outer join built
    on columns_printed.term = built.term
where columns_printed.term is null or built.term is null
union all
select
    cast(null as string) as printed_term,
    mapped.term as built_term
from mapped
left join terms
    on mapped.term = terms.term
where terms.term is null
