"""Reads one delivered file and writes it as typed Parquet, in bounded memory."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow.parquet import ParquetWriter, read_metadata

from vfm.privacy.examples import Ids, form
from vfm.registers import readers
from vfm.registers.columns import DERIVED, Kept, plan, source_query, standard_name
from vfm.registers.contract import Column
from vfm.registers.deliveries import Delivered
from vfm.registers.formats import NO_LABEL
from vfm.registers.readers import UnreadableCsvError, UnreadableFileError
from vfm.warehouse import dbt_sql
from vfm.warehouse.sql_text import identifier, literal, path_literal

MEMORY = "1GB"  # of DuckDB; a SAS or Stata file needs about half as much beside it
CELLS = 2_000_000  # of a row group: DREAM has 2,000 columns
DISTINCT = 500_000  # cast values of a column that are remembered
ARROW = {"varchar": pa.string(), "date": pa.date32(), "integer": pa.int32(), "double": pa.float64()}
DAYS_ALREADY = (pa.date32(), pa.date64())
WANTED = {
    "date": "a date",
    "integer": "a whole number",
    "double": "a number",
    "varchar": "whole: a floating number has lost its last digits, deliver it as text",
}


class Importer:
    """Reads delivered files and writes Parquet into a folder for what is not whole yet."""

    def __init__(self, work, contract):
        self.work, self.contract, self.fingerprints = work, contract, {}
        self.connection = duckdb.connect()
        self.fraction = lambda: 0.0
        self.connection.execute(
            f"set memory_limit = '{MEMORY}'; set temp_directory = {literal(work)}; "
            f"set threads = {min(os.cpu_count() or 1, 4)}; "
            "set TimeZone = 'UTC'; set enable_progress_bar = true; set enable_progress_bar_print = false"
        )

    def fingerprint(self, path: Path) -> tuple[str, str]:
        """As readers.fingerprint, once for each file."""
        if path not in self.fingerprints:
            self.fingerprints[path] = readers.fingerprint(path)
        return self.fingerprints[path]

    def columns(self, file: Delivered, path: Path) -> list[str]:
        """Names of a file's columns."""
        return list(self.open(file, path, "latin-1").types)

    def open(self, file: Delivered, path: Path, encoding: str) -> readers.Source:
        """Open a file of a register."""
        register = self.contract[file.register]
        extra = {name for (owner, _), (name, _) in DERIVED.items() if owner == register.name}

        def known(name):
            standard = standard_name(file, name)
            by_week = file.register == "dream" and re.fullmatch(r"Y_?\d{2}", standard)
            return bool(by_week) or standard in extra or any(c.matches(standard) for c in register.columns)

        return readers.open_source(self.connection, path, known, encoding, self.work)

    def batches(self, source: readers.Source, query: str, rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        """Yield the result of a query over a source as Arrow batches.

        Raises
        ------
        UnreadableFileError
            If the file is damaged.
        UnreadableValueError
            If the query met a value that it cannot read.
        """
        seen = [0.0]
        if source.batches:
            self.connection.register("delivered", source.batches(lambda share: seen.__setitem__(0, share)))
            self.fraction = lambda: seen[0]
        else:
            self.fraction = lambda: max(self.connection.query_progress(), 0.0) / 100
        try:
            yield from self.connection.execute(query).to_arrow_reader(rows)
        except (duckdb.Error, pa.ArrowException, OSError) as problem:
            if source.faults:
                raise source.faults[0] from problem
            if "unreadable value" in str(problem):
                raise UnreadableValueError from problem
            if "read_csv" in source.relation:
                raise UnreadableCsvError(readers.csv_problem(problem)) from problem
            raise UnreadableFileError("is damaged: was it cut off while it was copied?") from problem
        finally:
            self.fraction = lambda: 0.0
            if source.batches:
                self.connection.unregister("delivered")

    def row(self, source: readers.Source, query: str) -> list:
        """First row of a query over a source."""
        return list(pa.Table.from_batches(list(self.batches(source, query))).to_pylist()[0].values())

    def version(self, file: Delivered, path: Path) -> int:
        """Highest value of the column VERSION in a file's first rows, -1 without one."""
        with suppress(UnreadableFileError, duckdb.Error):
            source = self.open(file, path, "latin-1")
            name = next((name for name in source.types if name.upper() == "VERSION"), None)
            if name:
                query = f"select {identifier(name)} as version from {source.relation} limit 10000"
                highest = self.row(
                    source, f"select max({dbt_sql.cast('to_integer', 'version')}) as v from ({query})"
                )[0]
                return -1 if highest is None else highest
        return -1

    def stage(
        self, file: Delivered, path: Path, encoding: str, name: str
    ) -> tuple[Path, list[tuple[str, ...]], list[str]]:
        """Write a delivered file as Parquet into the work folder.

        Returns
        -------
        staged : pathlib.Path
        drift : list of tuple
            Rows of the log of delivered columns, as in DRIFT.
        notes : list of str
            What was read otherwise than it is written; each begins with the column.

        Raises
        ------
        UnreadableFileError, MissingColumnsError
        """
        try:
            return self.write(file, self.open(file, path, encoding), name)
        except UnreadableCsvError:
            if not readers.has_mixed_ends(path):
                raise
            copy = self.work / "one end of line.csv"
            os.replace(readers.utf_8_copy(path, readers.marked(encoding), self.work), copy)
            return self.write(file, self.open(file, copy, "utf-8"), name)

    def write(
        self, file: Delivered, source: readers.Source, name: str
    ) -> tuple[Path, list[tuple[str, ...]], list[str]]:
        """Write an opened file as `stage` does."""
        register = self.contract[file.register]
        kept, missing = plan(register, file, source)
        if missing:
            raise MissingColumnsError(missing)
        selected = []
        for entry in kept:
            value = entry.value
            if entry.by_value:
                value = identifier(entry.delivered[0])
            elif entry.unreadable != "false":
                value = f"case when {entry.unreadable} then error('unreadable value') else {value} end"
            selected.append(f"{value} as {identifier(entry.name)}")
        query = f"select {', '.join(selected)} from ({source_query(source, kept)})"
        schema = pa.schema([(entry.name, ARROW[entry.column.data_type]) for entry in kept])
        staged, maps, days = self.work / name, {}, {}
        try:
            with ParquetWriter(staged, schema, compression="zstd") as writer:
                for batch in self.batches(source, query, group_rows(kept)):
                    arrays = [
                        self.map_values(entry, array, maps, days)
                        if entry.by_value
                        else array.cast(schema.field(entry.name).type)
                        for entry, array in zip(kept, batch.columns, strict=True)
                    ]
                    writer.write_batch(pa.record_batch(arrays, schema=schema))
        except UnreadableValueError as problem:
            entries = problem.args or [
                entry for entry in kept if not entry.by_value and entry.unreadable != "false"
            ]
            raise UnreadableFileError(self.unreadable(source, entries, kept)) from problem
        if "read_csv" in source.relation and not read_metadata(staged).num_rows:
            raise UnreadableFileError("has no row below its header: was it cut off?")
        notes = source.notes + self.read_as_meant(file, staged, days)
        if file.register == "bef" and file.year:
            self.check_reference_date(file, staged)
        used = {name: entry.name for entry in kept for name in entry.delivered}
        drift = [
            (file.register, file.file, name, kind, used.get(name, "")) for name, kind in source.types.items()
        ]
        return staged, drift, notes

    def map_values(self, entry: Kept, array: pa.Array, maps: dict, days: dict) -> pa.Array:
        """Cast the distinct values of an array, each once in a file, and put them in their places.

        `days` learns how many rows of each kind of date a column has, and their first and last day.
        """
        encoded = array.dictionary_encode()
        raw = encoded.dictionary.to_pylist()
        # columns of one kind share what they know: the 2,000 weeks of DREAM hold the same codes
        known = maps.setdefault(
            (
                array.type,
                entry.column.data_type,
                entry.column.width,
                entry.delivered * (not entry.column.pattern),
            ),
            {},
        )
        asks = entry.column.data_type == "date" and array.type not in DAYS_ALREADY
        trait = date_trait(entry.delivered[0]) if asks else "null"
        fresh = [value not in known for value in raw]
        if any(fresh):
            if len(known) > DISTINCT:
                known.clear()
                fresh = [True] * len(raw)
            with closing(self.connection.cursor()) as cursor:
                cursor.register(
                    "fresh", pa.table({entry.delivered[0]: encoded.dictionary.filter(pa.array(fresh))})
                )
                cast = cursor.execute(
                    f"select {entry.value}, {entry.unreadable}, {trait} from fresh"
                ).fetchall()
            if any(bad for _, bad, _ in cast):
                raise UnreadableValueError(entry)
            known.update(
                zip(
                    (v for v, new in zip(raw, fresh, strict=True) if new),
                    ((v, of_kind) for v, _, of_kind in cast),
                    strict=True,
                )
            )
        if asks:
            tally(days.setdefault(entry.name, {}), [known[value] for value in raw], encoded.indices)
        return pa.array([known[value][0] for value in raw], ARROW[entry.column.data_type]).take(
            encoded.indices
        )

    def read_as_meant(self, file: Delivered, staged: Path, days: dict) -> list[str]:
        """Read the dates of a staged file as they must be meant (macros/deliveries/part_readings.sql).

        Returns
        -------
        list of str
            What was done, a sentence for each column.

        Raises
        ------
        UnreadableFileError
            If it cannot be known what was meant.
        """
        shifts, notes = [], []
        for name, found in days.items():
            profile = [[kind, rows, str(first), str(last)] for kind, (rows, first, last) in found.items()]
            reading = dbt_sql.macro(
                "date_reading", f"column {name}", profile, file.year, name == "FOED_DAG", file.register
            )
            if reading["refusal"]:
                raise UnreadableFileError(reading["refusal"])
            if reading["shift"]:
                shifts.append(f"cast({identifier(name)} + {reading['shift']} as date) as {identifier(name)}")
                notes.append(reading["note"])
        if shifts:
            shifted = staged.with_suffix(".shifted")
            self.connection.execute(
                f"copy (select * replace ({', '.join(shifts)}) from read_parquet({path_literal(staged)})) "
                f"to {literal(shifted)} (format parquet, compression zstd)"
            )
            os.replace(shifted, staged)
        return notes

    def unreadable(self, source: readers.Source, entries: list[Kept], kept: list[Kept]) -> str:
        """Say which values cannot be read: the column, how many, and one unless it could name a person."""
        measures = ", ".join(
            f"count(*) filter (where {entry.unreadable}) as n{number}, "
            f"min(cast({identifier(entry.delivered[0])} as varchar)) "
            f"filter (where {entry.unreadable}) as v{number}"
            for number, entry in enumerate(entries)
        )
        row = self.row(source, f"select {measures} from ({source_query(source, entries)})")
        for entry, rows, value in zip(entries, row[::2], row[1::2], strict=True):
            if rows:
                column = entry.column
                example = "" if holds_ids(column) else f" such as {shown(value, self.ids(source, kept))}"
                wanted = WANTED.get(column.data_type, WANTED["varchar"])
                called = entry.name
                if called not in map(str.upper, entry.delivered):
                    called += f" ({' or '.join(entry.delivered)})"
                count = f"{rows:,} row{'s' if rows > 1 else ''}"
                if entry.delivered[0] in source.labelled and str(value).startswith(NO_LABEL):
                    return (
                        f"column {called} holds in {count} a number without a value label "
                        "beside those with one: ask for the texts themselves (Stata: decode)"
                    )
                return f"column {called} holds in {count} a value{example} that is not {wanted}"
        return "holds a value that cannot be read"

    def ids(self, source: readers.Source, entries: list[Kept]) -> Ids:
        """Learn what the ids in a file are like, so that none is shown that stands in the wrong column."""
        lists = ", ".join(
            f"list(distinct cast({identifier(name)} as varchar)) as i{number}"
            for number, name in enumerate(
                name for entry in entries if holds_ids(entry.column) for name in entry.delivered
            )
        )
        if not lists:
            return Ids.of([])
        found = self.row(source, f"select {lists} from ({source_query(source, entries)})")
        return Ids.of(one for ids in found for one in ids or [])

    def check_reference_date(self, file: Delivered, staged: Path) -> None:
        """Hold the reference dates of a file against the period in its name."""
        month = f" or month(REFERENCETID) <> {file.month}" if file.month else ""
        rows, example = self.connection.execute(
            f"select count(*), min(REFERENCETID) from read_parquet({path_literal(staged)}) "
            f"where year(REFERENCETID) <> {file.year}{month}"
        ).fetchone()
        if rows:
            raise UnreadableFileError(
                f"has {rows:,} rows with another REFERENCETID, such as {example}, "
                f"than the period {file.period} of its name"
            )

    def merge_years(self, parts: list[tuple[Delivered, Path]], name: str) -> Path:
        """Write DREAM of several years as one wide file.

        Parameters
        ----------
        parts : list of (Delivered, pathlib.Path)
        """
        owners = {}
        for number, (_, staged) in enumerate(sorted(parts, key=lambda part: part[0].year)):
            described = self.connection.execute(
                f"describe select * from read_parquet({path_literal(staged)})"
            ).fetchall()
            for column, *_ in described:
                owners.setdefault(column, []).append((number, staged))
        files = ", ".join(path_literal(staged) for _, staged in sorted(parts, key=lambda part: part[0].year))
        columns = [
            "coalesce("
            + ", ".join(f"y{number}.{identifier(column)}" for number, _ in reversed(where))
            + f") as {identifier(column)}"
            for column, where in sorted(owners.items())
            if column != "PNR"
        ]
        joins = "\n".join(
            f"left join (select distinct * from read_parquet({path_literal(staged)})) as y{number} "
            f"on persons.PNR = y{number}.PNR"
            for number, staged in owners["PNR"]
        )
        missing = [
            column.name
            for column in self.contract["dream"].columns
            if column.required and not any(column.matches(name) for name in owners)
        ]
        if missing:
            raise MissingColumnsError(missing)
        query = (
            f"select persons.PNR, {', '.join(columns)} from (select distinct PNR from "
            f"read_parquet([{files}], union_by_name = true)) as persons {joins}"
        )
        target = self.work / name
        reader = self.connection.execute(query).to_arrow_reader(group_rows(owners))
        with ParquetWriter(target, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
        return target


@cache
def date_trait(name: str) -> str:
    """SQL of the kind of date that a column's values are."""
    return dbt_sql.cast("date_trait", identifier(name))


def tally(found: dict, values: list[tuple], indices: pa.Array) -> None:
    """Add the rows of an array to {kind of date: [rows, first day, last day]}; `values` are (day, kind)."""
    counts = np.bincount(indices.drop_null().to_numpy(zero_copy_only=False), minlength=len(values))
    for (day, kind), rows in zip(values, counts.tolist(), strict=True):
        if day is not None and kind is not None:
            so_far = found.get(kind, [0, day, day])
            found[kind] = [so_far[0] + rows, min(so_far[1], day), max(so_far[2], day)]


class UnreadableValueError(Exception):
    """A value that cannot be read; the argument is the column where it is known (Kept)."""


class MissingColumnsError(Exception):
    """A file without required columns; the argument is the list of their names."""


def group_rows(columns: Sequence[str]) -> int:
    """Rows of a row group: fewer where a register is wide, so that one can be held in memory."""
    return max(2_048, min(122_880, CELLS // max(len(columns), 1)))


def holds_ids(column: Column) -> bool:
    """Whether a column holds ids of persons or of their contacts, of which no message shows one."""
    return column.is_person_id or column.name == "RECNUM"


def shown(value: str | None, ids: Ids) -> str:
    """Write a value for a message, or its form only where it could be one of the ids."""
    if value is None:
        return "nothing"
    return repr(value) if ids.cannot_include(value) else f"of the form {form(value[:30])}"
