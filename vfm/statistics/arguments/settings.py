"""Rules for what is no data: single numbers and names, and the results of other functions."""

from __future__ import annotations

import numbers
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from vfm.statistics.arguments.data import InputError, is_pandas

_DIGITS = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")


@dataclass(frozen=True)
class Whole:
    """One whole number; dbt gives those of its variables as text."""

    minimum: int = 0
    unit: str = ""
    optional: bool = False
    maximum: int = 2**63 - 1

    def checked(self, name: str, value: object) -> int:
        """The number as an int; see `Numbers.checked`."""
        number = _one_number(value)
        if number is None or int(number) != number:
            raise InputError(f"{name} must be a whole number{self.unit}, not {_short(value)}: give one")
        if number < self.minimum:
            raise InputError(
                f"{name} must be a whole number{self.unit}, at least {self.minimum}, not {_short(value)}: "
                "give one"
            )
        if number > self.maximum:
            raise InputError(f"{name} must be at most {self.maximum}{self.unit}, not {_short(value)}")
        return int(number)


#: A horizon in weeks: of more, no array has room.
WINDOW = Whole(1, " of weeks", maximum=100_000)


@dataclass(frozen=True)
class Number:
    """One number between two limits; dbt gives those of its variables as text."""

    low: float = -np.inf
    high: float = np.inf
    closed: bool = False  # whether the lower limit itself is fine

    def checked(self, name: str, value: object) -> float:
        """The number as a float; see `Numbers.checked`."""
        number = _one_number(value)
        if number is None:
            raise InputError(f"{name} must be a finite number, not {_short(value)}: give one")
        if not (self.low < number < self.high or (self.closed and number == self.low)):
            raise InputError(
                f"{name} must lie between {self.low:g} and {self.high:g}, not {_short(value)}: give another"
            )
        return float(number)


def _one_number(value):
    """A finite number, also where it is an array without axes or written in ASCII digits; else None."""
    if isinstance(value, np.ndarray) and not np.ma.isMaskedArray(value) and value.ndim == 0:
        value = value.item()
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (numbers.Real, np.number, Decimal)):
        return None
    return value if not isinstance(value, np.complexfloating) and np.isfinite(float(value)) else None


def _short(value):
    text = repr(value)
    return text if len(text) <= 40 and "\n" not in text else f"a {type(value).__name__}"


@dataclass(frozen=True)
class OneOf:
    """One of a few names or numbers."""

    choices: tuple

    def checked(self, name: str, value: object) -> object:
        """The value; see `Numbers.checked`."""
        if (
            not isinstance(value, (str, numbers.Integral))
            or isinstance(value, bool)
            or value not in self.choices
        ):
            said = ", ".join(map(str, self.choices))
            raise InputError(f"{name} must be one of {said}, not {_short(value)}: choose one")
        return value


@dataclass(frozen=True)
class Text:
    """One text, or a code that is a whole number; empty only where that `may_be_empty`."""

    may_be_empty: bool = False

    def checked(self, name: str, value: object) -> str:
        """The text; see `Numbers.checked`."""
        if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str) or not (value or self.may_be_empty):
            raise InputError(f"{name} must be a text, not {_short(value)}: give one")
        return value


@dataclass(frozen=True)
class Seed:
    """A seed of random numbers: a whole number from 0 on, or a numpy SeedSequence."""

    def checked(self, name: str, value: object) -> object:
        """The seed; see `Numbers.checked`."""
        return value if isinstance(value, np.random.SeedSequence) else Whole(0).checked(name, value)


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def checked(self, name: str, value: object) -> bool:
        """The value; see `Numbers.checked`."""
        if not isinstance(value, (bool, np.bool_)):
            raise InputError(f"{name} must be true or false, not {_short(value)}: give one of them")
        return bool(value)


@dataclass(frozen=True)
class Result:
    """What another function of this package gives back.

    Attributes
    ----------
    has : tuple of str
        Attributes that tell it.
    source : str
        The function, as a message names it.
    """

    has: tuple[str, ...]
    source: str
    optional: bool = False

    def checked(self, name: str, value: object) -> object:
        """The result; see `Numbers.checked`."""
        if isinstance(value, type) or not all(hasattr(value, part) for part in self.has):
            raise InputError(
                f"{name} must be what {self.source} returns, not a {type(value).__name__}: give that"
            )
        return value


@dataclass(frozen=True)
class Together:
    """A tuple of results, with a rule for each of its places."""

    parts: tuple

    def checked(self, name: str, value: object) -> tuple:
        """The tuple; see `Numbers.checked`."""
        if not isinstance(value, tuple) or len(value) != len(self.parts):
            raise InputError(
                f"{name} must be a tuple of {len(self.parts)}, not a {type(value).__name__}: "
                "give what was returned"
            )
        return tuple(
            None if part is None and rule.optional else rule.checked(f"{name} part {place}", part)
            for place, (rule, part) in enumerate(zip(self.parts, value, strict=True), 1)
        )


@dataclass(frozen=True)
class Several:
    """Results one after the other, checked as they are read; a list stays one."""

    part: object
    source: str
    optional: bool = False

    def checked(self, name: str, values: object) -> Iterable:
        """The tuples; see `Numbers.checked`."""
        if isinstance(values, (str, bytes, Mapping)) or is_pandas(values) or not isinstance(values, Iterable):
            raise InputError(
                f"{name} must be what {self.source} returns, not a {type(values).__name__}: give that"
            )
        if isinstance(values, Sequence):
            return [self.part.checked(name, value) for value in values]
        return (self.part.checked(name, value) for value in values)


@dataclass(frozen=True)
class ByKey:
    """A dict of results."""

    part: object
    source: str
    optional: bool = False

    def checked(self, name: str, values: object) -> dict:
        """The dict; see `Numbers.checked`."""
        if not isinstance(values, Mapping):
            raise InputError(
                f"{name} must be what {self.source} returns, not a {type(values).__name__}: give that"
            )
        return {key: self.part.checked(f"{name}[{key!r}]", value) for key, value in values.items()}


@dataclass(frozen=True)
class Names:
    """Several texts in order, none twice."""

    choices: tuple | None = None

    def checked(self, name: str, values: object) -> list[str]:
        """The texts as a list; see `Numbers.checked`."""
        if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
            raise InputError(f"{name} must be several names, not a {type(values).__name__}: give a list")
        values = list(values)
        if wrong := sum(not isinstance(value, str) for value in values):
            raise InputError(f"{name} must be names; {wrong} of {len(values)} are no text: give their names")
        if len(set(values)) < len(values):
            raise InputError(
                f"{name} has {len(values) - len(set(values))} of {len(values)} names twice: leave one"
            )
        if self.choices is not None and (strange := [v for v in values if v not in self.choices]):
            raise InputError(
                f"{name} must be among {', '.join(self.choices)}, not {_short(strange[0])}: choose"
            )
        return values


@dataclass(frozen=True)
class Call:
    """A function."""

    def checked(self, name: str, value: object) -> Callable:
        """The function; see `Numbers.checked`."""
        if not callable(value):
            raise InputError(f"{name} must be a function, not a {type(value).__name__}: give one")
        return value
