"""make sensitivity: the indicators under other assumptions than the method's, beside those of the build.

python -m vfm.pages.sensitivity

Each alternative of sensitivity.toml is built by dbt in a copy of the warehouse, from the first model that
reads its variables on; the copy is the owner's alone and removed at once. What is kept is one file of
indicators by municipality in the build folder, with the fingerprints of what they follow from. The model
report.sensitivity compares them with the indicators of its own build, and is empty where the fingerprints are
not its build's: make build keeps the table while nothing changed, and empties it when something did.
"""

import argparse
import hashlib
import io
import json
import os
import shutil
import sys
import textwrap
import time
import tomllib
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import duckdb
import numpy as np
import pandas as pd
import yaml
from scipy import stats

from vfm import build as building
from vfm.pages import reproduction
from vfm.privacy import redaction
from vfm.statistics import comparing, frontier
from vfm.warehouse import machine, provenance, publish, published, terminal
from vfm.warehouse.dbt_runs import run_dbt, wait_for_warehouse
from vfm.warehouse.failures import one_sentence
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import PROJECT, Paths, register_folder

LIST = Path(__file__).with_suffix(".toml")
KEPT = "sensitivity.json"  # in the build folder
PAGE = "sensitivity.md"
WANTED = ("int_benchmark_indicators", "expenditure_indicators")
INDICATORS = ("benchmark", "expenditure", "efficiency")
MARKS = ("register_fingerprint", "accounts_fingerprint", "code_fingerprint")
STATE = ["indicator", "municipality_code", "value", "rank", "position", "quintile"]
COLUMNS = {
    "alternative": object,
    "alternative_number": "int64",
    "label_da": object,
    "label_en": object,
    "indicator": object,
    "municipalities": "int64",
    "municipalities_in_both": "int64",
    "rank_correlation": float,
    "position_changes": "Int64",
    "quintile_changes": "Int64",
    "mean_absolute_change": float,
}
BENCHMARK = """
    select municipality_code, spells, benchmark_indicator, absolute_difference_weeks, rank, position, quintile
    from intermediate.int_benchmark_indicators order by municipality_code
"""
EXPENDITURE = """
    select municipality_code, expenditure_indicator, position, quintile
    from expenditure.expenditure_indicators order by municipality_code
"""
SUPPLEMENTARY = """
    select municipality_code, expenditure_indicator, position, quintile
    from intermediate.int_supplementary_positions order by municipality_code
"""


@dataclass(frozen=True)
class Alternative:
    """An entry of sensitivity.toml; its words are those of the file's head."""

    name: str
    label_da: str
    label_en: str
    asks: str
    indicators: list
    vars: dict = field(default_factory=dict)
    changes: list = field(default_factory=list)
    analysis: str = ""


def alternatives(path=LIST):
    """Read the list of alternatives, in its order."""
    entries = tomllib.loads(Path(path).read_text(encoding="utf-8"))["alternative"]
    return [Alternative(**entry) for entry in entries]


# ---- the state of the indicators under one set of assumptions


def quadrant(benchmark, expenditure):
    """Corner of Figure 5.2 from the two positions, as efficiency_map has it; None where one is missing."""
    if not isinstance(benchmark, str) or not isinstance(expenditure, str):
        return None
    return "uncertain" if "around" in (benchmark, expenditure) else f"{benchmark}, {expenditure}"


def efficiency(benchmark, expenditure):
    """Rows of `state` for the production frontier, half-normal: what 1 - inefficiency / frontier is.

    The rank is that of efficiency.frontier_efficiencies, which has an order also where the frontier is the
    regression line. The position is the corner of the map of Figure 5.2.
    """
    both = benchmark.merge(expenditure, on="municipality_code", suffixes=("", "_of_expenditure"))
    fitted = list(frontier.fits(both, sides=["production"], distributions=["half_normal"]))
    if not fitted:
        return pd.DataFrame(columns=STATE)
    data, result = fitted[0]
    return pd.DataFrame(
        {
            "indicator": "efficiency",
            "municipality_code": data["municipality_code"],
            "value": result.level_efficiency,
            "rank": result.rank,
            "position": list(map(quadrant, data["position"], data["position_of_expenditure"])),
            "quintile": None,
        }
    )


