"""The benchmark built into the world: the indicator of each municipality, and how an analyst sees it."""

import numpy as np
import pandas as pd

from vfm.statistics import cox, indicator
from vfm.synthetic.world import constants
from vfm.synthetic.world.case_mix import LABOUR_MARKET_TERMS, printed_coefficients
from vfm.synthetic.world.classifications import Municipalities, published
from vfm.synthetic.world.expenditure import expenditure_indicators
from vfm.synthetic.world.histories import WINDOW_WEEKS, LabourMarket
from vfm.synthetic.world.population import FEWEST_SPELLS
from vfm.synthetic.world.streams import stream


def designed_indicators(seed: int, places: Municipalities) -> np.ndarray:
    """Indicator (expected / observed weeks) that each municipality is to have; Tables 3.2 and 5.3.

    The municipalities are put in order, those with many successes first, as the observed weeks of Table 3.2
    fall, and those that spend much a little further up, as the slope of Figure 5.1 says. The few that stand
    apart from 1 are chosen first, by what they spend: of each expenditure position as many, and about with
    the indicator, as Table 5.3 has. The others fill up the fifths of Table 3.2 in order.

    Parameters
    ----------
    seed : int
    places : classifications.Municipalities

    Returns
    -------
    (98,) float array
        nan where a municipality is not benchmarked.
    """
    expenditure = expenditure_indicators(seed, places)
    spending = constants.BENCHMARK_WEEKS_BY_EXPENDITURE * (expenditure - 1)
    noise = stream(seed, "benchmark").normal(size=(constants.BENCHMARK_DRAFTS, len(places.code)))
    drafts = [
        _draft(places, expenditure, weeks_of_share(places.success_share) - spending + weeks)
        for weeks in constants.BENCHMARK_NOISE_WEEKS * noise
    ]
    market = LabourMarket(places).values[:-1].mean(axis=1)
    weight = places.full_spells * places.success_share
    return min(
        drafts, key=lambda indicators: _explained(effects_of_indicators(indicators, places), market, weight)
    )


def effects_of_indicators(indicators: np.ndarray, places: Municipalities) -> np.ndarray:
    """Municipal effects on the log hazard that make some indicators.

    Parameters
    ----------
    indicators : (98,) float array
        nan where a municipality is not benchmarked.
    places : classifications.Municipalities

    Returns
    -------
    (98,) float array
        Zero where there is no indicator.
    """
    share = places.success_share
    return np.nan_to_num((indicators - 1) * weeks_of_share(share) / weeks_per_log_hazard(share))


def _draft(places, expenditure, weeks):
    """One draft of the designed indicators, with the municipalities in the order of some weeks."""
    in_order = np.argsort(weeks, kind="stable")
    in_order = in_order[places.full_spells[in_order] >= FEWEST_SPELLS]
    indicators = np.full(len(places.code), np.nan)
    level = _expenditure_levels(expenditure, in_order)
    _stand_apart(indicators, places, in_order, level)
    rest = in_order[np.isnan(indicators[in_order])]
    apart = indicators[in_order[~np.isnan(indicators[in_order])]]
    indicators[rest] = _in_fifths((apart > 1).sum(), (apart < 1).sum(), len(rest))
    return indicators


def _explained(effect, market, weight):
    """Weighted sum of squares of the municipal effects that the labour market explains.

    A fit gives that part to the coefficients of the labour market, which would not be the printed ones then,
    and takes it from the indicators.
    """
    root = np.sqrt(weight)
    design = root[:, None] * np.column_stack([np.ones(len(effect)), market])
    centred = root * (effect - np.average(effect, weights=weight))
    return ((design @ np.linalg.lstsq(design, centred, rcond=None)[0]) ** 2).sum()


def _expenditure_levels(expenditure, benchmarked):
    """Expenditure position of Table 5.3 of each municipality, by the rank of its indicator; (98,) texts."""
    rows = published("table_5_3").query("benchmark_level == 'total'").set_index("expenditure_level")
    number = rows["municipalities_corrected"].astype(int)
    ascending = benchmarked[np.argsort(expenditure[benchmarked], kind="stable")]
    level = np.full(len(expenditure), "around", dtype=object)
    level[ascending[: number["below"]]] = "below"
    level[ascending[-number["above"] :]] = "above"
    return level


