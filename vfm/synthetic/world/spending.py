"""What municipalities spend per full-year person, so that an analyst finds Tables 4.3 and 5.1-5.3.

The need of a municipality and year follows its composition with coefficients near the printed ones;
spending is that need times the municipality's indicator times the noise of the year, which is larger where
persons are few. The smallest change then makes sums, means, coefficients and indicators consistent, and the
noise is scaled until as many municipalities as printed stand apart from their expected expenditure.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog, lsq_linear
from scipy.stats import t as student_t

from vfm.statistics import indicator
from vfm.statistics.normal import Z_975
from vfm.synthetic.world import constants, truth
from vfm.synthetic.world.classifications import Municipalities, published
from vfm.synthetic.world.streams import stream
from vfm.synthetic.world.world import World

MINIMUM_PERSONS = 50  # cells with this many persons or fewer leave the cost-need model
Positions = tuple[np.ndarray, np.ndarray]  # see `benchmark_positions`


@dataclass
class _Cells:
    """Municipality-years: what the conditions refer to.

    Attributes
    ----------
    frame : DataFrame
        `expenditure.composition_of`.
    place, year, persons, full_year_persons : (n,) arrays
    used : (n,) bool array
        Enters the cost-need model.
    benchmarked : (n,) bool array
        Of a municipality that the report's tables hold.
    design : (n, 17) float array
        Model 3, its terms in the order of Table 5.1.
    """

    frame: pd.DataFrame
    place: np.ndarray
    year: np.ndarray
    persons: np.ndarray
    full_year_persons: np.ndarray
    used: np.ndarray
    benchmarked: np.ndarray
    design: np.ndarray

    def of_used_years(self, values, places):
        """(places, n) weights that give each municipality's mean of `values` over its used years."""
        member = self.used & (self.place == np.arange(places)[:, None])
        return member * values / np.maximum(member.sum(axis=1), 1)[:, None]


@dataclass
class _Plan:
    """What is wanted of the municipalities; (98,) arrays.

    Attributes
    ----------
    indicator : float
        Mean over the used years of actual over expected spending.
    level : str
        Expenditure position of Table 5.3 ('' where the report has none).
    column : str
        Benchmark position that the world's spells give ('' where none).
    years : int
        Used years.
    """

    indicator: np.ndarray
    level: np.ndarray
    column: np.ndarray
    years: np.ndarray