def state(benchmark, expenditure):
    """Put the indicators of all municipalities under each other.

    Parameters
    ----------
    benchmark : DataFrame
        municipality_code, spells, benchmark_indicator, rank, position and quintile.
    expenditure : DataFrame
        municipality_code, expenditure_indicator, position and quintile.

    Returns
    -------
    DataFrame
        indicator, municipality_code, value, rank (of equal values the mean), position, quintile: one row per
        indicator and municipality.
    """
    parts = [
        benchmark.assign(indicator="benchmark", value=benchmark["benchmark_indicator"]),
        expenditure.assign(
            indicator="expenditure",
            value=expenditure["expenditure_indicator"],
            rank=expenditure["expenditure_indicator"].rank(),
        ),
        efficiency(benchmark, expenditure),
    ]
    return pd.concat([part[STATE].astype(object) for part in parts if len(part)], ignore_index=True)


def of_warehouse(con):
    """Read the `state` of a warehouse, or of a copy in which another assumption was built."""
    return state(con.sql(BENCHMARK).df(), con.sql(EXPENDITURE).df())


def quintiles(values):
    """Quintile of each value, 1 the lowest, as even as possible; ties by order."""
    return comparing.quintiles(values.rank(method="first").astype(int), len(values))


def supplementary_groupings(con):
    """Read the state with the expenditure indicators of groupings 001-009, built for note 17 anyway."""
    return state(con.sql(BENCHMARK).df(), con.sql(SUPPLEMENTARY).df())


def without_outlier(con):
    """State with the outlier municipality left out of the frontier."""
    outlier = str(project_variables()["outlier_municipality"])
    benchmark = con.sql(BENCHMARK).df()
    return state(benchmark[benchmark["municipality_code"] != outlier], con.sql(EXPENDITURE).df())


def absolute_difference(con):
    """State with the order and fifths of expected minus observed weeks.

    The difference is 0 where the ratio is 1, so it has no positions of its own, and its values are weeks.
    """
    benchmark = con.sql(BENCHMARK).df()
    weeks = benchmark["absolute_difference_weeks"]
    found = state(
        benchmark.assign(rank=(-weeks).rank(), quintile=quintiles(-weeks)), con.sql(EXPENDITURE).df()
    )
    found.loc[found["indicator"] == "benchmark", ["value", "position"]] = None
    return found


ANALYSES = {each.__name__: each for each in (supplementary_groupings, without_outlier, absolute_difference)}


def project_variables():
    """Return the variables of dbt_project.yml."""
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


# ---- the comparison


def changes(default, other):
    """Count where two columns of text or whole numbers differ, both known; None where none is known twice."""
    known = default.notna() & other.notna()
    return int((default[known] != other[known]).sum()) if known.any() else None


def compare(default, other):
    """Compare one indicator under an alternative with that of the build.

    Parameters
    ----------
    default, other : DataFrame
        Rows of `state` for one indicator.

    Returns
    -------
    dict
        The numbers of a row of report.sensitivity. Only municipalities with an indicator in both count; a
        missing number says that there was nothing to compare: fewer than three municipalities, all equal, no
        positions, other units.
    """
    both = default.merge(other, on="municipality_code", suffixes=("", "_other"))
    ranks = both[["rank", "rank_other"]].astype(float).dropna()
    correlation = None
    if len(ranks) > 2 and (ranks.nunique() > 1).all():
        correlation = float(stats.spearmanr(ranks["rank"], ranks["rank_other"]).statistic)
    change = (both["value_other"].astype(float) - both["value"].astype(float)).abs().mean()
    return {
        "municipalities": len(other),
        "municipalities_in_both": len(both),
        "rank_correlation": correlation,
        "position_changes": changes(both["position"], both["position_other"]),
        "quintile_changes": changes(both["quintile"], both["quintile_other"]),
        "mean_absolute_change": None if np.isnan(change) else float(change),
    }


