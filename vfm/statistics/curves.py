"""How well the Cox models order spells, and the curves behind the benchmark.

Concordance, Kaplan-Meier bands and cumulative incidence by sex, and each municipality's Kaplan-Meier curve
beside the one the Cox models expect. The curves are published: a point is given only where enough persons had
each event since the point before it (`released`), and a band is made from the rounded curve.

Notes
-----
Harrell, Lee & Mark (1996) for concordance; Kalbfleisch & Prentice (2002) for the log-log bands (lifelines);
Aalen & Johansen (1978) for cumulative incidence, with the variance of Marubini & Valsecchi (1995).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from vfm.statistics import kaplan_meier
from vfm.statistics.arguments import (
    SHARE,
    WEEKS,
    WINDOW,
    InputError,
    Labels,
    Numbers,
    Table,
    Truth,
    Whole,
    accepts,
)
from vfm.statistics.frames import typed
from vfm.statistics.normal import Z_975

_CONCORDANCE = {
    "sex": object,
    "spells": "int64",
    "concordance": float,
    "standard_error": float,
    "ci_low": float,
    "ci_high": float,
    "concordant_pairs": "int64",
    "discordant_pairs": "int64",
    "tied_pairs": "int64",
}
_BANDS = {
    "sex": object,
    "week": "int64",
    "survival": float,
    "ci_low": float,
    "ci_high": float,
    "withheld_reason": object,
}
_INCIDENCE = {
    "sex": object,
    "cause": object,
    "week": "int64",
    "incidence": float,
    "ci_low": float,
    "ci_high": float,
    "withheld_reason": object,
}
_CURVES = {
    "municipality_code": object,
    "week": "int64",
    "observed_survival": float,
    "expected_survival": float,
    "withheld_reason": object,
}
#: Digits of a national curve, from which its band is made: with more, numbers at risk follow from its steps.
_CURVE_DECIMALS = 4
_LARGEST = np.finfo(float).max
_PREDICTOR = Numbers("below infinity", infinite=True, maximum=_LARGEST)
_LIMIT = Whole(0, " of persons")
_SPELLS = {
    "spell_id": Labels(),
    "person_id": Labels(),
    "sex": Labels(),
    "duration_weeks": WEEKS,
}
_OUTCOMES = Table(_SPELLS | {"outcome": Labels()}, key=("spell_id",))
_PREDICTORS = {"spell_id": Labels(), "linear_predictor": _PREDICTOR, "is_without_hazard": Truth()}
_CHUNK = 4096  # spells whose expected curves are in memory at a time
#: Outcome of a spell that is the event of each cause; the others are competing, or censored.
CAUSES = {"employment": "success", "leaving": "left"}


def _pairs(duration, event, score):
    """For each row, weights of the comparable pairs it is in: concordant, discordant, tied (n, 3).

    A pair is comparable where one row has the event and the other lasts longer, or as long without an event.
    """
    out = np.zeros((len(duration), 3))
    order = np.argsort(score, kind="stable")
    for week in np.unique(duration[event]):
        died = np.flatnonzero(event & (duration == week))
        later = order[(duration > week)[order] | ((duration == week) & ~event)[order]]
        if not len(later):
            continue
        dead, alive = np.sort(score[died]), score[later]
        below = np.searchsorted(alive, score[died], "left")
        not_above = np.searchsorted(alive, score[died], "right")
        out[died] += np.column_stack([below, len(later) - not_above, not_above - below])
        below = np.searchsorted(dead, alive, "left")
        not_above = np.searchsorted(dead, alive, "right")
        out[later] += np.column_stack([len(dead) - not_above, below, not_above - below])
    return out


@accepts(
    *("duration", "event", "score", "person"),
    duration=WEEKS,
    event=Truth(),
    score=_PREDICTOR,
    person=Labels(),
)
def concordance(
    duration: np.ndarray, event: np.ndarray, score: np.ndarray, person: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """Share of comparable pairs in which the higher score has the event first.

    Parameters
    ----------
    duration : (n,) int array
        Weeks.
    event : (n,) bool array
    score : (n,) float array
        Linear predictor: higher means sooner; -inf is allowed. Equal scores count one half.
    person : (n,) array
        Clusters.

    Returns
    -------
    c, standard_error : float
        nan without a comparable pair; the error is the infinitesimal jackknife by person, scores taken as
        given.
    pairs : (3,) int array
        Concordant, discordant, tied.

    Raises
    ------
    ValueError
        Arrays of different length, or missing scores.

    Notes
    -----
    Harrell, Lee & Mark (1996). Of a pair with equal durations only one with one event is comparable, as in
    lifelines.
    """
    own = _pairs(duration, event, score)
    pairs = own.sum(axis=0) / 2
    if not pairs.sum():
        return np.nan, np.nan, np.zeros(3, int)
    c = (pairs[0] + pairs[2] / 2) / pairs.sum()
    influence = (own[:, 0] + own[:, 2] / 2 - c * own.sum(axis=1)) / pairs.sum()
    error = np.sqrt((np.bincount(pd.factorize(person)[0], influence) ** 2).sum())
    return float(c), float(error), pairs.round().astype(int)


def _with_scores(spells, scores):
    """Spells with their own row of `scores`, by spell_id."""
    own = spells.drop(columns=[c for c in scores if c != "spell_id" and c in spells])
    data = own.merge(scores, on="spell_id", validate="1:1").sort_values("spell_id", kind="stable")
    if len(data) < max(len(spells), len(scores)):
        raise InputError(
            f"predictors and spells have {len(data)} of {len(spells)} spells in common: "
            "give those of one build"
        )
    return data


@accepts(
    spells=Table(_SPELLS | {"is_success": Truth()}, key=("spell_id",)),
    predictors=Table(_PREDICTORS, key=("spell_id",)),
    disclosure_limit=_LIMIT,
)
def concordance_table(
    spells: pd.DataFrame, predictors: pd.DataFrame, disclosure_limit: int = 5
) -> pd.DataFrame:
    """Rows of benchmark.cox_concordance, one per sex.

    Parameters
    ----------
    spells : DataFrame
        intermediate.int_spells: spell_id, person_id, sex, duration_weeks, is_success.
    predictors : DataFrame
        intermediate.int_linear_predictors: spell_id, linear_predictor, is_without_hazard.
    disclosure_limit : int
        Where fewer persons of either sex than this succeeded, or did not, there is no row.
    """
    scores = predictors[["spell_id", "linear_predictor", "is_without_hazard"]]
    data = _with_scores(spells, scores)
    rows = []
    persons = data.groupby(["sex", "is_success"])["person_id"].nunique().unstack(fill_value=0)
    if disclosure_limit > 1 and (persons.reindex(columns=[False, True], fill_value=0) < disclosure_limit).any(
        axis=None
    ):
        data = data.iloc[:0]
    for sex, part in data.groupby("sex"):
        score = part["linear_predictor"].to_numpy(float)
        score = np.where(part["is_without_hazard"].to_numpy(bool), -np.inf, score)
        c, error, pairs = concordance(
            part["duration_weeks"].to_numpy(), part["is_success"].to_numpy(bool), score, part["person_id"]
        )
        rows.append([sex, len(part), c, error, c - Z_975 * error, min(c + Z_975 * error, 1.0), *pairs])
    return pd.DataFrame(rows, columns=list(_CONCORDANCE)).astype(_CONCORDANCE)


@accepts(
    events=Numbers("not negative", minimum=0, dimensions=(1, 2)),
    at_risk=Numbers("not negative", minimum=0),
    limit=_LIMIT,
)
def released(events: np.ndarray, at_risk: np.ndarray, limit: int) -> np.ndarray:
    """Weeks at which curves may be given, so that every step rests on at least `limit` persons of each cause.

    Parameters
    ----------
    events : (weeks + 1,) or (causes, weeks + 1) int array
        Persons with their event in weeks 0..weeks.
    at_risk : (weeks + 1,) int array
        Persons seen in that week.
    limit : int
        0 and 1 give every week.

    Returns
    -------
    (weeks + 1,) bool array
        Week 0; each week by which `limit` persons had each event since the one before; the last such week
        gives way to the last week with `limit` persons at risk, if fewer follow it. None comes after that.
    """
    if np.atleast_2d(events).shape[1] != len(at_risk):
        raise InputError(
            f"events has shape {events.shape} and at_risk {len(at_risk)} weeks: give the same weeks"
        )
    if limit <= 1:
        return np.ones(len(at_risk), bool)
    events = np.atleast_2d(events)
    out, since = np.zeros(len(at_risk), bool), np.zeros(len(events))
    out[0] = True
    end = max(np.flatnonzero(at_risk >= limit), default=0)
    for week in range(1, end + 1):
        since += events[:, week]
        if (since >= limit).all():
            out[week], since = True, np.zeros(len(events))
    last = np.flatnonzero(out)[-1]
    if 0 < last < end:
        out[last], out[end] = False, True
    return out


def _week_grid(part, horizon, limit):
    """Weeks at which the curves of a sex may be given: one grid, or a difference of causes would tell."""
    outcome = part["outcome"].to_numpy(object)
    persons = [_persons_by_week(part, outcome == name, horizon) for name in CAUSES.values()]
    return released(np.array([events for events, _ in persons]), persons[0][1], limit)


def _persons_by_week(part, happened, horizon):
    """Persons by the week of their first event, and persons at risk, weeks 0..horizon."""
    first = part[happened].groupby("person_id")["duration_weeks"].min()
    longest = part.groupby("person_id")["duration_weeks"].max().to_numpy()
    ended = np.bincount(np.minimum(longest, horizon), minlength=horizon + 1)
    at_risk = np.cumsum(ended[::-1])[::-1]
    return np.bincount(first[first <= horizon], minlength=horizon + 1), at_risk


@accepts(spells=_OUTCOMES, window_weeks=WINDOW, disclosure_limit=_LIMIT)
def survival_bands(spells: pd.DataFrame, window_weeks: int = 156, disclosure_limit: int = 5) -> pd.DataFrame:
    """Rows of benchmark.survival_bands: Kaplan-Meier by sex, one row per week 0..window_weeks.

    Parameters
    ----------
    spells : DataFrame
        intermediate.int_spells: spell_id, person_id, sex, duration_weeks, outcome.
    window_weeks, disclosure_limit : int
        Missing values where fewer persons than the limit found work, or left, since the last week given, or
        are at risk: the weeks of `cumulative_incidence_table`.

    Notes
    -----
    lifelines' KaplanMeierFitter, 95 % bands from Greenwood's variance on the log(-log) scale around the
    rounded curve; spells of one person count as independent.
    """
    from lifelines import KaplanMeierFitter  # slow to import

    horizon, parts = window_weeks, []
    for sex, part in spells.sort_values("spell_id", kind="stable").groupby("sex"):
        event = (part["outcome"] == CAUSES["employment"]).to_numpy(bool)
        fitted = KaplanMeierFitter(alpha=0.05).fit(part["duration_weeks"], event)
        weeks = np.arange(horizon + 1)
        band = fitted.confidence_interval_.reindex(fitted.timeline).reindex(weeks, method="ffill")
        exact = fitted.survival_function_at_times(weeks).to_numpy()
        rounded = exact.round(_CURVE_DECIMALS)
        inside = (exact > 0) & (exact < 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            low, high = (rounded ** (np.log(band.iloc[:, k].to_numpy()) / np.log(exact)) for k in (0, 1))
        frame = pd.DataFrame(
            {
                "sex": sex,
                "week": weeks,
                "survival": rounded,
                "ci_low": np.where(inside, low, rounded),
                "ci_high": np.where(inside, high, rounded),
            }
        )
        parts.append(_withheld(frame, _week_grid(part, horizon, disclosure_limit)))
    return typed(parts, _BANDS)


def _withheld(frame, given):
    values = [c for c in frame.columns if c not in ("sex", "cause", "week")]
    frame.loc[~given, values] = np.nan
    frame["withheld_reason"] = np.where(given, None, "few_persons")
    return frame


@accepts(
    *("duration", "cause"),
    duration=WEEKS,
    cause=Numbers("0 (censored), 1 or 2", minimum=0, maximum=2, whole=True),
    horizon=WINDOW,
)
def cumulative_incidence(
    duration: np.ndarray, cause: np.ndarray, horizon: int = 156
) -> tuple[np.ndarray, np.ndarray]:
    """Aalen-Johansen cumulative incidence of each of two causes, ties and all.

    Parameters
    ----------
    duration : (n,) int array
        Whole weeks, 1 or more.
    cause : (n,) int array
        0 = censored, 1 and 2 = the causes. Events of a week come before its censorings.
    horizon : int

    Returns
    -------
    incidence, variance : (2, horizon + 1) float arrays
        At weeks 0..horizon.

    Raises
    ------
    ValueError
        No rows, durations that are no whole weeks of 1 or more, or another cause.

    Notes
    -----
    ``F_j(t) = sum over weeks s <= t of S(s - 1) d_j(s) / n(s)``, S the survival of either cause. Variance:
    Marubini & Valsecchi (1995), section 10.3, as in SAS and lifelines; lifelines breaks ties at random
    before it computes the same.
    """
    week = np.minimum(duration.astype(int), horizon + 1)
    n = np.cumsum(np.bincount(week, minlength=horizon + 2)[::-1])[::-1][: horizon + 1].astype(float)
    by_cause = [np.bincount(week[cause == j], minlength=horizon + 2)[: horizon + 1] for j in (1, 2)]
    d = by_cause[0] + by_cause[1]
    share = np.divide(d, n, out=np.zeros_like(n), where=n > 0)
    before = np.concatenate([[1.0], np.cumprod(1 - share)[:-1]])
    incidence, variance = np.zeros((2, horizon + 1)), np.zeros((2, horizon + 1))
    safe, left = np.maximum(n, 1), n * (n - d)
    overall = np.divide(d, left, out=np.zeros_like(n), where=left > 0)  # all gone: F no longer moves
    for j, dj in enumerate(by_cause):
        F = incidence[j] = np.cumsum(before * dj / safe)
        gap = np.tril(F[:, None] - F)
        variance[j] = (
            gap**2 @ overall
            + np.cumsum(before**2 * dj * (n - dj) / safe**3)
            - 2 * gap @ (before * dj / safe**2)
        )
    return incidence, np.maximum(variance, 0.0)


@accepts(spells=_OUTCOMES, window_weeks=WINDOW, disclosure_limit=_LIMIT)
def cumulative_incidence_table(
    spells: pd.DataFrame, window_weeks: int = 156, disclosure_limit: int = 5
) -> pd.DataFrame:
    """Rows of benchmark.cumulative_incidence, one per sex, cause and week 0..window_weeks.

    Parameters
    ----------
    spells : DataFrame
        intermediate.int_spells: spell_id, person_id, sex, duration_weeks, outcome.
    window_weeks, disclosure_limit : int
        As `survival_bands`.

    Notes
    -----
    95 % bands on the log(-log) scale, as in lifelines, around the rounded curve; spells of one person count
    as independent. Spells that are unfinished are censored.
    """
    horizon, parts = window_weeks, []
    for sex, part in spells.sort_values("spell_id", kind="stable").groupby("sex"):
        outcome = part["outcome"].to_numpy(object)
        cause = np.select([outcome == name for name in CAUSES.values()], [1, 2], 0)
        incidence, variance = cumulative_incidence(part["duration_weeks"].to_numpy(), cause, horizon)
        given = _week_grid(part, horizon, disclosure_limit)
        for j, name in enumerate(CAUSES):
            exact, F = incidence[j], incidence[j].round(_CURVE_DECIMALS)
            with np.errstate(divide="ignore", invalid="ignore"):
                width = Z_975 * np.sqrt(variance[j]) / (exact * np.abs(np.log(exact)))
                low, high = F ** np.exp(width), F ** np.exp(-width)
            inside = (exact > 0) & (exact < 1)
            frame = pd.DataFrame(
                {
                    "sex": sex,
                    "cause": name,
                    "week": np.arange(horizon + 1),
                    "incidence": F,
                    "ci_low": np.where(inside, low, F),
                    "ci_high": np.where(inside, high, F),
                }
            )
            parts.append(_withheld(frame, given))
    return typed(parts, _INCIDENCE)


@accepts(linear_predictor=_PREDICTOR, baseline=SHARE)
def expected_survival(linear_predictor: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """Mean over spells of S0(t)^exp(x b).

    Parameters
    ----------
    linear_predictor : (n,) float array
        x b; -inf for a spell whose hazard is 0.
    baseline : (weeks + 1,) float array
        S0 at weeks 0, 1, ... of a spell with x b = 0.

    Returns
    -------
    (weeks + 1,) float array
    """
    hazard, baseline = np.exp(linear_predictor), baseline[:, None]
    parts = [hazard[a : a + _CHUNK] for a in range(0, len(hazard), _CHUNK)]
    return sum((baseline**part).sum(axis=1) for part in parts) / len(hazard)


@accepts(
    spells=Table(_SPELLS | {"municipality_code": Labels(), "is_success": Truth()}, key=("spell_id",)),
    predictors=Table(_PREDICTORS | {"is_benchmarked": Truth()}, key=("spell_id",)),
    baseline=Table(
        {"sex": Labels(), "week": Numbers("whole weeks from 0 on", minimum=0, whole=True), "survival": SHARE},
        key=("sex", "week"),
    ),
    window_weeks=WINDOW,
    disclosure_limit=_LIMIT,
)
def municipal_curves(
    spells: pd.DataFrame,
    predictors: pd.DataFrame,
    baseline: pd.DataFrame,
    window_weeks: int = 156,
    disclosure_limit: int = 5,
) -> pd.DataFrame:
    """Rows of benchmark.municipal_curves, one per municipality of the benchmark and week 0..window_weeks.

    Parameters
    ----------
    spells : DataFrame
        intermediate.int_spells: spell_id, person_id, sex, municipality_code, duration_weeks, is_success.
    predictors : DataFrame
        intermediate.int_linear_predictors: spell_id, is_benchmarked, linear_predictor, is_without_hazard.
    baseline : DataFrame
        benchmark.cox_baseline: sex, week, survival. The published one, so that the expectation tells nothing
        of the weeks that it withholds.
    window_weeks, disclosure_limit : int
        The observed curve is missing where fewer persons of the municipality than the limit found work
        since the last week given, or are at risk.

    Notes
    -----
    The area under the observed curve on 0..window_weeks is the observed mean duration, that under the
    expected one the expected mean duration, but for the withheld weeks.
    """
    horizon, limit, parts = window_weeks, disclosure_limit, []
    scores = predictors[["spell_id", "is_benchmarked", "linear_predictor", "is_without_hazard"]]
    data = _with_scores(spells, scores)
    data["score"] = data["linear_predictor"].where(~data["is_without_hazard"].astype(bool), -np.inf)
    curves = {
        sex: rows.sort_values("week")["survival"].to_numpy(float) for sex, rows in baseline.groupby("sex")
    }
    if lost := sorted(set(data["sex"]) - set(curves)):
        raise InputError(f"baseline lacks sex {', '.join(map(str, lost))}: give the curves of the same build")
    for code, part in data[data["is_benchmarked"].astype(bool)].groupby("municipality_code"):
        event = part["is_success"].to_numpy(bool)
        expected = sum(
            len(rows) / len(part) * expected_survival(rows["score"], curves[sex][: horizon + 1])
            for sex, rows in part.groupby("sex")
        )
        frame = pd.DataFrame(
            {
                "municipality_code": code,
                "week": np.arange(horizon + 1),
                "observed_survival": kaplan_meier.survival(part["duration_weeks"], event, horizon=horizon),
                "expected_survival": expected,
            }
        )
        given = released(*_persons_by_week(part, event, horizon), limit)
        frame.loc[~given, "observed_survival"] = np.nan
        frame["withheld_reason"] = np.where(given, None, "few_persons")
        parts.append(frame)
    return typed(parts, _CURVES)
