with

durations as (

    select * from {{ ref('int_observed_durations') }}

),

-- the spells of a benchmarked municipality stand in many tables: only the spells of the other
-- municipalities can be withheld
spells_checked as (

    select
        *,
        least(persons_with_success, persons_without_success) as persons_with_least_outcome,
        {{ is_withheld('persons', key='municipality_code', candidate='not is_benchmarked') }}
            as spells_are_withheld
    from durations

),

checked as (

    select
        *,
        spells_are_withheld or {{ is_withheld(
            'persons_with_least_outcome',
            key='municipality_code',
            first='case when spells_are_withheld then 0 else 1 end',
        ) }} as successes_are_withheld
    from spells_checked

),

reasons as (

    select
        *,
        {{ withheld_reason('persons', 'spells_are_withheld') }} as spells_withheld_reason,
        {{ withheld_reason('persons_with_least_outcome', 'successes_are_withheld') }}
            as successes_withheld_reason
    from checked

),

-- with its spells known, the duration of a municipality outside the benchmark would reveal its
-- successes
shown as (

    select
        *,
        case
            when is_benchmarked then null
            when successes_are_withheld then successes_withheld_reason
            when {{ are_few_weeks('weeks_saved') }} then 'few_persons'
        end as duration_withheld_reason,
        -- spells less successes less those at risk are the censored ones
        case
            when spells_are_withheld then spells_withheld_reason
            when successes_are_withheld then successes_withheld_reason
            when
                least(persons_at_risk_at_end, persons_censored_before_end)
                < {{ disclosure_limit() }}
                then 'few_persons'
        end as at_risk_withheld_reason
    from reasons

),

rounded as (

    select
        *,
        case when duration_withheld_reason is null
            then {{ released('observed_mean_duration_weeks', '2 decimals') }} end as shown_weeks,
        case when duration_withheld_reason is null
            then {{ released('standard_error', '2 significant digits') }} end as shown_error_weeks
    from shown

),

-- an interval from the exact numbers would give their digits back
final as (

    select
        municipality_code,
        municipality_name,
        case when not spells_are_withheld then spells end as spells,
        case when not successes_are_withheld then successes end as successes,
        case when at_risk_withheld_reason is null
            then cast({{ released('spells_at_risk_at_end', 'tens') }} as bigint)
        end as spells_at_risk_at_end,
        shown_weeks as observed_mean_duration_weeks,
        shown_error_weeks as standard_error,
        shown_weeks - {{ normal_quantile(0.975) }} * shown_error_weeks as ci_low,
        shown_weeks + {{ normal_quantile(0.975) }} * shown_error_weeks as ci_high,
        spells_withheld_reason,
        successes_withheld_reason,
        duration_withheld_reason,
        at_risk_withheld_reason
    from rounded

)

select * from final
order by municipality_code
