"""Concordance, bands and cumulative incidence against lifelines and against hand calculations."""

import warnings

import numpy as np
import pandas as pd
import pytest
import simulation
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.datasets import load_dd
from lifelines.utils import concordance_index

from vfm.statistics import curves, indicator, kaplan_meier


@pytest.fixture(scope="module")
def spells():
    d = simulation.spells(2000, seed=4, levels=(3, 2))
    rng = np.random.default_rng(1)
    d["outcome"] = np.where(d.is_success, "success", np.where(rng.random(len(d)) < 0.3, "left", "unfinished"))
    return d


def test_concordance_by_hand():
    # comparable: (0, 1), (0, 2), (0, 3), (1, 2): 0 before all, 1 and 2 share a week and only 1 succeeds;
    # (1, 3), (3 has no event). Scores: 0 beats 1, ties with 2, loses to 3; 1 loses to 2 and to 3.
    c, _, pairs = curves.concordance(
        [1, 2, 2, 3], [True, True, False, False], [2.0, 1.0, 2.0, 3.0], ["a", "b", "c", "d"]
    )
    assert pairs.tolist() == [1, 3, 1]
    assert c == pytest.approx(1.5 / 5)


def test_concordance_equals_lifelines(spells):
    rng = np.random.default_rng(2)
    for score in (rng.standard_normal(len(spells)), rng.integers(0, 5, len(spells)).astype(float)):
        score = score + 0.02 * spells.is_success
        c, _, _ = curves.concordance(spells.duration_weeks, spells.is_success, score, spells.person_id)
        assert c == pytest.approx(
            concordance_index(spells.duration_weeks, -score, spells.is_success), abs=1e-12
        )
    dd = load_dd()
    score = dd.start_year.to_numpy(float)
    c, _, _ = curves.concordance(dd.duration, dd.observed == 1, score, dd.index)
    assert c == pytest.approx(concordance_index(dd.duration, -score, dd.observed), abs=1e-12)


def test_the_error_of_concordance_is_that_of_resampled_persons(spells):
    d = spells.iloc[:400]
    score = d.f0_1.to_numpy() + np.random.default_rng(0).standard_normal(400)
    _, error, _ = curves.concordance(d.duration_weeks, d.is_success, score, d.person_id)
    rng = np.random.default_rng(3)
    rows = list(d.reset_index(drop=True).groupby("person_id").groups.values())
    drawn = []
    for _ in range(200):
        at = np.concatenate([rows[k] for k in rng.integers(0, len(rows), len(rows))])
        part = d.iloc[at]
        drawn.append(curves.concordance(part.duration_weeks, part.is_success, score[at], at)[0])
    assert error == pytest.approx(np.std(drawn), rel=0.2)


def test_a_spell_without_hazard_comes_last(spells):
    predictors = pd.DataFrame(
        {
            "spell_id": spells.spell_id,
            "linear_predictor": 100.0,
            "is_without_hazard": ~spells.is_success,
        }
    ).sample(frac=1, random_state=0)
    table = curves.concordance_table(spells, predictors)
    assert table.sex.tolist() == ["men", "women"] and table.spells.sum() == len(spells)
    assert (table.discordant_pairs == 0).all()  # those who succeed are tied with each other


def test_bands_equal_kaplan_meier_and_lifelines(spells):
    table = curves.survival_bands(spells, disclosure_limit=0)
    assert table.groupby("sex").week.agg(["min", "max", "size"]).to_numpy().tolist() == [[0, 156, 157]] * 2
    for sex, rows in table.groupby("sex"):
        d = spells[spells.sex == sex]
        np.testing.assert_allclose(
            rows.survival, kaplan_meier.survival(d.duration_weeks, d.is_success).round(4), atol=1e-12
        )
        theirs = KaplanMeierFitter().fit(d.duration_weeks, d.is_success).confidence_interval_
        at = theirs.index.intersection(rows.week).astype(int)
        np.testing.assert_allclose(
            rows.set_index("week").ci_low[at], theirs.loc[at].iloc[:, 0], atol=1e-4
        )  # theirs is not rounded
        assert ((rows.ci_low <= rows.survival) & (rows.survival <= rows.ci_high)).all()


def untied(n=300, seed=0):
    """Distinct weeks, so that lifelines has no ties to break."""
    rng = np.random.default_rng(seed)
    return rng.permutation(np.arange(1, n + 1)), rng.choice(3, n, p=[0.4, 0.35, 0.25])


def test_incidence_equals_lifelines_without_ties():
    duration, cause = untied()
    incidence, variance = curves.cumulative_incidence(duration, cause, 300)
    for j in (1, 2):
        theirs = AalenJohansenFitter().fit(duration, cause, event_of_interest=j)
        np.testing.assert_allclose(incidence[j - 1], theirs.cumulative_density_.iloc[:, 0], atol=1e-12)
        # the last week is the same up to the last, where nobody is left and lifelines divides by 0
        np.testing.assert_allclose(variance[j - 1][:-1], theirs.variance_.to_numpy()[:-1], atol=1e-12)


