"""Do the second stage's intervals and tests hold what they say? For make recovery.

The spending of a world is drawn again with the same expectations, and its benchmark indicators with the
covariance that the first stage found; nothing ties the two together. So the true indicators are known, and
the true slope between them is 0. Aggregates only.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import stats

from vfm.statistics import cost_need, expenditure_errors, indicator_draws, regression, second_stage
from vfm.statistics.arguments import InputError
from vfm.statistics.comparing import covariance_matrix, symmetric_root
from vfm.synthetic.verify import redraws
from vfm.synthetic.verify.recovery_held import held_cells, of_all_seeds
from vfm.synthetic.world.streams import stream

REDRAWS = 100
DRAWS = 299  # of the errors, in each redraw
LAWS = ("normal", "signs")
COLUMNS = ["quantity", "name", "stated", "held", "cases", "width"]
TITLES = {
    "expenditure_total": "expenditure indicator, total error",
    "expenditure_report": "expenditure indicator, the report's interval",
    "null_total": "the same, all true indicators at 1: not called apart, total error",
    "null_report": "the same, by the report's interval",
    "null_fdr": "the same, anybody called apart at 5 % false discovery: nobody",
    "slope_spells_classical": "slope of Figure 5.1 (0): spells, classical error (the report's)",
    "slope_spells_hc3": "slope (0): spells, HC3",
    "slope_precision_hc3": "slope (0): precision weights, HC3",
    "slope_spells_joint": "slope (0): spells, joint error",
    "slope_precision_joint": "slope (0): precision weights, joint error",
}


def second_stage_held(
    cells: pd.DataFrame,
    shares: list[str],
    predicted: np.ndarray,
    municipalities: pd.DataFrame,
    covariances: pd.DataFrame,
    seed: int,
    number: int = REDRAWS,
) -> pd.DataFrame:
    """How often intervals held the truth over redraws of one world.

    Parameters
    ----------
    cells : DataFrame
        intermediate.int_cost_need_input.
    shares : list of str
        Those of model 3.
    predicted : (n,) float array
        Expected kr. per full-year person of the cells, by the coefficients that the accounts were made with.
    municipalities : DataFrame
        intermediate.int_efficiency_input.
    covariances : DataFrame
        intermediate.int_indicator_covariance.
    seed, number : int
        Of the world; how many redraws.

    Returns
    -------
    DataFrame
        quantity ("<key of TITLES>, <law of the years>"), name (municipality, or "all" for what is one number
        a redraw), stated (share), held (how often), cases (of so many) and width (the interval's, its median,
        or missing).
    """
    data = municipalities.sort_values("municipality_code", kind="stable").reset_index(drop=True)
    rows = []
    for law in LAWS:
        for again in range(1, number + 1):
            for quantity, name, true, width in _one(
                cells, shares, predicted, data, covariances, (seed, again, law)
            ):
                rows += zip([f"{quantity}, {law}"] * len(name), name, true, width, strict=True)
    table = pd.DataFrame(rows, columns=["quantity", "name", "held", "width"])
    table = table[table["held"].notna()].astype({"held": float, "width": float})
    found = table.groupby(["quantity", "name"], sort=False).agg(
        held=("held", "sum"), cases=("held", "size"), width=("width", "median")
    )
    return found.reset_index().assign(stated=0.95)[COLUMNS]


def _one(cells, shares, predicted, data, covariances, which) -> Iterator:
    """What one redraw held: quantity, names, whether the truth is inside (missing: no interval), width."""
    seed, again, law = which
    own, yearly = redraws.spending_deviations(cells, predicted, seed, again, law)
    codes = data["municipality_code"].to_numpy(str)
    for level, kind in ((1.0, "expenditure"), (0.0, "null")):
        spent = cells.assign(**{cost_need.OUTCOME: predicted * (1 + level * own + yearly)})
        true = (1 + level * pd.Series(own, cells["municipality_code"].astype(str))).groupby(level=0).first()
        true = true[codes].to_numpy()
        fit = cost_need.fit(spent, 3, shares)[0]
        found = expenditure_errors.total_errors(spent, codes, fit.params, draws=DRAWS, seed=again)
        low, high = (found[end].to_numpy() for end in ("ci_low", "ci_high"))
        inside = np.where(np.isnan(low), None, (low <= true) & (true <= high))
        yield f"{kind}_total", codes, inside, high - low
        years = spent[cost_need.OUTCOME] / fit.fittedvalues[spent.index]
        years = years.groupby(spent["municipality_code"].astype(str))
        n = years.size()[codes].to_numpy()
        reach = stats.t.ppf(0.975, np.maximum(n - 1, 1)) * years.std()[codes].to_numpy() / np.sqrt(n)
        distance = np.abs(years.mean()[codes].to_numpy() - true)
        yield f"{kind}_report", codes, np.where(n > 1, distance <= reach, None), 2 * reach
        if kind == "null":
            yield "null_fdr", ["all"], [not (found["p_value_fdr"] < 0.05).any()], [np.nan]
        else:
            yield from _slopes(spent, codes, data, covariances, fit, which)


def _slopes(spent, codes, data, covariances, fit, which):
    """Rows of `_one` for the regression of benchmark indicators that nothing ties to the spending."""
    seed, again, law = which
    rng = stream(seed, "second stage", again, law)
    V = covariance_matrix(data["municipality_code"].to_numpy(object), covariances)
    y = data["benchmark_indicator"].to_numpy(float)
    s = np.sqrt(np.diag(V))
    tau = np.sqrt(max(float(1 / regression.precision_weights(y, s)[0] - s[0] ** 2), 0.0))
    effect = tau * rng.standard_normal(len(y))
    if law == "signs":  # the largest stay with the municipalities that spend the most or the least, too
        effect = np.abs(y - y.mean()) * rng.choice([-1.0, 1.0], len(y))
        effect *= tau / np.sqrt((effect**2).mean())
    root = symmetric_root(V)
    y = 1 + effect + root @ rng.standard_normal(len(y))
    noise_y = rng.standard_normal((DRAWS, len(y))) @ root
    try:
        found = indicator_draws.expenditure_draws(spent, codes, fit.params, draws=DRAWS, seed=again)
    except InputError:  # spending that stops a build, since somebody is expected to cost nothing
        return
    (x, _), (drawn, _) = found
    freedom = len(y) - 2
    for kind, w in (
        ("spells", data["spells"].to_numpy(float)),
        ("precision", regression.precision_weights(y, s)),
    ):
        ordinary = regression.fit(y, x, w)
        errors = {"hc3": ordinary.HC3_se["expenditure_indicator"]}
        if kind == "spells":
            errors["classical"] = ordinary.bse["expenditure_indicator"]
        _, _, joint, _, _ = second_stage.joint_fit(y, x, w, noise_y, drawn, seed=again)
        errors["joint"] = joint["weighted"][1]
        slope = ordinary.params["expenditure_indicator"]
        for name, error in errors.items():
            reach = stats.t.ppf(0.975, freedom) * error
            yield f"slope_{kind}_{name}", ["all"], [abs(slope) <= reach], [2 * reach]


def second_stage_rows(results: list[dict], names: dict[str, str]) -> list[tuple[str, ...]]:
    """Rows of the table of docs/recovery.md.

    Parameters
    ----------
    results : list of dict
        See `recovery_seed.measure_seed`; those without `second_stage` are left out.
    names : dict of str to str
        Names of municipalities by code.

    Returns
    -------
    list of tuple of str
        Quantity, law of the years, then `recovery_held.held_cells`.
    """
    table = of_all_seeds(results, "second_stage")
    rows = []
    for key, title in TITLES.items() if len(table) else ():
        for law in LAWS:
            own = table[table["quantity"] == f"{key}, {law}"]
            if len(own):
                rows.append((title, law, *held_cells(own, names)))
    return rows
