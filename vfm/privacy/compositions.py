"""Which shares of a composition may be told, so that no group of few persons follows from the others.

A share is given roundly and withheld where few persons are in the group or outside it. What is given still
makes equations: groups add up to a whole, and the published cost-need expectation is a sum of shares times
coefficients. So the rule plays the attacker. Linear programming bounds every group of few; while a bound
says more than that the group is one of few, a further share is withheld.

Notes
-----
Secondary suppression by linear programming: Fischetti & Salazar (2001), as in tau-Argus and sdcMicro.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from vfm.privacy.precision import Precision

#: How an expectation and its indicator are given (expenditure_need.yml); a krone for rounded coefficients.
_EXPECTATION, _INDICATOR, _SPARE_DKK = Precision.read("hundreds"), Precision.read("3 decimals"), 1.0
#: Linear programs are solved in these units, so that all their numbers are of one size.
_DKK = 1e4
_DAYS_IN_YEAR = 366
_COLUMNS = {
    "municipality_code": object,
    "year": "int64",
    "term": object,
    "share": float,
    "withheld_reason": object,
}
#: Shares that say most are withheld last.
_LAST = ("share_refugees", "share_under_25")


def withheld_shares(
    groups: pd.DataFrame, coefficients: pd.DataFrame, expectations: pd.DataFrame, disclosure_limit: int = 5
) -> pd.DataFrame:
    """Rows of intermediate.int_composition_disclosure, one per place, year and group.

    Parameters
    ----------
    groups : DataFrame
        intermediate.int_composition_groups: municipality_code, year, place_is_withheld, persons,
        person_days, family, whole, term, group_persons, share, is_few, step. Each place and year has the
        same terms.
    coefficients : DataFrame
        The cost-need model whose expectation is published: term, coefficient_dkk.
    expectations : DataFrame
        intermediate.int_expenditure_need: municipality_code, year, actual_dkk, expected_dkk,
        expenditure_indicator, exact. A reader knows the second to the nearest hundred, and from the others
        once more.
    disclosure_limit : int
        0 and 1 withhold nothing.

    Returns
    -------
    DataFrame
        municipality_code, year, term, share (rounded to its step; missing where withheld), withheld_reason
        (few_persons or protects_another_cell; missing where the share is given).

    Notes
    -----
    With the rule met, every number of persons from 0 to disclosure_limit - 1 stays possible in every group
    of few, for a reader who knows the rule, the persons and person-days of each place, and why each share
    is missing.
    """
    if not len(groups):
        return pd.DataFrame(columns=list(_COLUMNS)).astype(_COLUMNS)
    attack = Composition(groups, coefficients, expectations, int(disclosure_limit))
    attack.protect()
    return attack.table()


class Composition:
    """The shares of all places and years as a reader sees them; one block of a linear program for each."""

    def __init__(
        self, groups: pd.DataFrame, coefficients: pd.DataFrame, expectations: pd.DataFrame, limit: int
    ):
        index = ["municipality_code", "year"]
        first = groups.drop_duplicates("term")
        self.terms = first["term"].tolist()
        self.family = dict(zip(first["term"], first["family"], strict=True))
        self.whole = dict(zip(first["family"], first["whole"], strict=True))
        wide = groups.pivot(index=index, columns="term")
        self.places = wide.index
        self.share, self.persons, self.few, self.step = (
            wide[name][self.terms].to_numpy(kind)
            for name, kind in (("share", float), ("group_persons", float), ("is_few", bool), ("step", float))
        )
        by_place = groups.groupby(index)[["persons", "person_days", "place_is_withheld"]].first()
        self.everybody = by_place["persons"].to_numpy(float)
        self.days = by_place["person_days"].to_numpy(float)
        self.limit = limit
        self.few &= limit > 1
        self.named = np.array([not term.startswith("rest_of_") for term in self.terms])
        self.hidden = self.few | ~self.named | by_place["place_is_withheld"].to_numpy(bool)[:, None]
        weights = coefficients.set_index("term")["coefficient_dkk"]
        self.weight = weights.reindex(self.terms).fillna(0.0).to_numpy(float)
        years = weights.reindex([f"year_{year}" for year in self.places.get_level_values("year")]).fillna(0.0)
        told = expectations.set_index(index).reindex(self.places)
        actual, expected, indicator = (
            told[name].to_numpy(float) for name in ("actual_dkk", "expected_dkk", "expenditure_indicator")
        )
        least, most = _given(_EXPECTATION, expected)
        lowest, highest = _given(_INDICATOR, indicator)
        fixed = weights.get("constant", 0.0) + years.to_numpy(float)
        self.expected = (
            np.maximum(least, actual / highest) - fixed - _SPARE_DKK,
            np.minimum(most, actual / lowest) - fixed + _SPARE_DKK,
        )

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """What each share can be by itself, (places, terms): its rounding, or what its reason says."""
        given = np.round(self.share / self.step) * self.step
        low = np.where(self.hidden, 0.0, np.maximum(given - self.step / 2, 0.0))
        high = np.where(self.hidden, 1.0, np.minimum(given + self.step / 2, 1.0))
        most = np.minimum((self.limit - 1) * _DAYS_IN_YEAR / self.days, 1.0)[:, None]
        of_few = self.few & self.named
        near = of_few & (self.persons < self.limit)
        return np.where(of_few & ~near, 1 - most, low), np.where(near, np.minimum(high, most), high)

    def equations(
        self, places: np.ndarray
    ) -> tuple[sparse.csr_matrix, np.ndarray, sparse.csr_matrix, np.ndarray]:
        """Family sums (equal) and expectations (at most) of some places, one block of columns each."""
        column = {term: k for k, term in enumerate(self.terms)}
        sums, right = np.zeros((len(self.whole), len(self.terms))), np.zeros(len(self.whole))
        for row, (family, whole) in enumerate(self.whole.items()):
            sums[row, [column[t] for t in self.terms if self.family[t] == family]] = 1
            if whole in column:
                sums[row, column[whole]] = -1
            else:
                right[row] = 1
        equal = sparse.kron(sparse.identity(len(places)), sums, format="csr")
        told = places[np.isfinite(self.expected[0][places])]
        pick = sparse.csr_matrix(
            (np.ones(len(told)), (np.arange(len(told)), np.searchsorted(places, told))),
            shape=(len(told), len(places)),
        )
        sides = sparse.kron(pick, self.weight[None, :] / _DKK)
        most = sparse.vstack([sides, -sides], format="csr")
        limits = np.r_[self.expected[1][told], -self.expected[0][told]] / _DKK
        return equal, np.tile(right, len(places)), most, limits

    def extremes(self, places: np.ndarray, terms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest share that one group of each of some places can have.

        Parameters
        ----------
        places, terms : (k,) int arrays
            Each place once, in ascending order, with the group that is attacked there.

        Raises
        ------
        RuntimeError
            If the solver finds no solution; there is one, the truth.
        """
        equal, right, most, limits = self.equations(places)
        low, high = self.bounds()
        box = np.column_stack([low[places].ravel(), high[places].ravel()]) + [-1e-9, 1e-9]
        goal = np.zeros((len(places), len(self.terms)))
        goal[np.arange(len(places)), terms] = 1
        ends = []
        for sign in (1, -1):
            found = linprog(sign * goal.ravel(), most, limits, equal, right, bounds=box, method="highs")
            if found.x is None:
                raise RuntimeError(f"the bounds of the composition were not found: {found.message}")
            ends.append(found.x.reshape(goal.shape)[np.arange(len(places)), terms])
        return ends[0], ends[1]

    def told_too_much(self) -> dict[int, int]:
        """{place: a group of few of which a reader could say more than that it is one}."""
        found, left = {}, self.few & ~np.isin(self.terms, ["rest_of_under_25", "rest_of_refugees"])
        left = left & self.hidden & np.isin(np.arange(len(self.days)), self.active)[:, None]
        while left.any():
            places = np.flatnonzero(left.any(axis=1))
            terms = left[places].argmax(axis=1)
            left[places, terms] = False
            low, high = self.extremes(places, terms)
            outside = self.persons[places, terms] >= self.limit  # those who are not in the group are few
            low, high = np.where(outside, 1 - high, low), np.where(outside, 1 - low, high)
            persons = self.everybody[places]
            narrow = (low > 1e-7) | (high * persons < self.limit - 1)
            found.update(zip(places[narrow].tolist(), terms[narrow].tolist(), strict=True))
            left[places[narrow]] = False
        return found

    def protect(self) -> None:
        """Withhold further shares until nothing tells too much."""
        self.active = np.arange(len(self.days))
        while found := self.told_too_much():
            changed = [place for place, term in found.items() if self.withhold_one_more(place, term)]
            self.active = np.array(sorted(changed), int)

    def withhold_one_more(self, place: int, term: int) -> bool:
        """Withhold the smallest share of the family, of the whole's, or any; False if none is left."""
        family = self.family[self.terms[term]]
        near = (family, self.family.get(self.whole[family]))
        shown = [k for k in range(len(self.terms)) if not self.hidden[place, k]]
        if not shown:
            return False

        def order(k):
            family = self.family[self.terms[k]]
            own = near.index(family) if family in near else len(near)
            return (
                own,
                self.terms[k] in _LAST,
                self.weight[k] == 0 and own == len(near),
                self.persons[place, k],
                k,
            )

        self.hidden[place, min(shown, key=order)] = True
        return True

    def table(self) -> pd.DataFrame:
        """The shares as they are published, with the reason for each that is not."""
        given = np.where(self.hidden, np.nan, np.round(self.share / self.step) * self.step)
        reason = np.where(self.few, "few_persons", np.where(self.hidden, "protects_another_cell", None))
        columns = np.flatnonzero(self.named)
        codes, years = (self.places.get_level_values(name) for name in ("municipality_code", "year"))
        return pd.DataFrame(
            {
                "municipality_code": np.repeat(codes.to_numpy(object), len(columns)),
                "year": np.repeat(years.to_numpy(), len(columns)),
                "term": np.tile(np.array(self.terms, object)[columns], len(codes)),
                "share": given[:, columns].ravel().round(2),
                "withheld_reason": reason[:, columns].ravel(),
            }
        )


def _given(precision, exact):
    """What a reader knows of exact numbers that are given roundly: least and greatest values."""
    given = precision.of(exact)
    wide = precision.half_step(given)
    return given - wide, given + wide
