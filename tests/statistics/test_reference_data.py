"""Kaplan-Meier and the Cox model against lifelines and statsmodels on real data, political regimes.

lifelines ships the data (Cheibub, Gandhi & Vreeland 2010, Democracy and dictatorship revisited): 1,808
regimes, years in office, whether the end was seen. Years are whole and heavily tied, like the report's weeks.
"""

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter
from lifelines.datasets import load_dd
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

from vfm.statistics import cox, kaplan_meier


@pytest.fixture(scope="module")
def regimes():
    d = load_dd()
    d = d[(d["duration"] >= 1) & d["observed"].isin([0, 1])].reset_index(drop=True)
    assert len(d) > 1500 and d["observed"].sum() > 1000
    X = pd.concat(
        [
            (d["democracy"].astype(str) == "Democracy").rename("democracy"),
            pd.get_dummies(d["un_continent_name"], prefix="continent", drop_first=True),
            ((d["start_year"] - 1980) / 10).rename("decade"),
        ],
        axis=1,
    ).astype(float)
    assert 4 <= X.shape[1] <= 10 and (X.std() > 0).all()
    country = pd.factorize(d["ctryname"])[0]
    return d["duration"].to_numpy(float), d["observed"].to_numpy(bool), X, country


def test_kaplan_meier(regimes):
    duration, event, _, _ = regimes
    horizon = int(duration.max())
    ours = kaplan_meier.survival(duration, event, horizon=horizon)
    lifelines = KaplanMeierFitter().fit(duration, event)
    expected = lifelines.survival_function_at_times(np.arange(horizon + 1)).to_numpy()
    np.testing.assert_allclose(ours, expected, atol=1e-12)
    statsmodels = SurvfuncRight(duration, event)
    at = statsmodels.surv_times.astype(int)
    np.testing.assert_allclose(ours[at], statsmodels.surv_prob, atol=1e-12)


def test_baseline_without_covariates_is_kaplan_meier(regimes):
    duration, event, _, _ = regimes
    weeks = np.arange(int(duration.max()) + 1)
    ours = cox.fit(duration, event, None).baseline_survival(weeks)
    np.testing.assert_allclose(ours, kaplan_meier.survival(duration, event, horizon=weeks[-1]), atol=1e-12)


@pytest.mark.parametrize("ties", cox.TIES)
def test_cox_equals_statsmodels(regimes, ties):
    duration, event, X, _ = regimes
    ours = cox.fit(duration, event, X, ties=ties)
    theirs = PHReg(duration, X.to_numpy(), status=event, ties=ties).fit(disp=0)
    np.testing.assert_allclose(ours.coefficients, theirs.params, atol=1e-10)
    np.testing.assert_allclose(ours.standard_errors, theirs.bse, rtol=1e-10)
    np.testing.assert_allclose(ours.log_likelihood, theirs.llf, rtol=1e-12)


def test_clustered_errors_equal_statsmodels(regimes):
    duration, event, X, country = regimes
    ours = cox.fit(duration, event, X, cluster=country)
    theirs = PHReg(duration, X.to_numpy(), status=event).fit(disp=0, groups=country)
    np.testing.assert_allclose(ours.robust_standard_errors, theirs.bse, rtol=1e-8)
    assert 100 < ours.clusters < 300


def test_efron_ties_equal_lifelines(regimes):
    duration, event, X, _ = regimes
    ours = cox.fit(duration, event, X, ties="efron")
    frame = X.assign(duration=duration, event=event)
    theirs = CoxPHFitter().fit(frame, "duration", "event", fit_options={"precision": 1e-12})
    np.testing.assert_allclose(ours.coefficients, theirs.params_[X.columns], atol=1e-8)
    np.testing.assert_allclose(ours.standard_errors, theirs.standard_errors_[X.columns], rtol=1e-7)
    np.testing.assert_allclose(ours.log_likelihood, theirs.log_likelihood_, rtol=1e-12)
    # the ties are heavy: the other handling gives other numbers
    assert np.abs(ours.coefficients - cox.fit(duration, event, X).coefficients).max() > 0.01
