"""From shares and expectations to groups of few persons in a municipality-year.

Groups add up to wholes, a published expectation is a sum of shares times published coefficients, and the
reason for a missing share bounds it. Linear programming gives the least and the greatest value of every
share that is left.
"""

from __future__ import annotations

import calendar
import math

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from vfm.privacy.attack.reading import EXACT, ContradictionError, Finding, Release, inferred_half_step

#: Groups by family, and what a family adds up to: all persons, or the persons of a wider group. A reader
#: knows these from the descriptions of the columns.
FAMILIES = {
    "danish_education": (
        *(None, "share_danish_education_unknown", "share_danish_education_1"),
        *("share_danish_education_2", "share_danish_education_3"),
    ),
    "under_25": (None, "share_under_25"),
    "refugees": (None, "share_refugees"),
    "world_region": (
        *(None, "share_europe_outside_eu28", "share_africa"),
        *("share_south_central_america", "share_asia"),
    ),
    "asia": ("share_asia", "share_syria", "share_thailand_philippines", "share_iran_afghanistan"),
    "europe": ("share_europe_outside_eu28", "share_turkey"),
}
COMPLETE = ("danish_education",)  # families in which every person is named
SHARES = [share for _, *shares in FAMILIES.values() for share in shares]
RESTS = [f"rest_of_{family}" for family in FAMILIES if family not in COMPLETE]
GROUPS = SHARES + RESTS
_ATTACKED_RESTS = (
    "rest_of_world_region",
    "rest_of_asia",
    "rest_of_europe",
)  # the others are what a share leaves
_TABLE = "expenditure.municipal_composition"
_SMALL = 150  # persons; shares of fewer are given more roughly
_DKK = 1e4  # the unit of the linear programs
_PASSES = 4
_STEPS = (0.1, 0.05, 0.02, 0.01)


def family_sums() -> tuple[np.ndarray, np.ndarray]:
    """Left and right sides of what groups add up to: (families, groups) and (families,)."""
    left, right = np.zeros((len(FAMILIES), len(GROUPS))), np.zeros(len(FAMILIES))
    for row, (family, (whole, *shares)) in enumerate(FAMILIES.items()):
        for name in [*shares, *(rest for rest in RESTS if rest == f"rest_of_{family}")]:
            left[row, GROUPS.index(name)] = 1
        if whole is None:
            right[row] = 1
        else:
            left[row, GROUPS.index(whole)] = -1
    return left, right


