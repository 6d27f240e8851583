"""The synthetic world: persons settled in municipalities, with histories that fit the report's counts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from vfm.synthetic import case_mix, constants, histories
from vfm.synthetic.classifications import Municipalities, municipalities
from vfm.synthetic.health import HEALTH_WEEKS, draw_health
from vfm.synthetic.population import assign, draw_persons, settle, settlement_classes
from vfm.synthetic.streams import stream

TOP_UPS = 20  # rounds that fill municipalities which lack spells


@dataclass
class World:
    """Everything that is true of the synthetic population.

    Attributes
    ----------
    seed : int
    scale : float
    places : Municipalities
    persons : DataFrame
        Index 0..n-1 in the order of pnr; see `population.draw_persons`, with pnr and place.
    terms : DataFrame
        Person-level covariates, same index.
    health_events : DataFrame
    history : histories.History
    effects : (98,) float array
        True municipal effects on the log hazard.
    """

    seed: int
    scale: float
    places: Municipalities
    persons: pd.DataFrame
    terms: pd.DataFrame
    health_events: pd.DataFrame
    history: histories.History
    effects: np.ndarray


def create(seed, scale=1.0):
    """Create the world.

    Parameters
    ----------
    seed : int
        Not negative.
    scale : float
        Multiplies the population.

    Returns
    -------
    World

    Raises
    ------
    ValueError
        If the scale is too small for every municipality to have a spell on average.
    RuntimeError
        If a municipality lacks spells after all top-ups.
    """
    places = municipalities(scale)
    pool = draw_persons(seed, scale)
    leaving = histories.draw_leaving(seed, pool)
    events, health = draw_health(seed, pool, histories.resident_weeks(pool, leaving, HEALTH_WEEKS))
    terms = case_mix.person_terms(pool, health)
    labour = histories.LabourMarket(places)

    log_risk, curves = _pilot(seed, pool, terms, leaving, places, labour)
    slope = curves.slope_weeks(places)
    effects = municipal_effects(seed, places, slope)
    labels, table = settlement_classes(pool, log_risk)
    shift = effects + _labour_shift(places, labour)
    expected = settle(seed, table, places, curves.spells, curves.successes, shift)
    place = assign(seed, labels, expected, table["persons"].to_numpy(), constants.OVERGENERATION)
    padded = np.append(effects, 0.0)

    chosen, history = _fill(seed, pool, terms, leaving, place, places, labour, padded)
    return _assemble(seed, scale, places, pool, terms, events, chosen, history, effects)


@dataclass
class _Curves:
    """Expected spells and successes of a person by log risk, read from the pilot simulation."""

    grid: np.ndarray
    spells_on_grid: np.ndarray
    successes_on_grid: np.ndarray

    def spells(self, log_risk):
        return np.interp(log_risk, self.grid, self.spells_on_grid)

    def successes(self, log_risk):
        return np.interp(log_risk, self.grid, self.successes_on_grid)

    def slope_weeks(self, places):
        """Weeks of restricted mean that a unit of log hazard takes away, by printed success share.

        For a constant hazard over the window: E = (1 - exp(-H)) / H * 156 with 1 - exp(-H) the success share.
        """
        cumulative = -np.log(1 - np.minimum(places.success_share, 0.9))
        return histories.WINDOW_WEEKS * ((1 - np.exp(-cumulative)) / cumulative - np.exp(-cumulative))


def _pilot(seed, pool, terms, leaving, places, labour):
    """Simulate the pool in a municipality without features: log risk of persons and what follows from it."""
    nowhere = np.full(len(pool), -1)
    fates = histories.draw_fates(seed, "pilot", pool, leaving, nowhere, places)
    history = histories.simulate(
        seed, "pilot", pool, terms, nowhere, fates, labour, np.zeros(len(places.code) + 1)
    )
    start = pool["start_week"].to_numpy()
    filled = case_mix.spell_terms(
        terms,
        histories.calendar.iso_year(start),
        start - pool["permit_day"].to_numpy() // 7,
        labour.of(nowhere, pool["permit_year"]),
    )
    woman = pool["is_woman"].to_numpy()
    follow_up = np.minimum(histories.WINDOW_WEEKS - 1, histories.calendar.DATA_END - 12 - start)
    reached = np.where(
        woman,
        histories.cumulative_baseline("women")[follow_up],
        histories.cumulative_baseline("men")[follow_up],
    )
    log_risk = case_mix.linear_predictor(filled, woman) + np.log(reached)
    spells = np.bincount(history.spells["person"], minlength=len(pool))
    successes = np.bincount(
        history.spells["person"], weights=history.spells["outcome"] == "success", minlength=len(pool)
    )
    edges = np.quantile(log_risk, np.linspace(0, 1, 26))
    position = np.clip(np.searchsorted(edges, log_risk, side="right") - 1, 0, 24)
    size = np.bincount(position, minlength=25)
    means = [
        np.bincount(position, weights=values, minlength=25) / size for values in (log_risk, spells, successes)
    ]
    # successes never fall with the risk; noise of the pilot may say so
    return log_risk, _Curves(means[0], np.maximum.accumulate(means[1]), np.maximum.accumulate(means[2]))


def municipal_effects(seed, places, slope):
    """True municipal effects on the log hazard; (98,) float array.

    Parameters
    ----------
    slope : (98,) float array
        Weeks of restricted mean per unit of log hazard.
    """
    rng = stream(seed, "municipal effects")
    weeks = rng.normal(0.0, constants.MUNICIPAL_EFFECT_SD_WEEKS, len(places.code))
    weeks = weeks + constants.MUNICIPAL_EFFECT_TOP_WEEKS * (
        places.success_share > constants.MUNICIPAL_EFFECT_TOP_SHARE
    )
    effects = np.clip(weeks / slope, -constants.MUNICIPAL_EFFECT_LIMIT, constants.MUNICIPAL_EFFECT_LIMIT)
    effects = np.where(places.code == constants.OUTLIER_MUNICIPALITY, constants.OUTLIER_EFFECT, effects)
    # without a mean over the successes of a commuting area: that is the labour market's to explain
    weight = places.full_spells * places.success_share
    for area in np.unique(places.province):
        inside = places.province == area
        if inside.sum() > 1:
            effects[inside] -= np.average(effects[inside], weights=weight[inside])
    return effects


def _labour_shift(places, labour):
    """What the labour market adds to the log hazard against the national mean, over sexes and years."""
    names = ["unemployment_rate_commuting_area", "jobs_per_resident_commuting_area", "jobs_medium_high_skill"]
    beta = np.mean([values[names].to_numpy() for values in case_mix.coefficients().values()], axis=0)
    levels = labour.values.mean(axis=1)
    return (levels[:-1] - levels[-1]) @ beta


def _fill(seed, pool, terms, leaving, place, places, labour, effects):
    """Simulate the settled persons, top up where spells lack and drop the surplus.

    Returns
    -------
    chosen : (m,) int array
        Pool positions of the persons that stay.
    history : History
        Person positions refer to `chosen`.
    """
    chosen = np.flatnonzero(place >= 0)
    reserve = np.flatnonzero(place < 0)
    stay = place[chosen]
    history = _simulate(seed, "main", pool, terms, leaving, chosen, stay, places, labour, effects)
    rng = stream(seed, "drop")
    for number in range(TOP_UPS):
        lacking = np.maximum(places.spells - _spells_by_place(history.spells, places), 0)
        wanted = np.repeat(np.arange(len(lacking)), np.where(lacking > 0, lacking + 2, 0))
        if len(wanted) > len(reserve):
            raise RuntimeError(
                f"the reserve of persons is too small: {len(wanted)} wanted, {len(reserve)} left"
            )
        if len(wanted):
            extra, reserve = reserve[: len(wanted)], reserve[len(wanted) :]
            more = _simulate(
                seed, f"top up {number}", pool, terms, leaving, extra, wanted, places, labour, effects
            )
            history = _append(history, more, len(chosen))
            chosen, stay = np.concatenate([chosen, extra]), np.concatenate([stay, wanted])
            if (_spells_by_place(history.spells, places) < places.spells).any():
                continue
        keep = _keep(rng, history.spells, len(chosen), places)
        history, chosen, stay = _subset(history, keep), chosen[keep], stay[keep]
        if (_spells_by_place(history.spells, places) == places.spells).all():
            break
    else:
        raise RuntimeError("municipalities lack spells after all top-ups")
    pool_place = place.copy()
    pool_place[chosen] = stay
    pool["place"] = pool_place
    return chosen, history


def _spells_by_place(spells, places):
    """Number of spells of each municipality; (98,) int array."""
    return np.bincount(spells["place"], minlength=len(places.code))


def _simulate(seed, batch, pool, terms, leaving, members, stay, places, labour, effects):
    """Fates and histories of some persons of the pool; positions refer to `members`."""
    persons = pool.iloc[members].reset_index(drop=True)
    left = tuple(values[members] for values in leaving)
    fates = histories.draw_fates(seed, batch, persons, left, stay, places)
    rows = terms.iloc[members].reset_index(drop=True)
    return histories.simulate(seed, batch, persons, rows, stay, fates, labour, effects)


def _append(history, more, offset):
    """Two histories one after the other; persons of the second start at `offset`."""
    frames = {}
    for name in ("spells", "jobs", "transfers"):
        second = getattr(more, name)
        frames[name] = pd.concat(
            [getattr(history, name), second.assign(person=second["person"] + offset)], ignore_index=True
        )
    fates = histories.Fates(
        *[
            np.concatenate([getattr(history.fates, name), getattr(more.fates, name)])
            for name in ("move_week", "move_place", "leave_week", "leave_day", "leave_kind")
        ]
    )
    return histories.History(**frames, fates=fates)


def _keep(rng, spells, persons, places):
    """Which persons stay: random persons go until no municipality has more than its exact count.

    Persons with one spell go. Where a small municipality has too few of them, first such persons with more
    spells whose other municipalities can spare theirs, then any others, whose spells elsewhere then lack.
    """
    count = np.bincount(spells["person"], minlength=persons)
    place = spells["place"].to_numpy()
    owner = spells["person"].to_numpy()
    keep = np.ones(persons, dtype=bool)
    surplus = _spells_by_place(spells, places) - places.spells
    singles = [owner[(place == k) & (count[owner] == 1)] for k in range(len(places.code))]
    for k in np.flatnonzero(surplus > [len(members) for members in singles]):
        several = rng.permutation(np.unique(owner[(place == k) & (count[owner] > 1)]))
        for must_spare in (True, False):
            for person in several[keep[several]]:
                if surplus[k] <= len(singles[k]):
                    break
                freed = np.bincount(place[owner == person], minlength=len(places.code))
                if (freed <= surplus).all() or not must_spare:
                    keep[person] = False
                    surplus -= freed
    for k, many in enumerate(surplus):
        if many > 0:
            keep[rng.permutation(singles[k])[:many]] = False
    return keep


def _subset(history, keep):
    """The history of the persons that stay, renumbered."""
    number = np.cumsum(keep) - 1
    frames = {}
    for name in ("spells", "jobs", "transfers"):
        frame = getattr(history, name)
        frame = frame[keep[frame["person"].to_numpy()]]
        frames[name] = frame.assign(person=number[frame["person"].to_numpy()]).reset_index(drop=True)
    fates = histories.Fates(
        *[
            getattr(history.fates, name)[keep]
            for name in ("move_week", "move_place", "leave_week", "leave_day", "leave_kind")
        ]
    )
    return histories.History(**frames, fates=fates)


def pnr_codes(seed, name, count):
    """Distinct opaque 12-character person keys in random order; (count,) text array.

    Parameters
    ----------
    name : str
        Name of the kind of persons; its first letter keeps the kinds apart.
    """
    rng = stream(seed, "pnr", name)
    numbers = np.unique(rng.integers(0, 16**8, 2 * count + 100))
    numbers = rng.permutation(numbers)[:count]
    return np.array([f"{name[0]}00{number:09X}" for number in numbers], dtype=object)


def _assemble(seed, scale, places, pool, terms, events, chosen, history, effects):
    """Give the persons their keys and order everything by them."""
    pnr = pnr_codes(seed, "persons", len(chosen))
    order = np.argsort(pnr)
    new_position = np.empty(len(chosen), dtype=np.int64)
    new_position[order] = np.arange(len(chosen))
    members = chosen[order]
    persons = pool.iloc[members].reset_index(drop=True)
    persons["pnr"] = pnr[order]
    frames = {}
    for name in ("spells", "jobs", "transfers"):
        frame = getattr(history, name)
        frame = frame.assign(person=new_position[frame["person"].to_numpy()])
        keys = ["person", "spell_number"] if name == "spells" else ["person", *frame.columns[1:3]]
        frames[name] = frame.sort_values(keys, ignore_index=True, kind="stable")
    fates = histories.Fates(
        *[
            getattr(history.fates, name)[order]
            for name in ("move_week", "move_place", "leave_week", "leave_day", "leave_kind")
        ]
    )
    position = np.full(len(pool), -1)
    position[members] = np.arange(len(members))
    health_events = events.assign(person=position[events["person"].to_numpy()])
    health_events = health_events[health_events["person"] >= 0].sort_values(
        ["person", "code_type", "code", "week"], ignore_index=True, kind="stable"
    )
    return World(
        seed=seed,
        scale=scale,
        places=places,
        persons=persons,
        terms=terms.iloc[members].reset_index(drop=True),
        health_events=health_events,
        history=histories.History(**frames, fates=fates),
        effects=effects,
    )
