"""What estimators accept: every public function declares its arguments; what cannot be used is refused.

`accepts` stands above a function with one rule for each argument. A rule gives back what the function can
rely on (arrays of numbers without gaps, frames with their columns) and leaves good input as it is, to the
last bit. What it refuses is an `InputError`: the argument, what is wrong, in how many values, what to do.

Numbers may come as lists, arrays, Series of any numeric type (numpy, nullable, pyarrow, sparse) or objects
that are all numbers. Text is never read as a number, nor a date, a category or a masked value.
"""

from vfm.statistics.arguments.data import (
    ANY,
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    WEEKS,
    WEIGHTS,
    Covariates,
    InputError,
    Labels,
    Numbers,
    Table,
    Truth,
)
from vfm.statistics.arguments.gate import accepts
from vfm.statistics.arguments.settings import (
    WINDOW,
    ByKey,
    Call,
    Flag,
    Names,
    Number,
    OneOf,
    Result,
    Seed,
    Several,
    Text,
    Together,
    Whole,
)

__all__ = [
    "ANY",
    "ByKey",
    "Call",
    "Covariates",
    "Flag",
    "InputError",
    "Labels",
    "NOT_NEGATIVE",
    "Names",
    "Number",
    "Numbers",
    "OneOf",
    "POSITIVE",
    "Result",
    "SHARE",
    "Seed",
    "Several",
    "Table",
    "Text",
    "Together",
    "Truth",
    "WEEKS",
    "WEIGHTS",
    "WINDOW",
    "Whole",
    "accepts",
]