def test_incidence_lies_among_lifelines_random_ties(spells):
    d = spells[spells.sex == "men"].reset_index(drop=True)
    cause = d.outcome.map({"success": 1, "left": 2, "unfinished": 0}).to_numpy()
    incidence, _ = curves.cumulative_incidence(d.duration_weeks.to_numpy(), cause)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitter = AalenJohansenFitter(calculate_variance=False, seed=1)
        theirs = fitter.fit(d.duration_weeks, cause, event_of_interest=1).cumulative_density_.iloc[:, 0]
    assert incidence[0, -1] == pytest.approx(theirs.iloc[-1], abs=5e-3)


def test_incidences_and_survival_add_up_to_one_and_stay_below_one_minus_kaplan_meier(spells):
    cause = spells.outcome.map({"success": 1, "left": 2, "unfinished": 0}).to_numpy()
    duration = spells.duration_weeks.to_numpy()
    incidence, _ = curves.cumulative_incidence(duration, cause)
    np.testing.assert_allclose(
        incidence.sum(axis=0) + kaplan_meier.survival(duration, cause > 0), 1, atol=1e-12
    )
    naive = 1 - kaplan_meier.survival(duration, cause == 1)
    assert (incidence[0] <= naive + 1e-12).all() and incidence[0, -1] < naive[-1] - 1e-3


def test_without_competition_the_variance_is_greenwoods():
    rng = np.random.default_rng(4)
    duration, cause = rng.integers(1, 40, 200), rng.integers(0, 2, 200)
    incidence, variance = curves.cumulative_incidence(duration, cause, 30)
    S = 1 - incidence[0]
    d = np.bincount(duration[cause == 1], minlength=41)[:31]
    n = np.array([(duration >= t).sum() for t in range(31)])
    np.testing.assert_allclose(variance[0], S**2 * np.cumsum(d / (n * (n - d))), rtol=1e-9, atol=1e-15)
    assert (incidence[1] == 0).all() and (variance[1] == 0).all()


def test_a_point_rests_on_enough_persons():
    events, many = np.array([0, 3, 2, 0, 7, 1, 1]), np.full(7, 99)
    assert np.flatnonzero(curves.released(events, many, 5)).tolist() == [0, 2, 6]
    assert np.flatnonzero(curves.released(events[:6], many[:6], 2)).tolist() == [0, 1, 2, 5]
    assert np.flatnonzero(curves.released(np.array([0, 1, 1]), many[:3], 5)).tolist() == [0]
    few = np.array([99, 99, 99, 9, 9, 5, 4])
    assert np.flatnonzero(curves.released(events, few, 5)).tolist() == [0, 2, 5]
    assert curves.released(events, few, 1).all() and curves.released(events, few, 0).all()


def test_concordance_is_withheld_where_few_persons_of_a_sex_succeeded(spells):
    predictors = pd.DataFrame(
        {"spell_id": spells.spell_id, "linear_predictor": 0.0, "is_without_hazard": False}
    )
    persons = spells[(spells.sex == "men") & spells.is_success].person_id.nunique()
    assert len(curves.concordance_table(spells, predictors, disclosure_limit=persons)) == 2
    assert curves.concordance_table(spells, predictors, disclosure_limit=persons + 1).empty
    nobody = spells.assign(is_success=spells.is_success & (spells.sex == "women"))
    assert curves.concordance_table(nobody, predictors, disclosure_limit=5).empty


def test_both_causes_have_enough_persons_at_a_point():
    events = np.array([[0, 6, 6, 6, 6, 0], [0, 1, 4, 1, 5, 4]])
    assert np.flatnonzero(curves.released(events, np.full(6, 99), 5)).tolist() == [0, 2, 5]


def test_a_band_is_made_from_the_rounded_curve(spells):
    """Only around the rounded curve is a band symmetric on its own scale."""
    bands = curves.survival_bands(spells, disclosure_limit=0).set_index(["sex", "week"])
    incidence = curves.cumulative_incidence_table(spells, disclosure_limit=0)
    for values in (bands.survival, incidence.incidence):
        np.testing.assert_array_equal(values, values.round(4))
    inside = bands[(bands.survival > 0) & (bands.survival < 1)]
    width = [np.log(-np.log(inside[end])) - np.log(-np.log(inside.survival)) for end in ("ci_low", "ci_high")]
    np.testing.assert_allclose(width[0], -width[1], atol=1e-9)  # symmetric around the rounded curve alone


