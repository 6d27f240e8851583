"""What the frontiers' intervals and tests hold: worlds with planted inefficiency and without.

The indicators of a built world are given true values with a known inefficiency, and measured again with
the errors that the build drew for them: one draw is the error of the measured world, and others are the
draws that its intervals are made from. So the errors are those of the build, with their differences between
municipalities and their dependence, and the truth is known.

"""

import numpy as np
import pandas as pd

from vfm.statistics import frontier, second_stage
from vfm.synthetic.verify.recovery_held import held_cells, of_all_seeds
from vfm.synthetic.world.streams import stream

#: Standard deviation of the noise and scale of the half-normal inefficiency, in points of the outcome.
WORLDS = {
    ("production", "planted"): (0.01, 0.06),
    ("production", "little"): (0.02, 0.03),
    ("production", "none"): (0.02, 0.0),
    ("cost", "planted"): (0.05, 0.3),
    ("cost", "little"): (0.05, 0.15),
    ("cost", "none"): (0.1, 0.0),
}
INTERVALS = ("joint", "conditional", "rank")
SLOPES = {"production": 0.03, "cost": 0.3}
DRAWS = 199  # of each world's intervals
TEST_DRAWS = 99  # of each world's test: a size of 5 % is exact with these
DOUBTFUL = 0.3  # a p-value of the mixed law above this is not drawn anew: it rejects in neither
LEVEL = 0.05
WORLDS_OF_A_SEED = 5  # of each side and kind
NULLS_OF_A_SEED = 50  # of each side
TESTS = {
    "known_bootstrap": "known noise, bootstrap (the page's)",
    "known_mixed": "known noise, mixed chi-square",
    "weighted_bootstrap": "spells as weights, bootstrap",
    "weighted_mixed": "spells as weights, mixed chi-square (the report's)",
}


