"""What a CSV file that people edit must be, before anything reads it: one sentence for each fault.

Excel and Statbank save in many ways: another separator or character set, codes without their zeros, numbers
with separators of thousands, Danish true and false. Each file of `seeds/` says in its yml what its columns
hold (`column_types`, `meta: {digits: 4}`, accepted values, keys). A file that is right is read as it is,
with a byte-order mark or without; of another the sentence names file, line, column, an example and what to
do.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from vfm.privacy import examples
from vfm.warehouse.paths import PROJECT, accounts_folder
from vfm.warehouse.yaml_files import read_yaml

SEE = "See docs/bad_input.md#seed-files."
STATBANK = "statbank"
AMOUNTS = "INDHOLD"  # in thousands of kroner, or per inhabitant
THOUSANDS = re.compile(r"[-−]?\d{1,3}([ .,'\u00a0\u202f]\d{3})+([.,]\d+)?")
SAVED = {
    b"PK\x03\x04": "an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\xff\xfe": "saved as UTF-16 (Unicode text)",
    b"\xfe\xff": "saved as UTF-16 (Unicode text)",
}
AS_UTF8 = "Save it as CSV UTF-8"
FORMS = {
    "integer": (re.compile(r"-?[0-9]+"), "that is no whole number", "Write digits alone, no thousands point"),
    "double": (
        re.compile(r"-?[0-9]+(\.[0-9]+)?"),
        "that is no number with a decimal point",
        "Write 95.92, without thousands separators",
    ),
    "date": (
        re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"),
        "that is no date",
        "Write 2016-07-01",
    ),
    "boolean": (re.compile(r"true|false", re.IGNORECASE), "that is not true or false", "Write true or false"),
}


@dataclass(frozen=True)
class Column:
    """What the yml of a seed says of a column."""

    kind: str
    digits: int | None
    values: tuple[str, ...]
    limits: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class Seed:
    """A seed and the file that is read for it."""

    name: str
    path: Path
    project: Path
    separator: str
    columns: dict[str, Column]
    keys: tuple[tuple[str, ...], ...]
    complete: tuple[str, ...]

    @property
    def shown(self) -> str:
        """The file as a person in the project's root would name it."""
        inside = self.path.is_relative_to(self.project)
        return str(self.path.relative_to(self.project)) if inside else str(self.path)


@cache
def _declared(project):
    """Folder and yml entry of each seed."""
    found = []
    for path in sorted((project / "seeds").rglob("*.yml")):
        entries = read_yaml(path).get("seeds") or []
        found += [(path.parent, entry) for entry in entries]
    return found


def seeds(project: Path = PROJECT) -> list[Seed]:
    """Every seed, with the file that is read for it: Statbank's lie in $VFM_STATBANK where it is set."""
    return _seeds(project, accounts_folder(project))


@cache
def _seeds(project, accounts):
    found = []
    for folder, entry in _declared(project):
        is_statbank = folder.name == STATBANK
        place = accounts if is_statbank else folder
        described = {column["name"]: column for column in entry.get("columns", [])}
        rows = [
            test["one_row_per"]["arguments"] for test in entry.get("data_tests", []) if "one_row_per" in test
        ]
        columns = {
            name: _column(kind, described.get(name, {}))
            for name, kind in entry["config"]["column_types"].items()
        }
        rows = [] if is_statbank else rows
        keys = tuple(tuple(row["key"]) for row in rows)
        keys += tuple((name,) for name, own in described.items() if "unique" in own.get("data_tests", []))
        complete = tuple(name for row in rows for name in row.get("complete", ()))
        separator = ";" if is_statbank else ","
        path = place / f"{entry['name']}.csv"
        found.append(Seed(entry["name"], path, project, separator, columns, keys, complete))
    return found