def test_published_steps_hold_the_disclosure_limit(spells):
    table = curves.cumulative_incidence_table(spells, disclosure_limit=5)
    assert len(table) == 2 * 2 * 157
    assert table.groupby(["sex", "week"]).incidence.count().isin([0, 2]).all()  # one grid for both causes
    assert (table.withheld_reason.notna() == table.incidence.isna()).all()
    for (sex, cause), rows in table.groupby(["sex", "cause"]):
        given = rows.week[rows.incidence.notna()].to_numpy()
        d = spells[(spells.sex == sex) & (spells.outcome == curves.CAUSES[cause])]
        persons = [
            d[(d.duration_weeks > a) & (d.duration_weeks <= b)].person_id.nunique()
            for a, b in zip(given[:-1], given[1:], strict=True)
        ]
        assert min(persons) >= 5 and given[0] == 0 and given[-1] == 156
        inside = rows.dropna(subset="incidence")
        assert ((inside.ci_low <= inside.incidence) & (inside.incidence <= inside.ci_high)).all()
    bands = curves.survival_bands(spells, disclosure_limit=5)
    assert bands.survival.isna().sum() > 0 and bands.survival.notna().sum() > 30
    shown = table[table.cause == "employment"].set_index(["sex", "week"]).incidence.notna()
    assert (bands.set_index(["sex", "week"]).survival.notna() == shown).all()


@pytest.fixture(scope="module")
def benchmark(spells):
    """Spells of three municipalities, one outside the benchmark, their predictors and a baseline by sex."""
    rng = np.random.default_rng(9)
    d = spells.drop(columns="is_benchmarked")
    d["municipality_code"] = rng.choice(["101", "461", "825"], len(d), p=[0.85, 0.1, 0.05])
    predictors = pd.DataFrame(
        {
            "spell_id": d.spell_id,
            "is_benchmarked": d.municipality_code != "825",
            "linear_predictor": rng.normal(0, 0.7, len(d)),
            "is_without_hazard": rng.random(len(d)) < 0.02,
        }
    ).sample(frac=1, random_state=1)
    weeks = np.arange(157)
    baseline = pd.concat(
        pd.DataFrame({"sex": sex, "week": weeks, "survival": np.exp(-rate * weeks)})
        for sex, rate in (("men", 0.004), ("women", 0.007))
    )
    return d, predictors, baseline


def test_municipal_curves_equal_lifelines_and_their_areas_are_the_durations(benchmark):
    spells, predictors, baseline = benchmark
    table = curves.municipal_curves(spells, predictors, baseline, disclosure_limit=0)
    assert table.groupby("municipality_code").week.agg(["min", "max", "size"]).to_dict("index") == {
        code: {"min": 0, "max": 156, "size": 157} for code in ("101", "461")
    }
    scores = predictors.set_index("spell_id").loc[spells.spell_id].reset_index(drop=True)
    score = scores.linear_predictor.where(~scores.is_without_hazard, -np.inf).to_numpy()
    expected = np.empty(len(spells))
    for sex, rows in baseline.groupby("sex"):
        men = (spells.sex == sex).to_numpy()
        expected[men] = indicator.expected_durations(score[men], -np.log(rows.survival.to_numpy()[:156]))
    for code, rows in table.groupby("municipality_code"):
        here = (spells.municipality_code == code).to_numpy()
        theirs = KaplanMeierFitter().fit(spells.duration_weeks[here], spells.is_success[here])
        np.testing.assert_allclose(
            rows.observed_survival, theirs.survival_function_at_times(np.arange(157)), atol=1e-12
        )
        observed = indicator.observed_durations(
            np.zeros(here.sum(), int),
            spells.duration_weeks[here].to_numpy(),
            spells.is_success[here].to_numpy(),
        )
        assert rows.observed_survival.iloc[:156].sum() == pytest.approx(observed[0], abs=1e-9)
        assert rows.expected_survival.iloc[:156].sum() == pytest.approx(expected[here].mean(), abs=1e-9)


def test_the_expected_curve_of_one_spell_is_the_baseline_to_the_power_of_its_hazard():
    curve = curves.expected_survival([np.log(2)], [1.0, 0.5, 0.2])
    assert curve.tolist() == pytest.approx([1, 0.25, 0.04])
    assert curves.expected_survival([-np.inf, 0.0], [1.0, 0.5]).tolist() == [1, 0.75]


def test_published_steps_of_a_municipality_hold_the_disclosure_limit(benchmark):
    spells, predictors, baseline = benchmark
    exact = curves.municipal_curves(spells, predictors, baseline, disclosure_limit=0)
    table = curves.municipal_curves(spells, predictors, baseline, disclosure_limit=5)
    assert table.expected_survival.notna().all()
    for column in ("observed_survival", "expected_survival"):
        given = table[column].notna()
        np.testing.assert_array_equal(table[column][given], exact[column][given])
    for code, rows in table.groupby("municipality_code"):
        given = rows.week[rows.observed_survival.notna()].to_numpy()
        d = spells[(spells.municipality_code == code) & spells.is_success]
        first = d.groupby("person_id").duration_weeks.min()
        persons = [((first > a) & (first <= b)).sum() for a, b in zip(given[:-1], given[1:], strict=True)]
        assert len(given) > 5 and min(persons) >= 5


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: curves.concordance([1, 2], [True, False], [1.0], ["a", "b"]), "score must have shape"),
        (lambda: curves.concordance([1], [True], [np.nan], ["a"]), "missing"),
        (lambda: curves.cumulative_incidence([], []), "duration must be a one-dim"),
        (lambda: curves.cumulative_incidence([1.5], [1]), "whole weeks"),
        (lambda: curves.cumulative_incidence([1], [3]), "cause must be 0"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
