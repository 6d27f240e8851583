"""Rules for data: columns of numbers and of labels, covariates, tables."""

from __future__ import annotations

import numbers
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

# pandas is imported where a frame, a Series or objects come: the bootstrap's workers do without
_KINDS = {
    "U": "text",
    "S": "bytes",
    "M": "dates",
    "m": "lengths of time",
    "c": "complex numbers",
    "V": "records",
    "b": "true and false",
}
_NUMBERS = {"integer", "floating", "mixed-integer-float", "decimal", "boolean", "empty"}
_CONVERT = "convert it first"
_FILL = "leave these rows out, or give them a value"


class InputError(ValueError):
    """An argument that an estimator cannot use: which, what is wrong, how often, what to do."""


def is_pandas(values: object) -> bool:
    """Whether this is a frame or a Series."""
    return hasattr(values, "iloc")


def _refuse_containers(name, values, wanted):
    """Refuse what numpy would take apart by its keys, its letters or its own storage."""
    if values is None:
        raise InputError(f"{name} is missing (None): give {wanted}")
    if isinstance(values, (str, bytes, Mapping, set, frozenset, Iterator)):
        raise InputError(f"{name} must be {wanted}, not a {type(values).__name__}: give an array")
    if hasattr(values, "nnz") and hasattr(values, "toarray"):
        raise InputError(f"{name} is a sparse matrix: give {name}.toarray(), or a frame with its columns")


def _plain(name, values, wanted):
    """Values as a numpy array of numbers, true/false or objects, with gaps as nan."""
    _refuse_containers(name, values, wanted)
    if isinstance(values, np.ma.MaskedArray):
        if hidden := int(np.ma.getmaskarray(values).sum()):
            raise InputError(f"{name} has masked values in {hidden} of {values.size} rows: {_FILL}")
        values = values.data
    dtype = getattr(values, "dtype", None)
    if dtype is not None and not isinstance(dtype, np.dtype) and hasattr(values, "isna"):
        return _from_extension(name, values, wanted)
    try:
        out = np.asarray(values)
    except (ValueError, TypeError) as error:
        raise InputError(f"{name} must be {wanted}, with rows of one length: {_CONVERT}") from error
    return _from_objects(name, out, wanted) if out.dtype.kind == "O" else out


def _from_extension(name, values, wanted):
    """A column of a type of pandas' own, such as Int64, as numpy has it."""
    from pandas import SparseDtype
    from pandas.api.types import is_bool_dtype, is_integer_dtype, is_numeric_dtype

    if isinstance(values.dtype, SparseDtype):
        return _plain(name, np.asarray(values), wanted)
    truth = is_bool_dtype(values.dtype) and str(values.dtype) != "category"
    if not truth and not is_numeric_dtype(values.dtype):
        raise InputError(f"{name} must be {wanted}, not of type {values.dtype}: {_CONVERT}")
    gaps = int(values.isna().sum())
    if not gaps and (truth or is_integer_dtype(values.dtype)):
        return values.to_numpy(dtype=bool if truth else int)
    return values.to_numpy(dtype=float, na_value=np.nan)


def _from_objects(name, values, wanted):
    """Python's own numbers as numpy has them."""
    from pandas import isna
    from pandas.api.types import infer_dtype

    flat = values.ravel()
    if hidden := sum(value is np.ma.masked for value in flat):
        raise InputError(f"{name} has masked values in {hidden} of {len(flat)} rows: {_FILL}")
    kind = infer_dtype(flat, skipna=True)
    if kind not in _NUMBERS and not all(isinstance(v, numbers.Real) for v in flat[~isna(flat)]):
        raise InputError(f"{name} must be {wanted}, not {kind.replace('string', 'text')}: {_CONVERT}")
    gaps = isna(flat)
    if kind == "boolean" and not gaps.any():
        return values.astype(bool)
    out = np.full(flat.shape, np.nan)
    out[~gaps] = flat[~gaps].astype(float)
    return out.reshape(values.shape)