def _stand_apart(indicators, places, in_order, level):
    """Fill in those above and below 1 of Table 5.3: from the upper end of the order, from its lower end.

    Apart from the outlier, no municipality where most succeed is above 1: it would need less than the cells
    of Table 5.3 spend.
    """
    cells = published("table_5_3").query("expenditure_level != 'total'")
    outlier = int(np.flatnonzero(places.code == constants.OUTLIER_MUNICIPALITY)[0])
    hard = in_order[places.success_share[in_order] < constants.STANDING_OUT_SHARE]
    for cell in cells[cells["benchmark_level"] == "above_1"].itertuples():
        number, mean = int(cell.municipalities_corrected), cell.benchmark_indicator
        if cell.expenditure_level == level[outlier]:
            indicators[outlier] = constants.OUTLIER_BENCHMARK
            mean = (number * mean - constants.OUTLIER_BENCHMARK) / (number - 1)
            number -= 1
        chosen = [k for k in hard if level[k] == cell.expenditure_level and k != outlier][:number]
        indicators[chosen] = mean + constants.ABOVE_1_SHIFT[cell.expenditure_level]
    for cell in cells[cells["benchmark_level"] == "below_1"].itertuples():
        free = [k for k in in_order if level[k] == cell.expenditure_level and np.isnan(indicators[k])]
        last = len(free) - constants.LONGEST_LEFT_OUT
        indicators[free[last - int(cell.municipalities_corrected) : last]] = cell.benchmark_indicator


def _in_fifths(above, below, rest):
    """Falling indicators of the municipalities that do not stand apart.

    Inner fifths have the printed mean and reach at most half the way to the next one; what is left of the
    outer ones lies at their edge, a gap away.
    """
    means = published("table_3_2")["benchmark_indicator"].to_numpy()
    sizes = published("table_5_2")["municipalities"].to_numpy(dtype=int)
    middle = (means[:-1] + means[1:]) / 2
    reach = np.minimum(means[1:-1] - middle[1:], middle[:-1] - means[1:-1])
    parts = [np.full(sizes[0] - above, means[1] + reach[0] + constants.BENCHMARK_GAP)]
    for size, mean, half in zip(sizes[1:-1], means[1:-1], reach, strict=True):
        parts.append(mean + half * (1 - 2 * (np.arange(size) + 0.5) / size))
    parts.append(np.full(rest - sum(map(len, parts)), means[-2] - reach[-1] - constants.BENCHMARK_GAP / 2))
    return np.concatenate(parts)


def weeks_of_share(success_share: np.ndarray) -> np.ndarray:
    """Restricted mean in weeks that a constant hazard has at a success share within the window."""
    cumulative = -np.log(1 - np.minimum(success_share, 0.9))
    return WINDOW_WEEKS * (1 - np.exp(-cumulative)) / cumulative


def weeks_per_log_hazard(success_share: np.ndarray) -> np.ndarray:
    """Weeks of that restricted mean which a unit of log hazard takes away."""
    survival = 1 - np.minimum(success_share, 0.9)
    return weeks_of_share(success_share) - WINDOW_WEEKS * survival


def analysed_weeks(
    spells: pd.DataFrame, covariates: pd.DataFrame, is_woman: np.ndarray, places: Municipalities
) -> tuple[np.ndarray, np.ndarray]:
    """Observed and expected weeks of each municipality, as an analyst finds them.

    Expected weeks come from a Cox model of each sex and Breslow's baseline, observed ones are the area
    under the Kaplan-Meier curve (report, appendix 3). The coefficients of the labour market are the printed
    ones: they follow from how the municipalities differ, which is what this is for.

    Parameters
    ----------
    spells : DataFrame
        place, start, exit and outcome.
    covariates : (n, 80) DataFrame
    is_woman : (n,) bool array
        Of the person of each spell.
    places : classifications.Municipalities

    Returns
    -------
    observed, expected : (98,) float arrays
        nan where a municipality has no spell.
    """
    weeks = np.clip(spells["exit"] - spells["start"], 1, None).to_numpy()
    success = (spells["outcome"] == "success").to_numpy()
    means = np.empty(len(spells))
    for sex in (False, True):
        rows = is_woman == sex
        result = cox.fit(weeks[rows].astype(float), success[rows], covariates[rows])
        beta = pd.Series(np.nan_to_num(result.coefficients), covariates.columns)
        beta.update(printed_coefficients()["women" if sex else "men"][list(LABOUR_MARKET_TERMS)])
        predictor = covariates[rows].to_numpy() @ beta.to_numpy()
        predictor -= predictor.mean()
        risk = np.exp(predictor)
        at_risk = np.bincount(weeks[rows], risk)[::-1].cumsum()[::-1]
        events = np.bincount(weeks[rows], success[rows], len(at_risk))
        hazard = np.cumsum(np.divide(events, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0))
        hazard = np.append(hazard, np.full(WINDOW_WEEKS, hazard[-1]))[:WINDOW_WEEKS]
        means[rows] = indicator.expected_durations(predictor, hazard)
    place = spells["place"].to_numpy()
    size = np.bincount(place, minlength=len(places.code))
    with np.errstate(invalid="ignore"):
        expected = np.bincount(place, means, len(places.code)) / size
    observed = np.full(len(places.code), np.nan)
    present, position = np.unique(place, return_inverse=True)
    observed[present] = indicator.observed_durations(position, weeks, success, horizon=WINDOW_WEEKS)
    return observed, expected
