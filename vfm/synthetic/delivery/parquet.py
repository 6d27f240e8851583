"""Writes registers as Parquet files whose bytes depend on their content alone."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike

from vfm.synthetic.world.calendar import to_date

PART_ROWS = {"bef": 120_000, "bfl": 150_000, "dream": 12_000}  # rows of a part file; others have one part
ROW_GROUP_ROWS = 60_000
Columns = dict[str, pa.Array]  # of a register, by name, all of one length


def text(values: ArrayLike) -> pa.DictionaryArray:
    """Arrow text column, dictionary encoded; None and '' become null."""
    values = np.asarray(values, dtype=object)
    array = pa.array(values, type=pa.string())
    return array.dictionary_encode()


def dates(days: ArrayLike) -> pa.Array:
    """Arrow dates of day numbers of `calendar`."""
    return pa.array(to_date(np.asarray(days)).astype("datetime64[D]"), type=pa.date32())


def integers(values: ArrayLike, width: int = 32) -> pa.Array:
    """Arrow integers of 16 or 32 bits."""
    return pa.array(np.asarray(values), type={16: pa.int16(), 32: pa.int32()}[width])


def write_register(folder: Path, register: str, columns: Columns) -> dict:
    """Write a register in part files of fixed size.

    Parameters
    ----------
    folder : pathlib.Path
        The register folder; the register gets a folder of its own below it. Older parts are removed.
    register : str
    columns : dict
        Column name -> Arrow array, all of one length, in the order of the persons.

    Returns
    -------
    dict
        register, files, rows and bytes.
    """
    target = folder / register
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.parquet"):
        old.unlink()
    table = pa.table(columns)
    rows = PART_ROWS.get(register, max(table.num_rows, 1))
    size, files = 0, 0
    for number, start in enumerate(range(0, max(table.num_rows, 1), rows)):
        path = target / f"{register}_{number:02d}.parquet"
        pq.write_table(
            table.slice(start, rows),
            path,
            compression="zstd",
            compression_level=12,
            row_group_size=ROW_GROUP_ROWS,
            store_schema=False,
            write_statistics=True,
        )
        size += path.stat().st_size
        files += 1
    return {"register": register, "files": files, "rows": table.num_rows, "bytes": size}
