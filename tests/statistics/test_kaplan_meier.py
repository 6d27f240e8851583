"""Kaplan-Meier areas against hand calculations, lifelines and their own derivatives."""

import numpy as np
import pytest
import simulation
from lifelines import KaplanMeierFitter

from vfm.statistics import kaplan_meier


def test_a_curve_by_hand():
    # 5 at risk in week 1, one event; 3 at risk in week 3 (one left in week 2), one event
    curve = kaplan_meier.survival([1, 2, 3, 4, 6], [True, False, True, False, False], horizon=6)
    np.testing.assert_allclose(curve, [1, 0.8, 0.8, 0.8 * 2 / 3, 0.8 * 2 / 3, 0.8 * 2 / 3, 0.8 * 2 / 3])
    assert kaplan_meier.restricted_mean(curve, 6) == pytest.approx(1 + 0.8 * 2 + 0.8 * 2 / 3 * 3)


def test_greenwood_by_hand():
    # areas from week 1 and 3 on: 0.8 * 2 + 1.6 and 1.6; d / (n (n - d)): 1/20 and 1/6
    variance = kaplan_meier.restricted_mean_variance(
        [1, 2, 3, 4, 6], [True, False, True, False, False], horizon=6
    )
    assert variance == pytest.approx(3.2**2 / 20 + 1.6**2 / 6)


def test_the_curve_stays_after_the_last_censoring():
    curve = kaplan_meier.survival([2, 3], [True, False], horizon=156)
    assert (curve[2:] == 0.5).all()
    assert kaplan_meier.restricted_mean(curve, 156) == 2 + 154 / 2


def test_everyone_dead_leaves_no_area_and_no_variance_after():
    curve = kaplan_meier.survival([4, 4], [True, True], horizon=10)
    assert kaplan_meier.restricted_mean(curve, 10) == 4
    assert kaplan_meier.restricted_mean_variance([4, 4], [True, True], horizon=10) == 0
    assert (kaplan_meier.influence(np.array([4, 4]), [True, True], horizon=10) == 0).all()


def test_nobody_successful_stays_the_whole_window():
    assert kaplan_meier.restricted_mean(kaplan_meier.survival([156] * 3, [False] * 3), 156) == 156


def test_curve_equals_lifelines():
    d = simulation.spells(800, seed=2, levels=(2,))
    theirs = KaplanMeierFitter().fit(d.duration_weeks, d.is_success)
    expected = theirs.survival_function_at_times(np.arange(157)).to_numpy()
    np.testing.assert_allclose(kaplan_meier.survival(d.duration_weeks, d.is_success), expected, atol=1e-12)


def test_weights_are_copies_of_rows():
    d = simulation.spells(300, seed=2, levels=(2,))
    weights = np.random.default_rng(0).integers(0, 4, len(d))
    rows = np.repeat(np.arange(len(d)), weights)
    a = (d.duration_weeks.to_numpy()[rows], d.is_success.to_numpy()[rows])
    b = (d.duration_weeks, d.is_success)
    np.testing.assert_allclose(kaplan_meier.survival(*a), kaplan_meier.survival(*b, weights=weights))
    assert kaplan_meier.restricted_mean_variance(*a) == pytest.approx(
        kaplan_meier.restricted_mean_variance(*b, weights=weights)
    )


def test_influence_is_the_derivative_and_its_squares_are_greenwood():
    d = simulation.spells(400, seed=5, levels=(2,))
    duration, event = d.duration_weeks.to_numpy(), d.is_success.to_numpy()
    psi = kaplan_meier.influence(duration, event)
    assert (psi**2).sum() == pytest.approx(kaplan_meier.restricted_mean_variance(duration, event), rel=1e-10)
    for i in (0, 17, 333):
        area = []
        for h in (1e-5, -1e-5):
            w = np.ones(len(d))
            w[i] += h
            area.append(kaplan_meier.restricted_mean(kaplan_meier.survival(duration, event, weights=w), 156))
        assert (area[0] - area[1]) / 2e-5 == pytest.approx(psi[i], rel=1e-5, abs=1e-7)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([], []), "at least one row"),
        (([1.5], [True]), "whole weeks"),
        (([0], [True]), "whole weeks"),
        (([1, 2], [True]), "event must have shape"),
    ],
)
def test_bad_input_is_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        kaplan_meier.survival(*arguments)


@pytest.mark.parametrize(
    ("curve", "words"),
    [([1, 0.5], "no area"), ([1, 0.5, 0.7], "never rises"), ([1.2, 0.5, 0.1], r"\[0, 1\]")],
)
def test_restricted_mean_refuses_what_is_no_curve(curve, words):
    with pytest.raises(ValueError, match=words):
        kaplan_meier.restricted_mean(curve, 3)
