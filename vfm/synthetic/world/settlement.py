"""Where persons settle: classes of persons, what municipalities like, and a draw of everybody's place."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from vfm.synthetic.world import constants
from vfm.synthetic.world.classifications import Municipalities
from vfm.synthetic.world.population import FEWEST_SPELLS
from vfm.synthetic.world.streams import stream

SETTLEMENT_ROUNDS = 60
LONGEST_STEP = 0.5  # of the tilt in a round


def settlement_classes(persons: pd.DataFrame, log_risk: np.ndarray) -> tuple[np.ndarray, pd.DataFrame]:
    """Class of each person for the settlement: predicted risk x origin x schooling x youth x recency.

    Parameters
    ----------
    persons : DataFrame
    log_risk : (n,) float array
        Log of the cumulative hazard a person would reach within the follow-up.

    Returns
    -------
    labels : (n,) int array
        Class of each person.
    table : pandas.DataFrame
        One row per class: persons, log_risk (mean), origin_class, education, young, recent.
    """
    edges = np.quantile(log_risk, np.linspace(0, 1, constants.RISK_CLASSES + 1)[1:-1])
    frame = pd.DataFrame(
        {
            "risk_class": np.searchsorted(edges, log_risk),
            "origin_class": np.where(
                persons["country_group"] != "other", persons["country_group"], persons["world_region"]
            ),
            "education": persons["danish_education"].to_numpy(),
            "young": (persons["age"] < 25).to_numpy(),
            "recent": (persons["permit_year"] >= constants.RECENT_FROM).to_numpy(),
            "log_risk": log_risk,
        }
    )
    keys = ["risk_class", "origin_class", "education", "young", "recent"]
    labels = frame.groupby(keys, sort=True).ngroup().to_numpy()
    table = frame.groupby(keys, sort=True).agg(persons=("log_risk", "size"), log_risk=("log_risk", "mean"))
    return labels, table.reset_index()


def draw_likings(seed: int, table: pd.DataFrame, places: Municipalities) -> dict[str, pd.DataFrame]:
    """What municipalities like beyond the chance of a job.

    Parameters
    ----------
    seed : int
    table : DataFrame
        The classes of `settlement_classes`.
    places : classifications.Municipalities

    Returns
    -------
    dict
        Column of the classes -> DataFrame (level x municipality): what a level adds to the log odds.
    """
    rng = stream(seed, "settlement")
    liked = {}
    for column, spread in (
        ("origin_class", constants.AFFINITY_ORIGIN_SD),
        ("education", constants.AFFINITY_EDUCATION_SD),
        ("young", constants.AFFINITY_YOUNG_SD),
        ("recent", constants.AFFINITY_RECENT_SD),
    ):
        levels = np.unique(table[column].to_numpy().astype(str))
        liked[column] = pd.DataFrame(rng.normal(0.0, spread, (len(levels), len(places.code))), levels)
    return liked


def expected_settlement(
    liked: dict[str, pd.DataFrame],
    table: pd.DataFrame,
    places: Municipalities,
    spells_by_risk: Callable,
    successes_by_risk: Callable,
    shift: np.ndarray,
) -> np.ndarray:
    """Number of persons of each class that each municipality is expected to get.

    Municipality k draws from the national pool with weights exp(tilt_k * log risk + affinity): the tilt makes
    its expected success share the printed one. So the shares differ by case mix, and every class gives the
    same part of its persons.

    Parameters
    ----------
    liked : dict
        See `draw_likings`; a level that is missing counts as neither liked nor disliked.
    table : DataFrame
        The classes of `settlement_classes`.
    places : classifications.Municipalities
    spells_by_risk, successes_by_risk : callables
        Expected spells and successes of a person, by log risk.
    shift : (98,) float array
        What a municipality adds to the log risk: labour market and true effect.

    Returns
    -------
    expected : (classes, 98) float array
        Expected number of persons of a class in a municipality; rows add up to less than the class.
    """
    risk = table["log_risk"].to_numpy()
    pool = table["persons"].to_numpy().astype(float)
    affinity = np.zeros((len(table), len(places.code)))
    for column, of_level in liked.items():
        affinity += of_level.reindex(table[column].astype(str), fill_value=0.0).to_numpy()
    persons = places.full_spells * (1 - constants.FURTHER_SPELLS * places.success_share)
    recent = np.interp(persons, constants.RECENT_AFFINITY_PERSONS, constants.RECENT_AFFINITY)
    recent = np.where(places.full_spells < FEWEST_SPELLS, 0.0, recent)
    affinity += np.outer(table["recent"], recent)

    moved = risk[:, None] + shift[None, :]
    spells = spells_by_risk(moved)
    successes = successes_by_risk(moved)
    target = _attainable_shares(places, (pool[:, None] * successes).sum() / (pool[:, None] * spells).sum())
    centred = risk - np.average(risk, weights=pool)
    supply = np.log(pool)
    tilt = np.zeros(len(places.code))
    for _ in range(SETTLEMENT_ROUNDS):
        logits = supply[:, None] + affinity + tilt * centred[:, None]
        weights = np.exp(logits - logits.max(axis=0))
        whole = (weights * spells).sum(axis=0)
        share = (weights * successes).sum(axis=0) / whole
        slope = (weights * (successes - share * spells) * centred[:, None]).sum(axis=0) / whole
        tilt = tilt + np.clip((target - share) / slope, -LONGEST_STEP, LONGEST_STEP)
        expected = weights * (places.spells / whole)
        fill = expected.sum(axis=1) / pool
        supply = supply - 0.7 * np.log(fill / (expected.sum() / pool.sum()))
    return expected


def _attainable_shares(places, overall):
    """The printed success shares, shifted on the logit so that their total is the pool's."""
    logit = np.log(places.success_share / (1 - places.success_share))
    low, high = -3.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        share = 1 / (1 + np.exp(-(logit + middle)))
        if (share * places.spells).sum() / places.spells.sum() < overall:
            low = middle
        else:
            high = middle
    return share


