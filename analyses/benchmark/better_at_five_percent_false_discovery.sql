-- Which municipalities do better than expected when we allow 5 % false discoveries?
-- Of so many intervals of 95 % some exclude 1 by chance. p_value_fdr (Benjamini and Hochberg) keeps
-- the expected share of false ones among those named at 5 %.
select
    municipality_name,
    spells,
    round(benchmark_indicator, 2) as indicator,
    round(ci_low, 2) as interval_from,
    round(ci_high, 2) as interval_to,
    case
        when p_value_fdr < 0.0001 then 'below 0.0001'
        else printf('%.4f', p_value_fdr)
    end as adjusted_p_value
from benchmark.benchmark_indicators
where p_value_fdr < 0.05 and benchmark_indicator > 1
order by benchmark_indicator desc