def fingerprints(build_info):
    """What kept results must agree with: of a row of meta.build_info, and of the list of alternatives."""
    marks = [str(build_info[mark]) for mark in MARKS]
    return [*marks, hashlib.sha256(LIST.read_bytes()).hexdigest()]


def kept(path, marks):
    """Read the kept states, {alternative: state}; none where there is no file or it has other marks."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        if found["fingerprints"] != marks:
            return {}
        return {name: pd.DataFrame(rows, columns=STATE) for name, rows in found["states"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def table(build_info, benchmark, expenditure, path=None):
    """Rows of report.sensitivity, one per alternative and indicator; none if nothing of this build is kept.

    Parameters
    ----------
    build_info : DataFrame
        The one row of meta.build_info.
    benchmark, expenditure : DataFrame
        int_benchmark_indicators and expenditure_indicators, as `state`.
    path : path, optional
        The file that make sensitivity keeps; by default that of $VFM_BUILD.
    """
    path = path or Paths.from_environment(PROJECT).build / KEPT
    found = kept(path, fingerprints(build_info.iloc[0]))
    default = state(benchmark, expenditure) if found else None
    rows = []
    for number, each in enumerate(alternatives(), start=1):
        for indicator in each.indicators if each.name in found else ():
            one, other = (
                frame[frame["indicator"] == indicator].drop(columns="indicator")
                for frame in (default, found[each.name])
            )
            words = {"alternative": each.name, "label_da": each.label_da, "label_en": each.label_en}
            rows.append(words | {"alternative_number": number, "indicator": indicator} | compare(one, other))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


# ---- the run


class Progress:
    """One line that is written over on a terminal, one line per alternative elsewhere."""

    def __init__(self, stream, total):
        self.stream, self.total, self.done = stream, total, 0
        self.began = time.monotonic()

    def say(self, what):
        """Say what begins, and how long the rest will take if it goes on like this."""
        left = ""
        if self.done:
            seconds = (time.monotonic() - self.began) / self.done * (self.total - self.done)
            left = f", {seconds / 60:.1f} min left"
        line = f"{self.done} of {self.total} alternatives built{left}: {what}"
        terminal.put(self.stream, line)

    def end(self):
        """Leave the line."""
        terminal.leave(self.stream)


def built_from(paths):
    """Return the row of meta.build_info, having made sure that all that is compared is of that one build.

    Raises
    ------
    BuildError
        If there is no warehouse or no published file, they are of two builds, or the project or the registers
        are not those of the build any more.
    """
    warehouse, results = paths.short(paths.warehouse), paths.short(paths.results)
    if not paths.warehouse.exists():
        raise BuildError(
            f"There is no {warehouse} yet, whose indicators are compared: make build makes it. "
            "See docs/bad_input.md#no-warehouse."
        )
    if not paths.results.exists():
        raise BuildError(
            f"There is no {results} to publish the comparison in: make build writes it."
        )
    wait_for_warehouse(paths)
    rows = {}
    for path in (paths.warehouse, paths.results):
        with closing(duckdb.connect(str(path), read_only=True)) as con:
            try:
                rows[path] = con.sql("select * from meta.build_info").df().iloc[0].to_dict()
            except (duckdb.Error, IndexError) as problem:
                raise BuildError(
                    f"{paths.short(path)} does not say what it was built from: run make build again."
                ) from problem
    build_info = rows[paths.warehouse]
    if not set(MARKS) <= set(build_info):
        raise BuildError(f"{warehouse} is of another version of the project: run make build again.")
    if rows[paths.results] != build_info:
        raise BuildError(f"{results} and {warehouse} are of two builds: run make build again.")
    again = "run make build again, then make sensitivity."
    if provenance.code_fingerprint() != build_info["code_fingerprint"]:
        raise BuildError(f"The project has changed since {warehouse} was built: {again}")
    if provenance.register_fingerprint(register_folder()) != build_info["register_fingerprint"]:
        raise BuildError(f"The registers are not those that {warehouse} was built from: {again}")
    return build_info


def rebuild(paths, alternative, folder):
    """Build an alternative in a copy of the warehouse and return its state.

    Parameters
    ----------
    paths : vfm.Paths
    alternative : Alternative
    folder : Path
        For the copy; not removed here.

    Raises
    ------
    BuildError
        If dbt fails, naming the alternative, or if there is no room for the copy.
    """
    copy = Paths(project=paths.project, build=folder, results=paths.results)
    folder.mkdir(parents=True)
    try:
        shutil.copyfile(paths.warehouse, copy.warehouse)
    except OSError as problem:
        if machine.NO_ROOM.search(str(problem)):
            raise BuildError(
                machine.out_of_room("build", paths.build, paths.short(paths.build))
            ) from problem
        raise
    models = [f"{first}+,+{last}" for first in alternative.changes for last in WANTED]
    choice = ["--exclude-resource-type", "unit_test", "test", "--vars", json.dumps(alternative.vars)]
    try:
        run_dbt(copy, io.StringIO(), [*choice, "--select", *models], {"VFM_BUILD": str(folder)})
    except BuildError as problem:
        said = [text for text in problem.args if "full log is" not in text]  # the log goes with the copy
        raise BuildError(f"{alternative.label_en} cannot be built:", *said) from problem
    with closing(duckdb.connect(str(copy.warehouse), read_only=True)) as con:
        return of_warehouse(con)


def keep(path, marks, states):
    """Write the states whole or not at all."""
    part = path.with_suffix(".part")
    rows = {
        name: frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
        for name, frame in states.items()
    }
    part.write_text(json.dumps({"fingerprints": marks, "states": rows}) + "\n", encoding="utf-8")
    part.replace(path)


def run(paths, stream=sys.stdout):
    """Build all alternatives, then the table in the warehouse, then publish it.

    Parameters
    ----------
    paths : vfm.Paths
    stream : text file
        Where progress is shown.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    BuildError, publish.NotPublishedError
        If anything failed; what is published stays as it was.
    """
    before = os.umask(0o077)  # copies of the warehouse are the owner's alone
    work = paths.build / "sensitivity"
    try:
        if not paths.build.exists():
            built_from(paths)  # says what is missing
        with machine.only_build(paths.build, paths.short(paths.build)):
            shutil.rmtree(work, ignore_errors=True)  # of a run that was killed
            try:
                marks = fingerprints(built_from(paths))
                chosen = alternatives()
                progress, states = Progress(stream, sum(bool(each.vars) for each in chosen)), {}
                for each in chosen:
                    if each.vars:
                        progress.say(each.label_en)
                        states[each.name] = rebuild(paths, each, work / each.name)
                        shutil.rmtree(work / each.name)
                        progress.done += 1
                progress.say("the comparison")
                with closing(duckdb.connect(str(paths.warehouse), read_only=True)) as con:
                    states |= {each.name: ANALYSES[each.analysis](con) for each in chosen if each.analysis}
                keep(paths.build / KEPT, marks, states)
                build_table(paths, work / "table")
                progress.end()
                publish.publish_table(paths.warehouse, paths.results, "report", "sensitivity")
            finally:
                shutil.rmtree(work, ignore_errors=True)
    finally:
        os.umask(before)
    return write(paths.results, paths.project, paths.build)


def build_table(paths, folder):
    """Build report.sensitivity in the warehouse, with its tests; dbt's own files go into another folder."""
    apart = Paths(project=paths.project, build=folder, results=paths.results)
    folder.mkdir(parents=True)
    choice = ["--exclude-resource-type", "unit_test", "--select", "sensitivity"]
    run_dbt(apart, io.StringIO(), choice, {"VFM_BUILD": str(paths.build)})


