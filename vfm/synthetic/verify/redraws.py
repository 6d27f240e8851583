"""What an interval must hold: the truth of a world, and its histories drawn again under that truth.

A world's calibration looks at the noise: persons are settled and dropped until every municipality has its
printed count of spells. Whether the intervals hold what they should is therefore asked twice, of the world as
it was built and of histories drawn anew for the same persons in the same municipalities with the same
hazards, on which nothing was imposed. The mean over the latter is also what the calculation tends to, as in
docs/coverage.md.
"""

import dataclasses
from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from vfm.statistics import cost_need, cox, indicator, indicator_draws
from vfm.statistics.normal import Z_975
from vfm.synthetic.world import case_mix, histories, truth
from vfm.synthetic.world.disturbance import UNDISTURBED, Disturbance
from vfm.synthetic.world.streams import PersonDraws, stream
from vfm.synthetic.world.world import World

REDRAWS = 20
KEYS = ["part", "name"]


def redraw_histories(world: World, number: int, disturbance: Disturbance = UNDISTURBED) -> World:
    """The same persons, settlement and effects with other moves, ways to leave and histories.

    Parameters
    ----------
    world : world.World
    number : int
        Of the redraw, from 1; with the world's seed it decides the random streams.
    disturbance : Disturbance

    Returns
    -------
    world.World
    """
    seed = int(stream(world.seed, "redraw", number).integers(2**62))
    persons = world.persons
    moves, draws = (PersonDraws(stream(seed, name), len(persons)) for name in ("moves", "histories"))
    place = persons["place"].to_numpy()
    leaving = histories.draw_leaving(seed, persons)
    fates = histories.draw_fates(moves, persons, leaving, place, world.places)
    labour = histories.LabourMarket(world.places)
    effects = np.append(world.effects, 0.0)
    history = histories.simulate_histories(
        draws, persons, world.terms, place, fates, labour, effects, disturbance
    )
    return dataclasses.replace(world, history=history)


def redraw_spending(cells: pd.DataFrame, predicted: np.ndarray, seed: int, number: int) -> pd.DataFrame:
    """Spending with the same expectations and other deviations from them.

    What a municipality spends beyond its expectation on average over its years, and what a year adds, keep
    their size as a share of the expectation and get a random sign each. So deviations stay as large as they
    were, and as similar from year to year, but no longer fit the printed tables.

    Parameters
    ----------
    cells : DataFrame
        intermediate.int_cost_need_input.
    predicted : (n,) float array
        Expected kr. per full-year person, by the coefficients that the accounts were made with.
    seed, number : int
        Of the world and of the redraw.

    Returns
    -------
    pandas.DataFrame
        The cells with other spending.
    """
    own, of_the_year = spending_deviations(cells, predicted, seed, number)
    return cells.assign(**{cost_need.OUTCOME: predicted * (1 + own + of_the_year)})


def spending_deviations(
    cells: pd.DataFrame, predicted: np.ndarray, seed: int, number: int, law: str = "signs"
) -> tuple[np.ndarray, np.ndarray]:
    """What redrawn spending deviates from its expectation by, as shares of it.

    Parameters
    ----------
    cells, predicted, seed, number
        As `redraw_spending`.
    law : {'signs', 'normal'}
        A year's deviation keeps its size and gets a random sign; or it is normal, with the municipality's
        own standard deviation over its years, moderated over municipalities.

    Returns
    -------
    own, of_the_year : (n,) float arrays
        The municipality's, alike in its years and with a random sign, and the year's. 1 + own is the true
        expenditure indicator.
    """
    rng = stream(seed, "redraw", number, "spending")
    municipality, names = pd.factorize(cells["municipality_code"])
    deviation = cells[cost_need.OUTCOME].to_numpy(float) / predicted - 1
    years = np.bincount(municipality)
    own = (np.bincount(municipality, deviation) / years)[municipality]
    shared = rng.choice([-1.0, 1.0], len(names))[municipality]
    of_the_year = rng.choice([-1.0, 1.0], len(cells)) * (deviation - own)
    if law == "normal":
        variance = np.bincount(municipality, (deviation - own) ** 2) / np.maximum(years - 1, 1)
        spread = np.sqrt(indicator_draws.moderated_variances(variance, years - 1))
        of_the_year = spread[municipality] * rng.standard_normal(len(cells))
    return shared * own, of_the_year


