"""Do ranks, fifths, shrunken intervals and discoveries hold what they say? For make recovery.

Histories are drawn again under one truth, and all is computed anew from each draw's indicators and their
covariance. What is true of a municipality is the limit of the calculation: for each draw the mean of the
other draws, so that the truth does not depend on the draw. Aggregates only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from vfm.statistics import comparing, shrinkage
from vfm.statistics.normal import Z_975
from vfm.synthetic.verify import adverse
from vfm.synthetic.verify.recovery_held import held_cells, of_all_seeds

COLUMNS = ["quantity", "name", "stated", "held", "cases", "width"]
FARTHEST = 8  # municipalities whose effects are the largest
DRAWS = 999  # of rank sets and fifths, in each redraw
TITLES = {
    "indicator": "benchmark indicator",
    "shrunken": "shrunken indicator",
    "shrunken_farthest": "the same, of the eight municipalities farthest from the mean",
    "rank_set": "marginal rank set (`rank_low`, `rank_high`)",
    "rank_sets_at_once": "simultaneous rank sets, all at once",
    "bootstrap_rank": "percentile interval of the rank, normal draws for replicates (no confidence interval)",
    "discovery": "discoveries at 5 %: on the side of the truth",
    "null_discovery": "all true indicators alike, discoveries at 5 %: none",
    "null_dispersion": "all true indicators alike, Cochran's Q at 5 %: not rejected",
}


@dataclass(frozen=True)
class Drawn:
    """What one redraw gave; codes, log indicators and who is a discovery are (K,), the covariance (K, K)."""

    codes: np.ndarray
    log_indicator: np.ndarray
    is_discovery: np.ndarray
    covariance: np.ndarray


def drawn(indicators: pd.DataFrame, covariances: pd.DataFrame) -> Drawn:
    """Take what is needed from rows of indicator_uncertainty and indicator_covariance."""
    data = indicators.sort_values("municipality_code", kind="stable")
    codes, value = data["municipality_code"].to_numpy(object), data["indicator"].to_numpy(float)
    V = comparing.covariance_matrix(codes, covariances) / np.outer(value, value)
    return Drawn(codes.astype(str), np.log(value), data["p_value_fdr"].to_numpy(float) < 0.05, V)


def comparing_held(draws: Sequence[Drawn], seed: int) -> pd.DataFrame:
    """How often each quantity held the limit of the calculation over the redraws of one world.

    Parameters
    ----------
    draws : sequence of Drawn
        Of the same municipalities; at least two.
    seed : int
        Of the rank sets and fifths.

    Returns
    -------
    DataFrame
        quantity (key of TITLES, or "fifth"), name (municipality, "all", or the tenth 0..9 that a stated
        probability lies in), stated, held (how often), cases (of so many; of fifths cells) and width (mean: a
        ratio, ranks, or missing).
    """
    all_of = np.stack([one.log_indicator for one in draws])
    rows, fifths = [], []
    others = len(draws) - 1
    for number, one in enumerate(draws):
        truth = (all_of.sum(axis=0) - all_of[number]) / others
        # the truth has an error of its own, which makes the deviation as much larger
        rows += _without_effects(one, (one.log_indicator - truth) / np.sqrt(1 + 1 / others))
        for quantity, names, inside, width in _one(one, truth, seed + number):
            rows += zip([quantity] * len(names), names, inside, width, strict=True)
        fifths.append(_fifths(one, truth, seed + number))
    table = pd.DataFrame(rows, columns=["quantity", "name", "held", "width"])
    table = table.astype({"held": float, "width": float})
    found = table.groupby(["quantity", "name"], sort=False).agg(
        held=("held", "sum"), cases=("held", "size"), width=("width", "mean")
    )
    return pd.concat([found.reset_index().assign(stated=0.95), _by_tenth(pd.concat(fifths))])[COLUMNS]


def _one(one, truth, seed) -> Iterator:
    """What one redraw held: quantity, names, whether the truth is inside, width."""
    y, V, codes = one.log_indicator, one.covariance, one.codes
    s = np.sqrt(np.diag(V))
    yield "indicator", codes, np.abs(y - truth) <= Z_975 * s, np.exp(y + Z_975 * s) - np.exp(y - Z_975 * s)
    low, high = shrinkage.adaptive_intervals(y, s)
    inside = (low <= truth) & (truth <= high)
    yield "shrunken", codes, inside, np.exp(high) - np.exp(low)
    far = np.argsort(-np.abs(truth - truth.mean()), kind="stable")[:FARTHEST]
    yield "shrunken_farthest", ["all"] * len(far), inside[far], (np.exp(high) - np.exp(low))[far]
    rank = comparing.ranks(truth[None])[0]
    marginal, simultaneous, _ = comparing.rank_sets(y, V, draws=DRAWS, seed=seed)
    for quantity, sets in (("rank_set", marginal), ("rank_sets_at_once", simultaneous)):
        inside, width = (sets[:, 0] <= rank) & (rank <= sets[:, 1]), sets[:, 1] - sets[:, 0] + 1
        if quantity == "rank_set":
            yield quantity, codes, inside, width
        else:
            yield quantity, ["all"], [inside.all()], [width.mean()]
    noise = np.random.default_rng(seed).standard_normal((DRAWS, len(y))) @ comparing.symmetric_root(V)
    ends = np.quantile(comparing.ranks(y + noise), [0.025, 0.975], axis=0, method="inverted_cdf")
    yield "bootstrap_rank", codes, (ends[0] <= rank) & (rank <= ends[1]), ends[1] - ends[0] + 1
    found = np.flatnonzero(one.is_discovery)
    right = np.sign(y[found]) == np.sign(truth[found])
    yield "discovery", ["all"] * len(found), right, np.full(len(found), np.nan)


def _without_effects(one, error):
    """Rows of `comparing_held` where errors are all there is."""
    s = np.sqrt(np.diag(one.covariance))
    adjusted = stats.false_discovery_control(2 * stats.norm.sf(np.abs(error / s)))
    table = pd.DataFrame(
        {"municipality_code": one.codes, "indicator": np.exp(error), "log_standard_error": s}
    )
    p = comparing.dispersion_table(table)["q_p_value"].iloc[0]
    yield "null_discovery", "all", float((adjusted >= 0.05).all()), np.nan
    yield "null_dispersion", "all", float(p >= 0.05), np.nan


def _fifths(one, truth, seed):
    """Stated probability of each municipality and fifth, and whether the true indicator ranks there."""
    theta = shrinkage.posterior_draws(one.log_indicator, one.covariance, draws=DRAWS, seed=seed)
    size = len(truth)
    stated = comparing.quintiles(comparing.ranks(theta), size)
    true = comparing.quintiles(comparing.ranks(truth[None]), size)[0]
    fifths = range(1, 6)
    return pd.DataFrame(
        {
            "stated": np.concatenate([(stated == fifth).mean(axis=0) for fifth in fifths]),
            "held": np.concatenate([true == fifth for fifth in fifths]).astype(float),
        }
    )


def _by_tenth(cells):
    """Rows of `comparing_held` for the fifths: by tenth the mean stated, and how often it held."""
    tenth = np.minimum((10 * cells["stated"]).astype(int), 9)
    found = cells.groupby(tenth).agg(stated=("stated", "mean"), held=("held", "sum"), cases=("held", "size"))
    names = found.index.astype(str)
    return found.assign(quantity="fifth", name=names, width=np.nan).reset_index(drop=True)


def comparing_rows(results: list[dict], names: dict[str, str]) -> list[tuple[str, ...]]:
    """Rows of the table of docs/recovery.md: quantity, world, then `recovery_held.held_cells`.

    Parameters
    ----------
    results : list of dict
        See `recovery_seed.measure_seed`; those without `comparing` are left out.
    names : dict of str to str
        Names of municipalities by code.
    """
    table = of_all_seeds(results, "comparing")
    rows = []
    for quantity, title in TITLES.items() if len(table) else ():
        for world, kind in adverse.KINDS.items():
            own = table[(table["quantity"] == quantity) & (table["world"] == world)]
            if len(own):
                rows.append((title, kind, *held_cells(own, names)))
    return rows


def fifth_rows(results: list[dict]) -> list[tuple[str, ...]]:
    """Rows of the table of the fifths' probabilities: world, and stated, held and cells of each tenth.

    Parameters
    ----------
    results : list of dict
        See `comparing_rows`.
    """
    table = of_all_seeds(results, "comparing")
    rows = []
    for world, kind in adverse.KINDS.items() if len(table) else ():
        own = table[(table["quantity"] == "fifth") & (table["world"] == world)]
        for tenth, cells in own.groupby("name"):
            size = cells["cases"].sum()
            stated, share = (cells["stated"] @ cells["cases"]) / size, cells["held"].sum() / size
            rows.append(
                (
                    kind,
                    f"{tenth}0-{int(tenth) + 1}0 %",
                    f"{100 * stated:.1f}",
                    f"{100 * share:.1f}",
                    f"{size:,}",
                )
            )
    return rows