@dataclass(frozen=True)
class Numbers:
    """Numbers of one argument or column.

    Attributes
    ----------
    wanted : str
        What they must be, as a message says it.
    minimum, maximum, above : float, optional
        The smallest and largest that can be used, and what all must exceed.
    whole : bool
        Whether they must be whole.
    booleans : bool
        Whether true and false can be taken for 1 and 0.
    gaps : bool
        Whether they may be missing.
    infinite : bool
        Whether they may be infinite.
    dimensions : tuple of int
        How many axes the array may have.
    empty : bool
        Whether there may be none.
    optional : bool
        Whether the argument may be None.
    """

    wanted: str = "numbers"
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    whole: bool = False
    booleans: bool = False
    gaps: bool = False
    infinite: bool = False
    dimensions: tuple[int, ...] = (1,)
    empty: bool = False
    optional: bool = False

    def checked(self, name: str, values: object) -> np.ndarray:
        """The values as an array of doubles.

        Raises
        ------
        InputError
            They cannot be used.
        """
        values = _plain(name, values, self.wanted)
        if values.ndim not in self.dimensions or not (values.size or self.empty):
            shape = "a one-dimensional array" if self.dimensions == (1,) else "an array"
            raise InputError(
                f"{name} must be {shape} with at least one row, not of shape {values.shape}: "
                "give one value a row"
            )
        if values.dtype.kind not in ("iuf" if not self.booleans else "iufb") and values.size:
            kind = _KINDS.get(values.dtype.kind, values.dtype)
            raise InputError(f"{name} must be {self.wanted}, not {kind}: {_CONVERT}")
        values = np.asarray(values, float)
        self._refuse_values(name, values)
        return values

    def _refuse_values(self, name, values):
        fine = ~np.isnan(values) if self.infinite else np.isfinite(values)
        if self.gaps:
            fine |= np.isnan(values)
        said = "missing" if self.infinite else "infinite" if self.gaps else "missing or infinite"
        void = values.size - np.count_nonzero(fine)
        if void and self.wanted == "numbers":
            raise InputError(f"{name} has {said} values in {void} of {values.size} rows: {_FILL}")
        with np.errstate(invalid="ignore"):
            if self.minimum is not None:
                fine &= ~(values < self.minimum)
            if self.maximum is not None:
                fine &= ~(values > self.maximum)
            if self.above is not None:
                fine &= ~(values <= self.above)
            if self.whole:
                fine &= (values == np.floor(values)) | np.isnan(values)
        if wrong := values.size - np.count_nonzero(fine):
            void = f" ({void} {said})" if void else ""
            raise InputError(
                f"{name} must be {self.wanted}; {wrong} of {values.size} rows are not{void}: "
                "look at their unit, and leave out what is wrong"
            )


@dataclass(frozen=True)
class Truth:
    """True or false in every row, or 1 and 0."""

    optional: bool = False

    def checked(self, name: str, values: object) -> np.ndarray:
        """The values as an array of bool; see `Numbers.checked`."""
        wanted = "true/false or 1/0 in every row"
        values = _plain(name, values, wanted)
        if values.ndim != 1 or not values.size:
            raise InputError(
                f"{name} must be a one-dimensional array with at least one row, not of shape {values.shape}: "
                "give one value a row"
            )
        if values.dtype.kind not in "iufb":
            kind = _KINDS.get(values.dtype.kind, values.dtype)
            raise InputError(f"{name} must be {wanted}, not {kind}: {_CONVERT}")
        if values.dtype == bool:
            return values
        values = np.asarray(values, float)
        if wrong := np.count_nonzero(~np.isin(values, (0.0, 1.0))):
            raise InputError(f"{name} must be {wanted}; {wrong} of {values.size} are not: {_FILL}")
        return values == 1


@dataclass(frozen=True)
class Labels:
    """Codes or ids: text or whole numbers, none of them missing unless `gaps`."""

    gaps: bool = False
    optional: bool = False

    def checked(self, name: str, values: object) -> np.ndarray:
        """The values as an array of numbers or objects; see `Numbers.checked`."""
        from pandas import isna
        from pandas.api.types import infer_dtype

        wanted = "text or whole numbers"
        _refuse_containers(name, values, wanted)
        hidden = int(np.ma.getmaskarray(values).sum()) if isinstance(values, np.ma.MaskedArray) else 0
        if isinstance(getattr(values, "dtype", None), np.dtype):
            values = np.asarray(values)
        elif hasattr(values, "isna"):
            values = values.to_numpy(dtype=object, na_value=None) if is_pandas(values) else np.asarray(values)
        else:
            values = np.array(values, dtype=object)
        if values.ndim != 1 or not len(values):
            raise InputError(
                f"{name} must be a one-dimensional array with at least one row, not of shape {values.shape}: "
                "give one code a row"
            )
        missing = isna(values)
        if (hidden := hidden or np.count_nonzero(missing)) and not self.gaps:
            raise InputError(f"{name} is missing in {hidden} of {len(values)} rows: leave these rows out")
        kind = infer_dtype(values[~missing])
        if kind not in ("string", "integer", "empty"):
            raise InputError(f"{name} must be {wanted}, not {kind}: {_CONVERT}")
        return values