@dataclasses.dataclass(frozen=True)
class FirstStage:
    """What the warehouse's functions find in some spells: rows of its three tables."""

    coefficients: pd.DataFrame
    indicators: pd.DataFrame
    covariances: pd.DataFrame

    def estimates(self) -> pd.DataFrame:
        """See `as_estimates`."""
        return as_estimates(self.coefficients, self.indicators)


def first_stage(spells: pd.DataFrame) -> FirstStage:
    """Cox coefficients, and indicators with their errors, of spells as `truth.cox_input` gives them."""
    fits = list(cox.by_sex(spells))
    found = indicator.uncertainty(spells, fits=fits)
    return FirstStage(
        cox.coefficients_table(fits),
        indicator.uncertainty_table(found),
        indicator.indicator_covariance_table(found),
    )


def as_estimates(coefficients: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """Estimates with their errors from two tables of the warehouse, one below the other.

    Parameters
    ----------
    coefficients : DataFrame
        Rows of cox_coefficients.
    indicators : DataFrame
        Rows of indicator_uncertainty.

    Returns
    -------
    pandas.DataFrame
        part (`cox_men`, `cox_women`, `indicator`), name (term or municipality), estimate, error (clustered;
        of the logarithm of the indicator), other_error (model-based; missing for indicators), quantile.
    """
    terms = coefficients[coefficients["status"] == "estimated"]
    parts = [
        pd.DataFrame(
            {
                "part": "cox_" + terms["sex"],
                "name": terms["term"],
                "estimate": terms["coefficient"],
                "error": terms["standard_error"],
                "other_error": terms["model_standard_error"],
            }
        ),
        pd.DataFrame(
            {
                "part": "indicator",
                "name": indicators["municipality_code"],
                "estimate": np.log(indicators["indicator"].astype(float)),
                "error": indicators["log_standard_error"],
                "other_error": np.nan,
            }
        ),
    ]
    return pd.concat(parts, ignore_index=True).assign(quantile=Z_975)


def true_values(world: World, benchmarked: Collection[str]) -> pd.DataFrame:
    """What the simulator knows: coefficients of its hazard, the printed ones, and what effects alone make.

    Parameters as `truth.cox_input`.

    Returns
    -------
    pandas.DataFrame
        part, name, kind (`simulated`, `printed`, `effect`) and value. `effect` is the logarithm of the
        indicator that the municipal effect makes: the mean area on 0..156 weeks under the survival of the
        municipality's spells at the national level of the hazard, over that with the effect. The national
        level of a sex is the one that leaves the mean area over all its spells as it is.
    """
    rows = []
    for kind, by_sex in (
        ("simulated", case_mix.hazard_coefficients()),
        ("printed", case_mix.printed_coefficients()),
    ):
        for sex, values in by_sex.items():
            rows += [(f"cox_{sex}", term, kind, float(value)) for term, value in values.items()]
    spells = truth.cox_input(world, benchmarked)
    predictor = case_mix.linear_predictor(spells[cox.terms_of(spells)], (spells["sex"] == "women").to_numpy())
    effects = world.effects[world.history.spells["place"].to_numpy()]
    with_effect, without = np.empty(len(spells)), np.empty(len(spells))
    for sex in ("men", "women"):
        own = (spells["sex"] == sex).to_numpy()
        hazard = histories.cumulative_baseline(sex)[: histories.WINDOW_WEEKS]
        with_effect[own] = indicator.expected_durations((predictor + effects)[own], hazard)
        without[own] = at_national_level(predictor[own], hazard, with_effect[own].mean())
    areas = pd.DataFrame({"with_effect": with_effect, "without": without})
    areas = areas.groupby(spells["municipality_code"].to_numpy()).mean().reindex(sorted(benchmarked))
    logarithm = np.log(areas["without"] / areas["with_effect"])
    rows += [("indicator", code, "effect", value) for code, value in logarithm.items()]
    return pd.DataFrame(rows, columns=[*KEYS, "kind", "value"])


def at_national_level(predictor: np.ndarray, hazard: np.ndarray, mean: float) -> np.ndarray:
    """Expected durations after one common shift of the log hazard that gives them a mean.

    Parameters
    ----------
    predictor : (n,) float array
        x b of the spells.
    hazard : (156,) float array
        Cumulative baseline hazard.
    mean : float
        The mean that the durations are to have, in weeks.

    Returns
    -------
    (n,) float array
        Weeks.
    """

    def distance(shift):
        return indicator.expected_durations(predictor + shift, hazard).mean() - mean

    return indicator.expected_durations(predictor + brentq(distance, -20.0, 20.0), hazard)
