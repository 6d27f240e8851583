with

table_4_1 as (

    select * from {{ ref('table_4_1') }}

),

composition as (

    select * from {{ ref('int_programme_composition') }}

),

persons as (

    select
        year,
        cast(sum(persons) as bigint) as persons,
        {{ exact_sum('full_year_persons') }} as full_year_persons,
        sum(case when is_withheld then 1 else 0 end) as withheld_cells,
        sum(case when is_withheld then persons else 0 end) as withheld_persons
    from composition
    group by year

),

-- the total less the municipalities that are shown must leave at least two cells and the limit of
-- persons
totals as (

    select
        table_4_1.year,
        table_4_1.million_dkk,
        table_4_1.price_year,
        persons.full_year_persons,
        case
            when persons.persons is null then 'not_estimated'
            when persons.persons < {{ disclosure_limit() }} then 'few_persons'
            when
                persons.withheld_cells = 1
                or (
                    persons.withheld_cells > 1
                    and persons.withheld_persons < {{ disclosure_limit() }}
                )
                then 'protects_another_cell'
        end as withheld_reason
    from table_4_1
    left join persons
        on table_4_1.year = persons.year
    where table_4_1.scope = 'programme' and table_4_1.line = 'gross_net_of_payments'

),

-- to tens: the exact total less the shown municipalities would be what the withheld ones hold
shown as (

    select
        year,
        million_dkk,
        price_year,
        case when withheld_reason is null then {{ released('full_year_persons', 'tens') }} end
            as full_year_persons,
        withheld_reason
    from totals

),

-- the year both series are drawn from
index_years as (

    select min(year) as index_year
    from shown
    where million_dkk is not null and full_year_persons is not null

),

base as (

    select
        shown.year,
        shown.million_dkk,
        shown.full_year_persons
    from shown
    inner join index_years
        on shown.year = index_years.index_year

),

unlabelled as (

    select
        shown.*,
        100 * shown.million_dkk / base.million_dkk as expenditure_index,
        100 * shown.full_year_persons / base.full_year_persons as persons_index,
        base.year as index_year
    from shown
    left join base
        on true

),

final as (

    {{ with_report_labels('unlabelled', 'figure_4_1') }}

)

select * from final
order by row_position