def _column(kind, described):
    tests = {}
    for test in described.get("data_tests", []):
        tests |= (
            {name: body.get("arguments", {}) for name, body in test.items()} if isinstance(test, dict) else {}
        )
    within = tests.get("within")
    return Column(
        kind.lower(),
        described.get("config", {}).get("meta", {}).get("digits"),
        tuple(map(str, tests.get("accepted_values", {}).get("values", ()))),
        (within["min"], within["max"]) if within else None,
    )


def problems(values: dict, project: Path = PROJECT) -> list[str]:
    """One sentence for each fault of the files that a build reads as seeds.

    Parameters
    ----------
    values : dict
        The variables of the method: prices must cover the years of expenditure.
    project : path
    """
    found = []
    for seed in seeds(project):
        own = list(file_problems(seed))
        if not own and seed.name == "price_index":
            own = list(_missing_prices(seed, values))
        found += [f"{seed.shown}{fault}. {SEE}" for fault in own]
    return found


def file_problems(seed: Seed) -> Iterator[str]:
    """Faults of one file, each as a sentence without the file's name before it."""
    try:
        content = seed.path.read_bytes()
    except OSError as problem:
        yield f" cannot be read ({problem.strerror})"
        return
    yield from _content_problems(seed, content)


@lru_cache(maxsize=64)  # a process that checks many deliveries reads the same files each time
def _content_problems(seed, content):
    return list(_content_faults(seed, content))


def _content_faults(seed, content):
    text, fault = _text(content)
    if fault:
        yield fault
        return
    try:
        rows = [(line, row) for line, row in _rows(text, seed.separator)]
    except csv.Error as problem:
        yield f" cannot be taken apart ({problem}): a quotation mark is not closed, or stands inside a field"
        return
    fault = _heading_fault(seed, rows[0][1] if rows else [])
    if fault:
        yield fault
        return
    yield from _row_faults(seed, rows[1:])


def _text(content):
    """The file as text, or what is wrong with it."""
    for sign, what in SAVED.items():
        if content.startswith(sign):
            return "", f" is {what}. {AS_UTF8}"
    if b"\0" in content:
        return "", f" holds bytes of 0, as UTF-16 does. {AS_UTF8}"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        return "", f" is not UTF-8: in line {line} stands a letter of another character set (ANSI). {AS_UTF8}"
    if not text.strip():
        return "", " is empty. git checkout brings it back"
    return text, ""


