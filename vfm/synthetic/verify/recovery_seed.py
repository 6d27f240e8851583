"""One seed of make recovery: its world, the warehouse built from its registers, what is kept of both.

python -m vfm.synthetic.verify.recovery_seed 7 --folder build/recovery/at_work/7
    --result build/recovery/seeds/7.json
"""

import argparse
import io
import json
import os
import shutil
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import yaml
from scipy import stats

from vfm.statistics import cost_need as model
from vfm.synthetic.delivery.accounts import accounts_of, write_accounts
from vfm.synthetic.delivery.registers import origin_in_words, write_registers
from vfm.synthetic.verify import (
    adverse,
    recovery_comparing,
    recovery_frontier,
    recovery_second_stage,
    recovery_years,
    redraws,
)
from vfm.synthetic.world import creation, residence, truth
from vfm.synthetic.world.classifications import published
from vfm.warehouse import machine
from vfm.warehouse.dbt_runs import run_dbt
from vfm.warehouse.paths import PROJECT, Paths

try:
    import resource
except ImportError:  # Windows
    resource = None

# what is read from the warehouse: everything behind these is built, and nothing else
WANTED = (
    *("published_criteria", "int_cox_coefficients", "int_indicator_uncertainty"),
    *("int_cost_need_coefficients", "int_efficiency_input", "int_indicator_covariance"),
    "int_indicator_draws",
)
NOT_COPIED = {"seeds/registers", "tests/support", "tests/sqlfluff"}
SAME = 1e-6
MODEL = 3  # of Table 5.1


def measure_seed(seed: int, folder: Path) -> dict:  # long: what is kept of a seed, part after part
    """Simulate a world, build the warehouse from its registers and compare.

    Parameters
    ----------
    seed : int
    folder : Path
        For the registers, the project with the accounts, and the warehouse; not removed here.

    Returns
    -------
    dict
        seed, criteria (rows of report.published_criteria), estimates (as `redraws.as_estimates`, with draw: 0
        for the warehouse, then the redraws), truths (as `redraws.true_values`), comparing (as
        `recovery_comparing.comparing_held`, with world: the friendly one and one of `adverse.KINDS`), years
        (as `recovery_years.year_deviations`), second_stage (as `recovery_second_stage.second_stage_held`) and
        those of `recovery_frontier.frontiers_of_a_seed`. Aggregates only.

    Raises
    ------
    machine.BuildError
        If the build fails, or the warehouse holds other indicators than those of the simulated spells.
    """
    made = creation.create_world(seed)
    lived = residence.residence_of(made)
    booked = accounts_of(made, lived)
    registers = folder / "registers"
    registers.mkdir(parents=True)
    write_registers(registers, made, lived)
    project = copy_project(folder / "project")
    write_accounts(project / "seeds" / "statbank", booked, origin_in_words(made.seed, made.scale))
    built = _build_warehouse(project, folder / "build", registers)

    benchmarked = set(built["indicator_uncertainty"]["municipality_code"])
    own = redraws.as_estimates(built["cox_coefficients"], built["indicator_uncertainty"])
    _compare_with_truth(own, redraws.first_stage(truth.cox_input(made, benchmarked)).estimates())
    redrawn, comparing, years = _redrawn(made, benchmarked, seed)
    found = [own.assign(draw=0), *redrawn]
    shares = model.shares_of(built["int_composition_terms"], MODEL)
    cells = built["int_cost_need_input"]
    predicted = _predicted(cells, booked.need)
    need, need_truths = _cost_need_estimates(cells, shares, predicted, seed)
    own_need = built["cost_need_coefficients"].set_index("term")["coefficient_dkk"]
    _compare_with_truth(
        pd.DataFrame({"part": "cost_need", "name": own_need.index, "estimate": own_need.to_numpy()}),
        need[need["draw"] == 0],
    )
    found.append(need)
    second = recovery_second_stage.second_stage_held(
        cells, shares, predicted, built["int_efficiency_input"], built["int_indicator_covariance"], seed
    )
    parts = {
        "criteria": built["published_criteria"],
        "estimates": pd.concat(found, ignore_index=True),
        "truths": pd.concat([redraws.true_values(made, benchmarked), need_truths], ignore_index=True),
        "comparing": comparing,
        "years": years,
        "second_stage": second,
        **recovery_frontier.frontiers_of_a_seed(
            built["int_efficiency_input"], built["int_indicator_draws"], seed
        ),
    }
    return {"seed": seed} | {name: part.to_dict("list") for name, part in parts.items()}


