"""The page's words and numbers in Danish and English; texts.toml holds every text beside its translation."""

import string
import tomllib
from functools import cache
from pathlib import Path

from vfm.pages.report.tables import is_missing

LANGUAGES = ("da", "en")
TEXTS = Path(__file__).with_name("texts.toml")
# d3's locale, which the charts use; the signs in tables and sentences are the same
LOCALES = {
    "da": {
        "decimal": ",",
        "thousands": ".",
        "grouping": [3],
        "currency": ["", " kr."],
        "minus": "\N{MINUS SIGN}",
        "percent": "\N{NO-BREAK SPACE}%",
    },
    "en": {
        "decimal": ".",
        "thousands": ",",
        "grouping": [3],
        "currency": ["", " DKK"],
        "minus": "\N{MINUS SIGN}",
        "percent": "%",
    },
}
SMALLEST_P_VALUE = 0.001  # a smaller p-value is written as below this number


@cache
def all_texts() -> dict[str, dict[str, str]]:
    """Read {key: {language: text}}."""
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


class Written(str):
    """A number as the reader reads it.

    Attributes
    ----------
    value : float
        The published number, which files for other programs hold.
    """

    value: float

    def __new__(cls, text: str, value: float) -> "Written":
        """Return the text, which remembers its number."""
        written = super().__new__(cls, text)
        written.value = value
        return written

    @property
    def plain(self) -> str:
        """The number as programs write it."""
        return f"{self.value:.10g}"


class Words:
    """Texts and numbers of one language.

    Attributes
    ----------
    language : {'da', 'en'}
    facts : dict
        {blank in a text: what is written there}.
    """

    def __init__(self, language: str, facts: dict[str, str] | None = None):
        self.language = language
        self.facts = facts or {}

    def __call__(self, key: str, **more) -> str:
        """Return a text with its blanks filled from the facts of the results.

        Raises
        ------
        KeyError
            If the text, or a fact it asks for, is not there.
        """
        return string.Formatter().vformat(all_texts()[key][self.language], (), self.facts | more)

    @property
    def outlier(self) -> str:
        """Name of the municipality that the second sample leaves out; empty for none."""
        return self.facts["outlier"]

    def missing(self, reason: str) -> str:
        """Say why there is no number.

        Raises
        ------
        KeyError
            If there are no words for the reason.
        """
        return self(f"reason_{reason}")

    def number(self, value: float | None, decimals: int = 0, *, reason: str | None = None) -> str:
        """Write a number in the reader's notation; of a missing one, why it is missing.

        Parameters
        ----------
        value : float or None
        decimals : int
        reason : str, optional
            As `missing`; a number without a reason is missing because it is not estimated.

        Returns
        -------
        str
        """
        if is_missing(value):
            return self.missing(reason or "not_estimated")
        text = f"{value:,.{decimals}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("-")
        return Written(self._in_signs(text), float(value))

    def percent(self, share: float | None, decimals: int = 0, *, reason: str | None = None) -> str:
        """Write a share, 0-1, as percent; as `number` where it is missing."""
        if is_missing(share):
            return self.missing(reason or "not_estimated")
        text = self._in_signs(f"{share:.{decimals}%}".rstrip("%")) + LOCALES[self.language]["percent"]
        return Written(text, float(share))

    def percent_of_100(self, percent: float | None, decimals: int = 0) -> str:
        """Write what is published in percent; as `number` where it is missing."""
        if is_missing(percent):
            return self.missing("not_estimated")
        text = self._in_signs(f"{percent:.{decimals}f}") + LOCALES[self.language]["percent"]
        return Written(text, float(percent))

    def p_value(self, value: float | None, *, reason: str | None = None) -> str:
        """Write a p-value: three decimals where they matter, and never 1,000, which reads as a thousand."""
        if is_missing(value):
            return self.missing(reason or "not_estimated")
        if value < SMALLEST_P_VALUE:
            return f"< {self.number(SMALLEST_P_VALUE, 3)}"
        return f"= {self.number(value, 2 if value >= 0.1 else 3)}"

    def interval(
        self, low: float | None, high: float | None, decimals: int = 2, *, reason: str | None = None
    ) -> str:
        """Write an interval; as `number` where an end is missing."""
        if is_missing(low) or is_missing(high):
            return self.missing(reason or "not_estimated")
        return f"{self.number(low, decimals)} {self('to')} {self.number(high, decimals)}"

    def _in_signs(self, text):
        """Put the signs of the reader's notation into a number written as Python does."""
        locale = LOCALES[self.language]
        signs = {",": locale["thousands"], ".": locale["decimal"], "-": locale["minus"]}
        return "".join(signs.get(sign, sign) for sign in text)
