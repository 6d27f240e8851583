"""Groups and peers are what they are said to be, and tell no more than what is published anyway."""

from contextlib import closing

import duckdb
import numpy as np
import pytest

from vfm.statistics import cox, indicator
from vfm.warehouse import published
from vfm.warehouse.paths import PROJECT, Paths

PATHS = Paths.from_environment(PROJECT)


@pytest.fixture(scope="module")
def warehouse():
    if not PATHS.warehouse.exists():
        pytest.skip("no warehouse is built yet")
    with duckdb.connect(str(PATHS.warehouse), read_only=True) as con:
        yield con


def test_a_province_is_like_one_municipality_of_all_its_spells(warehouse):
    """Pooling is another estimate: one curve of all spells, and a derivative through the weights, too."""
    spells = cox.read(warehouse.sql("from intermediate.int_cox_input order by spell_id"))
    provinces = warehouse.sql(
        "select municipality_code, group_name from intermediate.int_group_members where kind = 'province'"
    )
    pooled = spells.assign(
        municipality_code=spells["municipality_code"].astype(str).map(dict(provinces.fetchall()))
    )
    found = indicator.uncertainty(pooled)
    told = warehouse.sql(
        "from benchmark.group_indicators select group_name, benchmark_indicator, standard_error "
        "where kind = 'province'"
    ).df()
    told = told.set_index("group_name").loc[found.municipalities]
    assert len(told) == 11
    np.testing.assert_allclose(told["benchmark_indicator"], found.indicator, rtol=0.005)
    np.testing.assert_allclose(told["standard_error"], found.standard_errors, rtol=0.05)


def test_the_country_is_at_one(warehouse):
    """As many weeks are expected as observed, but for what is censored."""
    low, high = warehouse.sql(
        "from benchmark.group_indicators select ci_low, ci_high where kind = 'country'"
    ).fetchone()
    assert low < 1 < high


@pytest.fixture(scope="module")
def results():
    if not published.results().exists():
        pytest.skip("nothing is published yet")
    with closing(published.connect(published.results())) as con:
        yield con


def test_a_group_tells_no_more_than_its_published_municipalities(results):
    """Every number but its error can be worked out from tables that are published anyway."""
    apart = results.sql(
        """
        with places as (
            select municipality_code, unnest([
                {kind: 'country', name: 'Danmark'},
                {kind: 'region', name: region},
                {kind: 'province', name: province}
            ]) as belongs
            from meta.municipalities
        ),
        summed as (
            select
                belongs.kind as kind,
                belongs.name as group_name,
                count(*) as municipalities,
                sum(spells) as spells,
                sum(spells * observed_mean_duration_weeks) as observed,
                sum(spells * expected_mean_duration_weeks) as expected
            from places inner join benchmark.benchmark_indicators using (municipality_code)
            group by all
        )
        select * from benchmark.group_indicators as told full outer join summed using (kind, group_name)
        where told.spells is distinct from summed.spells
            or told.municipalities is distinct from summed.municipalities
            or abs(told.observed_mean_duration_weeks - observed / summed.spells) > 0.00501
            or abs(told.expected_mean_duration_weeks - expected / summed.spells) > 0.00501
            or abs(told.benchmark_indicator - expected / observed) > 0.000501
        """
    )
    assert apart.fetchall() == []


def test_a_peer_is_compared_by_published_numbers(results):
    """The ratio and its intervals follow from the two indicators and the error as they are published."""
    peers = results.sql("from benchmark.municipal_peers").df()
    indicators = results.sql(
        "select municipality_code, benchmark_indicator from benchmark.benchmark_indicators"
    ).df()
    indicators = indicators.set_index("municipality_code")["benchmark_indicator"]
    own, other = (peers[code].map(indicators) for code in ("municipality_code", "peer_municipality_code"))
    assert (peers["benchmark_indicator"] == own).all() and (peers["peer_benchmark_indicator"] == other).all()
    np.testing.assert_allclose(peers["indicator_ratio"], other / own, atol=0.000501)
    for low, high, z in (("ci_low", "ci_high", 1.959964), ("joint_ci_low", "joint_ci_high", 2.734369)):
        width = np.exp(z * peers["log_standard_error"])
        np.testing.assert_allclose(peers[low], other / own / width, atol=0.000501)
        np.testing.assert_allclose(peers[high], other / own * width, atol=0.000501)


