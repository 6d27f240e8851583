"""The four formats of deliveries as something DuckDB can read in one pass, with bounded memory."""

import codecs
import csv
import hashlib
import re
import struct
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyreadstat

from vfm.warehouse.sql_text import identifier, literal, path_literal

CHUNK = 1 << 22
CELLS = 3_000_000  # of a SAS or Stata file held at a time: 400 MB where all are texts
SEPARATORS = ";,\t|"
C1 = bytes(range(0x80, 0xA0))  # printable in Windows' code page 1252, control characters in latin-1
# days, seconds or milliseconds since 1960; the column's format says which, if it has one
SAS_DATETIME = re.compile(r"DATETIME|DATEAMPM|DTDATE|[EB]8601D[TZNX]|NLDATM|MDYAMPM")
SAS_DATE = re.compile(r"DATE|DDMMYY|MMDDYY|YYMMDD|[EB]8601DA|WEEKDATE|WORDDATE|NLDATE|EURDF(DD|DE)")
DAYS = "date '1960-01-01' + cast({} as integer)"
SECONDS = "cast(timestamp '1960-01-01' + to_seconds({}) as date)"
MILLISECONDS = "cast(timestamp '1960-01-01' + to_milliseconds({}) as date)"


class UnreadableFileError(Exception):
    """A file that cannot be read; the argument is the end of a sentence that begins with the file's name."""


@dataclass
class Source:
    """A delivered file, opened."""

    types: dict  # {delivered column: its type as the format calls it}
    relation: str  # what to select from in DuckDB
    expressions: dict = field(
        default_factory=dict
    )  # {delivered column: SQL where it is not the column itself}
    engine_types: dict = field(default_factory=dict)  # {delivered column: DuckDB's type}, default VARCHAR
    batches: object = None  # for SAS and Stata: function(progress) -> pyarrow.RecordBatchReader
    rows: int | None = None  # that the file says it has
    faults: list = field(default_factory=list)  # what stopped the batches: DuckDB passes on the text alone


def fingerprint(path: Path) -> tuple[str, str]:
    """Read a file once.

    Returns
    -------
    sha256 : str
    encoding : str
        'utf-8', 'latin-1' or 'cp1252': the first in which the bytes make sense, whatever the format.
    """
    digest, decoder, ascii_or_latin = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), True
    is_text = path.suffix.lower() == ".csv"
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            if is_text and not chunk.isascii():
                ascii_or_latin = ascii_or_latin and len(chunk.translate(None, C1)) == len(chunk)
            if is_text and decoder:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    decoder = None
    return digest.hexdigest(), "utf-8" if decoder else "latin-1" if ascii_or_latin else "cp1252"


def open_source(
    con: duckdb.DuckDBPyConnection, path: Path, known: Callable[[str], bool], encoding: str, folder: Path
) -> Source:
    """Open a delivered file.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
    path : pathlib.Path
    known : function(str) -> bool
        Whether a column's name is one of the register's.
    encoding : str
        Of a csv, from `fingerprint`.
    folder : pathlib.Path
        For a temporary copy of a csv in code page 1252.

    Returns
    -------
    Source

    Raises
    ------
    UnreadableFileError
    """
    reader = {".csv": open_csv, ".parquet": open_parquet, ".dta": open_stata, ".sas7bdat": open_sas}
    return reader[path.suffix.lower()](con, path, known, encoding, folder)


def open_parquet(
    con: duckdb.DuckDBPyConnection, path: Path, known: Callable[[str], bool], *_: object
) -> Source:
    """Open a Parquet file: DuckDB reads it as it is."""
    relation = f"read_parquet({path_literal(path)})"
    try:
        described = con.execute(f"describe select * from {relation}").fetchall()
        rows = con.execute(f"select count(*) from {relation}").fetchone()[0]
    except duckdb.Error as problem:
        raise UnreadableFileError(
            "is no whole Parquet file: was it cut off while it was copied?"
        ) from problem
    types = {name: kind for name, kind, *_ in described}
    return Source(types, relation, engine_types=types, rows=rows)


def open_csv(
    con: duckdb.DuckDBPyConnection, path: Path, known: Callable[[str], bool], encoding: str, folder: Path
) -> Source:
    """Open a csv; the separator is the one that splits the first line into most known columns."""
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace") as stream:
        line = stream.readline(1 << 20)
    headers = [next(csv.reader([line], delimiter=separator), []) for separator in SEPARATORS]
    hits = [sum(known(name.strip()) for name in header) for header in headers]
    best = max(range(len(SEPARATORS)), key=lambda number: (hits[number], len(headers[number])))
    header = [name.strip() for name in headers[best]]
    # the line itself may be a person's row: it is never shown
    if len(header) < 2:
        raise UnreadableFileError(
            "has one column only: fields must be separated by semicolon, comma, tab or |"
        )
    if not hits[best]:
        raise UnreadableFileError(
            f"has {len(header)} columns and none of the register's among them: is its first line the header, "
            "with fields separated by semicolon, comma, tab or |?"
        )
    if encoding == "cp1252":  # DuckDB reads UTF-8 and latin-1
        copy = folder / "utf-8.csv"
        with path.open("rb") as source, copy.open("w", encoding="utf-8", newline="") as target:
            while chunk := source.read(CHUNK):
                target.write(chunk.decode("cp1252", errors="replace"))
        path, encoding = copy, "utf-8"
    names = []
    for number, name in enumerate(header):
        taken = {other.lower() for other in names}
        names.append(name if name and name.lower() not in taken else f"column {number + 1} {name}".strip())
    columns = ", ".join(f"{literal(name)}: 'varchar'" for name in names)
    relation = (
        f"read_csv({path_literal(path)}, auto_detect = false, header = true, "
        f"delim = {literal(SEPARATORS[best])}, "
        f"quote = '\"', escape = '\"', encoding = '{encoding}', columns = {{{columns}}})"
    )
    return Source(dict.fromkeys(names, "text"), relation)


