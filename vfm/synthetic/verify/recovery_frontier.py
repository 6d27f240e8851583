"""What the frontiers' intervals and tests hold: worlds with planted inefficiency and without.

The indicators of a built world are given true values with a known inefficiency, and measured again with
the errors that the build drew for them: one draw is the error of the measured world, and others are the
draws that its intervals are made from. So the errors are those of the build, with their differences between
municipalities and their dependence, and the truth is known.

python -m vfm.synthetic.verify.recovery_frontier [--warehouse build/warehouse.duckdb] [--worlds 100]
    [--nulls 1000] prints what intervals and tests hold (docs/statistics.md, Which test).
"""

import argparse
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from vfm.statistics import frontier, second_stage
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
SLOPES = {"production": 0.03, "cost": 0.3}
DRAWS = 199  # of each world's intervals
TEST_DRAWS = 199  # of each world's test
LEVEL = 0.05


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
    errors = _errors(data, draws)
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
    errors = _errors(data, draws)
    rows = []
    for side in frontier.MODELS:
        rng = stream(seed, "frontier", side, "nulls")
        outcome, regressor = frontier.MODELS[side]
        noise, _ = WORLDS[side, "none"]
        for number in range(nulls):
            made, _, _ = _world(data, errors, side, noise, 0.0, rng, intervals=False)
            y, x = made[outcome].to_numpy(), made[regressor].to_numpy()
            X, known = np.column_stack([x, x**2]), errors[outcome].std(axis=0)
            row = {"side": side, "null": number}
            for name, more in (
                ("known", {"noise_standard_error": known}),
                ("weighted", {"weights": made["spells"].to_numpy(float)}),
            ):
                fitted = frontier.fit(y, X, side=side, **more)
                own = more.get("noise_standard_error")
                # a statistic that the mixed law calls likely is not drawn anew: it rejects in neither
                p = 1.0
                if fitted.lr_p_value < 0.3:
                    p = frontier.bootstrap_p_value(
                        fitted, X, noise_standard_error=own, draws=TEST_DRAWS, seed=number
                    )
                row |= {
                    f"{name}_bootstrap": p,
                    f"{name}_mixed": fitted.lr_p_value,
                    f"{name}_boundary": fitted.boundary or "none",
                }
            rows.append(row)
    return pd.DataFrame(rows)


def _errors(data, draws):
    """{indicator: (draws, n) errors, their mean taken off}, in the order of `data`."""
    drawn = draws[draws["draw"] > 0]
    found = {}
    for column in ("benchmark_indicator", "expenditure_indicator"):
        wide = drawn.pivot(index="draw", columns="municipality_code", values=column)
        wide = wide[data["municipality_code"]].to_numpy(float)
        found[column] = wide - wide.mean(axis=0)
    return found


def _world(data, errors, side, noise, scale, rng, *, intervals=True):
    """A measured world, draws around it, and the inefficiency that was planted."""
    outcome, regressor = frontier.MODELS[side]
    n = len(data)
    x = true_regressor(data[regressor].to_numpy(float), errors[regressor])
    u = np.abs(scale * rng.standard_normal(n))
    y = 1 + SLOPES[side] * (x - 1) + noise * rng.standard_normal(n) - frontier.SIDES[side] * u
    chosen = rng.choice(len(errors[outcome]), DRAWS + 1, replace=False)
    made = data.assign(
        **{outcome: y + errors[outcome][chosen[0]], regressor: x + errors[regressor][chosen[0]]}
    )
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


def coverage_rows(held: pd.DataFrame) -> pd.DataFrame:
    """Shares held by side, kind of world and boundary; the lowest by municipality, with its code.

    Parameters
    ----------
    held : DataFrame
        See `frontier_worlds`.

    Returns
    -------
    DataFrame
    """
    rows = []
    for (side, kind), own in held.groupby(["side", "kind"]):
        told = own[own["joint"].notna()]
        by_place = told.groupby("municipality_code")["joint"].mean()
        worlds = own.groupby("world").first()
        rows.append(
            {
                "side": side,
                "world": kind,
                "worlds": len(worlds),
                "sigma_u = 0, %": 100 * (worlds["boundary"] == "sigma_u").mean(),
                "sigma_v = 0, %": 100 * (worlds["boundary"] == "sigma_v").mean(),
                "test rejects, %": 100 * (worlds["p_value"] <= LEVEL).mean(),
                "joint, %": 100 * told["joint"].mean(),
                "lowest": f"{100 * by_place.min():.0f} ({by_place.idxmin()})" if len(by_place) else "",
                "width": told["joint_width"].mean(),
                "conditional, %": 100 * own["conditional"].mean(),
                "rank, %": 100 * own["rank"].mean(),
            }
        )
    return pd.DataFrame(rows)


def size_rows(sizes: pd.DataFrame) -> pd.DataFrame:
    """Percent of the nulls that each test rejects at 5 %, and the corners, by side (see `sizes_of_tests`)."""
    tests = ["known_bootstrap", "known_mixed", "weighted_bootstrap", "weighted_mixed"]
    table = 100 * (sizes.set_index("side")[tests] <= LEVEL).groupby(level=0).mean()
    table.insert(0, "nulls", sizes.groupby("side").size())
    for name in ("known", "weighted"):
        corner = sizes.assign(at=sizes[f"{name}_boundary"] == "sigma_u").groupby("side")["at"].mean()
        table[f"{name}_sigma_u_0"] = 100 * corner
    return table.reset_index()


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line on a built warehouse; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vfm.synthetic.verify.recovery_frontier")
    parser.add_argument("--warehouse", type=Path, default=Path("build/warehouse.duckdb"))
    parser.add_argument("--worlds", type=int, default=100, help="of each side and kind")
    parser.add_argument("--nulls", type=int, default=1000, help="of each side")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    with closing(duckdb.connect(str(options.warehouse), read_only=True)) as con:
        municipalities = con.sql("select * from intermediate.int_efficiency_input order by 1").df()
        draws = con.sql("select * from intermediate.int_indicator_draws order by 1, 2").df()
    if options.worlds:
        held = frontier_worlds(municipalities, draws, options.seed, options.worlds)
        print(coverage_rows(held).round(3).to_string(index=False))
    if options.nulls:
        sizes = sizes_of_tests(municipalities, draws, options.seed, options.nulls)
        print(size_rows(sizes).round(1).to_string(index=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
