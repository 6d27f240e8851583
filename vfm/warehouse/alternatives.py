"""The indicators under other assumptions than the method's, and how they compare with those of the build.

alternatives.toml is the list. `vfm.warehouse.alternative_builds` builds what it asks for and keeps the
indicators by municipality in one file of the build folder, with the fingerprints of what they follow from.
The model report.sensitivity compares them with the indicators of its own build, and is empty where the
fingerprints are not its build's: make build keeps the table while nothing changed, and empties it when
something did.
"""

import hashlib
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from scipy import stats

from vfm.statistics import comparing, frontier
from vfm.warehouse import studies, system
from vfm.warehouse.paths import PROJECT, Paths

LIST = Path(__file__).with_suffix(".toml")
KEPT = "sensitivity.json"  # in the build folder
WANTED = ("int_benchmark_indicators", "int_expenditure_indicators")
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
    select municipality_code, expenditure_indicator, report_position as position, quintile
    from intermediate.int_expenditure_indicators order by municipality_code
"""
SUPPLEMENTARY = """
    select municipality_code, expenditure_indicator, report_position as position, quintile
    from intermediate.int_supplementary_positions order by municipality_code
"""


@dataclass(frozen=True)
class Alternative:
    """An entry of alternatives.toml; its words are those of the file's head."""

    name: str
    label_da: str
    label_en: str
    asks: str
    indicators: list
    vars: dict = field(default_factory=dict)
    changes: list = field(default_factory=list)
    analysis: str = ""


def listed(path: Path = LIST) -> list[Alternative]:
    """Read the alternatives in their order; without_169 only where Høje-Taastrup is the study's outlier."""
    entries = tomllib.loads(Path(path).read_text(encoding="utf-8"))["alternative"]
    is_without = {"without_169": project_variables()["outlier_municipality"] == "169"}
    return [Alternative(**entry) for entry in entries if is_without.get(entry["name"], True)]


# ---- the state of the indicators under one set of assumptions


def quadrant(benchmark: str | None, expenditure: str | None) -> str | None:
    """Corner of Figure 5.2 from the two positions, as efficiency_map has it; None where one is missing."""
    if not isinstance(benchmark, str) or not isinstance(expenditure, str):
        return None
    return "uncertain" if "around" in (benchmark, expenditure) else f"{benchmark}, {expenditure}"


def efficiency(benchmark: pd.DataFrame, expenditure: pd.DataFrame) -> pd.DataFrame:
    """Rows of `state` for the production frontier, half-normal: what 1 - inefficiency / frontier is.

    The rank is `report_rank` of efficiency.frontier_efficiencies, which has an order also where the
    frontier is the regression line; all have the efficiency 1 there.
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


def state(benchmark: pd.DataFrame, expenditure: pd.DataFrame) -> pd.DataFrame:
    """Put the indicators of all municipalities under each other.

    Parameters
    ----------
    benchmark : DataFrame
        municipality_code, spells, benchmark_indicator, rank, position and quintile.
    expenditure : DataFrame
        municipality_code, expenditure_indicator, position (the report's) and quintile.

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


def state_of_warehouse(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Read the `state` of a warehouse, or of a copy in which another assumption was built."""
    return state(con.sql(BENCHMARK).df(), con.sql(EXPENDITURE).df())


def quintiles(values: pd.Series) -> np.ndarray:
    """Quintile of each value, 1 the lowest, as even as possible; ties by order."""
    return comparing.quintiles(values.rank(method="first").astype(int), len(values))


def supplementary_groupings(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """Read the state with the expenditure indicators of groupings 001-009, built for note 17 anyway."""
    return state(con.sql(BENCHMARK).df(), con.sql(SUPPLEMENTARY).df())


def without_outlier(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    """State with the outlier municipality left out of the frontier."""
    outlier = str(project_variables()["outlier_municipality"])
    benchmark = con.sql(BENCHMARK).df()
    return state(benchmark[benchmark["municipality_code"] != outlier], con.sql(EXPENDITURE).df())


def absolute_difference(con: duckdb.DuckDBPyConnection) -> pd.DataFrame:
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


def project_variables() -> dict:
    """Return the variables of the study in force."""
    return studies.in_force(PROJECT)


# ---- the comparison


def changes(default: pd.Series, other: pd.Series) -> int | None:
    """Count where two columns of text or whole numbers differ, both known; None if no row has both."""
    known = default.notna() & other.notna()
    return int((default[known] != other[known]).sum()) if known.any() else None


def compare(default: pd.DataFrame, other: pd.DataFrame) -> dict:
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


def fingerprints(build_info: dict | pd.Series) -> list[str]:
    """What kept results must agree with: of a row of meta.build_info, and of the list of alternatives."""
    marks = [str(build_info[mark]) for mark in MARKS]
    return [*marks, hashlib.sha256(LIST.read_bytes()).hexdigest()]


def kept_states(path: Path, marks: list[str]) -> dict[str, pd.DataFrame]:
    """Read the kept states, {alternative: state}; none if there is no file, or its marks differ."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
        if found["fingerprints"] != marks:
            return {}
        return {name: pd.DataFrame(rows, columns=STATE) for name, rows in found["states"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def keep_states(path: Path, marks: list[str], states: dict[str, pd.DataFrame]) -> None:
    """Write the states whole or not at all."""
    part = path.with_suffix(".part")
    rows = {
        name: frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
        for name, frame in states.items()
    }
    part.write_text(json.dumps({"fingerprints": marks, "states": rows}) + "\n", encoding="utf-8")
    system.replace(part, path)


def comparison(
    build_info: pd.DataFrame, benchmark: pd.DataFrame, expenditure: pd.DataFrame, path: Path | None = None
) -> pd.DataFrame:
    """Rows of report.sensitivity, one per alternative and indicator; none if nothing of this build is kept.

    Parameters
    ----------
    build_info : DataFrame
        The one row of meta.build_info.
    benchmark, expenditure : DataFrame
        int_benchmark_indicators and int_expenditure_indicators, as `state`.
    path : path, optional
        The file that make sensitivity keeps; by default that of $VFM_BUILD.
    """
    path = path or Paths.from_environment(PROJECT).build / KEPT
    found = kept_states(path, fingerprints(build_info.iloc[0]))
    default = state(benchmark, expenditure) if found else None
    rows = []
    for number, each in enumerate(listed(), start=1):
        for indicator in each.indicators if each.name in found else ():
            one, other = (
                frame[frame["indicator"] == indicator].drop(columns="indicator")
                for frame in (default, found[each.name])
            )
            words = {"alternative": each.name, "label_da": each.label_da, "label_en": each.label_en}
            rows.append(words | {"alternative_number": number, "indicator": indicator} | compare(one, other))
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
