"""Who leaves the world again, so that every municipality has its printed number of spells."""

import numpy as np
import pandas as pd

from vfm.synthetic.world import constants
from vfm.synthetic.world.classifications import Municipalities, published
from vfm.synthetic.world.population import GROUPS

OUTCOMES = ("success", "left", "unfinished")
CELLS = 2 * len(GROUPS) * len(OUTCOMES)


def persons_to_keep(
    staying_power: np.ndarray, spells: pd.DataFrame, cell: np.ndarray, places: Municipalities
) -> np.ndarray:
    """Which persons stay: those of little power go until no municipality has more than its exact count.

    As far as they can be chosen, those go of whose kind there are too many: successes or others in their
    municipalities (appendix table 5.1), and outcomes of their sex and ground (Tables 2.1 and 2.2).

    Parameters
    ----------
    staying_power : (n,) float array
    spells : DataFrame
        person, place and outcome.
    cell : (m,) int array
        Sex, ground and outcome of each spell, as `sex_ground_outcome`.
    places : classifications.Municipalities

    Returns
    -------
    (n,) bool array
    """
    order = np.argsort(spells["person"], kind="stable")
    first = np.searchsorted(spells["person"].to_numpy()[order], np.arange(len(staying_power) + 1)).tolist()
    place = spells["place"].to_numpy()[order]
    success = (spells["outcome"] == "success").to_numpy()[order]
    wanted = np.round(places.success_share * places.spells)
    kinds = [  # what must be in surplus, from the strictest
        (cell[order], _surplus(cell, cell_targets(cell, places))),
        (
            2 * place + success,
            _surplus(2 * place + success, np.stack([places.spells - wanted, wanted], axis=1)),
        ),
        (place, _surplus(place, places.spells)),
    ]
    kinds = [(of_spell.tolist(), surplus.tolist()) for of_spell, surplus in kinds]
    keep = np.ones(len(staying_power), dtype=bool)
    places_left = kinds[2][1]
    # those who left the programme first: they are few, and the others would use up what may be dropped
    stayed = np.ones(len(staying_power), dtype=bool)
    stayed[spells.loc[spells["outcome"] == "left", "person"]] = False
    in_turn = np.lexsort([staying_power, stayed]).tolist()
    for looser in range(4):
        for person in in_turn:
            span = slice(first[person], first[person + 1])
            if not keep[person] or span.start == span.stop:
                continue
            spared = all(
                surplus[kind] >= of_spell[span].count(kind)
                for of_spell, surplus in kinds[looser:]
                for kind in of_spell[span]
            )
            if spared and (looser < 3 or places_left[kinds[2][0][span.start]] > 0):
                keep[person] = False
                for of_spell, surplus in kinds:
                    for kind in of_spell[span]:
                        surplus[kind] -= 1
    return keep


def _surplus(kind, wanted):
    """Spells of each kind beyond those wanted."""
    wanted = np.asarray(wanted, dtype=np.int64).ravel()
    return np.bincount(kind, minlength=len(wanted)) - wanted


def sex_ground_outcome(persons: pd.DataFrame, spells: pd.DataFrame) -> np.ndarray:
    """Sex, ground and outcome of each spell as one number below `CELLS`.

    Parameters
    ----------
    persons : DataFrame
        is_woman and group.
    spells : DataFrame
        person (position) and outcome.

    Returns
    -------
    (m,) int array
    """
    person = spells["person"].to_numpy()
    woman = persons["is_woman"].to_numpy()[person].astype(np.int64)
    group = persons["group"].map({name: number for number, name in enumerate(GROUPS)}).to_numpy()[person]
    outcome = spells["outcome"].map({name: number for number, name in enumerate(OUTCOMES)}).to_numpy()
    return (woman * len(GROUPS) + group) * len(OUTCOMES) + outcome


def cell_targets(cell: np.ndarray, places: Municipalities) -> np.ndarray:
    """Spells wanted of each sex, ground and outcome: those found, fitted to Tables 2.1 and 2.2.

    Parameters
    ----------
    cell : (m,) int array
        See `sex_ground_outcome`.
    places : classifications.Municipalities

    Returns
    -------
    (CELLS,) int array
    """
    scale = places.spells.sum() / places.full_spells.sum()
    by_sex = published("table_2_1").pivot(index="sex", columns="outcome", values="spells")
    by_ground = published("table_2_2").pivot(index="residence_ground", columns="outcome", values="spells")
    by_sex = by_sex.loc[["men", "women"], list(OUTCOMES)].to_numpy(float) * scale
    by_ground = by_ground.reindex(GROUPS)[list(OUTCOMES)].to_numpy(float) * scale
    by_ground[-1] = np.maximum(
        by_sex.sum(axis=0) - by_ground[:-1].sum(axis=0), constants.FEWEST_OF_UNKNOWN_GROUND * scale
    )
    table = np.bincount(cell, minlength=CELLS).reshape(2, len(GROUPS), len(OUTCOMES)) + 0.1
    for _ in range(50):
        table = table * (by_sex / table.sum(axis=1))[:, None, :]
        table = table * (by_ground / table.sum(axis=0))[None, :, :]
    return np.round(table).astype(np.int64).ravel()
