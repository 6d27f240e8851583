"""make bench-build: what each step of make build takes, beside its SQL alone and one run of each estimator.

A build starts from nothing in a folder of its own below $VFM_BUILD. Then the compiled SQL of all its models
runs once more in plain DuckDB, without dbt and without tests, and each estimator once on the tables of that
build.
It prints Markdown, as in docs/benchmarks.md. What runs beside it makes all of it slower: use a quiet machine.

Of a step there are the seconds in which at least one of its nodes ran, and those of all its nodes added up.
Several run at a time, so neither sums up to the whole.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import duckdb

from vfm.build import build
from vfm.statistics import cox, frontier, kaplan_meier
from vfm.warehouse.paths import PROJECT, Paths

STEPS = (
    "mount", "seeds", "staging", "intermediate (SQL)", "marts (SQL)", "Python models", "data tests",
)  # fmt: skip
COX_INPUT, EFFICIENCY_INPUT = "intermediate.int_cox_input", "efficiency.efficiency_input"


def step_of(node: dict) -> str:
    """Return the step that a node of dbt's manifest belongs to."""
    kind = node["resource_type"]
    if kind == "model" and node["language"] == "python":
        return "Python models"
    if kind == "model":
        layer = node["original_file_path"].split("/")[1]
        return "staging" if layer == "staging" else f"{layer} (SQL)"
    return {"operation": "mount", "seed": "seeds", "test": "data tests"}[kind]


def seconds_of(result: dict) -> tuple[float, float]:
    """Return when a node of run_results.json began and ended, in seconds since 1970."""
    times = [phase[end] for phase in result["timing"] for end in ("started_at", "completed_at") if phase[end]]
    stamps = [datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() for text in times]
    return (min(stamps), max(stamps)) if stamps else (0.0, 0.0)


def covered(spans: list[tuple[float, float]]) -> float:
    """Return the length of the union of intervals."""
    total, last = 0.0, float("-inf")
    for begin, end in sorted(spans):
        total += max(end - max(begin, last), 0.0)
        last = max(last, end)
    return total


def steps(target: Path) -> dict[str, tuple[int, float, float]]:
    """Return {step: (nodes, seconds in which one ran, seconds of all added up)} from dbt's own record."""
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    spans = defaultdict(list)
    for result in results:
        kind = result["unique_id"].split(".")[0]
        if kind in (
            "model",
            "seed",
            "test",
            "operation",
        ):  # what is left has nothing to run, such as exposures
            node = nodes.get(result["unique_id"], {"resource_type": kind})
            spans[step_of(node)].append(seconds_of(result))
    added = {step: sum(end - begin for begin, end in found) for step, found in spans.items()}
    return {step: (len(spans[step]), covered(spans[step]), added[step]) for step in STEPS}


def bare_sql(paths: Paths) -> float:
    """Return the seconds of all SQL models, compiled, in plain DuckDB on a copy of the warehouse."""
    manifest = json.loads((paths.target / "manifest.json").read_text(encoding="utf-8"))
    models = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["language"] == "sql"
    }
    with tempfile.TemporaryDirectory(dir=paths.build) as folder:
        copy = Path(folder) / paths.warehouse.name  # compiled SQL names the file's own catalog
        shutil.copy(paths.warehouse, copy)
        with duckdb.connect(str(copy)) as con:
            began = time.perf_counter()
            for node in in_order(models):
                kind = "view" if node["config"]["materialized"] == "view" else "table"
                name = f'"{node["schema"]}"."{node["alias"]}"'
                con.execute(f"create or replace {kind} {name} as {compiled(paths, node)}")
            return time.perf_counter() - began


def in_order(models: dict[str, dict]) -> list[dict]:
    """Return models so that each comes after those that it reads."""
    ordered: dict[str, dict] = {}

    def place(key: str) -> None:
        if key in models and key not in ordered:
            for parent in models[key]["depends_on"]["nodes"]:
                place(parent)
            ordered[key] = models[key]

    for key in models:
        place(key)
    return list(ordered.values())


def compiled(paths: Paths, node: dict) -> str:
    """Return the compiled SQL of a model."""
    name = f"compiled/{node['package_name']}/{node['original_file_path']}"
    return (paths.target / name).read_text(encoding="utf-8")


def timed(call: Callable) -> float:
    """Return the seconds of a call."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def estimators(paths: Paths) -> dict[str, float]:
    """Run each estimator once on the tables of the build; return {what: seconds}."""
    with closing(duckdb.connect(str(paths.warehouse), read_only=True)) as con:
        spells = cox.read(con.table(COX_INPUT))
        municipalities = con.table(EFFICIENCY_INPUT).order("municipality_code").df()
    terms = cox.terms_of(spells)
    duration, event = spells.duration_weeks.to_numpy(float), spells.is_success.to_numpy()
    X = municipalities[["expenditure_indicator"]].to_numpy()
    y = municipalities.benchmark_indicator.to_numpy()
    samples = [(sex, (spells.sex == sex).to_numpy()) for sex in ("men", "women")]
    taken = {
        f"Cox model of {sex}, clustered errors": timed(
            lambda use=use: (
                cox.fit(
                    duration[use], event[use], spells.loc[use, terms], cluster=spells.person_id[use]
                ).robust_covariance
            )
        )
        for sex, use in samples
    }
    taken["Kaplan-Meier curve of all spells"] = timed(lambda: kaplan_meier.survival(duration, event))
    for distribution in ("half_normal", "exponential", "truncated_normal"):
        name = f"frontier, {distribution.replace('_', '-')}"
        taken[name] = timed(lambda kind=distribution: frontier.fit(y, X, distribution=kind))
    return taken


def page(took: dict[str, float], of_steps: dict, sql: float, runs: dict[str, float]) -> list[str]:
    """Return the lines of Markdown."""
    whole = sum(took.values())
    lines = ["| step of `make build` | nodes | seconds | seconds added up | of the whole |"]
    lines += ["| --- | ---: | ---: | ---: | ---: |"]
    preparation, models_and_tests, publishing = list(took.values())[-3:]
    parse = preparation - of_steps["mount"][1]
    lines += [f"| read the project | | {parse:.1f} | | {parse / whole:.0%} |"]
    lines += [
        f"| {step} | {nodes} | {busy:.1f} | {added:.1f} | {busy / whole:.0%} |"
        for step, (nodes, busy, added) in of_steps.items()
    ]
    lines += [f"| publish | | {publishing:.1f} | | {publishing / whole:.0%} |"]
    lines += [f"| **all** | | **{whole:.1f}** | | |", ""]
    lines += ["| once, without dbt | seconds | the build takes |", "| --- | ---: | ---: |"]
    alone = sql + sum(runs.values())
    for what, seconds in {"all SQL models in plain DuckDB": sql, **runs, "**together**": alone}.items():
        lines.append(f"| {what} | {seconds:.3f} | {whole / seconds:,.0f} times as long |")
    return lines


def main() -> int:
    """Build, run the SQL and the estimators alone, print what all of it took."""
    own = Paths.from_environment(PROJECT).build / "bench_build"
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(mode=0o700, parents=True)
    paths = Paths(PROJECT, own, own / "vfm.duckdb")
    os.environ["VFM_BUILD"] = str(own)  # where profiles/profiles.yml puts the warehouse
    _, took = build(paths, stream=sys.stderr)
    print("\n".join(page(took, steps(paths.target), bare_sql(paths), estimators(paths))))
    shutil.rmtree(own)
    return 0


if __name__ == "__main__":
    sys.exit(main())