@dataclass(frozen=True)
class Covariates:
    """Numbers in columns: a matrix, or a frame, whose names then appear in messages.

    A frame stays one, since a large one is never copied; columns of pandas' own types become numpy's.
    """

    first: int = 0  # the number of the first column of a matrix, as x0
    optional: bool = False

    def checked(self, name: str, values: object) -> object:
        """The covariates as an array of doubles, or as a frame; see `Numbers.checked`."""
        if not (is_pandas(values) and getattr(values, "ndim", 0) == 2):
            values = _plain(name, values, "a matrix of numbers or a frame")
            if values.dtype.kind not in "iufb" and values.size:
                kind = _KINDS.get(values.dtype.kind, values.dtype)
                raise InputError(f"{name} must be numbers, not {kind}: {_CONVERT}")
            values = np.asarray(values, float)
            columns = values if values.ndim == 2 else values.reshape(len(values), -1)
            self._refuse_gaps(name, {f"x{j + self.first}": columns[:, j] for j in range(columns.shape[1])})
            return values
        _refuse_names(name, values)
        found, new = {}, {}
        for column in values.columns:
            own = values[column]
            found[column] = _plain(f"{name} column {column}", own, "numbers")
            if (kind := found[column].dtype.kind) not in "iufb":
                raise InputError(
                    f"{name} column {column} must be numbers, not {_KINDS.get(kind, kind)}: {_CONVERT}"
                )
            if not isinstance(own.dtype, np.dtype) or own.dtype.kind == "O":
                new[column] = found[column]
        self._refuse_gaps(name, found)
        return _replaced(values, new)

    @staticmethod
    def _refuse_gaps(name, columns):
        wrong = {}
        for column, values in columns.items():
            if values.dtype.kind == "f" and not np.isfinite(values.sum(dtype=float)):
                if rows := int(np.count_nonzero(~np.isfinite(values))):
                    wrong[column] = rows
        if wrong:
            rows, of = max(wrong.values()), len(next(iter(columns.values())))
            raise InputError(
                f"{name} has missing or infinite values in column {', '.join(map(str, wrong))}, "
                f"in up to {rows} of {of} rows: {_FILL}"
            )


def _replaced(frame, new):
    """The frame with other columns in the place of some, whatever their names are."""
    if not new:
        return frame
    frame = frame.copy(deep=False)
    for column, values in new.items():
        frame.isetitem(frame.columns.get_loc(column), values)
    return frame


def _refuse_names(name, frame):
    """Refuse a frame with a column that stands there twice."""
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise InputError(f"{name} has column {twice[0]} twice: rename or leave out one of them")


@dataclass(frozen=True)
class Table:
    """A frame with these columns and perhaps others; no rows are fine.

    Attributes
    ----------
    columns : dict of str to rule
    key : tuple of str
        Columns whose values together stand in one row only.
    shares : bool
        Whether further columns named share_... must be numbers from 0 to 1.
    """

    columns: Mapping[str, object] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    shares: bool = False
    optional: bool = False

    def checked(self, name: str, frame: object) -> object:
        """The frame, in which columns of pandas' own types have become numpy's; see `Numbers.checked`."""
        if not (is_pandas(frame) and getattr(frame, "ndim", 0) == 2 and hasattr(frame, "columns")):
            raise InputError(f"{name} must be a pandas DataFrame, not a {type(frame).__name__}: convert it")
        _refuse_names(name, frame)
        if missing := [c for c in self.columns if c not in frame.columns]:
            raise InputError(f"{name} lacks column {', '.join(missing)}: add it, or correct its name")
        if not len(frame):
            return frame
        if not frame.index.is_unique:
            frame = frame.reset_index(drop=True)
        rules = dict(self.columns)
        if self.shares:
            rules |= {c: SHARE for c in frame.columns if str(c).startswith("share_") and c not in rules}
        new = {}
        for column, rule in rules.items():
            values = frame[column]
            found = rule.checked(f"{name} column {column}", values)
            if not isinstance(values.dtype, np.dtype) or (
                values.dtype.kind == "O" and found.dtype.kind != "O"
            ):
                new[column] = _plain(column, values, "") if isinstance(rule, Numbers) else found
        if self.key:
            self._refuse_repeated(name, frame)
        return _replaced(frame, new)

    def _refuse_repeated(self, name, frame):
        first = frame[self.key[0]]
        if len(self.key) == 1 and first.is_monotonic_increasing:  # no table of hashes for a large one
            values = np.asarray(first)
            again = int(np.count_nonzero(values[1:] == values[:-1]))
        else:
            again = int(frame.duplicated(list(self.key)).sum())
        if again:
            raise InputError(
                f"{name} has {again} of {len(frame)} rows with the same {', '.join(self.key)} as another: "
                "leave one of each"
            )


WEEKS = Numbers("whole weeks, at least 1", minimum=1, maximum=1e9, whole=True)
WEIGHTS = Numbers("finite and not negative", minimum=0, booleans=True, optional=True)
POSITIVE = Numbers("above 0", above=0)
NOT_NEGATIVE = Numbers("finite and not negative", minimum=0)
SHARE = Numbers("a share from 0 to 1", minimum=-1e-9, maximum=1 + 1e-9)
ANY = Numbers()