def open_stata(con: duckdb.DuckDBPyConnection, path: Path, *_: object) -> Source:
    """Open a Stata file; pandas reads it several times as fast as ReadStat (docs/benchmarks.md)."""
    metadata = describe_file(pyreadstat.read_dta, path)
    expressions = {}
    for name, form in metadata.original_variable_types.items():
        if form.lower().startswith("%tc"):
            expressions[name] = MILLISECONDS.format(identifier(name))
        elif form.startswith(("%td", "%d")):
            expressions[name] = DAYS.format(identifier(name))
        elif form.startswith("%t"):  # weeks, months, quarters, years: neither dates nor counts of days
            expressions[name] = f"'{form[:3]} ' || {identifier(name)}"

    def chunks(size):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnicodeWarning)  # old files in latin-1
            with pd.read_stata(
                path, chunksize=size, convert_dates=False, convert_categoricals=False
            ) as reader:
                yield from reader

    return readstat_source(path, metadata, expressions, chunks)


def open_sas(con: duckdb.DuckDBPyConnection, path: Path, *_: object) -> Source:
    """Open a SAS file; pandas reads it in one pass, where ReadStat begins anew for each chunk."""
    metadata = describe_file(pyreadstat.read_sas7bdat, path)
    expressions = {}
    for name, form in metadata.original_variable_types.items():
        if SAS_DATETIME.match(form.upper()):
            expressions[name] = SECONDS.format(identifier(name))
        elif SAS_DATE.match(form.upper()):
            expressions[name] = DAYS.format(identifier(name))

    def chunks(size):
        from pandas.io.sas.sas7bdat import SAS7BDATReader  # read_sas cannot leave dates as they are

        with SAS7BDATReader(path, convert_dates=False, encoding="infer", chunksize=size) as reader:
            yield from reader

    return readstat_source(path, metadata, expressions, chunks)


def describe_file(read: Callable, path: Path) -> Any:
    """Columns, formats and number of rows of a SAS or Stata file."""
    for encoding in (None, "LATIN1"):
        try:
            return read(str(path), metadataonly=True, encoding=encoding)[1]
        except UnicodeDecodeError:
            continue
        except pyreadstat.ReadstatError as problem:
            raise UnreadableFileError(cut_off(path)) from problem
    raise UnreadableFileError("has names of columns in an unknown encoding")


def readstat_source(
    path: Path, metadata: Any, expressions: dict[str, str], chunks: Callable[[int], Iterator]
) -> Source:
    """Put a SAS or Stata file into the hands of DuckDB as a stream of Arrow batches."""
    kinds = {"string": pa.string(), "float": pa.float32()}
    stored = metadata.readstat_variable_types
    schema = pa.schema([(name, kinds.get(kind, pa.float64())) for name, kind in stored.items()])
    size = min(max(CELLS // len(schema), 1_000), 250_000)
    faults = []

    def read(progress):
        rows = 0
        try:
            for frame in chunks(size):
                rows += len(frame)
                progress(rows / max(metadata.number_rows, 1))
                arrays = [
                    pa.array(frame[name].to_numpy(), type=kind, from_pandas=True)
                    for name, kind in zip(schema.names, schema.types, strict=True)
                ]
                yield pa.record_batch(arrays, schema=schema)
        except (
            ValueError,
            KeyError,
            IndexError,
            EOFError,
            OverflowError,
            struct.error,
            pa.ArrowInvalid,
        ) as problem:
            faults.append(UnreadableFileError(cut_off(path)))
            raise faults[0] from problem
        if rows != metadata.number_rows:
            faults.append(
                UnreadableFileError(f"says it has {metadata.number_rows:,} rows and holds {rows:,}")
            )
            raise faults[0]

    engine = {"string": "VARCHAR", "float": "FLOAT"}
    return Source(
        types={n: f"{stored[n]} {metadata.original_variable_types[n]}" for n in schema.names},
        relation="delivered",
        expressions=expressions,
        engine_types={name: engine.get(kind, "DOUBLE") for name, kind in stored.items()},
        batches=lambda progress: pa.RecordBatchReader.from_batches(schema, read(progress)),
        rows=metadata.number_rows,
        faults=faults,
    )


def cut_off(path: Path) -> str:
    """Say of a file that it is damaged."""
    return f"is no whole {path.suffix.lstrip('.').lower()} file: was it cut off while it was copied?"


def csv_problem(problem: Exception) -> str:
    """Say what DuckDB found wrong with a csv, without the line, which may be a person's."""
    line = re.search(r"CSV Error on Line: (\d+)", str(problem))
    wanted = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", str(problem))
    where = f"line {int(line[1]):,}" if line else "a line"
    if wanted:
        return (
            f"has {wanted[2]} columns in {where} and {wanted[1]} in its header: "
            "was it cut off, or is a field not quoted?"
        )
    return f"cannot be read from {where} on: is a quotation mark missing, or was it cut off?"