def spend(
    seed: int,
    places: Municipalities,
    composition: pd.DataFrame,
    totals: pd.Series,
    indicators: np.ndarray,
    positions: Positions | None,
    shards: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Spending of each municipality and year.

    Parameters
    ----------
    seed : int
    places : classifications.Municipalities
    composition : DataFrame
        See `expenditure.composition_of`.
    totals : Series
        National expenditure by year on one world, in kr. of 2015.
    indicators : (98,) float array
        See `expenditure.expenditure_indicators`.
    positions : tuple or None
        See `benchmark_positions`. With them the tables are met, per person; without, spending has the printed
        coefficients and noise alone.
    shards : int
        Number of worlds that the composition adds up. Who enters the cost-need model is decided by all their
        persons, noise and money by those of one.

    Returns
    -------
    predicted, actual : (n,) float arrays
        Kr. per full-year person, in the order of `composition`; the actual ones add up to the totals.
    """
    normal = stream(seed, "spending").normal(size=len(composition))
    if positions:
        column, benchmark = positions
        cells = _cells(composition, column, shards)
        predicted = np.maximum(
            cells.design @ _coefficients(cells, indicators, totals), constants.LOWEST_NEED_DKK
        )
        plan = _plan(places, cells, predicted, indicators, column, benchmark, totals.sum())
        actual = _consistent(cells, plan, predicted, normal, totals)
    else:
        cells = _cells(composition, np.full(len(indicators), ""), shards)
        printed = published("table_5_1").query("model == 3")["coefficient_dkk"].to_numpy()
        predicted = np.maximum(cells.design @ printed, constants.LOWEST_NEED_DKK)
        actual = _noisy(cells, predicted * indicators[cells.place], normal, 1.0)[0]
    spent = pd.Series(actual * cells.full_year_persons).groupby(cells.year).transform("sum")
    return predicted, actual * totals.reindex(cells.year).to_numpy() / spent.to_numpy()


def benchmark_positions(world: World) -> Positions | None:
    """How an analyst sees the benchmark of a world, which decides who spends what (Table 5.3).

    Parameters
    ----------
    world : world.World

    Returns
    -------
    position, indicator : (98,) arrays, or None
        Position against 1 ('' where there is none) and benchmark indicator (nan where there is none). None
        unless the scale is 1: smaller worlds do not meet the tables.
    """
    if world.scale != 1:
        return None
    found = indicator.uncertainty(truth.cox_input(world))
    reach = Z_975 * found.standard_errors / found.indicator
    log = np.log(found.indicator)
    code = world.places.code.astype(str)
    position = np.select([log > reach, log < -reach], ["above_1", "below_1"], "around_1").astype(object)
    return (
        pd.Series(position, found.municipalities).reindex(code, fill_value="").to_numpy(),
        pd.Series(found.indicator, found.municipalities).reindex(code).to_numpy(),
    )


def _cells(composition, column, shards):
    """The municipality-years of a composition, as large as one of the worlds in it; see `_Cells`."""
    frame = composition.reset_index(drop=True)
    place = frame["place"].to_numpy()
    return _Cells(
        frame=frame,
        place=place,
        year=frame["year"].to_numpy(),
        persons=frame["persons"].to_numpy() / shards,
        full_year_persons=frame["full_year_persons"].to_numpy() / shards,
        used=(frame["persons"] > MINIMUM_PERSONS).to_numpy(),
        benchmarked=column[place] != "",
        design=_design(frame, published("table_5_1").query("model == 3")["term"]),
    )


def _design(frame, terms):
    """Design of a cost-need model: one column per term, the constant and the years included."""
    columns = []
    for term in terms:
        if term == "constant":
            columns.append(np.ones(len(frame)))
        elif term.startswith("year_"):
            columns.append((frame["year"] == int(term.removeprefix("year_"))).to_numpy().astype(float))
        else:
            columns.append(frame[term].to_numpy())
    return np.column_stack(columns)


def _coefficients(cells, indicators, totals):
    """Coefficients of model 3 for which the largest deviation from what is printed is smallest.

    A fit of model 3 decides those of models 1 and 2, as they are nested. Deviations are counted in printed
    standard errors of a coefficient and in units of t for all three models, and in shares for the mean
    expenditure of Table 4.3 and the national totals; the printed ones are never all met, as the composition
    of the synthetic municipalities is not the real one.
    """
    rows, wanted = [], []
    spread = np.sqrt(np.mean(_printed_spread() ** 2))
    unexplained = np.sqrt(1 - published("table_5_1_fit").set_index("model")["r_squared"])
    for model, printed in published("table_5_1").groupby("model"):
        value, t_value = printed["coefficient_dkk"].to_numpy(), printed["t_value"].to_numpy()
        X = _design(cells.frame[cells.used], printed["term"])
        nested = np.linalg.pinv(X) @ cells.design[cells.used]
        error = spread * unexplained[model] * np.sqrt(np.diag(np.linalg.inv(X.T @ X)))
        rows += [nested * np.abs(t_value / value)[:, None], nested / (constants.T_UNIT * error[:, None])]
        wanted += [np.sign(value) * np.abs(t_value), t_value / constants.T_UNIT]
    for year, mean in _yearly()["mean_dkk"].items():
        inside = cells.year == year
        average = cells.design[inside & cells.benchmarked].mean(axis=0) / mean
        spending = inside * cells.full_year_persons * indicators[cells.place] / totals[year]
        rows.append(np.vstack([average, spending @ cells.design]) / constants.MEAN_UNIT)
        wanted.append(np.full(2, 1 / constants.MEAN_UNIT))
    return _smallest_deviation(np.vstack(rows), np.concatenate(wanted), cells.design[cells.used])


def _smallest_deviation(rows, wanted, needs):
    """Coefficients with the smallest largest deviation; no used cell is to need less than the lowest need."""
    one = np.ones((len(rows), 1))
    lowest = np.full((len(needs), 1), constants.LOWEST_NEED_UNIT_DKK)
    solution = linprog(
        np.append(np.zeros(rows.shape[1]), 1.0),
        A_ub=np.block([[rows, -one], [-rows, -one], [-needs, -lowest]]),
        b_ub=np.concatenate([wanted, -wanted, np.full(len(needs), -constants.LOWEST_NEED_DKK)]),
        bounds=[(None, None)] * rows.shape[1] + [(0, None)],
        method="highs",
    )
    return solution.x[:-1]


def _yearly():
    """Table 4.3 by year."""
    return published("table_4_3").set_index("year")


def _printed_spread():
    """Standard deviations over municipalities behind the printed standard errors of Table 4.3."""
    yearly = _yearly()
    return yearly["standard_error_dkk"] * np.sqrt(yearly["municipalities"])


def _table_5_3():
    """The nine inner cells of Table 5.3."""
    return published("table_5_3").query("expenditure_level != 'total' and benchmark_level != 'total'")


def _plan(places, cells, predicted, indicators, column, benchmark, total):
    """Expenditure positions and indicators that give Tables 5.2 and 5.3; see `_Plan`."""
    number = len(places.code)
    years = np.bincount(cells.place[cells.used], minlength=number)
    need = cells.of_used_years(predicted, number).sum(axis=1)
    persons = cells.of_used_years(cells.persons, number).sum(axis=1)
    column = np.where(years > 0, column, "")
    width = student_t.ppf(0.975, np.maximum(years - 1, 1)) / np.sqrt(np.maximum(years, 1))
    apart = np.abs(indicators - 1) / indicators / (width * _noise(persons))
    apart[years < constants.FEWEST_YEARS_APART] = 0
    level = np.full(number, "", dtype=object)
    for name, printed in _table_5_3().groupby("benchmark_level"):
        members = np.flatnonzero(column == name)
        if len(members):
            level[members] = _levels(
                printed.set_index("expenditure_level"),
                indicators[members],
                apart[members],
                indicators[members] * need[members],
                benchmark[members],
            )
    share = np.bincount(cells.place, predicted * cells.full_year_persons, number) / total
    plan = _Plan(indicators, level, column, years)
    plan.indicator = _adapted(plan, places, need, share, benchmark)
    return plan


def _levels(printed, indicators, apart, spending, benchmark):
    """Expenditure positions of the municipalities with one benchmark position.

    First as many are above and below as the printed column has, in its proportions: those that stand apart
    furthest. Then they move or change places as long as the cells' numbers, mean spending and benchmark
    indicators come nearer to the printed ones, at the price of positions that are less natural.

    Parameters
    ----------
    printed : DataFrame
        Index expenditure_level: a column of Table 5.3.
    indicators, apart, spending, benchmark : (m,) float arrays
        Expenditure indicator, its distance from 1 in widths of the interval that the usual noise gives (0:
        never apart), expected spending, benchmark indicator.
    """
    share = printed["municipalities_corrected"] / printed["municipalities_corrected"].sum()
    able = {
        "below": (indicators < 1 - constants.APART) & (apart > 0),
        "above": (indicators > 1 + constants.APART) & (apart > 0),
    }
    level = np.full(len(indicators), "around", dtype=object)
    for side, can in able.items():
        order = np.flatnonzero(can)[np.argsort(-apart[can], kind="stable")]
        level[order[: max(1, round(share[side] * len(level)))]] = side

    def changes():
        """Positions that one or two municipalities may take instead: (members, their positions)."""
        for side, can in able.items():
            inside, outside = np.flatnonzero(level == side), np.flatnonzero((level == "around") & can)
            yield from (([i], ["around"]) for i in inside)
            yield from (([j], [side]) for j in outside)
            yield from (([i, j], ["around", side]) for i in inside for j in outside)

    best = _price_of_levels(level, printed, share, apart, spending, benchmark)
    while True:
        for members, positions in changes():
            before = level[members].copy()
            level[members] = positions
            now = _price_of_levels(level, printed, share, apart, spending, benchmark)
            if now < best - 1e-9:
                best = now
                break
            level[members] = before
        else:
            return level


def _price_of_levels(level, printed, share, apart, spending, benchmark):
    """How far positions lie from the printed column and from what is natural; inf where one is empty."""
    unnatural = np.clip(np.where(level == "around", apart - 1, 1 - apart), 0, 3)
    price = constants.UNNATURAL_PRICE * (unnatural**2).sum()
    for name, part in share.items():
        inside = level == name
        if not inside.any():
            return np.inf
        deviations = (
            (inside.sum() - part * len(level)) / constants.CELL_COUNT_UNIT,
            (spending[inside].mean() / printed.loc[name, "expenditure_dkk_per_person"] - 1)
            / constants.CELL_MONEY_UNIT,
            (benchmark[inside].mean() - printed.loc[name, "benchmark_indicator"])
            / constants.CELL_BENCHMARK_UNIT,
        )
        price += np.square(deviations).sum()
    return price


def _adapted(plan, places, need, share, benchmark):
    """Indicators moved within their quintiles, as little as the following takes.

    The quintiles keep their means (Table 5.2), the cells of Table 5.3 have their mean spending, the line of
    Figure 5.1 without the outlier its slope, and need times indicator adds up to the national totals.
    """
    k = np.flatnonzero(plan.column != "")
    indicators, outlier = plan.indicator[k], places.code[k] == constants.OUTLIER_MUNICIPALITY
    rows, wanted = [], []

    def want(row, value, unit):
        rows.append(row / unit)
        wanted.append(value / unit)

    for cell in _table_5_3().itertuples():
        inside = (plan.level[k] == cell.expenditure_level) & (plan.column[k] == cell.benchmark_level)
        if inside.any():
            money = inside * need[k] / inside.sum() / cell.expenditure_dkk_per_person
            want(money, 1, constants.CELL_SPENDING_UNIT)
    quintile = published("table_5_2_members").set_index("municipality_code")["quintile"]
    quintile = quintile.reindex(places.code[k].astype(str)).to_numpy()
    means = published("table_5_2").set_index("quintile")["mean_expenditure_indicator"]
    for number, mean in means.items():
        inside = quintile == number
        want(inside / inside.sum(), mean, constants.INDICATOR_UNIT)
    want(share[k], 1 - share.sum() + share[k].sum(), constants.INDICATOR_UNIT)

    weight = places.spells[k] * ~outlier
    result = benchmark[k] - np.average(benchmark[k], weights=weight)
    centre = np.average(indicators, weights=weight)
    squares = weight @ (indicators - centre) ** 2
    line = published("figure_5_1_regression").set_index(["sample", "term"])["coefficient"]
    slope = constants.SLOPE_SHARE * line["without_outlier", "expenditure_indicator"]
    want(weight * result / squares, slope + weight @ result * centre / squares, constants.INDICATOR_UNIT)

    edge = (means.to_numpy()[1:] + means.to_numpy()[:-1]) / 2
    edge = np.concatenate([constants.INDICATOR_RANGE[:1], edge, constants.INDICATOR_RANGE[1:]])
    low, high = edge[quintile - 1] + constants.EDGE, edge[quintile] - constants.EDGE
    low = np.where(plan.level[k] == "above", np.maximum(low, 1 + constants.APART), low)
    high = np.where(plan.level[k] == "below", np.minimum(high, 1 - constants.APART), high)
    low[outlier], high[outlier] = indicators[outlier] - 1e-6, indicators[outlier] + 1e-6
    system = np.vstack([*rows, np.eye(len(k)) / constants.ADAPTATION_UNIT])
    goal = np.concatenate([wanted, indicators / constants.ADAPTATION_UNIT])
    out = plan.indicator.copy()
    out[k] = lsq_linear(system, goal, bounds=(low, high)).x
    return out


def _noise(persons):
    """Log standard deviation of the spending of a year."""
    return constants.YEAR_NOISE * np.maximum(persons, 5.0) ** -constants.YEAR_NOISE_POWER


def _noisy(cells, expected, normal, factor):
    """Spending with the noise of the year, skewed upwards, and the noise's log standard deviation."""
    spread = np.clip(factor * _noise(cells.persons), 0.01, 0.9)
    return expected * np.exp(spread * normal - spread**2 / 2), spread


def _consistent(cells, plan, predicted, normal, totals):
    """Spending that is consistent with the plan and the printed tables, in kr. per full-year person.

    Each round draws the same noise at other scales, by municipality and year, and makes the smallest change
    that the conditions take. The scales move until intervals are as narrow or wide as the positions say and
    the years' standard deviations are those of Table 4.3.
    """
    yearly, spread = _yearly(), constants.SPREAD_SHARE * _printed_spread()
    rows, wanted = _conditions(cells, plan, predicted, totals)
    low = yearly["min_dkk"].reindex(cells.year).to_numpy() * (1 - constants.EXTREME_SLACK)
    high = yearly["max_dkk"].reindex(cells.year).to_numpy() * (1 + constants.EXTREME_SLACK)
    by_place, by_year = np.ones(len(plan.indicator)), pd.Series(1.0, yearly.index)
    extremes = None
    for _ in range(constants.CONSISTENCY_ROUNDS):
        factor = by_place[cells.place] * by_year.reindex(cells.year).to_numpy()
        start, noise = _noisy(cells, predicted * plan.indicator[cells.place], normal, factor)
        start = np.clip(start, low, high)
        if extremes is None:
            extremes = _extremes(cells, plan, start)
        start[list(extremes)] = list(extremes.values())
        pins = np.zeros((len(extremes), len(start)))
        pins[range(len(extremes)), list(extremes)] = 1 / constants.EXTREME_UNIT / start[list(extremes)]
        spending = _smallest_change(
            np.vstack([rows, pins]),
            np.append(wanted, np.full(len(pins), 1 / constants.EXTREME_UNIT)),
            start,
            np.maximum(noise, 0.012) * start,
            (low, high),
        )
        by_place = by_place * _rescaling(cells, plan, spending / predicted)
        by_place = np.clip(by_place, *constants.NOISE_SCALES)
        found = pd.Series(spending[cells.benchmarked]).groupby(cells.year[cells.benchmarked]).std()
        by_year = (by_year * (spread / found) ** 0.7).clip(*constants.NOISE_SCALES)
    return spending


def _conditions(cells, plan, predicted, totals):
    """Conditions on the spending, linear and each in its unit: rows and what they are to give."""
    rows, wanted = [], []

    def want(row, value, unit):
        rows.append(row / (value * unit))
        wanted.append(1 / unit)

    for year, mean in _yearly()["mean_dkk"].items():
        inside = cells.year == year
        want(inside * cells.full_year_persons, totals[year], constants.TOTAL_UNIT)
        want(
            (inside & cells.benchmarked) / (inside & cells.benchmarked).sum(), mean, constants.YEAR_MEAN_UNIT
        )
    printed = published("table_5_1").query("model == 3")
    error = (printed["coefficient_dkk"] / printed["t_value"]).abs().to_numpy()
    fit = np.zeros((len(error), len(predicted)))
    fit[:, cells.used] = np.linalg.pinv(cells.design[cells.used])
    unit = constants.COEFFICIENT_ERROR_SHARE * error
    rows += list(fit / unit[:, None])
    wanted += list(fit @ predicted / unit)
    known = plan.years > 0
    for row, value in zip(
        cells.of_used_years(1 / predicted, len(known))[known], plan.indicator[known], strict=True
    ):
        want(row, value, constants.INDICATOR_UNIT)
    means = cells.of_used_years(np.ones(len(predicted)), len(known))
    for cell in _table_5_3().itertuples():
        inside = (plan.level == cell.expenditure_level) & (plan.column == cell.benchmark_level)
        if inside.any():
            want(means[inside].mean(axis=0), cell.expenditure_dkk_per_person, constants.CELL_SPENDING_UNIT)
    return np.array(rows), np.array(wanted)


def _smallest_change(rows, wanted, start, scale, bounds):
    """Spending that meets the conditions with the smallest change, counted in `scale`, within bounds.

    What a change would take over a bound stays there while the others change further.
    """
    spending, free = start, scale
    for _ in range(constants.BOUND_ROUNDS):
        system = np.vstack([rows * free, np.eye(len(start))])
        gap = np.concatenate([wanted - rows @ spending, (start - spending) / scale * (free > 0)])
        moved = spending + free * np.linalg.lstsq(system, gap, rcond=None)[0]
        spending = np.clip(moved, *bounds)
        free = np.where(moved == spending, free, 0.0)
    return spending


def _extremes(cells, plan, spending):
    """The cells that have the printed minimum and maximum of their year: cell -> kr.

    Where there are cells with too few persons for the cost-need model it is one of them, otherwise one of a
    municipality with most years whose spending does not stand apart.
    """
    out = {}
    for year, printed in _yearly().iterrows():
        inside = cells.benchmarked & (cells.year == year)
        few = inside & ~cells.used & (cells.persons >= constants.FEWEST_PERSONS_EXTREME)
        unsure = (plan.level == "around") & (plan.years >= constants.FEWEST_YEARS_APART)
        candidates = (
            few if few.sum() >= constants.FEWEST_CELLS_EXTREME else inside & unsure[cells.place] & cells.used
        )
        at = np.flatnonzero(candidates)
        out[at[np.argmin(spending[at])]] = printed["min_dkk"]
        out[at[np.argmax(spending[at])]] = printed["max_dkk"]
    return out


def _rescaling(cells, plan, ratio):
    """Factors for the noise of the municipalities whose intervals are too wide or too narrow; (98,)."""
    groups = pd.Series(ratio[cells.used]).groupby(cells.place[cells.used])
    years = groups.size()
    width = student_t.ppf(0.975, np.maximum(years - 1, 1)) * groups.std() / np.sqrt(years)
    apart = (groups.mean() - 1).abs() / width
    apart = apart.reindex(range(len(plan.level))).fillna(1).to_numpy()
    narrower = np.minimum(1, apart / constants.CLEARLY)
    wider = np.maximum(1, apart * constants.CLEARLY)
    known = (plan.level != "") & (plan.years > 1)
    return np.where(known, np.where(plan.level == "around", wider, narrower), 1.0)