def _rows(text, separator):
    """Line numbers and fields; lines without a character are passed over, as DuckDB does."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    end = 0
    for row in reader:
        begin, end = end + 1, reader.line_num
        if row:
            yield begin, row


def _heading_fault(seed, heading):
    """What is wrong with the first line."""
    wanted = list(seed.columns)
    if heading == wanted:
        return ""
    for other, name in ((",", "commas"), (";", "semicolons"), ("\t", "tabs")):
        if (
            other != seed.separator
            and len(heading) < len(wanted)
            and other.join(wanted) in seed.separator.join(heading)
        ):
            own = {",": "commas", ";": "semicolons"}[seed.separator]
            return f" is separated by {name}. Save it with {own} between the columns, or edit it as text"
    if heading and heading[: len(wanted)] == wanted and not any(map(str.strip, heading[len(wanted) :])):
        return f" has {len(heading) - len(wanted)} empty columns behind the last one. Remove them"
    missing, more = [c for c in wanted if c not in heading], [c for c in heading if c not in wanted]
    if missing or more:
        what = f"lacks {', '.join(missing)}" if missing else f"has {len(more)} that do not belong there"
        return f" {what} in its heading (line 1), which must be {seed.separator.join(wanted)}. Correct it"
    return f" has its columns in another order than {seed.separator.join(wanted)}. Put them in that order"


def _row_faults(seed, rows):
    """Faults of the rows, each fault of a column once with its first line."""
    width = len(seed.columns)
    bare = [line for line, row in rows if not any(map(str.strip, row))]
    if bare:
        yield f" has {_lines(bare)} of separators alone, the first of them line {bare[0]}. Remove them"
    rows = [(line, row) for line, row in rows if any(map(str.strip, row))]
    wrong = [(line, row) for line, row in rows if len(row) != width]
    if wrong:
        line, row = wrong[0]
        yield (
            f" has {len(row)} columns in line {line} and {width} in its heading ({_lines(wrong)} in all). "
            "A text that holds the separator stands in quotation marks"
        )
        return
    if not rows:
        yield " has a heading and no row. git checkout brings it back"
        return
    for place, (name, column) in enumerate(seed.columns.items()):
        yield from _column_faults(seed, name, column, [(line, row[place]) for line, row in rows])
    for key in seed.keys:
        yield from _key_faults(seed, key, rows)


def _column_faults(seed, name, column, cells):
    """Faults of a column: empty, another form, another value."""
    empty = [cell for cell in cells if not cell[1].strip()]
    if empty and name in seed.complete:
        yield f": column {name} is empty in {_lines(empty)}, the first of them line {empty[0][0]}. Fill it in"
    full = [cell for cell in cells if cell[1].strip()]
    form = FORMS.get("double" if column.kind.startswith(("decimal", "float")) else column.kind)
    if column.digits:
        zeros = "Excel takes away leading zeros: format the column as text"
        form = re.compile(rf"[0-9]{{{column.digits}}}"), f"that is not of {column.digits} digits", zeros
    if form:
        yield from _first(name, [c for c in full if not form[0].fullmatch(c[1])], form[1], form[2])
    elif seed.path.parent.name != STATBANK and column.values:
        listed = f"Write one of {', '.join(column.values)}"
        yield from _first(name, [c for c in full if c[1] not in column.values], "that is not known", listed)
    if column.limits and form and all(form[0].fullmatch(value) for _, value in full):
        low, high = column.limits
        outside = [(line, value) for line, value in full if not low <= float(value) <= high]
        yield from _first(name, outside, f"outside {low} to {high}", "Correct it")
    if name == AMOUNTS:
        marked = [cell for cell in full if THOUSANDS.fullmatch(cell[1].strip())]
        yield from _first(
            name, marked, "with a separator of thousands, or three decimals", "Export it without"
        )


def _first(name, wrong, what, advice):
    if wrong:
        line, value = wrong[0]
        shown = examples.Ids.of([]).cannot_include(value)
        example = f"{value!r} in line {line}" if shown else f"one of {len(value)} characters in line {line}"
        yield f": column {name} holds in {_lines(wrong)} a value {what}, the first {example}. {advice}"


def _key_faults(seed, key, rows):
    seen, again = {}, []
    places = [list(seed.columns).index(name) for name in key]
    for line, row in rows:
        first = seen.setdefault(tuple(row[place] for place in places), line)
        if first != line:
            again.append((first, line))
    if again:
        first, line = again[0]
        yield (
            f": {_lines(again)} repeat the {', '.join(key)} of another, line {line} that of line "
            f"{first}. Keep one of each"
        )


def _missing_prices(seed, values):
    """Years of expenditure, and the price year, without the study's index: their amounts would be lost."""
    _, *rows = _rows(seed.path.read_text(encoding="utf-8-sig"), seed.separator)
    is_municipal = values.get("price_index") == "municipal"
    place = list(seed.columns).index("municipal_index_2015_100" if is_municipal else "index_2015_100")
    years = {int(row[0]) for _, row in rows if row[place].strip()}
    needed = {*range(int(values["first_expenditure_year"]), int(values["last_expenditure_year"]) + 1)}
    needed |= {int(values["price_year"])} if "price_year" in values else set()
    if lacking := sorted(needed - years):
        said = ", ".join(map(str, lacking))
        where = "KL's index" if is_municipal else "statbank.dk/PRIS112"
        yield f" has no price of {said}, which the expenditure needs. Add it from {where}"


def _lines(found):
    return f"{len(found)} line" + ("s" if len(found) != 1 else "")
