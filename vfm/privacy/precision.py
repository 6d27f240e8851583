"""With what precision a published number is given: the words of a column's declaration, in SQL and numpy."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

#: Words that stand alone, with the digits kept behind the point: None for all of them.
STEPS = {"whole": 0, "tens": -1, "hundreds": -2, "thousands": -3}
COUNTED = re.compile(r"(?P<digits>[1-9]\d?) (?P<of>decimals?|significant digits?)")
WORDS = "exact, inherited, whole, tens, hundreds, thousands, N decimals or N significant digits"


class PrecisionError(ValueError):
    """A precision that cannot be read; the message is one sentence for a person."""


@dataclass(frozen=True)
class Precision:
    """How a number is rounded before it leaves.

    Parameters
    ----------
    words : str
        As declared: 'exact' (all digits), 'inherited' (all digits of a value that is released already),
        'whole', 'tens', 'hundreds', 'thousands', 'N decimals' or 'N significant digits'.
    decimals : int or None
        Digits kept behind the point, negative before it: -2 for hundreds. None for the other words.
    significant : int or None
        Digits kept from the first that is not 0. None for the other words.
    """

    words: str
    decimals: int | None = None
    significant: int | None = None

    @classmethod
    def read(cls, text: str) -> "Precision":
        """Read a precision as it is declared.

        Parameters
        ----------
        text : str

        Raises
        ------
        PrecisionError
            If it is none of the words.
        """
        words = text if isinstance(text, str) else ""
        if words in ("exact", "inherited"):
            return cls(words)
        if words in STEPS:
            return cls(words, decimals=STEPS[words])
        counted = COUNTED.fullmatch(words)
        if not counted:
            raise PrecisionError(f"'{text}' is no precision: use {WORDS}.")
        digits = int(counted["digits"])
        if counted["of"].startswith("decimal"):
            return cls(text, decimals=digits)
        return cls(text, significant=digits)

    @property
    def rounds(self) -> bool:
        """Whether a number loses digits."""
        return self.decimals is not None or self.significant is not None

    def sql(self, column: str) -> str:
        """Write the rounded column as an expression of DuckDB.

        Parameters
        ----------
        column : str
            An expression of type double; null, infinite and 0 stay what they are.
        """
        if self.decimals is not None:
            return f"round({column}, {self.decimals})"
        if self.significant is not None:
            places = f"{self.significant - 1} - cast(floor(log10(abs({column}))) as integer)"
            return (
                f"case when {column} = 0 or not isfinite({column}) then {column} "
                f"else round({column}, {places}) end"
            )
        return column

    def of(self, value: Any) -> Any:
        """Round as `sql` does: half away from 0.

        Parameters
        ----------
        value : float or array of float
            NaN, infinite and 0 stay what they are.

        Returns
        -------
        float or array
            Unchanged where nothing is rounded.
        """
        if not self.rounds:
            return value
        numbers = np.asarray(value, float)
        finite = np.isfinite(numbers)
        safe = np.where(finite, numbers, 0.0)
        rounded = np.where(finite, _rounded(safe, self._places(safe)), numbers)
        return rounded if np.ndim(value) else float(rounded)

    def half_step(self, value: Any) -> Any:
        """How far at most the exact number lies from the given one.

        Parameters
        ----------
        value : float or array of float
            The number as given.

        Returns
        -------
        float or array
            In the unit of the number; 0 for 'exact', NaN for 'inherited': the table it is taken from tells.
        """
        if self.words == "inherited":
            return np.full(np.shape(value), np.nan) if np.ndim(value) else float("nan")
        if not self.rounds:
            return np.zeros(np.shape(value)) if np.ndim(value) else 0.0
        numbers = np.asarray(value, float)
        # a number given as 10.0 may have been 9.996 or 10.04: the longer of the two steps
        step = 0.5 * 10.0 ** -self._places(numbers, 1e-12)
        if self.significant is not None:
            step = np.where(numbers == 0, 0.0, step)
        return step if np.ndim(value) else float(step)

    def _places(self, numbers, slack=0.0):
        """Digits kept behind the point of each number, whole numbers of type float."""
        if self.decimals is not None:
            return np.full(np.shape(numbers), float(self.decimals))
        size = np.abs(np.where((numbers == 0) | ~np.isfinite(numbers), 1.0, numbers))
        return self.significant - 1 - np.floor(np.log10(size) + slack)


def _rounded(numbers, places):
    """Numbers to so many digits behind the point, by the steps that DuckDB takes."""
    power = 10.0 ** np.abs(places)
    before = places < 0
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.where(before, numbers / power, numbers * power)
        whole = np.trunc(scaled)
        whole = whole + np.sign(scaled) * (np.abs(scaled - whole) >= 0.5)
        given = np.where(before, whole * power, whole / power)
    return np.where(np.isfinite(given), given, numbers)
