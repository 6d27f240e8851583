"""Which value of a delivery a message may show as an example: one that cannot be a person's id.

macros/deliveries/examples.sql is the same rule in SQL, for the tests of a delivery;
tests/privacy/test_examples.py holds them together.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 9  # characters of an example; a date may be longer
SHORTEST = 4  # characters of an id, without zeros before it: shorter ones are codes and counts as well
DATE = re.compile(r"(\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})([ T][\d:.]*)?", re.ASCII)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
FORMS = str.maketrans("0123456789" + LETTERS, "9" * 10 + "A" * len(LETTERS))


@dataclass(frozen=True)
class Ids:
    """What is known of the ids of a delivery: how they are compared, their forms and their lengths."""

    keys: frozenset[str]
    forms: frozenset[str]
    lengths: frozenset[int]

    @classmethod
    def of(cls, ids: Iterable[str | None]) -> "Ids":
        """Learn from ids.

        Parameters
        ----------
        ids : iterable of str or None
            As delivered; None and those of fewer than SHORTEST characters are passed over.
        """
        plain = {one for one in map(_plain, filter(None, ids)) if len(one) >= SHORTEST}
        return cls(
            keys=frozenset(key for key in (one.lstrip("0") for one in plain) if len(key) >= SHORTEST),
            forms=frozenset(map(form, plain)),
            lengths=frozenset(map(len, plain)),
        )

    def cannot_include(self, value: str) -> bool:
        """Whether a value may be shown: it is short or a date, is no id, and is not like one.

        Like an id is what has the form of one, or is of letters and digits and as long as one.

        Parameters
        ----------
        value : str
        """
        plain, is_date = _plain(value), DATE.fullmatch(value) is not None
        if len(value) > LONGEST and not is_date or plain.lstrip("0") in self.keys:
            return False
        code = re.fullmatch("[0-9a-z]*[0-9][0-9a-z]*", plain) is not None
        return is_date or (form(plain) not in self.forms and not (code and len(plain) in self.lengths))


def form(text: str) -> str:
    """Return the form of a text: 9 for every digit, A for every letter."""
    return text.lower().translate(FORMS)


def _plain(text):
    """In lower case, without blanks around it, hyphens, and the zeros behind a floating number's point."""
    return re.sub("[.]0+$", "", text.strip(" ")).replace("-", "").lower()
