"""Covariates of many rows, as a matrix or packed in bytes, and the products that a fit takes of them.

A column of small whole numbers takes one byte a row, and blocks of rows become numbers when a sum needs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

BLOCK = 4096  # rows at a time where a matrix as large as the covariates would be written


class Packed:
    """Covariates in little memory, centred and in double precision by block.

    Parameters
    ----------
    columns : list of (n,) arrays
        Bytes or doubles.
    mean : (p,) float array, optional
        Subtracted from the columns of a block; default 0.
    dtype : numpy dtype
        Of the blocks.
    """

    def __init__(
        self, columns: Sequence[np.ndarray], mean: np.ndarray | None = None, dtype: DTypeLike = np.float64
    ):
        self.columns, self.dtype = columns, np.dtype(dtype)
        self.mean = np.zeros(len(columns)) if mean is None else mean
        self.shape = len(columns[0]), len(columns)
        self.size = len(columns) * len(columns[0])

    def __len__(self) -> int:
        return self.shape[0]

    def astype(self, dtype: DTypeLike) -> Packed:
        """The same columns with blocks of another precision."""
        return Packed(self.columns, self.mean, dtype)

    def take(self, rows: slice | np.ndarray, use: Sequence[int] | None = None) -> np.ndarray:
        """Rows (a slice or indices) of the columns `use` (all) as a matrix, column after column in memory."""
        use = range(len(self.columns)) if use is None else use
        size = len(range(*rows.indices(len(self)))) if isinstance(rows, slice) else len(rows)
        out = np.empty((size, len(use)), self.dtype, order="F")
        for i, j in enumerate(use):
            np.subtract(self.columns[j][rows], self.mean[j], out=out[:, i], casting="same_kind")
        return out


def packed(X: ArrayLike) -> Packed:
    """The columns of X (n, p), an array or a frame, as `Packed`: bytes where they are whole numbers 0-255."""
    return Packed([packed_column(X.iloc[:, j] if hasattr(X, "iloc") else X[:, j]) for j in range(X.shape[1])])


def packed_column(column: ArrayLike) -> np.ndarray:
    """A column as bytes where it is whole numbers 0-255, else as doubles."""
    column = np.asarray(column)
    if column.dtype in (np.uint8, bool):
        return column.view(np.uint8)
    column = np.asarray(column, float)
    if not len(column) or (column.min() >= 0 and column.max() <= 255):  # neither holds for a missing value
        small = column.astype(np.uint8)
        if (small == column).all():
            return small
    return column


def blocks_of(X: np.ndarray | Packed) -> Iterator[tuple[slice, np.ndarray]]:
    """Blocks of an array, which is one block, or of `Packed` covariates: a slice of rows, and its matrix."""
    if not isinstance(X, Packed):
        yield slice(0, len(X)), X
        return
    for a in range(0, len(X), BLOCK):
        rows = slice(a, min(a + BLOCK, len(X)))
        yield rows, X.take(rows)


def rows_of(X: np.ndarray | Packed, rows: slice | np.ndarray, use: Sequence[int] | None = None) -> np.ndarray:
    """Some rows and columns (default all) of an array or of `Packed` covariates, as a matrix."""
    if isinstance(X, Packed):
        return X.take(rows, use)
    return X[rows] if use is None else X[rows][:, use] if isinstance(rows, slice) else X[np.ix_(rows, use)]


def times_vector(X: np.ndarray | Packed, vector: np.ndarray) -> np.ndarray:
    """X vector, (rows,)."""
    if not isinstance(X, Packed):
        return X @ vector
    out = np.empty(len(X), X.dtype)
    for rows, block in blocks_of(X):
        np.matmul(block, vector, out=out[rows])
    return out


def vector_times(vector: np.ndarray, X: np.ndarray | Packed) -> np.ndarray:
    """vector' X, (columns,)."""
    return vector @ X if not isinstance(X, Packed) else sum(vector[r] @ block for r, block in blocks_of(X))


def centred(
    X: np.ndarray | Packed, order: np.ndarray, use: np.ndarray, mean: np.ndarray
) -> np.ndarray | Packed:
    """Columns `use` of X less their mean, rows in `order`; (n, columns), column after column in memory."""
    if isinstance(X, Packed) and len(use):
        return Packed([X.columns[j][order] for j in use], mean)
    out = np.empty((len(order), len(use)), order="F")
    for i, j in enumerate(use):
        column = np.take(X[:, j], order, out=out[:, i], mode="clip")  # "clip": straight into `out`
        column -= mean[i]
    return out


def columns_of(X: np.ndarray | Packed, good: np.ndarray) -> np.ndarray | Packed:
    """The columns of centred covariates for which `good` (columns,) is true."""
    if isinstance(X, Packed) and good.any():
        return Packed([c for c, keep in zip(X.columns, good, strict=True) if keep], X.mean[good])
    return np.asfortranarray(rows_of(X, slice(None), np.flatnonzero(good)))
