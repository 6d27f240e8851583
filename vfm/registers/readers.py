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
from pyarrow.parquet import read_schema

from vfm.registers.formats import Meant, sas_column, stata_column
from vfm.warehouse.sql_text import literal, path_literal

CHUNK = 1 << 22
CELLS = 3_000_000  # of a SAS or Stata file held at a time: 400 MB where all are texts
SEPARATORS = ";,\t|"
NO_TEXT = "no text"
C1 = bytes(range(0x80, 0xA0))  # printable in Windows' code page 1252, control characters in latin-1
BOMS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16"}  # fmt: skip
SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>.)"?\s*', re.IGNORECASE)  # as Excel writes it


class UnreadableFileError(Exception):
    """A file that cannot be read; the argument is the end of a sentence that begins with the file's name."""


class UnreadableCsvError(UnreadableFileError):
    """A csv of which DuckDB cannot read a line."""


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
    meant: dict = field(default_factory=dict)  # {delivered column: formats.Meant}
    notes: list = field(default_factory=list)  # what was read otherwise than it is written
    labelled: list = field(default_factory=list)  # columns of which the labels are read
    labels: dict = field(default_factory=dict)  # {delivered column: {number: label}}


def fingerprint(path: Path) -> tuple[str, str]:
    """Read a file once.

    Returns
    -------
    sha256 : str
    encoding : str
        'utf-8', 'latin-1' or 'cp1252': the first in which the bytes make sense, whatever the format; or
        'utf-16' or 'utf-32' as its first bytes say; 'no text' for a csv with zero bytes.
    """
    digest, decoder, ascii_or_latin = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), True
    is_text = path.suffix.lower() == ".csv"
    wide, zeros = wide_encoding(path) if is_text else None, False
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            zeros = zeros or (is_text and b"\0" in chunk)
            if is_text and not chunk.isascii():
                ascii_or_latin = ascii_or_latin and len(chunk.translate(None, C1)) == len(chunk)
            if is_text and decoder:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    decoder = None
    if zeros and not wide:
        return digest.hexdigest(), NO_TEXT
    return digest.hexdigest(), wide or ("utf-8" if decoder else "latin-1" if ascii_or_latin else "cp1252")


def wide_encoding(path: Path) -> str | None:
    """Return 'utf-16', 'utf-32' or one with its order of bytes for a csv of such characters, else None."""
    with path.open("rb") as stream:
        start = stream.read(4096)
    by_mark = next((encoding for mark, encoding in BOMS.items() if start.startswith(mark)), None)
    if by_mark or 4 * start.count(0) < len(start) or not start:
        return by_mark
    return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"


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
    lower = [name.lower() for name in read_schema(path).names]
    for name in types:
        if lower.count(name.lower()) > 1 and known(name):
            raise UnreadableFileError(f"has the column {name} twice, in upper and in lower case: ask for one")
    return Source(types, relation, engine_types=types, rows=rows)


def open_csv(
    con: duckdb.DuckDBPyConnection, path: Path, known: Callable[[str], bool], encoding: str, folder: Path
) -> Source:
    """Open a csv; the separator is the one that splits the first line into most known columns."""
    if encoding not in ("utf-8", "latin-1", NO_TEXT) or wide_encoding(path):  # DuckDB reads these two
        path, encoding = utf_8_copy(path, wide_encoding(path) or encoding, folder), "utf-8"
    if encoding == NO_TEXT:
        raise UnreadableFileError("holds zero bytes and is no text: was it damaged while it was copied?")
    skip, line, separators = first_line(path, encoding)
    if skip:
        path, encoding = utf_8_copy(path, marked(encoding), folder, skip), "utf-8"
    headers = [next(csv.reader([line], delimiter=separator), []) for separator in separators]
    hits = [sum(known(name.strip()) for name in header) for header in headers]
    best = max(range(len(separators)), key=lambda number: (hits[number], len(headers[number])))
    header = [name.strip() for name in headers[best]]
    # the line itself may be a person's row: it is never shown
    if not line.strip():
        raise UnreadableFileError("is empty: was it cut off while it was copied? Copy it again")
    if line.lstrip().lower().startswith(("<!doctype", "<html")):
        raise UnreadableFileError("is a web page, a log-in or an error most likely: fetch it again")
    if len(header) < 2:
        raise UnreadableFileError(
            "has one column only: fields must be separated by semicolon, comma, tab or |"
        )
    if not hits[best]:
        raise UnreadableFileError(
            f"has {len(header)} columns and none of the register's among them: is its first line the header, "
            "with fields separated by semicolon, comma, tab or |?"
        )
    names, taken = [], set()
    for number, name in enumerate(header):
        if name.lower() in taken and known(name):
            raise UnreadableFileError(f"has the column {name} twice: ask for one")
        names.append(name if name and name.lower() not in taken else f"column {number + 1} {name}".strip())
        taken.add(names[-1].lower())
    columns = ", ".join(f"{literal(name)}: 'varchar'" for name in names)
    relation = (
        f"read_csv({path_literal(path)}, auto_detect = false, header = true, "
        f"delim = {literal(separators[best])}, "
        f"quote = '\"', escape = '\"', encoding = '{encoding}', columns = {{{columns}}})"
    )
    return Source(dict.fromkeys(names, "text"), relation)


