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

-- the total less the municipalities that are told must not be one cell, nor of few persons
unlabelled as (

    select
        table_4_1.year,
        table_4_1.million_dkk_2015_prices,
        case
            when
                persons.persons >= {{ disclosure_limit() }}
                and (
                    persons.withheld_cells = 0
                    or (
                        persons.withheld_cells > 1
                        and persons.withheld_persons >= {{ disclosure_limit() }}
                    )
                )
                then persons.full_year_persons
        end as full_year_persons
    from table_4_1
    left join persons
        on table_4_1.year = persons.year
    where table_4_1.scope = 'programme' and table_4_1.line = 'gross_net_of_payments'

),

final as (

    {{ with_report_labels('unlabelled', 'figure_4_1') }}

)

select * from final
order by row_position
