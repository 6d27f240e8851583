-- How do the municipalities with an intake like mine do, and what do they spend?
-- Peers are the eight municipalities whose case mix moves the expected duration most like
-- mine. A peer does better or worse only where the interval of the ratio of both indicators
-- leaves 1 out. An expenditure indicator above 1 is dearer than the participants would
-- suggest.
select
    peers.place,
    peers.peer_municipality_name as peer,
    peers.distance,
    round(peers.indicator_ratio, 2) as result_against_mine,
    case peers.peer_position
        when 'above' then 'better'
        when 'below' then 'worse'
        else 'not to be told apart'
    end as told_apart,
    round(costs.expenditure_indicator, 2) as spending_against_need,
    costs.position as spending_position
from benchmark.municipal_peers as peers
left join expenditure.expenditure_indicators as costs
    on peers.peer_municipality_code = costs.municipality_code
where peers.municipality_name = 'Odense'  -- put yours here
order by peers.place