def first_line(path: Path, encoding: str) -> tuple[int, str, str]:
    """Return how many lines lie before a csv's header, the header, and the separators it may have."""
    with path.open(encoding=marked(encoding), errors="replace") as stream:
        skip, separators = 0, SEPARATORS
        while line := stream.readline(1 << 22):
            said = SEPARATOR_LINE.fullmatch(line)
            if line.strip() and not said:
                break
            skip, separators = skip + 1, said["separator"] if said else separators
    return skip, line, separators


def marked(encoding: str) -> str:
    """Name of an encoding that takes off the mark which UTF-8 may begin with."""
    return "utf-8-sig" if encoding == "utf-8" else encoding


def utf_8_copy(path: Path, encoding: str, folder: Path, skip: int = 0) -> Path:
    """Write a csv as UTF-8 whose lines all end alike, without its first lines, and return the copy.

    Raises
    ------
    UnreadableFileError
        If it is not of this encoding.
    """
    copy = folder / f"utf-8 from line {skip + 1}.csv"
    errors = "replace" if encoding == "cp1252" else "strict"
    try:
        with (
            path.open(encoding=encoding, errors=errors) as source,  # which reads each end of a line as \n
            copy.open("w", encoding="utf-8", newline="\n") as target,
        ):
            for _ in range(skip):
                source.readline(1 << 22)
            while chunk := source.read(CHUNK):
                target.write(chunk.replace("\0", ""))
    except UnicodeError as problem:
        raise UnreadableFileError(
            "is a csv in no encoding that is known: ask for UTF-8, or was it cut off?"
        ) from problem
    return copy


def open_stata(con: duckdb.DuckDBPyConnection, path: Path, *_: object) -> Source:
    """Open a Stata file; pandas reads it several times as fast as ReadStat (docs/benchmarks.md)."""
    metadata = describe_file(pyreadstat.read_dta, path)
    stored = metadata.readstat_variable_types
    meant = {
        name: stata_column(name, form, stored[name])
        for name, form in metadata.original_variable_types.items()
        if stored[name] != "string"
    }

    def chunks(size):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnicodeWarning)  # old files in latin-1
            with pd.read_stata(
                path, chunksize=size, convert_dates=False, convert_categoricals=False
            ) as reader:
                yield from reader

    return readstat_source(path, metadata, meant, chunks)


def open_sas(con: duckdb.DuckDBPyConnection, path: Path, *_: object) -> Source:
    """Open a SAS file; pandas reads it in one pass, where ReadStat begins anew for each chunk."""
    metadata = describe_file(pyreadstat.read_sas7bdat, path)
    meant = {
        name: sas_column(name, form, metadata.variable_storage_width.get(name, 8))
        for name, form in metadata.original_variable_types.items()
        if metadata.readstat_variable_types[name] != "string"
    }

    def chunks(size):
        from vfm.registers.sas import Reader  # read_sas cannot leave dates as they are

        with Reader(path, convert_dates=False, encoding="infer", chunksize=size) as reader:
            yield from reader

    return readstat_source(path, metadata, meant, chunks)


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
    path: Path, metadata: Any, meant: dict[str, Meant], chunks: Callable[[int], Iterator]
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
        except UnreadableFileError as problem:
            faults.append(problem)
            raise
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
    instead = {name: one for name, one in meant.items() if one.sql}
    return Source(
        types={n: f"{stored[n]} {metadata.original_variable_types[n]}" for n in schema.names},
        relation="delivered",
        expressions={name: one.sql for name, one in instead.items()},
        engine_types={name: engine.get(kind, "DOUBLE") for name, kind in stored.items()}
        | {name: one.kind for name, one in instead.items()},
        batches=lambda progress: pa.RecordBatchReader.from_batches(schema, read(progress)),
        rows=metadata.number_rows,
        faults=faults,
        meant=meant,
        labels=metadata.variable_value_labels,
    )


def cut_off(path: Path) -> str:
    """Say of a file that it is damaged."""
    return f"is no whole {path.suffix.lstrip('.').lower()} file: was it cut off while it was copied?"


def has_mixed_ends(path: Path) -> bool:
    """Whether the lines of a csv end in more than one way."""
    ends, last = set(), b""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            ends |= set(re.findall(rb"\r+\n|\r(?=[^\r\n])|\n", last + chunk))
            last = chunk[-1:] if chunk.endswith(b"\r") else b""
    return len(ends) > 1 or ends & {b"\r\r\n"} != set()


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