def _redrawn(made, benchmarked, seed):
    """Estimates of each redraw of a world, what its first stage holds there and in an adverse one, years."""
    found, comparing, years = [], [], []
    adverse_kinds = [kind for kind in adverse.KINDS if kind != adverse.FRIENDLY]
    # each adverse kind is that of several seeds
    for kind in (adverse.FRIENDLY, adverse_kinds[seed % len(adverse_kinds)]):
        other, disturbance = adverse.adverse_world(made, kind)
        kept = []
        for number in range(1, redraws.REDRAWS + 1):
            world = redraws.redraw_histories(other, number, disturbance)
            again = redraws.first_stage(truth.cox_input(world, benchmarked))
            kept.append(recovery_comparing.drawn(again.indicators, again.covariances))
            if kind == adverse.FRIENDLY:
                found.append(again.estimates().assign(draw=number))
                years.append(recovery_years.year_deviations(world, again.coefficients))
        comparing.append(recovery_comparing.comparing_held(kept, seed).assign(world=kind))
    return found, pd.concat(comparing, ignore_index=True), pd.concat(years, ignore_index=True)


def copy_project(folder: Path) -> Path:
    """Copy what dbt reads, without the registers, so that the accounts can be others; returns the folder."""
    settings = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    parts = {part for key, paths in settings.items() if key.endswith("-paths") for part in paths}

    def left_out(parent, names):
        inside = Path(parent).relative_to(PROJECT)
        return {name for name in names if (inside / name).as_posix() in NOT_COPIED}

    for part in sorted(parts):
        if (PROJECT / part).is_dir():
            shutil.copytree(PROJECT / part, folder / part, ignore=left_out)
    shutil.copy2(PROJECT / "dbt_project.yml", folder)
    shutil.copy2(PROJECT / "profiles" / "profiles.yml", folder)
    return folder


def _build_warehouse(project, folder, registers):
    """Build the models behind `WANTED`; returns {table: frame}, the cost-need model's cells among them."""
    os.environ.update(VFM_BUILD=str(folder), VFM_REGISTERS=str(registers))
    for name in ("DBT_TARGET", "VFM_STATBANK"):  # registers and accounts are the project's own
        os.environ.pop(name, None)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
    folder.mkdir(parents=True)
    paths = Paths(project=project, build=folder, results=folder / "unused.duckdb")
    run_dbt(
        paths,
        io.StringIO(),
        ["--exclude-resource-type", "unit_test", "test", "--select", *(f"+{name}" for name in WANTED)],
    )
    queries = {
        "published_criteria": "select * from report.published_criteria",
        "cox_coefficients": "select * from intermediate.int_cox_coefficients order by sex, term",
        "indicator_uncertainty": """
            select * from intermediate.int_indicator_uncertainty order by municipality_code
        """,
        "cost_need_coefficients": f"""
            select * from intermediate.int_cost_need_coefficients where model = {MODEL}
        """,
        "int_cost_need_input": """
            select * from intermediate.int_cost_need_input order by municipality_code, year
        """,
        "int_efficiency_input": "select * from intermediate.int_efficiency_input order by municipality_code",
        "int_indicator_covariance": """
            select * from intermediate.int_indicator_covariance
            order by municipality_code, other_municipality_code
        """,
        "int_indicator_draws": """
            select * from intermediate.int_indicator_draws order by draw, municipality_code
        """,
        "int_composition_terms": "select * from intermediate.int_composition_terms order by position",
    }
    with closing(duckdb.connect(str(paths.warehouse), read_only=True)) as con:
        return {table: con.sql(query).df() for table, query in queries.items()}


