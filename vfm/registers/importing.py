"""make import: turn a delivery of register files into the layout that the build reads."""

import csv
import hashlib
import json
import os
import re
import resource
import shutil
import sys
import tempfile
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from vfm.provenance import PROJECT
from vfm.registers import dbt_sql, readers
from vfm.registers.contract import Column, read_contract
from vfm.registers.deliveries import Delivered, describe, select, with_layout
from vfm.registers.readers import UnreadableFileError, identifier, quoted

SEE = "See docs/bad_input.md#import."
MEMORY = "1GB"  # of DuckDB; a SAS or Stata file needs about half as much beside it
CELLS = 2_000_000  # of a row group: DREAM has 2,000 columns
DISTINCT = 500_000  # cast values of a column that are remembered
ARROW = {"varchar": pa.string(), "date": pa.date32(), "integer": pa.int32(), "double": pa.float64()}
WANTED = {
    "date": "a date",
    "integer": "a whole number",
    "double": "a number",
    "varchar": "whole: a floating number has lost its last digits, deliver it as text",
}
MANIFEST = (
    "register", "file", "status", "reason", "period", "sha256", "bytes", "rows", "columns", "modified_at",
    "version", "imported_at", "written", "rules",
)  # fmt: skip
DRIFT = ("register", "file", "column", "type", "kept_as")
EXACT = {"FLOAT": 1 << 24, "DOUBLE": 1 << 53}  # a floating number tells whole numbers apart up to here
# what a column is made of where it is not delivered: {(register, column): (delivered column, SQL)}
DERIVED = {
    ("sssy", "SPEC2"): ("SPECIALE", lambda column: f"substr({dbt_sql.cast('to_code', column, 6)}, 1, 2)")
}
DIRECTIONS = {"vnds_ind": "I", "vnds_ud": "U"}


class ImportFailedError(Exception):
    """An import that could not begin; the argument is a sentence for a person."""


# ---- what a file's columns become ----------------------------------------------------------------------


def standard_name(file, name):
    """Name of a delivered column as models/sources.yml writes it: y0801 and Y_0801 of DREAM are one."""
    name = name.upper()
    if file.register != "dream":
        return name
    name = re.sub(r"^Y_?(\d{4})$", r"Y_\1", name)
    week = re.fullmatch(r"Y_?(\d{2})", name)
    if not (file.by_week and week):
        return name
    try:
        date.fromisocalendar(file.year, int(week[1]), 1)
    except ValueError:  # a 53rd column in a year of 52 weeks
        return name
    return f"Y_{file.year % 100:02}{week[1]}"


def canonical(column, name, engine_type):
    """SQL of a delivered column as the build wants it; an error where a value cannot be read.

    Parameters
    ----------
    column : Column
    name : str
        The delivered column as an SQL identifier.
    engine_type : str
        Its type in DuckDB.

    Returns
    -------
    value : str
        SQL; null where nothing was delivered.
    unreadable : str
        SQL of a condition: something was delivered, and `value` cannot hold it.
    """
    limit = EXACT.get(engine_type)
    # a number that floating point has rounded is no longer the code or the day it was
    rounded = f"abs({name}) > {limit} or {name} <> trunc({name})" if limit else "false"
    if column.data_type == "varchar":
        if column.is_person_id:
            value = dbt_sql.cast("to_person_id", name)
            if engine_type == "VARCHAR":  # a csv does not say whether its digits were a number once
                digits = rf"regexp_matches({dbt_sql.cast('to_text', name)}, '^(\d{{1,11}}|\d+[.,]0+)$')"
                right = (
                    f"length(trim({name})) = 12 and not contains({name}, '.') and not contains({name}, ',')"
                )
                padded = dbt_sql.cast("to_code", name, 12)
                value = f"case when {right} then trim({name}) when {digits} then {padded} else {value} end"
        elif column.width:
            value = dbt_sql.cast("to_code", name, column.width)
        else:
            value = dbt_sql.cast("to_text" if engine_type == "VARCHAR" else "to_whole", name)
        return value, rounded
    value = {
        "date": lambda: dbt_sql.cast("to_date", name),
        "integer": lambda: dbt_sql.cast("to_integer", name),
        "double": lambda: f"cast({dbt_sql.cast('to_hours', name)} as double)",
    }[column.data_type]()
    unreadable = f"{dbt_sql.cast('to_text', name)} is not null and ({value}) is null"
    if column.data_type == "date" and limit:
        unreadable = f"abs({name}) > {limit} or ({unreadable})"
    return value, unreadable


