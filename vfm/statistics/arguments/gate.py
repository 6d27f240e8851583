"""The gate: a function's arguments by their rules, and together."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

import numpy as np

from vfm.statistics.arguments.data import InputError, is_pandas


def _same_rows(together, given, clean):
    """Refuse arguments of several lengths, and pandas objects whose rows are not in one order."""
    names = [name for name in together if given.get(name) is not None]
    first = names[0]
    rows = len(clean[first])
    for name in names[1:]:
        if len(clean[name]) != rows:
            p = ", p" if getattr(clean[name], "ndim", 1) == 2 else ","
            raise InputError(
                f"{name} must have shape ({rows}{p}) like {first}, one value a row, not {clean[name].shape}"
            )
    indexed = [name for name in names if is_pandas(given[name])]
    for name in indexed[1:]:
        own, other = given[name].index, given[indexed[0]].index
        differ = int(np.count_nonzero(np.asarray(own != other)))
        if differ:
            raise InputError(
                f"{name} has another index than {indexed[0]} in {differ} of {rows} rows: "
                "bring both in one order by their index, or give arrays"
            )
        if not (own.is_unique or own.is_(other)):
            raise InputError(
                f"{name} and {indexed[0]} have an index in which {int(own.duplicated().sum())} of {rows} "
                "labels come again, so their rows cannot be told apart: give arrays"
            )


def accepts(*together: str, **rules: object) -> Callable[[Callable], Callable]:
    """Declare what a function accepts.

    Parameters
    ----------
    *together : str
        Arguments that have the same rows in the same order.
    **rules : rule
        One for each argument.

    Returns
    -------
    callable
        A decorator. The function has its rules as attribute `accepts`.
    """

    def decorate(function):
        signature = inspect.signature(function)
        own = [name for name in signature.parameters if name != "self"]
        if own != list(rules):
            raise TypeError(f"{function.__qualname__}: rules for {list(rules)}, arguments {own}")

        @functools.wraps(function)
        def checked(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            given, clean = bound.arguments, {}
            for name, value in given.items():
                rule = rules.get(name)
                free = rule is None or (value is None and getattr(rule, "optional", False))
                clean[name] = value if free else rule.checked(name, value)
            if together:
                _same_rows(together, given, clean)
            return function(**clean)

        checked.accepts = rules
        return checked

    return decorate
