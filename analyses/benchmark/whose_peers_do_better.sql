-- Who has peers that do better with an intake like theirs, for no more money?
-- A peer counts where the interval that holds for all eight peers together leaves 1 out, and
-- where its expenditure indicator is not higher. The names are those to ask how they do it.
select
    peers.municipality_name,
    count(*) as peers_that_do_better,
    string_agg(peers.peer_municipality_name, ', ' order by peers.place) as who
from benchmark.municipal_peers as peers
inner join expenditure.expenditure_indicators as own
    on peers.municipality_code = own.municipality_code
inner join expenditure.expenditure_indicators as their
    on peers.peer_municipality_code = their.municipality_code
where
    peers.joint_peer_position = 'above'
    and their.expenditure_indicator <= own.expenditure_indicator
group by peers.municipality_name
order by peers_that_do_better desc, peers.municipality_name asc