@dataclass(frozen=True)
class Kept:
    """A column of the register and what it is made of."""

    column: Column
    name: str
    delivered: tuple[str, ...]
    value: str  # SQL over the delivered columns
    unreadable: str  # SQL of a condition on them, "false" where all can be read

    @property
    def by_value(self):
        """Whether each distinct value is cast once: of all but ids, which are too many."""
        identifies = self.column.data_type == "varchar" and self.column.width is None
        return len(self.delivered) == 1 and not identifies


def plan(register, file, source):
    """Say which columns of a file are kept, and how.

    Returns
    -------
    kept : list of Kept
    missing : list of str
        Required columns that the file lacks.
    """
    delivered = {name: standard_name(file, name) for name in source.types}
    kept, missing = [], []

    def cast_of(column, name):
        converted = "DATE" if name in source.expressions else None
        return canonical(column, identifier(name), converted or source.engine_types.get(name, "VARCHAR"))

    for column in register.columns:
        here = [name for name, standard in delivered.items() if column.matches(standard)]
        groups = (
            {delivered[name]: [name] for name in here}
            if column.pattern
            else {column.name: here}
            if here
            else {}
        )
        for standard, names in groups.items():
            names.sort(key=lambda name: name.upper() != standard)  # its own name before an alias
            values, conditions = zip(*(cast_of(column, name) for name in names), strict=True)
            value = values[0] if len(names) == 1 else f"coalesce({', '.join(values)})"
            bad = [f"({condition})" for condition in conditions if condition != "false"]
            kept.append(Kept(column, standard, tuple(names), value, " or ".join(bad) or "false"))
        if groups:
            continue
        wanted, derive = DERIVED.get((register.name, column.name), ("", None))
        base = [name for name, standard in delivered.items() if standard == wanted]
        if base:
            _, bad = cast_of(column, base[0])
            kept.append(Kept(column, column.name, (base[0],), derive(identifier(base[0])), bad))
        elif column.name == "INDUD_KODE" and file.dataset in DIRECTIONS:
            kept.append(Kept(column, column.name, (), f"'{DIRECTIONS[file.dataset]}'", "false"))
        elif column.name == "REFERENCETID" and file.year:
            kept.append(Kept(column, column.name, (), f"date '{file.last_day}'", "false"))
        elif column.required and not (file.by_week and column.pattern):
            missing.append(column.name)
    return kept, missing


def source_query(source, kept):
    """SQL of the delivered columns that are kept, under their own names."""
    columns = []
    for name in dict.fromkeys(name for entry in kept for name in entry.delivered):
        value = source.expressions.get(name, identifier(name))
        if source.engine_types.get(name) in EXACT and name not in source.expressions:
            value = f"case when isnan({value}) then null else {value} end"
        columns.append(f"{value} as {identifier(name)}")
    return f"select {', '.join(columns) or '1 as nothing'} from {source.relation}"


# ---- one file ------------------------------------------------------------------------------------------


