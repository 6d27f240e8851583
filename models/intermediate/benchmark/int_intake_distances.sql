with

scores as (

    select
        municipality_code,
        term,
        score,
        {{ intake_domain('factor') }} as domain
    from {{ ref('int_intake_scores') }}

),

pairs as (

    select
        own.municipality_code,
        other.municipality_code as peer_municipality_code,
        own.domain,
        {{ exact_sum('power(own.score - other.score, 2)') }} as squared
    from scores as own
    inner join scores as other
        on own.term = other.term
    where own.municipality_code <> other.municipality_code
    group by own.municipality_code, other.municipality_code, own.domain

),

-- the squares of the domains add up to that of the distance
final as (

    select
        municipality_code,
        peer_municipality_code,
        {% for domain in intake_domains() %}
        {{ exact_sum("case when domain = '" ~ domain ~ "' then squared else 0 end") }}
            as {{ domain }}_squared,
        {% endfor %}
        sqrt({{ exact_sum('squared') }}) as distance
    from pairs
    group by municipality_code, peer_municipality_code

)

select * from final
order by municipality_code, distance, peer_municipality_code
