"""The seeds the world is measured against: code lists of the warehouse and tables of the report.

Everything is read from the repository's `seeds` folder.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from vfm.warehouse.paths import PROJECT

SEEDS = PROJECT / "seeds"
MISSING_IN_PRINT = ("580", "851")  # Aabenraa and Aalborg: appendix table 5.1 has no row for them


def read_seed(name: str) -> pd.DataFrame:
    """A seed as a frame of texts; `name` is its path below `seeds` without the ending.

    Raises
    ------
    FileNotFoundError
        If the seed is not there.
    """
    path = SEEDS / f"{name}.csv"
    if not path.exists():
        raise FileNotFoundError(f"the simulator needs the seed {path}")
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def published(item: str) -> pd.DataFrame:
    """A printed table of the report, numbers as numbers, municipality codes as texts."""
    return _published(item).copy()


@cache
def _published(item):
    frame = read_seed(f"published/published_{item}")
    for column in frame.columns:
        if column not in {"municipality_code", "grouping"}:
            converted = pd.to_numeric(frame[column], errors="coerce")
            if converted.notna().eq(frame[column].ne("")).all():
                frame[column] = converted
    return frame


@dataclass(frozen=True)
class Municipalities:
    """The municipalities in code order, with the report's counts.

    Attributes
    ----------
    code : (98,) int array
    name, province, region : (98,) text arrays
    population : (98,) int array
    spells : (98,) int array
        Appendix table 5.1, the missing ones filled in, at the scale of the world.
    full_spells : (98,) int array
        The same at scale 1.
    success_share : (98,) float array
    """

    code: np.ndarray
    name: np.ndarray
    province: np.ndarray
    region: np.ndarray
    population: np.ndarray
    spells: np.ndarray
    full_spells: np.ndarray
    success_share: np.ndarray


def municipalities(scale: float = 1.0) -> Municipalities:
    """The municipalities with their number of spells at a scale.

    Aabenraa and Aalborg share the spells and successes that the printed table leaves out by their number of
    residents; at other scales the counts are scaled by largest remainder.

    Raises
    ------
    ValueError
        If the scale leaves fewer than one spell for each municipality on average.
    """
    frame = read_seed("classifications/municipalities").sort_values("municipality_code", ignore_index=True)
    printed = published("appendix_table_5_1").set_index("municipality_code")
    total = published("table_2_1").query("sex == 'all'").set_index("outcome")["spells"]
    spells = printed["spells"].reindex(frame["municipality_code"]).to_numpy(dtype=float)
    successes = printed["successes"].reindex(frame["municipality_code"]).to_numpy(dtype=float)
    residents = frame["population_2014"].astype(int).to_numpy()
    missing = frame["municipality_code"].isin(MISSING_IN_PRINT).to_numpy()
    for counts, whole in ((spells, total["total"]), (successes, total["success"])):
        counts[missing] = largest_remainder(residents[missing], whole - np.nansum(counts))
    share = successes / spells
    scaled = largest_remainder(spells, round(scale * spells.sum()))
    if scaled.sum() < len(scaled):
        raise ValueError(f"scale {scale} leaves only {scaled.sum()} spells for {len(scaled)} municipalities")
    return Municipalities(
        code=frame["municipality_code"].astype(int).to_numpy(),
        name=frame["municipality_name"].to_numpy(),
        province=frame["commuting_area"].to_numpy(),
        region=frame["region"].to_numpy(),
        population=residents,
        spells=scaled,
        full_spells=spells.astype(np.int64),
        success_share=share,
    )


def largest_remainder(weights: ArrayLike, total: float) -> np.ndarray:
    """Integers in proportion to the weights that add up to the total.

    Parameters
    ----------
    weights : (n,) array, not negative
    total : int, may be negative

    Returns
    -------
    (n,) int array
    """
    weights = np.asarray(weights, dtype=float)
    total = int(total)
    if total < 0:
        return -largest_remainder(weights, -total)
    exact = weights / weights.sum() * total if weights.sum() > 0 else np.zeros(len(weights))
    whole = np.floor(exact).astype(np.int64)
    order = np.lexsort((np.arange(len(weights)), -(exact - whole)))
    whole[order[: total - whole.sum()]] += 1
    return whole
