"""How often intervals held over the redraws of several seeds, as cells of a table of docs/recovery.md."""

import numpy as np
import pandas as pd

LEAST = 0.88  # a municipality's interval that holds less often is counted


def held_cells(own: pd.DataFrame, names: dict[str, str]) -> tuple[str, ...]:
    """The cells of one quantity.

    Parameters
    ----------
    own : DataFrame
        seed, name (municipality, or "all"), stated (share), held (how often), cases and width (or missing).
    names : dict of str to str
        Names of municipalities by code.

    Returns
    -------
    tuple of str
        Stated and held in percent with the Monte Carlo error by seed, the lowest municipality's with its
        name, how many lie below 88 %, mean width.
    """
    by_seed = own.groupby("seed")[["held", "cases"]].sum()
    share = by_seed["held"] / by_seed["cases"]
    by_name = own.groupby("name")[["held", "cases"]].sum()
    by_name = by_name["held"] / by_name["cases"]
    lowest = below = ""
    if len(by_name) > 1:
        lowest = f"{100 * by_name.min():.0f} {names.get(by_name.idxmin(), by_name.idxmin())}"
        below = f"{(by_name < LEAST).sum()} of {len(by_name)}"
    margin = f" ± {196 * share.std(ddof=1) / np.sqrt(len(share)):.1f}" if len(share) > 1 else ""
    width = np.average(own["width"].astype(float), weights=own["cases"])
    return (
        f"{100 * own['stated'].iloc[0]:.0f}",
        f"{100 * by_seed['held'].sum() / by_seed['cases'].sum():.1f}{margin}",
        lowest,
        below,
        "" if np.isnan(width) else f"{width:.3g}",
    )


def of_all_seeds(results: list[dict], part: str) -> pd.DataFrame:
    """One part of the results, with its seed; empty where no result has it."""
    tables = [pd.DataFrame(found[part]).assign(seed=found["seed"]) for found in results if found.get(part)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
