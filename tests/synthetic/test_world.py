"""The parts of a world one by one: draws, designed benchmark, settlement, and who is dropped."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from printed_tables import printed

from vfm.statistics import cox, indicator, kaplan_meier
from vfm.synthetic.world import (
    benchmark,
    case_mix,
    constants,
    counting_out,
    settlement,
    spending,
)
from vfm.synthetic.world.classifications import municipalities
from vfm.synthetic.world.expenditure import expenditure_indicators
from vfm.synthetic.world.histories import WINDOW_WEEKS, LabourMarket
from vfm.synthetic.world.streams import PersonDraws, stream

FEWEST = 100  # spells of a benchmarked municipality
FIFTHS = np.repeat([1, 2, 3, 4, 5], [18, 18, 18, 19, 19])  # Table 3.2, the best first
OUTCOMES = ("success", "left", "unfinished")


@pytest.fixture(scope="module")
def places():
    return municipalities()


# --- one person's draws ----------------------------------------------------------------------------------


def drawn(members=None):
    draws = PersonDraws(stream(5, "a part"), 60, members)
    return pd.DataFrame(
        {
            "uniform": draws.uniform(),
            "exponential": draws.exponential(),
            "integers": draws.integers(3, 900),
            "choice": draws.choice(["a", "b", "c"], [1, 2, 3]),
        }
    )


def test_a_person_draws_the_same_whoever_else_is_drawn():
    everyone, some = drawn(), [40, 3, 17]
    assert drawn(some).equals(everyone.iloc[some].reset_index(drop=True))
    assert everyone["uniform"].is_unique and everyone["exponential"].is_unique


def test_rows_are_rows_of_the_members_and_do_not_shift_later_draws():
    draws, fewer = (PersonDraws(stream(5, "a part"), 60, [8, 9, 10, 11]) for _ in range(2))
    assert (fewer.uniform(np.array([3, 1])) == draws.uniform()[[3, 1]]).all()
    assert (fewer.uniform(np.array([], dtype=int)).shape == (0,)) and draws.uniform().shape == (4,)
    assert (fewer.uniform() == draws.uniform()).all()


def test_draws_follow_their_distributions():
    size = 200_000
    draws = PersonDraws(stream(1, "shares"), size)
    found = pd.Series(draws.choice(["rare", "never", "often"], [1.0, 0.0, 3.0])).value_counts(normalize=True)
    assert set(found.index) == {"rare", "often"} and found["rare"] == pytest.approx(0.25, abs=0.005)
    numbers = pd.Series(draws.integers(-2, 3)).value_counts(normalize=True)
    assert sorted(numbers.index) == [-2, -1, 0, 1, 2]
    assert (numbers - 0.2).abs().max() < 0.005
    wait = draws.exponential()
    assert wait.min() >= 0 and wait.mean() == pytest.approx(1, abs=0.01)
    assert (wait > 2).mean() == pytest.approx(np.exp(-2), abs=0.005)


# --- the designed benchmark ------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 31])
def test_designed_indicators_have_the_fifths_of_table_3_2(seed, places):
    designed = benchmark.designed_indicators(seed, places)
    assert (np.isnan(designed) == (places.full_spells < FEWEST)).all()
    assert np.isfinite(designed).sum() == 92
    assert places.code[np.nanargmax(designed)] == constants.OUTLIER_MUNICIPALITY
    in_order = np.sort(designed[np.isfinite(designed)])[::-1]
    for row in printed("table_3_2"):
        mean = in_order[int(row["quintile"]) == FIFTHS].mean()
        assert mean == pytest.approx(float(row["benchmark_indicator"]), abs=0.015)


@pytest.mark.parametrize("seed", [1, 2, 31])
def test_designed_indicators_fill_the_cells_of_table_5_3(seed, places):
    designed = benchmark.designed_indicators(seed, places)
    rows = {(r["expenditure_level"], r["benchmark_level"]): r for r in printed("table_5_3")}
    number = {key: int(row["municipalities_corrected"]) for key, row in rows.items()}
    # who spends least, and most, of the 92
    spend = expenditure_indicators(seed, places)
    by_spending = sorted(np.flatnonzero(np.isfinite(designed)), key=lambda k: spend[k])
    below, above = number["below", "total"], number["above", "total"]
    position = {
        "below": by_spending[:below],
        "around": by_spending[below : 92 - above],
        "above": by_spending[92 - above :],
    }
    for level, members in position.items():
        values = designed[members]
        for cell, inside in (("above_1", values > 1.05), ("below_1", values < 0.965)):
            assert inside.sum() == number[level, cell], (level, cell)
            mean = float(rows[level, cell]["benchmark_indicator"])
            if cell == "above_1":  # all but the outlier are moved on purpose
                others = places.code[members][inside] != constants.OUTLIER_MUNICIPALITY
                values = values.copy()
                values[inside] -= constants.ABOVE_1_SHIFT[level] * others
            assert values[inside].mean() == pytest.approx(mean, abs=1e-9), (level, cell)


def test_the_labour_market_explains_little_of_the_designed_effects(places, monkeypatch):
    def explained():
        """Weighted R squared of the effects on the levels of the labour market, by seed."""
        levels = LabourMarket(places).values[:-1].mean(axis=1)
        weights = places.full_spells * places.success_share
        designs = [
            benchmark.effects_of_indicators(benchmark.designed_indicators(seed, places), places)
            for seed in (1, 2, 31)
        ]
        return [sm.WLS(each, sm.add_constant(levels), weights=weights).fit().rsquared for each in designs]

    best_of_many = explained()
    assert max(best_of_many) < 0.02
    monkeypatch.setattr(constants, "BENCHMARK_DRAFTS", 1)
    assert np.mean(best_of_many) < np.mean(explained())


def test_designed_indicators_are_the_seeds(places):
    first, again, other = (benchmark.designed_indicators(seed, places) for seed in (1, 1, 2))
    assert np.array_equal(first, again, equal_nan=True)
    assert not np.array_equal(first, other, equal_nan=True)
    small_places = municipalities(0.1)  # who is benchmarked is read from the print, at any scale
    assert np.array_equal(first, benchmark.designed_indicators(1, small_places), equal_nan=True)


def test_a_cell_of_table_5_3_takes_no_one_who_does_not_fit_for_the_number():
    cells = pd.DataFrame([r for r in printed("table_5_3") if r["benchmark_level"] == "above_1"])
    cells = cells[cells["expenditure_level"] != "total"].set_index("expenditure_level")
    numbers = ["municipalities_corrected", "expenditure_dkk_per_person", "benchmark_indicator"]
    cells[numbers] = cells[numbers].astype(float)
    spend = np.array([0.75, 0.80, 0.97, 0.98, 1.02, 1.30, 1.40, 1.75])
    apart = np.array([2.0, 1.5, 0.3, 0.3, 0.3, 2.0, 2.0, 3.0])
    money = np.array([66, 65, 72, 73, 72, 99, 100, 99]) * 1000.0
    fitting = np.array([1.06, 1.06, 1.12, 1.12, 1.12, 1.07, 1.07, 1.22])
    level = spending._levels(cells, spend, apart, money, fitting)
    assert level.tolist() == ["below"] * 2 + ["around"] * 3 + ["above"] * 3
    one_too_good = np.where(np.arange(8) == 1, 1.14, fitting)
    level = spending._levels(cells, spend, apart, money, one_too_good)
    assert level.tolist() == ["below"] + ["around"] * 4 + ["above"] * 3


# --- as an analyst finds it ------------------------------------------------------------------------------

LABOUR = list(case_mix.LABOUR_MARKET_TERMS)


def made_up(spread):
    """Spells in three municipalities; the labour market differs between them by `spread`."""
    rng = np.random.default_rng(11)
    n = 900
    place = rng.choice([0, 4, 7], n)
    covariates = pd.DataFrame(
        {
            "young": rng.integers(0, 2, n).astype(float),
            LABOUR[0]: spread * place,
            "children": rng.poisson(1, n).astype(float),
            LABOUR[1]: 0.1 * spread * (place == 4),
            LABOUR[2]: 3 * spread * (place == 7),
        }
    )
    hazard = 0.006 * np.exp(0.5 * covariates["young"] - 0.3 * covariates["children"])
    job = np.ceil(rng.exponential(1 / hazard)).astype(int)
    end = rng.integers(20, WINDOW_WEEKS + 1, n)
    start = rng.integers(2000, 2200, n)
    spells = pd.DataFrame(
        {
            "place": place,
            "start": start,
            "exit": start + np.minimum(job, end),
            "outcome": np.where(job < end, "success", "unfinished"),
        }
    )
    spells.loc[5, "exit"] = spells.loc[5, "start"]  # over in its first week: counts as one week
    return spells, covariates, rng.random(n) < 0.5


def test_observed_weeks_are_those_of_kaplan_meier(places):
    spells, covariates, woman = made_up(0.2)
    observed, expected = benchmark.analysed_weeks(spells, covariates, woman, places)
    weeks = np.maximum(spells["exit"] - spells["start"], 1).to_numpy()
    success = (spells["outcome"] == "success").to_numpy()
    for k in (0, 4, 7):
        rows = (spells["place"] == k).to_numpy()
        curve = kaplan_meier.survival(weeks[rows], success[rows], horizon=WINDOW_WEEKS)
        assert observed[k] == kaplan_meier.restricted_mean(curve, WINDOW_WEEKS)
    nobody = np.setdiff1d(np.arange(98), [0, 4, 7])
    assert np.isnan(observed[nobody]).all() and np.isnan(expected[nobody]).all()


def test_expected_weeks_take_the_printed_labour_market(places):
    spells, covariates, woman = made_up(0.2)
    _, expected = benchmark.analysed_weeks(spells, covariates, woman, places)
    weeks = np.maximum(spells["exit"] - spells["start"], 1).to_numpy()
    success = (spells["outcome"] == "success").to_numpy()
    printed_beta = {(r["sex"], r["term"]): r["coefficient"] for r in printed("appendix_table_6_1")}
    own = {k: [] for k in (0, 4, 7)}
    for sex, rows in (("men", ~woman), ("women", woman)):
        fitted = cox.fit(weeks[rows].astype(float), success[rows], covariates[rows]).coefficients
        beta = np.array(
            [
                float(printed_beta[sex, term]) if term in LABOUR else b
                for term, b in zip(covariates.columns, fitted, strict=True)
            ]
        )
        risk = np.exp(covariates[rows].to_numpy() @ beta)
        # Breslow: of each week the successes over the risk of those still there
        cumulative, area = 0.0, np.ones(rows.sum())
        for week in range(1, WINDOW_WEEKS):
            there = weeks[rows] >= week
            if there.any():
                cumulative += (success[rows] & (weeks[rows] == week)).sum() / risk[there].sum()
            area += np.exp(-risk * cumulative)
        for k, value in zip(spells["place"][rows], area, strict=True):
            own[k].append(value)
    for k, values in own.items():
        assert expected[k] == pytest.approx(np.mean(values), rel=1e-9)


def test_where_labour_markets_do_not_differ_it_is_the_published_indicator(places):
    spells, covariates, woman = made_up(0.0)
    observed, expected = benchmark.analysed_weeks(spells, covariates, woman, places)
    rows = pd.DataFrame(
        {
            "spell_id": np.arange(len(spells)),
            "person_id": np.arange(len(spells)),
            "sex": np.where(woman, "women", "men"),
            "municipality_code": spells["place"].astype(str),
            "duration_weeks": np.maximum(spells["exit"] - spells["start"], 1),
            "is_success": spells["outcome"] == "success",
            "is_benchmarked": True,
        }
    )
    found = indicator.uncertainty(pd.concat([rows, covariates], axis=1))
    assert observed[[0, 4, 7]] == pytest.approx(found.observed, rel=1e-12)
    # Breslow's baseline here, the product limit there
    assert expected[[0, 4, 7]] == pytest.approx(found.expected, rel=0.003)


# --- settlement ------------------------------------------------------------------------------------------


def classes():
    """A made-up pool: 12 risks by origin, schooling, youth and recency."""
    levels = [np.linspace(-4.5, 2.5, 12), ["a", "b", "c"], ["1", "2"], [False, True], [False, True]]
    table = pd.MultiIndex.from_product(
        levels, names=["log_risk", "origin_class", "education", "young", "recent"]
    ).to_frame(index=False)
    return table.assign(persons=np.random.default_rng(2).integers(40, 160, len(table)))


def successes_of(log_risk):
    return 1 - np.exp(-np.exp(log_risk))


def spells_of(log_risk):
    return 1 + 0.1 * successes_of(log_risk)  # nobody can have more successes than spells


@pytest.fixture(scope="module")
def settled():
    table, some = classes(), municipalities(0.2)
    effects = 0.1 * np.random.default_rng(4).normal(size=98)
    liked = settlement.draw_likings(7, table, some)
    return (
        table,
        some,
        effects,
        settlement.expected_settlement(liked, table, some, spells_of, successes_of, effects),
    )


def test_settlement_plans_the_printed_shares(settled):
    table, some, effects, expected = settled
    assert expected.shape == (len(table), 98) and (expected >= 0).all()
    log_risk = table["log_risk"].to_numpy()[:, None] + effects
    spells = (expected * spells_of(log_risk)).sum(axis=0)
    assert spells == pytest.approx(some.spells, rel=1e-9)
    share = (expected * successes_of(log_risk)).sum(axis=0) / spells
    # the pool has successes of its own; the municipalities keep their distances on the logit
    logit = np.log(share / (1 - share)) - np.log(some.success_share / (1 - some.success_share))
    assert np.ptp(logit) < 0.01
    pool = table["persons"].to_numpy()[:, None]
    whole = (pool * successes_of(log_risk)).sum() / (pool * spells_of(log_risk)).sum()
    assert share @ some.spells / some.spells.sum() == pytest.approx(whole, abs=0.005)


def test_settlement_uses_no_class_up(settled):
    table, _, _, expected = settled
    used = expected.sum(axis=1) / table["persons"].to_numpy()
    assert used.max() < 1 and used.std() < 0.02


def test_every_municipality_gets_its_persons_and_a_small_change_moves_few(settled):
    table, _, _, expected = settled
    size = table["persons"].to_numpy()
    labels = np.random.default_rng(3).permutation(np.repeat(np.arange(len(table)), size))
    place = settlement.assign_places(7, labels, expected, size)
    assert place.min() == -1 and place.max() < 98
    number = np.bincount(place[place >= 0], minlength=98)
    assert np.abs(number - np.ceil(expected.sum(axis=0))).max() <= 1
    assert (place == settlement.assign_places(7, labels, expected, size)).all()
    nudged = expected * (1 + 0.02 * np.random.default_rng(5).choice([-1, 1], expected.shape))
    moved = (place != settlement.assign_places(7, labels, nudged, size)).mean()
    anew = (place != settlement.assign_places(8, labels, expected, size)).mean()
    assert 0 < moved < 0.05 * anew


# --- dropping the surplus --------------------------------------------------------------------------------


def surplus(seed=1):
    """Persons of one spell each, a third more than wanted, with a tenth too many successes among them."""
    rng = np.random.default_rng(seed)
    some = municipalities(0.2)
    place = np.repeat(np.arange(98), np.ceil(1.3 * some.spells).astype(int) + 1)
    share = np.minimum(1.1 * some.success_share[place], 1)
    kind = np.where(
        rng.random(len(place)) < share,
        "success",
        rng.choice(["left", "unfinished"], len(place), p=[0.1, 0.9]),
    )
    refugees = np.where(kind == "success", 0.25, 0.6)
    persons = pd.DataFrame(
        {
            "is_woman": rng.random(len(place)) < 0.5,
            "group": np.where(rng.random(len(place)) < refugees, "refugee", "family_reunified"),
        }
    )
    spells = pd.DataFrame({"person": np.arange(len(place)), "place": place, "outcome": kind})
    return some, persons, spells, rng.random(len(place))


def off_print(persons, spells, scale):
    """Spells that outcomes by sex and by ground are away from Tables 2.1 and 2.2, in all."""
    frame = pd.concat(
        [persons.loc[spells["person"]].reset_index(drop=True), spells["outcome"].reset_index(drop=True)],
        axis=1,
    )
    frame["sex"] = np.where(frame["is_woman"], "women", "men")
    rows = [("sex", r["sex"], r) for r in printed("table_2_1")]
    rows += [("group", r["residence_ground"], r) for r in printed("table_2_2")]
    return sum(
        abs(((frame[column] == level) & (frame["outcome"] == r["outcome"])).sum() - scale * int(r["spells"]))
        for column, level, r in rows
        if level != "all" and r["outcome"] in OUTCOMES
    )


def test_the_surplus_is_dropped_exactly_and_from_where_it_is():
    some, persons, spells, power = surplus()
    keep = counting_out.persons_to_keep(power, spells, counting_out.sex_ground_outcome(persons, spells), some)
    left = spells[keep]
    assert (np.bincount(left["place"], minlength=98) == some.spells).all()
    success = np.bincount(left["place"], left["outcome"] == "success", minlength=98)
    wanted = some.success_share * some.spells
    before = np.bincount(spells["place"], spells["outcome"] == "success", minlength=98)
    assert (success <= before).all()
    assert np.abs(success - wanted).mean() < 1.0 < np.abs(before - wanted).mean()
    # at random the same numbers of each municipality
    rank = pd.Series(power).groupby(spells["place"]).rank(method="first", ascending=False)
    random = spells[rank.to_numpy() <= some.spells[spells["place"]]]
    assert len(random) == len(left)
    scale = some.spells.sum() / some.full_spells.sum()
    assert off_print(persons, left, scale) < 0.5 * off_print(persons, random, scale)


def test_too_many_who_left_are_dropped_before_others():
    some, persons, spells, power = surplus()
    cell = counting_out.sex_ground_outcome(persons, spells)
    left = (spells["outcome"] == "left").to_numpy()
    lacking = np.bincount(cell, minlength=counting_out.CELLS) - counting_out.cell_targets(cell, some)
    assert (np.maximum(lacking, 0)[np.unique(cell[left])]).sum() > 0
    keep = counting_out.persons_to_keep(power, spells, cell, some)
    after = np.bincount(cell[keep], minlength=counting_out.CELLS) - counting_out.cell_targets(cell, some)
    assert (after[np.unique(cell[left])] <= 0).all()


def test_the_same_persons_are_dropped_again():
    some, persons, spells, power = surplus()
    cell = counting_out.sex_ground_outcome(persons, spells)
    keep = counting_out.persons_to_keep(power, spells, cell, some)
    assert (keep == counting_out.persons_to_keep(power, spells, cell, some)).all()
    assert (keep != counting_out.persons_to_keep(power[::-1], spells, cell, some)).any()
    # those of little staying power go
    assert power[~keep].mean() < power[keep].mean() - 0.2


def test_of_those_with_two_spells_both_go():
    some, persons, spells, power = surplus()
    # every third person has the next one's spell too, in the same municipality
    number = spells.groupby("place").cumcount()
    spells = spells.assign(person=spells["person"] - (number % 3 == 1))
    keep = counting_out.persons_to_keep(power, spells, counting_out.sex_ground_outcome(persons, spells), some)
    left = np.bincount(spells.loc[keep[spells["person"]], "place"], minlength=98)
    # a spell too few is filled up afterwards, one too many would stay
    assert (left <= some.spells).all() and (left >= some.spells - 1).all()
