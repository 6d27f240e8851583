"""The synthetic world: persons settled in municipalities, with histories that fit the report's counts."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from vfm.synthetic.world import benchmark, case_mix, constants, histories
from vfm.synthetic.world.classifications import Municipalities, municipalities
from vfm.synthetic.world.counting_out import persons_to_keep, sex_ground_outcome
from vfm.synthetic.world.health import HEALTH_WEEKS, draw_health
from vfm.synthetic.world.keys import pnr_codes
from vfm.synthetic.world.population import draw_persons
from vfm.synthetic.world.settlement import (
    assign_places,
    draw_likings,
    expected_settlement,
    settlement_classes,
)
from vfm.synthetic.world.streams import PersonDraws, stream
from vfm.synthetic.world.world import MunicipalTruth, World

TOP_UPS = 20  # rounds that fill municipalities which lack spells


def create_world(seed: int, scale: float = 1.0) -> World:
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
    drawn = _draw(seed, scale)
    places = drawn.places
    designed = benchmark.designed_indicators(seed, places)
    slope = benchmark.weeks_per_log_hazard(places.success_share)
    weeks = benchmark.weeks_of_share(places.success_share)
    effects = benchmark.effects_of_indicators(designed, places)
    intake = effects + _labour_shift(places, drawn.labour)
    crowd = np.full(len(places.code), constants.OVERGENERATION)
    liked = draw_likings(seed, drawn.table, places)
    rounds = constants.TUNING_ROUNDS if scale >= constants.TUNED_FROM_SCALE else 0
    least = np.inf
    for remaining in reversed(range(rounds + 1)):
        municipal = MunicipalTruth(seed, scale, effects, intake, crowd, liked)
        lives, crowd = _live(seed, drawn, municipal, exactly=remaining < constants.EXACT_ROUNDS)
        if not rounds:
            best = lives, municipal
            break
        settled, _, history = lives
        gap, missing = _misfit(settled, history.spells, designed, drawn)
        misfit = (gap / weeks).std()
        if remaining < constants.EXACT_ROUNDS and misfit < least:
            least, best = misfit, (lives, municipal)
        # a lower risk of those who settle and a higher effect: the same share, more weeks expected
        lighter = constants.TUNING_STEPS[0] * gap / slope
        intake = intake + lighter
        effects = effects + lighter + constants.TUNING_STEPS[1] * missing
    return _assemble(seed, drawn, *best, shard=0)


def create_shard(municipal: MunicipalTruth, number: int) -> World:
    """Create another world of the same size in the same municipalities: other persons with other ids.

    Nothing is tuned: a first settlement only says how many persons give the spells that are needed.

    Parameters
    ----------
    municipal : MunicipalTruth
        Of the world that is shard 0.
    number : int
        From 1 to `keys.LARGEST_SHARD`.

    Returns
    -------
    World

    Raises
    ------
    RuntimeError
        As `create_world`.
    """
    seed = int(stream(municipal.seed, "shard", number).integers(2**62))
    drawn = _draw(seed, municipal.scale)
    _, crowd = _live(seed, drawn, municipal, exactly=False)
    lives, _ = _live(seed, drawn, dataclasses.replace(municipal, crowd=crowd), exactly=True)
    return _assemble(seed, drawn, lives, municipal, shard=number)


def create_worlds(seed: int, shards: int, scale: float = 1.0) -> Iterator[World]:
    """Create the worlds that make a large one, one after another.

    Parameters
    ----------
    seed : int
    shards : int
        Number of worlds.
    scale : float
        Of one of them.

    Yields
    ------
    World
    """
    first = create_world(seed, scale)
    municipal = first.municipal
    yield first
    del first
    for number in range(1, shards):
        yield create_shard(municipal, number)


@dataclass
class _Drawn:
    """Persons before they settle, and where they may.

    Attributes
    ----------
    places : Municipalities
    labour : histories.LabourMarket
    pool, terms, events : DataFrame
        Persons, their covariates and their health events.
    leaving : tuple
        See `histories.draw_leaving`.
    labels, table
        See `settlement.settlement_classes`.
    curves : _Curves
    """

    places: Municipalities
    labour: histories.LabourMarket
    pool: pd.DataFrame
    terms: pd.DataFrame
    events: pd.DataFrame
    leaving: tuple
    labels: np.ndarray
    table: pd.DataFrame
    curves: "_Curves"


def _draw(seed, scale):
    """Draw the persons of a world, thin them out and class them; see `_Drawn`."""
    places = municipalities(scale)
    pool = draw_persons(seed, scale)
    leaving = histories.draw_leaving(seed, pool)
    events, health = draw_health(seed, pool, histories.resident_weeks(pool, leaving, HEALTH_WEEKS))
    terms = case_mix.person_terms(pool, health)
    labour = histories.LabourMarket(places)
    keep = _thinned(seed, pool, terms, labour)
    position = np.full(len(pool), -1)
    position[keep] = np.arange(len(keep))
    events = events.assign(person=position[events["person"].to_numpy()]).query("person >= 0")
    leaving = tuple(values[keep] for values in leaving)
    pool, terms = (frame.iloc[keep].reset_index(drop=True) for frame in (pool, terms))

    log_risk, curves = _pilot(seed, pool, terms, leaving, places, labour)
    labels, table = settlement_classes(pool, log_risk)
    return _Drawn(places, labour, pool, terms, events, leaving, labels, table, curves)


def _live(seed, drawn, municipal, exactly):
    """Settle the persons and simulate their histories.

    Parameters
    ----------
    seed : int
    drawn : _Drawn
    municipal : MunicipalTruth
    exactly : bool
        Count out the spells of each municipality.

    Returns
    -------
    lives : tuple
        Pool positions of the persons, their municipalities and their history.
    crowd : (98,) float array
        What would have given the spells that are needed.
    """
    places, table = drawn.places, drawn.table
    expected = expected_settlement(
        municipal.likings, table, places, drawn.curves.spells, drawn.curves.successes, municipal.intake
    )
    place = assign_places(seed, drawn.labels, expected * municipal.crowd, table["persons"].to_numpy())
    settled = np.flatnonzero(place >= 0)
    effects = np.append(municipal.effects, 0.0)
    arguments = drawn.pool, drawn.terms, drawn.leaving, places, drawn.labour, effects
    history = _simulate(seed, settled, place[settled], *arguments)
    found = np.maximum(_spells_by_place(history.spells, places), 1)
    crowd = municipal.crowd * (constants.OVERGENERATION * places.spells / found)
    if exactly:
        return _fill(seed, settled, history, place, *arguments), crowd
    return (settled, place[settled], history), crowd


def _misfit(settled, spells, designed, drawn):
    """Expected weeks that lack for the designed indicators, and what lacks for the success shares.

    Returns
    -------
    gap : (98,) float array
        Weeks, less their mean.
    missing : (98,) float array
        Log hazard.
    """
    person = settled[spells["person"].to_numpy()]
    covariates = case_mix.spell_terms(
        drawn.terms.iloc[person].reset_index(drop=True),
        histories.calendar.iso_year(spells["start"].to_numpy()),
        spells["weeks_since_permit"].to_numpy(),
        drawn.labour.of(spells["place"].to_numpy(), drawn.pool["permit_year"].to_numpy()[person]),
    )
    woman = drawn.pool["is_woman"].to_numpy()[person]
    observed, expected = benchmark.analysed_weeks(spells, covariates, woman, drawn.places)
    gap = np.nan_to_num(designed * observed - expected)
    return gap - gap.mean(), _missing_hazard(spells, drawn.places)


def _thinned(seed, pool, terms, labour):
    """Positions of the persons that are kept of the candidates: by group, sex and year one in CANDIDATES.

    The chance to be kept rises or falls with the log risk, as `constants.RISK_TILT` says: the groups'
    successes are the printed ones, although nothing is printed of who is in the groups.
    """
    rng = stream(seed, "thinning")
    risk = _predictor(pool, terms, labour, np.full(len(pool), -1))
    tilt = pool["group"].map(constants.RISK_TILT).to_numpy(float)
    cell = pool.groupby(["group", "permit_year", "is_woman"], sort=True).ngroup().to_numpy()
    # a race in which those with a high weight come first: without replacement
    race = rng.exponential(size=len(pool)) / np.exp(tilt * np.clip(risk - np.median(risk), -3, 3))
    place = pd.Series(race).groupby(cell).rank(method="first").to_numpy()
    size = np.bincount(cell)[cell]
    return np.flatnonzero(place <= np.ceil(size / constants.CANDIDATES))


def _predictor(pool, terms, labour, place):
    """x b of the first spell of each person, without the effect of the municipality."""
    start = pool["start_week"].to_numpy()
    filled = case_mix.spell_terms(
        terms,
        histories.calendar.iso_year(start),
        start - pool["permit_day"].to_numpy() // 7,
        labour.of(place, pool["permit_year"]),
    )
    return case_mix.linear_predictor(filled, pool["is_woman"].to_numpy())


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


def _pilot(seed, pool, terms, leaving, places, labour):
    """Simulate the pool in a municipality without features: log risk of persons and what follows from it."""
    nowhere = np.full(len(pool), -1)
    draws = PersonDraws(stream(seed, "pilot"), len(pool))
    fates = histories.draw_fates(draws, pool, leaving, nowhere, places)
    history = histories.simulate_histories(
        draws, pool, terms, nowhere, fates, labour, np.zeros(len(places.code) + 1)
    )
    start = pool["start_week"].to_numpy()
    woman = pool["is_woman"].to_numpy()
    follow_up = np.minimum(histories.WINDOW_WEEKS - 1, histories.calendar.DATA_END - 12 - start)
    reached = np.where(
        woman,
        histories.cumulative_baseline("women")[follow_up],
        histories.cumulative_baseline("men")[follow_up],
    )
    log_risk = _predictor(pool, terms, labour, nowhere) + np.log(reached)
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


def _missing_hazard(spells, places):
    """Change of the log hazard of each municipality that brings its success share to the printed one."""
    success = (spells["outcome"] == "success").to_numpy()
    found = np.bincount(spells["place"], weights=success, minlength=len(places.code))
    number = np.bincount(spells["place"], minlength=len(places.code))
    share = np.clip((found + 0.5) / (number + 1), 0.01, 0.95)
    target = np.clip(places.success_share, 0.01, 0.95)
    return np.log(np.log(1 - target) / np.log(1 - share))


def _labour_shift(places, labour):
    """What the labour market adds to the log hazard against the national mean, over sexes and years."""
    beta = np.mean(
        [
            values[list(case_mix.LABOUR_MARKET_TERMS)].to_numpy()
            for values in case_mix.printed_coefficients().values()
        ],
        axis=0,
    )
    levels = labour.values.mean(axis=1)
    return (levels[:-1] - levels[-1]) @ beta


def _fill(seed, settled, history, place, pool, terms, leaving, places, labour, effects):
    """Top up where spells lack and drop the surplus.

    Returns
    -------
    chosen : (m,) int array
        Pool positions of the persons that stay.
    stay : (m,) int array
        Their municipalities.
    history : History
        Person positions refer to `chosen`.
    """
    chosen, stay = settled, place[settled]
    reserve = np.flatnonzero(place < 0)
    staying_power = stream(seed, "drop").random(len(pool))
    for _ in range(TOP_UPS):
        lacking = np.maximum(places.spells - _spells_by_place(history.spells, places), 0)
        wanted = np.repeat(np.arange(len(lacking)), np.where(lacking > 0, lacking + 2, 0))
        if len(wanted) > len(reserve):
            raise RuntimeError(
                f"the reserve of persons is too small: {len(wanted)} wanted, {len(reserve)} left"
            )
        if len(wanted):
            extra, reserve = reserve[: len(wanted)], reserve[len(wanted) :]
            more = _simulate(seed, extra, wanted, pool, terms, leaving, places, labour, effects)
            history = _append(history, more, len(chosen))
            chosen, stay = np.concatenate([chosen, extra]), np.concatenate([stay, wanted])
            if (_spells_by_place(history.spells, places) < places.spells).any():
                continue
        cell = sex_ground_outcome(pool.iloc[chosen], history.spells)
        keep = persons_to_keep(staying_power[chosen], history.spells, cell, places)
        history, chosen, stay = _subset(history, keep), chosen[keep], stay[keep]
        if (_spells_by_place(history.spells, places) == places.spells).all():
            break
    else:
        raise RuntimeError("municipalities lack spells after all top-ups")
    return chosen, stay, history


def _spells_by_place(spells, places):
    """Number of spells of each municipality; (98,) int array."""
    return np.bincount(spells["place"], minlength=len(places.code))


def _simulate(seed, members, stay, pool, terms, leaving, places, labour, effects):
    """Fates and histories of some persons of the pool; positions refer to `members`."""
    persons = pool.iloc[members].reset_index(drop=True)
    left = tuple(values[members] for values in leaving)
    draws = [PersonDraws(stream(seed, name), len(pool), members) for name in ("moves", "histories")]
    fates = histories.draw_fates(draws[0], persons, left, stay, places)
    rows = terms.iloc[members].reset_index(drop=True)
    return histories.simulate_histories(draws[1], persons, rows, stay, fates, labour, effects)


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


def _assemble(seed, drawn, lives, municipal, shard):
    """Give the persons their keys and order everything by them."""
    chosen, stay, history = lives
    pool, terms, events = drawn.pool, drawn.terms, drawn.events
    pnr = pnr_codes(seed, "persons", len(chosen), shard)
    order = np.argsort(pnr)
    new_position = np.empty(len(chosen), dtype=np.int64)
    new_position[order] = np.arange(len(chosen))
    members = chosen[order]
    persons = pool.iloc[members].reset_index(drop=True)
    persons["pnr"] = pnr[order]
    persons["place"] = stay[order]
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
        scale=municipal.scale,
        places=drawn.places,
        persons=persons,
        terms=terms.iloc[members].reset_index(drop=True),
        health_events=health_events,
        history=histories.History(**frames, fates=fates),
        municipal=municipal,
        shard=shard,
    )