# ---- the page

TEMPLATE = Path(__file__).with_suffix(".md")
ABOUT = {
    True: "It is simulated from the report's own printed results: the page shows how the machine reacts to\n"
    "its assumptions and says nothing about a place.",
    False: "This is not the synthetic data that the project comes with.",
}
HEADS = ["Alternative", "What it asks", "Indicator", "Municipalities", "In both", "Rank correlation",
         "Position", "Fifth", "Mean change"]  # fmt: skip


def plain(value, digits=0):
    """Write a number for a person; 'none' for a missing one."""
    return "none" if value is None else f"{value:.{digits}f}"


def verdict(rows):
    """Say in two sentences where the benchmark's order and positions change most."""
    benchmark = [row for row in rows if row["indicator"] == "benchmark"]
    order = [row for row in benchmark if row["rank_correlation"] is not None]
    positions = [row for row in benchmark if row["position_changes"] is not None]
    said = []
    if order:
        row = min(order, key=lambda row: row["rank_correlation"])
        said.append(
            f"The order of the benchmark changes most under *{row['label_en']}*: "
            f"the rank correlation is {row['rank_correlation']:.3f}."
        )
    if positions:
        row = max(positions, key=lambda row: row["position_changes"])
        said.append(
            f"Its positions change most under *{row['label_en']}*: those of {row['position_changes']} of "
            f"{row['municipalities_in_both']} municipalities."
        )
    return textwrap.fill(" ".join(said), 120)