class Compositions:
    """The shares of all municipality-years whose persons are published, as bounds (places, groups)."""

    def __init__(self, release: Release) -> None:
        self.release, self.limit = release, release.limit
        persons = {
            (row["municipality_code"], row["year"]): row
            for row in release.rows("expenditure.programme_persons")
            if row["persons"] is not None and row["full_year_persons"] is not None
        }
        rows = {(row["municipality_code"], row["year"]): row for row in release.rows(_TABLE)}
        self.places = sorted(persons.keys() & rows.keys())
        self.rows = [rows[place] for place in self.places]
        self.persons = np.array([float(persons[place]["persons"]) for place in self.places])
        self.full_year = np.array([float(persons[place]["full_year_persons"]) for place in self.places])
        self.days = np.array([365.0 + calendar.isleap(year) for _, year in self.places])
        self.shown = np.array([[row.get(name) is not None for name in SHARES] for row in self.rows], bool)
        self.low = np.zeros((len(self.places), len(GROUPS)))
        self.high = np.ones((len(self.places), len(GROUPS)))
        if self.places:
            self._read_shares()
            self._read_expectations()
            self._use_sums()
            self._use_reasons()
            self._use_sums()

    def _read_shares(self):
        """What rounding leaves of the shares that are given, here and on the sheets."""
        values = np.array([[row.get(name) for name in SHARES] for row in self.rows], float)
        half = np.zeros_like(values)
        known = [(_TABLE, name) in self.release.precisions for name in SHARES]
        for some in (self.persons < _SMALL, self.persons >= _SMALL):
            given = values[some][np.isfinite(values[some])]
            half[some] = share_half_step(given)
        for k, name in enumerate(SHARES):
            if known[k]:
                given = self.release.half_step(_TABLE, name)
                half[:, k] = [given(v) if callable(given) else given or 0.0 for v in values[:, k]]
        wide = half + EXACT * np.abs(values)
        n = len(SHARES)
        self.low[:, :n] = np.where(self.shown, np.maximum(values - wide, 0), 0)
        self.high[:, :n] = np.where(self.shown, np.minimum(values + wide, 1), 1)
        where = {place: k for k, place in enumerate(self.places)}
        sheet = "report.municipal_groups"
        for row in self.release.rows(sheet):
            k = where.get((row["municipality_code"], row["year"]))
            if k is None or row.get("share") is None or row["term"] not in SHARES:
                continue
            column, wide = SHARES.index(row["term"]), half[k, SHARES.index(row["term"])]
            if not self.shown[k, column]:
                wide = share_half_step(np.array([row["share"]])) + EXACT
                self.low[k, column], self.high[k, column] = row["share"] - wide, row["share"] + wide

    def _read_expectations(self):
        """Bounds of the expectation less its constant and year, DKK; nan without one."""
        release = self.release
        weights, slack = model_weights(release, "expenditure.cost_need_coefficients")
        self.weight = np.array([weights.get(name) or 0.0 for name in GROUPS])
        self.expected = np.full((len(self.places), 2), np.nan)
        if "constant" not in weights:
            return
        where = {place: k for k, place in enumerate(self.places)}
        for need in ("expenditure.expenditure_need", "report.municipal_expenditure"):
            for row in release.rows(need):
                k = where.get((row["municipality_code"], row["year"]))
                if k is None or row["expected_dkk"] is None:
                    continue
                bounds = expectation_bounds(release, need, row)
                less = weights["constant"] + (weights.get(f"year_{row['year']}") or 0.0)
                bounds = bounds[0] - less - slack, bounds[1] - less + slack
                self.expected[k] = (
                    np.fmax(self.expected[k, 0], bounds[0]),
                    np.fmin(self.expected[k, 1], bounds[1]),
                )

    def _use_sums(self):
        """Narrow the bounds by what groups add up to."""
        left, right = family_sums()
        for _ in range(_PASSES):
            for sides, whole in zip(left, right, strict=True):
                parts, wider = np.flatnonzero(sides == 1), np.flatnonzero(sides == -1)
                low, high = self.low[:, parts], self.high[:, parts]
                least = self.low[:, wider[0]] if len(wider) else np.full(len(low), whole)
                most = self.high[:, wider[0]] if len(wider) else np.full(len(low), whole)
                others = low.sum(axis=1)[:, None] - low, high.sum(axis=1)[:, None] - high
                self.low[:, parts] = np.maximum(low, least[:, None] - others[1])
                self.high[:, parts] = np.maximum(
                    np.minimum(high, most[:, None] - others[0]), self.low[:, parts]
                )
                if len(wider):
                    self.low[:, wider[0]] = np.maximum(least, self.low[:, parts].sum(axis=1))
                    self.high[:, wider[0]] = np.minimum(most, self.high[:, parts].sum(axis=1))

    def _use_reasons(self):
        """A share that is missing for few persons is close to 0 or to 1."""
        most = np.minimum((self.limit - 1) * self.days / (self.full_year * self.days), 1.0)
        self.reason = np.full(self.shown.shape, None, object)
        for k, name in enumerate(SHARES):
            column = f"{name}_withheld_reason"
            if self.release.has(_TABLE, column):
                self.reason[:, k] = [row[column] for row in self.rows]
            few = (self.reason[:, k] == "few_persons") & ~self.shown[:, k]
            small = few & (self.high[:, k] < 1 - most) | few & (self.low[:, k] <= most) & (most >= 1)
            large = few & (self.low[:, k] > most)
            self.high[small, k] = np.minimum(self.high[small, k], most[small])
            self.low[large, k] = np.maximum(self.low[large, k], 1 - most[large])

    def couplings(self) -> list[tuple[np.ndarray, np.ndarray, float, float]]:
        """Means over a municipality's years that are published beside the yearly expectations.

        Returns
        -------
        list of (places, weights, low, high)
            The sum over places of weights (groups,) times shares lies between low and high, DKK.
        """
        out, release = [], self.release
        for table, model in (
            ("expenditure.supplementary_indicators", "expenditure.supplementary_cost_need_coefficients"),
            ("efficiency.cost_distances", "expenditure.cost_need_coefficients"),
        ):
            if not release.has(table, "expected_dkk") or not release.has(model, "coefficient_dkk"):
                continue
            weights, slack = model_weights(release, model)
            if "constant" not in weights:
                continue
            sides = np.array([weights.get(name) or 0.0 for name in GROUPS])
            for row in release.rows(table):
                places = np.array(
                    [
                        k
                        for k, (code, _) in enumerate(self.places)
                        if code == row["municipality_code"] and np.isfinite(self.expected[k]).all()
                    ],
                    int,
                )
                n = len(places)
                if row["expected_dkk"] is None or n == 0 or row.get("years", n) != n:
                    continue
                low, high = release.interval(table, "expected_dkk", row["expected_dkk"])
                less = sum(
                    weights["constant"] + (weights.get(f"year_{self.places[k][1]}") or 0.0) for k in places
                )
                out.append((places, sides, n * (low - slack) - less, n * (high + slack) - less))
        return out

    def extremes(
        self, places: np.ndarray, groups: np.ndarray, coupled: list
    ) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest share of some groups, by linear programming.

        Parameters
        ----------
        places, groups : (k,) int arrays
            The places of the program, and the group that is attacked in each; -1 for none.
        coupled : list
            Of `couplings`, whose places are all among these. No two places that share one are attacked at
            once.

        Raises
        ------
        ContradictionError
            If there is no solution.
        """
        left, right = family_sums()
        equal = sparse.kron(sparse.identity(len(places)), left, format="csr")
        told = np.flatnonzero(np.isfinite(self.expected[places]).all(axis=1))
        rows = [(np.array([k]), self.weight, *self.expected[places[k]]) for k in told]
        rows += [(np.searchsorted(places, at), weights, low, high) for at, weights, low, high in coupled]
        sides = sparse.lil_matrix((len(rows), len(places) * len(GROUPS)))
        for r, (at, weights, _, _) in enumerate(rows):
            for k in at:
                sides[r, k * len(GROUPS) : (k + 1) * len(GROUPS)] = weights / _DKK
        sides = sides.tocsr()
        ends = np.array([row[2:] for row in rows]).reshape(-1, 2) / _DKK
        most = sparse.vstack([sides, -sides], format="csr") if len(rows) else None
        limits = np.r_[ends[:, 1], -ends[:, 0]] + 1e-10 if len(rows) else None
        box = np.column_stack([self.low[places].ravel() - 1e-9, self.high[places].ravel() + 1e-9])
        aimed = np.flatnonzero(groups >= 0)
        goal = np.zeros((len(places), len(GROUPS)))
        goal[aimed, groups[aimed]] = 1
        found = [
            linprog(
                sign * goal.ravel(), most, limits, equal, np.tile(right, len(places)), box, method="highs"
            ).x
            for sign in (1, -1)
        ]
        if any(each is None for each in found):
            raise ContradictionError("no shares agree with what is published")
        least, greatest = (each.reshape(goal.shape)[aimed, groups[aimed]] for each in found)
        return least, greatest

    def attack(self) -> None:
        """Narrow the bounds of all groups that are not given: place by place, then by municipality.

        Raises
        ------
        ContradictionError
            If nothing agrees with what is published.
        """
        open_ = np.hstack([~self.shown, np.zeros((len(self.places), len(RESTS)), bool)])
        for rest in _ATTACKED_RESTS:
            open_[:, GROUPS.index(rest)] = True
        self._rounds(open_, [], np.arange(len(self.places)))
        coupled = self.couplings()
        whole = self.persons[:, None]
        few = (self.low * whole < self.limit) | ((1 - self.high) * whole < self.limit)
        codes = np.array([code for code, _ in self.places])
        if coupled:
            self._rounds(open_ & few, coupled, np.unique(codes, return_inverse=True)[1])
        self._use_reasons()

    def _rounds(self, open_, coupled, unit):
        """Attack one open group of each unit at a time, in the places that hold it or are tied to it."""
        open_, low, high = open_.copy(), self.low.copy(), self.high.copy()
        tied = {int(unit[k]) for at, *_ in coupled for k in at}
        if coupled:
            open_ &= np.isin(unit, list(tied))[:, None]
        while open_.any():
            waiting = np.flatnonzero(open_.any(axis=1))
            _, first = np.unique(unit[waiting], return_index=True)
            attacked = waiting[first]
            places = np.flatnonzero(np.isin(unit, unit[attacked]))
            groups = np.where(np.isin(places, attacked), open_[places].argmax(axis=1), -1)
            open_[attacked, open_[attacked].argmax(axis=1)] = False
            here = [each for each in coupled if np.isin(each[0], places).all()]
            least, most = self.extremes(places, groups, here)
            aimed = groups >= 0
            at = places[aimed], groups[aimed]
            low[at], high[at] = np.maximum(low[at], least), np.minimum(high[at], most)
        self.low, self.high = low, np.maximum(low, high)

    def findings(self) -> list[Finding]:
        """What the bounds say in persons.

        Returns
        -------
        list of Finding
            Table "municipal_composition", cells (municipality_code, year, group): the share times the
            persons, to the nearest person; and "composition_persons": the persons themselves, who are there
            1 day or the year.
        """
        out, how = [], "sums, expectation and reasons, by linear programming"
        for p, place in enumerate(self.places):
            whole, full = self.persons[p], self.full_year[p]
            for g, name in enumerate(GROUPS):
                if name in RESTS and name not in _ATTACKED_RESTS:
                    continue
                low, high = self.low[p, g], self.high[p, g]
                if g < len(SHARES) and self.shown[p, g] and high - low > 2.5 / whole:
                    continue  # given so roughly, and on enough persons
                near = math.ceil(low * whole - 0.5 - 1e-6), math.floor(high * whole + 0.5 + 1e-6)
                out.append(Finding("municipal_composition", (*place, name), *near, how))
                least, most = math.ceil(low * full - 1e-6), whole - math.ceil((1 - high) * full - 1e-6)
                if g < len(SHARES) and self.reason[p, g] == "protects_another_cell":
                    least, most = max(least, self.limit), min(most, whole - self.limit)
                elif g < len(SHARES) and self.reason[p, g] == "few_persons":
                    least, most = self._of_few(least, most, whole)
                out.append(Finding("composition_persons", (*place, name), int(least), int(most), how))
        return out

    def _of_few(self, least, most, whole):
        """Persons of a group of few, or of all but few."""
        if least < self.limit and most <= whole - self.limit:
            return least, min(most, self.limit - 1)
        if least >= self.limit and most > whole - self.limit:
            return max(least, whole - self.limit + 1), most
        return least, most


def model_weights(release: Release, table: str) -> tuple[dict[str, float], float]:
    """Coefficients of the largest cost-need model, and how far their rounding moves an expectation."""
    model = max((row["model"] for row in release.rows(table)), default=None)
    weights = {row["term"]: row["coefficient_dkk"] for row in release.rows(table) if row["model"] == model}
    weights = {name: value for name, value in weights.items() if value is not None}
    wide = {
        name: release.interval(table, "coefficient_dkk", value)[1] - value for name, value in weights.items()
    }
    # groups of one family have at most the whole of it
    slack = sum(
        max((wide.get(name, 0.0) for name in shares), default=0.0) for _, *shares in FAMILIES.values()
    )
    return weights, slack + wide.get("constant", 0.0) + max(
        (w for n, w in wide.items() if n.startswith("year_")), default=0.0
    )


def share_half_step(given: np.ndarray) -> float:
    """Half of the step that shares are rounded to, from the shares."""
    for step in _STEPS:
        if len(given) and (np.abs(given - np.round(given / step) * step) < 1e-9).all():
            return step / 2
    half = inferred_half_step(given)
    if callable(half):
        return half(float(np.min(given, initial=np.inf)))
    return half or 0.0


def expectation_bounds(release: Release, table: str, row: dict) -> tuple[float, float]:
    """Bounds of an expected expenditure, from itself and from actual expenditure over the indicator."""
    low, high = release.interval(table, "expected_dkk", row["expected_dkk"])
    actual, indicator = row.get("actual_dkk"), row.get("expenditure_indicator")
    if actual and indicator:
        above = release.interval(table, "actual_dkk", actual)
        below = release.interval(table, "expenditure_indicator", indicator)
        if below[0] > 0:
            low, high = max(low, above[0] / below[1]), min(high, above[1] / below[0])
    return low, high


def composition_findings(release: Release) -> list[Finding]:
    """Attack every municipality-year; see `Compositions.findings`."""
    if not release.has(_TABLE, *SHARES) or not release.has("expenditure.programme_persons", "persons"):
        return []
    attacked = Compositions(release)
    if attacked.places:
        attacked.attack()
    return attacked.findings()
