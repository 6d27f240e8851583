"""What an import says and writes down: progress, the manifest, the log of columns, the closing table."""

import csv
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TextIO

from vfm.registers.contract import Register
from vfm.registers.deliveries import Delivered
from vfm.warehouse import terminal

MANIFEST = (
    "register", "file", "status", "reason", "period", "sha256", "bytes", "rows", "columns", "modified_at",
    "version", "imported_at", "written", "rules",
)  # fmt: skip
DRIFT = ("register", "file", "column", "type", "kept_as")


class ImportProgress:
    """One line that is written over on a terminal, one line per file elsewhere."""

    def __init__(self, stream, total):
        self.stream, self.total, self.done = stream, max(total, 1), 0
        self.start = time.monotonic()
        self.file, self.bytes, self.fraction = "", 0, lambda: 0.0
        self.ended = threading.Event()
        self.ticker = threading.Thread(target=self.tick, daemon=True)
        if stream.isatty():
            self.ticker.start()

    def tick(self) -> None:
        """Write the line over, four times a second."""
        while not self.ended.wait(0.25):
            done = self.done + self.bytes * min(self.fraction(), 1.0)
            seconds = time.monotonic() - self.start
            left = f"{seconds * (self.total - done) / done:,.0f} s left" if done and seconds > 2 else ""
            line = f"{seconds:6.1f} s  {done / self.total:4.0%}  {self.file}  {left}"
            terminal.write_over(self.stream, line)

    def begin(self, file: str, size: int, fraction: Callable[[], float]) -> None:
        """A file is begun; `fraction` says how much of it is done."""
        self.file, self.bytes, self.fraction = file, size, fraction

    def finish(self, text: str) -> None:
        """A file is done."""
        self.done += self.bytes
        self.bytes, self.fraction = 0, lambda: 0.0
        if not self.stream.isatty():
            seconds = time.monotonic() - self.start
            self.stream.write(f"{seconds:6.1f} s  {self.done / self.total:4.0%}  {self.file}  {text}\n")
            self.stream.flush()

    def end(self) -> None:
        """Leave the line."""
        if self.stream.isatty():
            self.ended.set()
            self.ticker.join()
            terminal.leave(self.stream)


class Books:
    """The manifest and the log of delivered columns, beside the registers."""

    def __init__(self, registers):
        self.registers = registers
        self.rows = {
            (row["file"], row["status"] == "refused"): row for row in read_rows(registers / "manifest.csv")
        }
        self.drift = {}
        for row in read_rows(registers / "columns.csv"):
            self.drift.setdefault(row["file"], []).append(tuple(row[name] for name in DRIFT))

    def used(self, file: str) -> dict[str, str] | None:
        """The row of a file that was imported, else None."""
        row = self.rows.get((file, False))
        return row if row and row["status"] == "used" and (self.registers / row["written"]).exists() else None

    def note(self, file: str, status: str, reason: str = "", **facts: object) -> None:
        """Write down what became of a file."""
        row = dict.fromkeys(MANIFEST, "") | {"file": file, "status": status, "reason": reason} | facts
        if status != "refused":
            self.rows.pop((file, True), None)
        self.rows[file, status == "refused"] = row

    def save(self) -> None:
        """Write both, each under a temporary name first."""
        rows = sorted(self.rows.values(), key=lambda row: (row["register"], row["file"], row["status"]))
        write_rows(
            self.registers / "manifest.csv", MANIFEST, [[row[name] for name in MANIFEST] for row in rows]
        )
        known = {row["file"] for row in rows if row["status"] == "used"}
        drift = [row for file in sorted(known) for row in self.drift.get(file, [])]
        write_rows(self.registers / "columns.csv", DRIFT, drift)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a csv with a header as dicts; no rows if there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a csv whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    os.replace(temporary, path)


def years(rows: list[dict[str, str]]) -> str:
    """Periods of imported files in a few words: 2008-2010, 2012."""
    found = sorted({int(row["period"][:4]) for row in rows if row["period"]})
    spans = []
    for year in found:
        if spans and spans[-1][1] == year - 1:
            spans[-1][1] = year
        else:
            spans.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans) or "all"


def write_closing_table(
    stream: TextIO,
    contract: dict[str, Register],
    books: Books,
    left_out: dict[Delivered, str],
    not_used: dict[str, str],
    kept: list[str],
    lacking: dict[tuple[str, tuple[str, ...]], list[str]],
) -> None:
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
    for row in sorted(books.rows.values(), key=lambda row: row["file"]):
        if row["status"] == "used" and row["reason"]:
            stream.write(f"Warning: register {row['register']}: {row['file']} {row['reason']}.\n")
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