class Importer:
    """Reads delivered files and writes Parquet into a folder for what is not whole yet."""

    def __init__(self, work, contract):
        self.work, self.contract = work, contract
        self.connection = duckdb.connect()
        self.fraction = lambda: 0.0
        self.connection.execute(
            f"set memory_limit = '{MEMORY}'; set temp_directory = {quoted(work)}; "
            f"set threads = {min(os.cpu_count() or 1, 4)}; "
            "set enable_progress_bar = true; set enable_progress_bar_print = false"
        )

    def columns(self, file, path):
        """Names of a file's columns."""
        return list(self.open(file, path, "latin-1").types)

    def open(self, file, path, encoding):
        """Open a file of a register."""
        register = self.contract[file.register]
        extra = {name for (owner, _), (name, _) in DERIVED.items() if owner == register.name}

        def known(name):
            standard = standard_name(file, name)
            by_week = file.register == "dream" and re.fullmatch(r"Y_?\d{2}", standard)
            return bool(by_week) or standard in extra or any(c.matches(standard) for c in register.columns)

        return readers.open_source(self.connection, path, known, encoding, self.work)

    def batches(self, source, query, rows=10_000):
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
                raise UnreadableFileError(readers.csv_problem(problem)) from problem
            raise UnreadableFileError("is damaged: was it cut off while it was copied?") from problem
        finally:
            self.fraction = lambda: 0.0
            if source.batches:
                self.connection.unregister("delivered")

    def row(self, source, query):
        """First row of a query over a source."""
        return list(pa.Table.from_batches(list(self.batches(source, query))).to_pylist()[0].values())

    def version(self, file, path):
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

    def stage(self, file, path, encoding, name):
        """Write a delivered file as Parquet into the work folder.

        Returns
        -------
        staged : pathlib.Path
        drift : list of tuple
            Rows of the log of delivered columns, as in DRIFT.

        Raises
        ------
        UnreadableFileError, MissingColumnsError
        """
        register = self.contract[file.register]
        source = self.open(file, path, encoding)
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
        staged, maps = self.work / name, {}
        try:
            with ParquetWriter(staged, schema, compression="zstd") as writer:
                for batch in self.batches(source, query, group_rows(kept)):
                    arrays = [
                        self.map_values(entry, array, maps)
                        if entry.by_value
                        else array.cast(schema.field(entry.name).type)
                        for entry, array in zip(kept, batch.columns, strict=True)
                    ]
                    writer.write_batch(pa.record_batch(arrays, schema=schema))
        except UnreadableValueError as problem:
            entries = problem.args or [
                entry for entry in kept if not entry.by_value and entry.unreadable != "false"
            ]
            raise UnreadableFileError(self.unreadable(source, entries)) from problem
        if file.register == "bef" and file.year:
            self.check_reference_date(file, staged)
        used = {name: entry.name for entry in kept for name in entry.delivered}
        drift = [
            (file.register, file.file, name, kind, used.get(name, "")) for name, kind in source.types.items()
        ]
        return staged, drift

    def map_values(self, entry, array, maps):
        """Cast the distinct values of an array, each once in a file, and put them in their places."""
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
        fresh = [value not in known for value in raw]
        if any(fresh):
            if len(known) > DISTINCT:
                known.clear()
                fresh = [True] * len(raw)
            with closing(self.connection.cursor()) as cursor:
                cursor.register(
                    "fresh", pa.table({entry.delivered[0]: encoded.dictionary.filter(pa.array(fresh))})
                )
                cast = cursor.execute(f"select {entry.value}, {entry.unreadable} from fresh").fetchall()
            if any(bad for _, bad in cast):
                raise UnreadableValueError(entry)
            known.update(
                zip((v for v, new in zip(raw, fresh, strict=True) if new), (v for v, _ in cast), strict=True)
            )
        return pa.array([known[value] for value in raw], ARROW[entry.column.data_type]).take(encoded.indices)

    def unreadable(self, source, entries):
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
                example = "" if column.is_person_id or column.name == "RECNUM" else f" such as {shown(value)}"
                wanted = WANTED.get(column.data_type, WANTED["varchar"])
                called = entry.name
                if called not in map(str.upper, entry.delivered):
                    called += f" ({' or '.join(entry.delivered)})"
                count = f"{rows:,} row{'s' if rows > 1 else ''}"
                return f"column {called} holds in {count} a value{example} that is not {wanted}"
        return "holds a value that cannot be read"

    def check_reference_date(self, file, staged):
        """Hold the reference dates of a file against the period in its name."""
        month = f" or month(REFERENCETID) <> {file.month}" if file.month else ""
        rows, example = self.connection.execute(
            "select count(*), min(REFERENCETID) from read_parquet(?) "
            f"where year(REFERENCETID) <> {file.year}{month}",
            [str(staged)],
        ).fetchone()
        if rows:
            raise UnreadableFileError(
                f"has {rows:,} rows with another REFERENCETID, such as {example}, "
                f"than the period {file.period} of its name"
            )

    def merge_years(self, parts, name):
        """Write DREAM of several years as one wide file.

        Parameters
        ----------
        parts : list of (Delivered, pathlib.Path)
        """
        owners = {}
        for number, (_, staged) in enumerate(sorted(parts, key=lambda part: part[0].year)):
            described = self.connection.execute(
                f"describe select * from read_parquet({quoted(staged)})"
            ).fetchall()
            for column, *_ in described:
                owners.setdefault(column, []).append((number, staged))
        files = ", ".join(quoted(staged) for _, staged in sorted(parts, key=lambda part: part[0].year))
        columns = [
            "coalesce("
            + ", ".join(f"y{number}.{identifier(column)}" for number, _ in reversed(where))
            + f") as {identifier(column)}"
            for column, where in sorted(owners.items())
            if column != "PNR"
        ]
        joins = "\n".join(
            f"left join (select distinct * from read_parquet({quoted(staged)})) as y{number} "
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


class UnreadableValueError(Exception):
    """A value that cannot be read; the argument is the column where it is known (Kept)."""


class MissingColumnsError(Exception):
    """A file without required columns; the argument is the list of their names."""


def group_rows(columns):
    """Rows of a row group: fewer where a register is wide, so that one can be held in memory."""
    return max(2_048, min(122_880, CELLS // max(len(columns), 1)))


def shown(value):
    """A value for a message: as it is where short, else its form, since it could be a person's id."""
    if value is None:
        return "nothing"
    if len(value) <= 8 or re.fullmatch(r"\d{4}-\d\d-\d\d([ T][\d:.]*)?", value):
        return repr(value)
    return "of the form " + re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", value[:30]))


# ---- the delivery --------------------------------------------------------------------------------------


class Progress:
    """One line that is written over on a terminal, one line per file elsewhere."""

    def __init__(self, stream, total):
        self.stream, self.total, self.done = stream, max(total, 1), 0
        self.start = time.monotonic()
        self.file, self.bytes, self.fraction = "", 0, lambda: 0.0
        self.ended = threading.Event()
        self.ticker = threading.Thread(target=self.tick, daemon=True)
        if stream.isatty():
            self.ticker.start()

    def tick(self):
        """Write the line over, four times a second."""
        while not self.ended.wait(0.25):
            done = self.done + self.bytes * min(self.fraction(), 1.0)
            seconds = time.monotonic() - self.start
            left = f"{seconds * (self.total - done) / done:,.0f} s left" if done and seconds > 2 else ""
            line = f"{seconds:6.1f} s  {done / self.total:4.0%}  {self.file}  {left}"
            self.stream.write("\r" + line[: shutil.get_terminal_size().columns - 1] + "\x1b[K")
            self.stream.flush()

    def begin(self, file, size, fraction):
        """A file is begun; `fraction` says how much of it is done."""
        self.file, self.bytes, self.fraction = file, size, fraction

    def finish(self, text):
        """A file is done."""
        self.done += self.bytes
        self.bytes, self.fraction = 0, lambda: 0.0
        if not self.stream.isatty():
            seconds = time.monotonic() - self.start
            self.stream.write(f"{seconds:6.1f} s  {self.done / self.total:4.0%}  {self.file}  {text}\n")
            self.stream.flush()

    def end(self):
        """Leave the line."""
        if self.stream.isatty():
            self.ended.set()
            self.ticker.join()
            self.stream.write("\r\x1b[K")


class Books:
    """The manifest and the log of delivered columns, beside the registers."""

    def __init__(self, registers):
        self.registers = registers
        self.rows = {
            (row["file"], row["status"] == "refused"): row for row in read(registers / "manifest.csv")
        }
        self.drift = {}
        for row in read(registers / "columns.csv"):
            self.drift.setdefault(row["file"], []).append(tuple(row[name] for name in DRIFT))

    def used(self, file):
        """The row of a file that was imported, else None."""
        row = self.rows.get((file, False))
        return row if row and row["status"] == "used" and (self.registers / row["written"]).exists() else None

    def note(self, file, status, reason="", **facts):
        """Write down what became of a file."""
        row = dict.fromkeys(MANIFEST, "") | {"file": file, "status": status, "reason": reason} | facts
        if status != "refused":
            self.rows.pop((file, True), None)
        self.rows[file, status == "refused"] = row

    def save(self):
        """Write both, each under a temporary name first."""
        rows = sorted(self.rows.values(), key=lambda row: (row["register"], row["file"], row["status"]))
        write(self.registers / "manifest.csv", MANIFEST, [[row[name] for name in MANIFEST] for row in rows])
        known = {row["file"] for row in rows if row["status"] == "used"}
        drift = [row for file in sorted(known) for row in self.drift.get(file, [])]
        write(self.registers / "columns.csv", DRIFT, drift)


def read(path):
    """Rows of a csv with a header as dicts; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(path, header, rows):
    """Write a csv whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    os.replace(temporary, path)


def find(delivery, books, importer):
    """List what a delivery holds, and what earlier ones held and is still used.

    Returns
    -------
    present : dict
        {Delivered: path} of the register files.
    remembered : list of Delivered
        Imported earlier and no longer there.
    not_used : dict
        {file: reason}.
    problems : list of str
    """
    present, not_used, problems = {}, {}, []
    for path in sorted(delivery.rglob("*")):
        name = path.relative_to(delivery).as_posix()
        if not path.is_file() or any(part.startswith(".") for part in path.relative_to(delivery).parts):
            continue
        file = describe(name, path.stat().st_mtime)
        if isinstance(file, str):
            not_used[name] = file
            continue
        if file.register == "dream":
            with suppress(UnreadableFileError):  # said when the file is read
                file = with_layout(file, importer.columns(file, path))
            if file.by_week and file.year is None:
                problems.append(f"register dream: {name} has columns y_01 to y_52 and no year in its name")
                continue
        present[file] = path
    rivals = {}
    for file in present:
        rivals.setdefault((file.group, file.part, file.rank[:2]), []).append(file)
    for files in rivals.values():
        for file in files if len(files) > 1 else []:
            if file.version < 0:
                path = present.pop(file)
                present[replace(file, version=importer.version(file, path))] = path
    names = {file.file for file in present}
    remembered = []
    for (name, _), row in books.rows.items():
        if name not in names and books.used(name):
            file = describe(name, float(row["modified_at"] or 0), int(row["version"] or -1))
            if isinstance(file, Delivered):
                remembered.append(
                    replace(file, by_week=row["written"] == "dream/dream.parquet" and file.year is not None)
                )
    return present, remembered, not_used, problems


def check_folders(delivery, registers):
    """Refuse folders that must not be read from or written to.

    Raises
    ------
    ImportFailedError
    """
    if not delivery.is_dir():
        raise ImportFailedError(
            f"delivery {delivery}: no such folder. Set FROM to the folder of the delivery. {SEE}"
        )
    if registers == delivery or registers.is_relative_to(delivery) or delivery.is_relative_to(registers):
        raise ImportFailedError(
            f"{registers} and the delivery {delivery} lie in each other: choose another folder. {SEE}"
        )
    synthetic = False
    with suppress(OSError, ValueError, AttributeError):
        synthetic = json.loads((registers / "origin.json").read_text(encoding="utf-8")).get(
            "synthetic", False
        )
    if synthetic or registers.is_relative_to(PROJECT / "seeds"):
        raise ImportFailedError(
            f"{registers} holds the synthetic registers, and a delivery is never mixed with them: "
            f"set VFM_REGISTERS (or TO) to a folder of its own. {SEE}"
        )
    strangers = sorted(registers.glob("*/*.parquet"))
    if strangers and not (registers / "manifest.csv").exists():
        raise ImportFailedError(
            f"{registers} holds registers that no import wrote, "
            f"such as {strangers[0].relative_to(registers)}: "
            f"set VFM_REGISTERS (or TO) to a folder of its own. {SEE}"
        )


def rules(register):
    """Digest of everything that decides what a file becomes, so that new rules read it anew."""
    text = (dbt_sql.MACROS / "casts.sql").read_bytes() + repr(register).encode()
    for module in (readers.__file__, __file__):
        text += Path(module).read_bytes()
    return hashlib.sha256(text).hexdigest()[:12]


def import_delivery(delivery, registers, stream=sys.stdout):
    """Import a delivery.

    Parameters
    ----------
    delivery : path
        Folder of register files, at any depth, in any of four formats.
    registers : path
        Folder that the build reads with VFM_REGISTERS; made where it is missing.
    stream : text file
        Where progress and the table are written.

    Returns
    -------
    list of str
        What is missing or could not be read, one sentence each; empty if all is well.

    Raises
    ------
    ImportFailedError
        If nothing can be imported at all.
    """
    delivery, registers = Path(delivery).expanduser().resolve(), Path(registers).expanduser().resolve()
    check_folders(delivery, registers)
    before = os.umask(0o077)  # persons' rows are the owner's alone
    try:
        registers.mkdir(parents=True, exist_ok=True)
        registers.chmod(0o700)
        for left in registers.glob(".import-*"):  # of an import that was killed
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=".import-", dir=registers) as work:
            importer = Importer(Path(work), read_contract())
            with closing(importer.connection):
                return _import(delivery, registers, importer, stream)
    finally:
        os.umask(before)


def _import(delivery, registers, importer, stream):
    contract, books = importer.contract, Books(registers)
    present, remembered, not_used, problems = find(delivery, books, importer)
    used, left_out, ambiguous = select([*present, *remembered])
    problems += ambiguous
    if not present and not remembered:
        raise ImportFailedError(
            f"delivery {delivery}: no file in it has the name of a register, such as BEF201512.dta. {SEE}"
        )
    for name, reason in not_used.items():
        books.note(name, "not used", reason)
    for file, reason in left_out.items():
        if file in present and not books.used(
            file.file
        ):  # what is used stays so until its successor is whole
            facts = {"register": file.register, "period": file.period, "bytes": present[file].stat().st_size}
            books.note(file.file, status_of(reason), reason, **facts)
    books.save()

    targets = {}
    for file in used:
        targets.setdefault(file.target, []).append(file)
    progress = Progress(stream, sum(present[file].stat().st_size for file in used if file in present))
    failed, lacking, kept = set(), {}, []
    try:
        for target, files in targets.items():
            missing = [file.file for file in files if file not in present]
            if len(missing) == len(files):
                kept += missing
                continue
            try:
                if missing:
                    raise UnreadableFileError(
                        f"belongs with {missing[0]}, which is no longer there: "
                        "deliver all years of DREAM together"
                    )
                _import_target(
                    target, [(file, present[file]) for file in files], registers, importer, books, progress
                )
            except (UnreadableFileError, MissingColumnsError) as problem:
                failed |= {file.group for file in files}
                file = getattr(problem, "file", files[0])
                if isinstance(problem, MissingColumnsError):
                    reason = f"has no column {', '.join(problem.args[0])}"
                    lacking.setdefault((file.register, tuple(problem.args[0])), []).append(file.file)
                else:
                    reason = problem.args[0]
                    stop = "" if reason.endswith("?") else "."
                    problems.append(f"register {file.register}: {file.file} {reason}{stop} {SEE}")
                books.note(file.file, "refused", reason, register=file.register, period=file.period)
                progress.finish("refused")
            books.save()
    finally:
        progress.end()
    for (register, columns), files in lacking.items():
        shown_files = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
        problems.append(
            f"register {register}: required column {', '.join(columns)} is missing in {shown_files}. {SEE}"
        )
    unsure = {sentence.split()[1].rstrip(":") for sentence in ambiguous}
    _remove_superseded(registers, books, targets, failed, unsure, left_out)
    problems += _missing(contract, books, {file.register for file in present})
    books.save()
    write_origin(registers, delivery, problems)
    report(stream, contract, books, left_out, not_used, kept, lacking)
    return problems


def _import_target(target, files, registers, importer, books, progress):
    """Import the file or, of DREAM by year, the files that become one Parquet file."""
    register = importer.contract[files[0][0].register]
    digest, new = rules(register), []
    for file, path in files:
        progress.begin(file.file, path.stat().st_size, lambda: importer.fraction())
        sha256, encoding = readers.fingerprint(path)
        old = books.used(file.file)
        fresh = old and old["sha256"] == sha256 and old["rules"] == digest and old["written"] == target
        new.append((file, path, sha256, encoding, old if fresh else None))
    if all(old for *_, old in new) and len(new) == sum(
        row["written"] == target and row["status"] == "used" for row in books.rows.values()
    ):
        for file, *_, old in new:
            books.note(
                file.file, "used", **{k: v for k, v in old.items() if k not in ("file", "status", "reason")}
            )
        progress.finish("is there already")
        return
    staged = []
    for number, (file, path, _, encoding, _) in enumerate(new):
        progress.begin(file.file, path.stat().st_size, lambda: importer.fraction())
        try:
            part, drift = importer.stage(file, path, encoding, f"{number}.parquet")
        except (UnreadableFileError, MissingColumnsError) as problem:
            problem.file = file
            raise
        staged.append((file, part))
        books.drift[file.file] = drift
        rows = importer.connection.execute("select count(*) from read_parquet(?)", [str(part)]).fetchone()[0]
        progress.finish(f"{rows:,} rows -> {target}")
    whole = importer.merge_years(staged, "whole.parquet") if files[0][0].by_week else staged[0][1]
    (registers / register.name).mkdir(exist_ok=True)
    (registers / register.name).chmod(0o700)
    os.replace(whole, registers / target)
    for (file, path, sha256, _, _), (_, part) in zip(new, staged, strict=True):
        measured = part if part.exists() else registers / target
        rows = importer.connection.execute(
            "select count(*) from read_parquet(?)", [str(measured)]
        ).fetchone()[0]
        books.note(
            file.file,
            "used",
            register=register.name,
            period=file.period,
            sha256=sha256,
            bytes=path.stat().st_size,
            rows=rows,
            columns=len(books.drift[file.file]),
            modified_at=file.modified,
            version=file.version if file.version >= 0 else "",
            imported_at=datetime.now(UTC).isoformat(timespec="seconds"),
            written=target,
            rules=digest,
        )
        part.unlink(missing_ok=True)


def status_of(reason):
    """Status of a file that was left out."""
    return "superseded" if reason.startswith("superseded") else "not used"


def _remove_superseded(registers, books, targets, failed, unsure, left_out):
    """Take away what an earlier import wrote and this one replaced; nothing of what could not be replaced."""
    for file, reason in left_out.items():
        row = books.used(file.file)
        if row is None or file.group in failed or file.register in unsure:
            continue
        if row["written"] not in targets:
            (registers / row["written"]).unlink()
        facts = {k: v for k, v in row.items() if k not in ("file", "status", "reason", "written")}
        books.note(file.file, status_of(reason), reason, **facts)


def _missing(contract, books, delivered):
    """Sentences on registers of which nothing is there."""
    there = {}
    for row in books.rows.values():
        if row["status"] == "used":
            there.setdefault(row["register"], []).append(row)
    for register in contract:
        if register not in there:
            yield (
                f"register {register}: nothing of it could be imported. {SEE}"
                if register in delivered
                else f"register {register}: not in the delivery, by name. {SEE}"
            )
    parts = {row["written"].split("/")[-1].rsplit("_", 1)[0] for row in there.get("vnds", [])}
    for successor, events in (("vnds_ind", "immigrations"), ("vnds_ud", "emigrations")):
        if parts & {"vnds_ind", "vnds_ud"} and successor not in parts:
            yield (
                f"register vnds: {successor.upper()} is not in the delivery, "
                f"so there are no {events} from 2005. {SEE}"
            )


def write_origin(registers, delivery, problems):
    """Say beside the registers where they are from; meta.build_info repeats it."""
    origin = f"delivery {delivery.name}, imported {date.today()}"
    if problems:
        incomplete = sorted({found[1] for text in problems if (found := re.match(r"register (\w+)", text))})
        origin += f", incomplete: {', '.join(incomplete)}"
    temporary = registers / ".origin.json.part"
    temporary.write_text(json.dumps({"data_origin": origin}, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(temporary, registers / "origin.json")


def years(rows):
    """Periods of imported files in a few words: 2008-2010, 2012."""
    found = sorted({int(row["period"][:4]) for row in rows if row["period"]})
    spans = []
    for year in found:
        if spans and spans[-1][1] == year - 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans) or "all"


def report(stream, contract, books, left_out, not_used, kept, lacking):
    """Write the table of registers and what was left out."""
    table = [("register", "files", "rows", "years", "missing columns")]
    for name in contract:
        rows = [row for row in books.rows.values() if row["register"] == name and row["status"] == "used"]
        missing = sorted({column for (owner, columns) in lacking if owner == name for column in columns})
        count = sum(int(row["rows"]) for row in {row["written"]: row for row in rows}.values())
        table.append((name, str(len(rows)), f"{count:,}", years(rows) if rows else "", ", ".join(missing)))
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    stream.write("\n")
    for row in table:
        cells = [f"{text:{'>' if i in (1, 2) else '<'}{widths[i]}}" for i, text in enumerate(row)]
        stream.write("  ".join(cells).rstrip() + "\n")
    for file, reason in sorted(left_out.items(), key=lambda item: item[0].file):
        stream.write(f"Left out: {file.file}: {reason}.\n")
    reasons = {}
    for name, reason in not_used.items():
        reasons.setdefault(reason, []).append(name)
    for reason, names in sorted(reasons.items()):
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        stream.write(f"Not used, {reason}: {', '.join(names[:5])}{more}.\n")
    for name in kept:
        stream.write(f"Kept: {name} is no longer in the delivery; what was imported from it stays.\n")


def add_arguments(parser):
    """Say what `import` takes."""
    parser.add_argument("delivery", help="folder of the delivered files, at any depth")
    parser.add_argument(
        "--to",
        default=os.environ.get("VFM_REGISTERS"),
        help="folder of the registers (default: $VFM_REGISTERS)",
    )


def main(arguments):
    """Run the import from the command line; return the exit status."""
    started = time.monotonic()
    try:
        if not arguments.delivery:
            raise ImportFailedError(f"from where? Set FROM to the folder of the delivery. {SEE}")
        if not arguments.to:
            raise ImportFailedError(
                f"where to? Set VFM_REGISTERS (or TO) to the folder that the build shall read. {SEE}"
            )
        problems = import_delivery(arguments.delivery, PROJECT / Path(arguments.to).expanduser())
    except (ImportFailedError, OSError) as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\nInterrupted. What was whole is imported; the same command goes on from there.", file=sys.stderr
        )
        return 130
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.monotonic() - started:.1f} s, {memory:,.0f} MB of memory at most.")
    if problems:
        print("\n".join(["", *problems]), file=sys.stderr)
        return 1
    print(
        f"Imported into {arguments.to}. Next: make check, then make build, both with VFM_REGISTERS set to it."
    )
    return 0