def test_the_nearest_have_no_nearer(results):
    """Eight each, in the order of the distance, and the parts of a distance add up to all of it."""
    peers = results.sql("from benchmark.municipal_peers order by municipality_code, place").df()
    places = peers.groupby("municipality_code")["place"].apply(list)
    assert all(each == [*range(1, 9)] for each in places)
    assert peers.groupby("municipality_code")["distance"].is_monotonic_increasing.all()
    parts = peers.filter(regex="^(arrival|origin|family|schooling|health|labour_market)_percent$")
    assert parts.shape[1] == 6
    assert (parts.sum(axis=1) - 100).abs().max() <= 3  # each is rounded to a percent


def test_a_pair_is_compared_as_its_peers_are(results):
    """Every two municipalities stand twice, the other way round, and a peer has the ratio of its pair."""
    pairs = (
        results.sql("from benchmark.municipal_pairs")
        .df()
        .set_index(["municipality_code", "other_municipality_code"])
    )
    municipalities = pairs.index.get_level_values(0).nunique()
    assert len(pairs) == municipalities * (municipalities - 1)
    back = pairs.loc[[(other, own) for own, other in pairs.index]]
    turned = {"above": "below", "below": "above", "around": "around"}
    for position in ("other_position", "joint_other_position"):
        assert (
            pairs[position].map(turned).to_numpy() == back[position].to_numpy()
        ).mean() > 0.999  # ends are rounded
    np.testing.assert_allclose(
        pairs["log_standard_error"].to_numpy(), back["log_standard_error"].to_numpy(), rtol=0.006
    )
    peers = results.sql("from benchmark.municipal_peers").df()
    told = pairs.loc[list(zip(peers["municipality_code"], peers["peer_municipality_code"], strict=True))]
    for column in ("indicator_ratio", "ci_low", "ci_high"):
        assert (peers[column].to_numpy() == told[column].to_numpy()).all()


def test_every_answer_is_made_of_published_cells(results):
    """Differences and their intervals follow from published cells alone, so they tell no more of a person."""
    apart = results.sql(
        """
        with told as (

            select
                answers.*,
                results.position,
                results.observed_mean_duration_weeks as observed,
                results.expected_mean_duration_weeks as expected,
                results.ci_low,
                results.ci_high,
                spent.expenditure_indicator,
                spent.ci_low as spent_low,
                spent.ci_high as spent_high,
                costs.expected_dkk as need
            from report.municipal_answers as answers
            inner join benchmark.benchmark_indicators as results using (municipality_code)
            left join expenditure.expenditure_indicators as spent using (municipality_code)
            left join efficiency.cost_distances as costs using (municipality_code)

        )

        select municipality_code
        from told
        where
            abs(difference_weeks - (expected - observed)) > 0.00501
            or abs(difference_weeks_low - expected * (1 - 1 / ci_low)) > 0.00501
            or abs(difference_weeks_high - expected * (1 - 1 / ci_high)) > 0.00501
            or abs(difference_dkk - need * (expenditure_indicator - 1)) > 50.001
            or abs(difference_dkk_low - need * (spent_low - 1)) > 50.001
            or abs(difference_dkk_high - need * (spent_high - 1)) > 50.001
            or (rank is null) <> (position = 'around')
            or (difference_dkk is null) <> (expenditure_indicator is null)
        """
    )
    assert apart.fetchall() == []
    (outside,) = results.sql(
        "select count(*) from report.municipal_answers "
        "where difference_weeks is null and difference_dkk is not null"
    ).fetchone()
    assert outside == 0
