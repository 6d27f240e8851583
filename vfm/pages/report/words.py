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


@cache
def all_texts():
    """Read {key: {language: text}}."""
    return tomllib.loads(TEXTS.read_text(encoding="utf-8"))


class Words:
    """Texts and numbers of one language."""

    def __init__(self, language, facts=None):
        self.language = language
        self.facts = facts or {}

    def __call__(self, key, **more):
        """Return a text with its blanks filled from the facts of the results.

        Raises
        ------
        KeyError
            If the text, or a fact it asks for, is not there.
        """
        return string.Formatter().vformat(all_texts()[key][self.language], (), self.facts | more)

    def or_else(self, key, text):
        """Return a text, or the one given where there is none of this key."""
        return self(key) if key in all_texts() else text

    def number(self, value, decimals=0):
        """Write a number in the reader's notation; a missing one says that it is withheld."""
        if is_missing(value):
            return self("withheld")
        text = f"{value:,.{decimals}f}"
        if float(text.replace(",", "")) == 0:
            text = text.lstrip("-")
        locale = LOCALES[self.language]
        signs = {",": locale["thousands"], ".": locale["decimal"], "-": locale["minus"]}
        return "".join(signs.get(sign, sign) for sign in text)

    def percent(self, share, decimals=0):
        """Write a share as percent."""
        if is_missing(share):
            return self("withheld")
        return self.number(100 * share, decimals) + LOCALES[self.language]["percent"]

    def p_value(self, value):
        """Write a p-value: three decimals where they matter, and no 1,000 that reads as a thousand."""
        if not is_missing(value) and value < 0.001:
            return f"< {self.number(0.001, 3)}"
        return f"= {self.number(value, 2 if is_missing(value) or value >= 0.1 else 3)}"

    def interval(self, low, high, decimals=2):
        """Write an interval, withheld where an end is missing."""
        if is_missing(low) or is_missing(high):
            return self("withheld")
        return f"{self.number(low, decimals)} {self('to')} {self.number(high, decimals)}"