def _compare_with_truth(built, true):
    """Refuse a warehouse that does not hold what follows from the simulated spells."""
    both = built.merge(true, on=redraws.KEYS, suffixes=("", "_true"))
    apart = (both["estimate"] - both["estimate_true"]).abs().max()
    if len(both) < len(built) or not apart <= SAME:
        raise machine.BuildError(
            f"The warehouse holds other indicators or coefficients than the simulated spells give (apart by "
            f"{apart:.2g}): run make truth on this seed."
        )


def _predicted(cells, need):
    """Expected kr. of the cells by the coefficients of the accounts (`accounts.Accounts.need`)."""
    keys = pd.MultiIndex.from_frame(cells[["municipality_code", "year"]])
    need = need.assign(municipality_code=need["municipality_code"].astype(str))
    return need.set_index(["municipality_code", "year"])["predicted_dkk"].reindex(keys).to_numpy()


def _cost_need_estimates(cells, shares, predicted, seed):
    """Coefficients of model 3 as built and on redrawn spending, and what they were made from.

    Parameters
    ----------
    cells : DataFrame
        intermediate.int_cost_need_input.
    shares : list of str
        Those of model 3 (`cost_need.shares_of`).
    predicted : (n,) float array
        See `_predicted`.
    seed : int

    Returns
    -------
    estimates, truths : DataFrame
        As `redraws.as_estimates`, with draw, the part `cost_need`, the errors of independent observations and
        beside them those clustered by municipality; and as `redraws.true_values`.
    """
    versions = [cells]
    for number in range(1, redraws.REDRAWS + 1):
        versions.append(redraws.redraw_spending(cells, predicted, seed, number))
    found = []
    for draw, version in enumerate(versions):
        ordinary, clustered = model.fit(version, MODEL, shares)
        found.append(
            pd.DataFrame(
                {
                    "part": "cost_need",
                    "name": ordinary.params.index,
                    "estimate": ordinary.params.to_numpy(),
                    "error": ordinary.bse.to_numpy(),
                    "other_error": clustered.bse,
                    "quantile": stats.t.ppf(0.975, ordinary.df_resid),
                    "draw": draw,
                }
            )
        )
    simulated, _ = model.fit(cells.assign(**{model.OUTCOME: predicted}), MODEL, shares)
    printed = published("table_5_1").query("model == @MODEL").set_index("term")["coefficient_dkk"]
    truths = [
        pd.DataFrame(
            {"part": "cost_need", "name": values.index, "kind": kind, "value": values.to_numpy(float)}
        )
        for kind, values in (("simulated", simulated.params), ("printed", printed))
    ]
    return pd.concat(found), pd.concat(truths)


def _plain(value):
    """JSON's form of a value that is not a plain number or text: a number of numpy's, or a missing value."""
    return value.item() if isinstance(value, np.generic) else None


def write_result(path: Path, content: dict) -> None:
    """Write a result whole or not at all."""
    text = json.dumps(content, default=_plain)
    part = path.with_suffix(".part")
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(path)


def _end_with_the_parent():
    """End when standard input does, which is when the process that started this one ends."""

    def listen():
        os.read(0, 1)
        os._exit(1)

    threading.Thread(target=listen, daemon=True).start()


def main(arguments: list[str] | None = None) -> int:
    """Measure one seed; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vfm.synthetic.verify.recovery_seed")
    parser.add_argument("seed", type=int)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    options = parser.parse_args(arguments)
    began = time.monotonic()
    os.umask(0o077)
    try:
        found = measure_seed(options.seed, options.folder.resolve())
    except (machine.BuildError, ValueError, RuntimeError) as problem:
        print(*problem.args, sep="\n", file=sys.stderr)
        return 1
    found["seconds"] = round(time.monotonic() - began, 1)
    if resource:
        used = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        found["memory_mb"] = round(max(used) / 1024)
    write_result(options.result, found)
    return 0


if __name__ == "__main__":
    _end_with_the_parent()
    sys.exit(main())