def page(con):
    """Write the page as a text, from the published file; equal tables give equal texts."""
    origin = published.origin(con)
    order = f"alternative_number, list_position({list(INDICATORS)}, indicator)"
    frame = con.sql(f"select * from report.sensitivity order by {order}").df()
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    asks = {each.name: each.asks for each in alternatives()}
    lines, last = [], None
    for row in rows:
        new = row["alternative"] != last
        last = row["alternative"]
        lines.append(
            [
                row["label_en"] if new else "",
                asks.get(last, "") if new else "",
                row["indicator"],
                plain(row["municipalities"]),
                plain(row["municipalities_in_both"]),
                plain(row["rank_correlation"], 3),
                plain(row["position_changes"]),
                plain(row["quintile_changes"]),
                plain(row["mean_absolute_change"], 4),
            ]
        )
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(
        origin=origin,
        about=ABOUT[origin.startswith("synthetic")],
        verdict=verdict(rows),
        table=reproduction.table(HEADS, lines, HEADS[3:]),
    )


def write(results, project, build):
    """Write the page of a published file, into docs/ or of other data into the build; return its path."""
    with closing(published.connect(results)) as con:
        return reproduction.put(con, page(con), project, build, PAGE)


def main(arguments=None):
    """Run from the command line; returns the exit status."""
    argparse.ArgumentParser(prog="python -m vfm.pages.sensitivity", description=__doc__).parse_args(arguments)
    paths = Paths.from_environment(PROJECT)
    before = building.identity(paths.results)
    began = time.monotonic()
    try:
        with machine.told_to_end():
            path = run(paths)
    except (BuildError, publish.NotPublishedError) as problem:
        sentences = [*map(str, problem.args)]
    except OSError as problem:
        sentences = [str(problem)]
    except duckdb.Error as problem:
        sentences = [one_sentence(redaction.of_duckdb(str(problem)))]
    except machine.Stopped as stop:
        print(f"\nInterrupted. {building.still_published(paths, before)}", file=sys.stderr)
        return 128 + stop.args[0]
    else:
        print(
            f"{len(alternatives())} alternatives compared in {(time.monotonic() - began) / 60:.1f} minutes: "
            f"report.sensitivity in {paths.short(paths.results)}, {paths.short(path)}"
        )
        return 0
    print("\n".join(["", *sentences, building.still_published(paths, before)]), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
