-- What was this file built from, and with which choices of the method?
-- The settings that decide who is in the benchmark and what counts as a job, with the section
-- of the report that has them, and how many municipalities are in the benchmark under them.
select
    choices.name,
    choices.value,
    choices.unit,
    choices.report_section,
    (select count(*) from benchmark.benchmark_indicators) as municipalities_in_the_benchmark,
    build.data_origin
from meta.method as choices
cross join meta.build_info as build
where
    choices.name in (
        'minimum_spells', 'window_weeks', 'success_weeks', 'success_hours_per_week', 'ties'
    )
order by choices.name