def true_regressor(measured: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """(n,) values with the spread that the measured ones have without their errors (draws, n)."""
    share = max(1 - errors.var(axis=0).mean() / measured.var(), 0.2)
    return measured.mean() + np.sqrt(share) * (measured - measured.mean())


def frontier_worlds(
    municipalities: pd.DataFrame, draws: pd.DataFrame, seed: int, worlds: int
) -> pd.DataFrame:
    """Coverage of the frontiers' intervals, and their tests, in worlds of known inefficiency.

    Parameters
    ----------
    municipalities : DataFrame
        intermediate.int_efficiency_input of a build.
    draws : DataFrame
        intermediate.int_indicator_draws of the same build.
    seed : int
    worlds : int
        Of each side and kind of `WORLDS`.

    Returns
    -------
    DataFrame
        One row per side, kind, world and municipality: boundary, p_value, truth, and whether the joint, the
        conditional interval and the rank interval held it (missing where there is none), and joint_width.
    """
    data = municipalities.sort_values("municipality_code", kind="stable").reset_index(drop=True)
    errors = frontier.error_draws(data, draws)
    rows = []
    for (side, kind), (noise, scale) in WORLDS.items():
        rng = stream(seed, "frontier", side, kind)
        for number in range(worlds):
            made, again, u = _world(data, errors, side, noise, scale, rng)
            results = frontier.known_noise_table(
                made, again, TEST_DRAWS, seed=number, sides=[side], distributions=["half_normal"]
            ).assign(result="known_noise", regression=1.0)
            found = _intervals(made, again, results, side, number)
            rows.append(_held(found, u).assign(side=side, kind=kind, world=number, p_value=_p(results)))
    return pd.concat(rows, ignore_index=True)


def sizes_of_tests(municipalities: pd.DataFrame, draws: pd.DataFrame, seed: int, nulls: int) -> pd.DataFrame:
    """How often each test of no inefficiency rejects at 5 % where there is none.

    Parameters
    ----------
    municipalities, draws, seed
        As `frontier_worlds`.
    nulls : int
        Worlds without inefficiency, of each side.

    Returns
    -------
    DataFrame
        One row per side and null: p-values `known_bootstrap`, `known_mixed` (each with known noise),
        `weighted_mixed` (the report's test) and `weighted_bootstrap`, and the corners `known_boundary` and
        `weighted_boundary`.
    """
    data = municipalities.sort_values("municipality_code", kind="stable").reset_index(drop=True)
    errors = frontier.error_draws(data, draws)
    rows = []
    for side, (outcome, _) in frontier.MODELS.items():
        rng = stream(seed, "frontier", side, "nulls")
        noise, _ = WORLDS[side, "none"]
        known = {
            "noise_standard_error": errors[outcome].std(axis=0),
            "noise_draws": errors[outcome],
        }
        for number in range(nulls):
            made, _, _ = _world(data, errors, side, noise, 0.0, rng, intervals=False)
            weights = made["spells"].to_numpy(float)
            rows.append(
                {"side": side, "null": number}
                | _tested("known", made, side, number, known=known)
                | _tested("weighted", made, side, number, weights=weights)
            )
    return pd.DataFrame(rows)


def _tested(name, made, side, seed, weights=None, known=None):
    """p-values of the test with one kind of noise, and its corner."""
    outcome, regressor = frontier.MODELS[side]
    x = made[regressor].to_numpy()
    X = np.column_stack([x, x**2])
    noise = (known or {}).get("noise_standard_error")
    fitted = frontier.fit(made[outcome].to_numpy(), X, weights=weights, side=side, noise_standard_error=noise)
    p = 1.0
    if fitted.lr_p_value < DOUBTFUL:
        p = frontier.bootstrap_p_value(fitted, X, **(known or {}), draws=TEST_DRAWS, seed=seed)
    return {
        f"{name}_bootstrap": p,
        f"{name}_mixed": fitted.lr_p_value,
        f"{name}_boundary": fitted.boundary or "none",
    }


def _world(data, errors, side, noise, scale, rng, *, intervals=True):
    """A measured world, draws around it, and the inefficiency that was planted."""
    outcome, regressor = frontier.MODELS[side]
    n = len(data)
    x = true_regressor(data[regressor].to_numpy(float), errors[regressor])
    while True:
        u = np.abs(scale * rng.standard_normal(n))
        y = 1 + SLOPES[side] * (x - 1) + noise * rng.standard_normal(n) - frontier.SIDES[side] * u
        chosen = rng.choice(len(errors[outcome]), DRAWS + 1, replace=False)
        y, measured_x = y + errors[outcome][chosen[0]], x + errors[regressor][chosen[0]]
        if min(y.min(), measured_x.min()) > 0:  # as indicators are
            break
    made = data.assign(**{outcome: y, regressor: measured_x})
    made["benchmark_standard_error"] = errors["benchmark_indicator"].std(axis=0)
    if not intervals:
        return made, None, u
    steps = np.vstack([np.zeros(n, int), np.repeat(chosen[1:, None], n, axis=1)])
    again = pd.DataFrame(
        {
            "draw": np.repeat(np.arange(DRAWS + 1), n),
            "municipality_code": np.tile(made["municipality_code"], DRAWS + 1),
            "expected_dkk": 1.0,
        }
    )
    for column in (outcome, regressor):
        around = made[column].to_numpy() + errors[column][steps[:, 0]]
        around[0] = made[column]
        again[column] = around.ravel()
    return made, again, u


def _intervals(made, again, results, side, number):
    """Rows of frontier_intervals of one side."""
    other = results.assign(side=next(name for name in frontier.MODELS if name != side), boundary="sigma_u")
    line = results[results["distribution"] == "half_normal"].assign(result="municipalities", side="cost")
    both = pd.concat([results, other, line], ignore_index=True)
    found = second_stage.frontier_intervals(made, again, both, seed=number)
    return found[found["side"] == side].reset_index(drop=True)


def _p(results):
    """The bootstrap's p-value of the half-normal frontier."""
    return results.loc[results["distribution"] == "half_normal", "lr_bootstrap_p_value"].iloc[0]


def _held(found, u):
    """Whether each interval held the truth; missing where there is no interval."""
    place = pd.Series(u).rank(method="min")
    last = pd.Series(u).rank(method="max")
    held = pd.DataFrame({"municipality_code": found["municipality_code"], "boundary": found["boundary"]})
    for name in ("joint", "conditional"):
        low, high = found[f"{name}_low"], found[f"{name}_high"]
        held[name] = ((u >= low - 1e-12) & (u <= high + 1e-12)).where(low.notna()).astype(float)
    told = found["rank_low"].notna().to_numpy()
    low, high = found["rank_low"].to_numpy(float), found["rank_high"].to_numpy(float)
    held["rank"] = np.where(told, (last.to_numpy() >= low) & (place.to_numpy() <= high), np.nan)
    held["joint_width"] = (found["joint_high"] - found["joint_low"]).astype(float)
    return held


def frontiers_of_a_seed(municipalities: pd.DataFrame, draws: pd.DataFrame, seed: int) -> dict:
    """What one seed of make recovery keeps of its frontiers.

    Parameters
    ----------
    municipalities, draws, seed
        As `frontier_worlds`.

    Returns
    -------
    dict
        frontiers (`frontier_worlds`) and frontier_tests (`sizes_of_tests`).
    """
    return {
        "frontiers": frontier_worlds(municipalities, draws, seed, WORLDS_OF_A_SEED),
        "frontier_tests": sizes_of_tests(municipalities, draws, seed, NULLS_OF_A_SEED),
    }


def corner_rows(results: list[dict]) -> list[tuple[str, ...]]:
    """Rows of the table of corners: how often each kind of world ends there, and is found inefficient.

    Parameters
    ----------
    results : list of dict
        Of all seeds, each with `frontiers`.

    Returns
    -------
    list of tuple of str
        Side, world, number of worlds, percent at sigma_u = 0 and at sigma_v = 0, and percent in which the
        test rejects at 5 %.
    """
    held = of_all_seeds(results, "frontiers")
    rows = []
    for side, kind in WORLDS if len(held) else ():
        own = held[(held["side"] == side) & (held["kind"] == kind)].groupby(["seed", "world"]).first()
        if len(own):
            found = (own["boundary"] == "sigma_u", own["boundary"] == "sigma_v", own["p_value"] <= LEVEL)
            rows.append((side, kind, f"{len(own)}", *(f"{100 * share.mean():.0f}" for share in found)))
    return rows


def coverage_rows(results: list[dict], names: dict[str, str]) -> list[tuple[str, ...]]:
    """Rows of the table of the frontiers' intervals: by side, kind of world and interval.

    Parameters
    ----------
    results : list of dict
        Of all seeds, each with `frontiers`.
    names : dict of str to str
        Names of municipalities by code.

    Returns
    -------
    list of tuple of str
        Side, world, interval, then `recovery_held.held_cells`.
    """
    held = of_all_seeds(results, "frontiers")
    if held.empty:
        return []
    rows = []
    for side, kind in WORLDS:
        own = held[(held["side"] == side) & (held["kind"] == kind)]
        for interval in INTERVALS:
            told = own[own[interval].notna()]
            if told.empty:
                continue
            cases = pd.DataFrame(
                {
                    "seed": told["seed"],
                    "name": told["municipality_code"],
                    "stated": 0.95,
                    "held": told[interval].astype(float),
                    "cases": 1,
                    "width": told["joint_width"] if interval == "joint" else np.nan,
                }
            )
            rows.append((side, kind, interval, *held_cells(cases, names)))
    return rows


def size_rows(results: list[dict]) -> list[tuple[str, ...]]:
    """Rows of the table of tests: percent of the nulls that each rejects at 5 %, by side.

    Parameters
    ----------
    results : list of dict
        Of all seeds, each with `frontier_tests`.

    Returns
    -------
    list of tuple of str
        Test, nulls a side, percent rejected with its Monte Carlo error (95 %) for each side of
        `frontier.MODELS`.
    """
    sizes = of_all_seeds(results, "frontier_tests")
    if sizes.empty:
        return []
    by_side = {side: sizes[sizes["side"] == side] for side in frontier.MODELS}
    rows = []
    for test, title in TESTS.items():
        shares = [(own[test] <= LEVEL).mean() for own in by_side.values()]
        numbers = [len(own) for own in by_side.values()]
        cells = [
            f"{100 * share:.1f} ± {196 * np.sqrt(share * (1 - share) / number):.1f}"
            for share, number in zip(shares, numbers, strict=True)
        ]
        rows.append((title, f"{min(numbers)}", *cells))
    return rows
