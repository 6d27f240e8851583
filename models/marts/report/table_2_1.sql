with

spells as (

    select * from {{ ref('int_spells') }}

),

-- each sex and each outcome, with a row for both sexes and one for all outcomes; an empty cell is
-- a row, too
labels as (

    select
        sexes.sex,
        outcomes.outcome
    from (values ('men'), ('women'), ('all')) as sexes (sex)
    cross join (values ('success'), ('left'), ('unfinished'), ('total')) as outcomes (outcome)

),

cells as (

    select
        labels.sex,
        labels.outcome,
        cast(count(spells.person_id) as bigint) as spells,
        cast(count(distinct spells.person_id) as bigint) as persons
    from labels
    left join spells
        on
            labels.sex in (spells.sex, 'all')
            and labels.outcome in (spells.outcome, 'total')
    group by labels.sex, labels.outcome

),

checked as (

    {{ withheld_in_two_ways(
        'cells', row='sex', column='outcome', row_total='all', column_total='total'
    ) }}

),

unlabelled as (

    select
        sex,
        outcome,
        case when not is_withheld then spells end as spells,
        case
            when not is_withheld
                then 100.0 * spells
                    / max(case when outcome = 'total' then spells end) over (partition by sex)
        end as percent
    from checked

),

final as (

    {{ with_report_labels('unlabelled', 'table_2_1') }}

)

select * from final
order by row_position