def assign_places(seed: int, labels: np.ndarray, expected: np.ndarray, pool_sizes: ArrayLike) -> np.ndarray:
    """Municipality of each person: a draw by the chances of the class, then evened out.

    The draw leaves every municipality a few persons above or below its expected number; the excess persons
    are handed to the places that lack some, by the chances of their class.

    Parameters
    ----------
    labels : (n,) int array
        Class of each person.
    expected : (classes, 98) float array
        Expected number of persons of a class in a municipality.
    pool_sizes : (classes,) array
        Persons of each class in the pool.

    Returns
    -------
    (n,) int array
        Position of the municipality, -1 for the reserve.
    """
    rng = stream(seed, "assignment")
    chance = expected / np.asarray(pool_sizes)[:, None]
    total = chance.sum(axis=1, keepdims=True)
    chance = np.where(total > 1, chance / np.maximum(total, 1e-12), chance)
    chance = np.hstack([chance, np.maximum(1 - chance.sum(axis=1, keepdims=True), 0)])
    # the largest of log chance + Gumbel noise is a draw by the chances, and a small change of them moves few
    score = np.log(chance + 1e-9).astype(np.float32)[labels]
    noise = rng.standard_exponential(score.shape, dtype=np.float32)
    score -= np.log(np.maximum(noise, np.float32(1e-30)))
    place = score.argmax(axis=1)

    reserve = expected.shape[1]
    wanted = np.ceil(expected.sum(axis=0)).astype(np.int64) + 1
    excess = np.bincount(place, minlength=reserve + 1)[:reserve] - wanted
    for k in np.flatnonzero(excess > 0):
        members = np.flatnonzero(place == k)
        place[members[np.argsort(score[members, k], kind="stable")[: excess[k]]]] = reserve
    for k in np.flatnonzero(excess < 0):
        spare = np.flatnonzero(place == reserve)
        place[spare[np.argsort(-score[spare, k], kind="stable")[: -excess[k]]]] = k
    return np.where(place == reserve, -1, place)
