"""Kinds of mistakes in the files of one register, and in a delivery as a whole, as SQL."""

from collections.abc import Iterator
from dataclasses import dataclass

from vfm.registers.check import DATES
from vfm.registers.contract import Register
from vfm.synthetic.verify.mutations import columns
from vfm.synthetic.verify.mutations.columns import picked
from vfm.warehouse.sql_text import identifier

YEAR = 2013  # in the middle of the study
WIDE = "dream"
#: persons of bef of whom a register lacks all rows
PERSONS = {
    "one_municipality_missing": ("persons ever in the municipality with most rows", (
        "KOM = (select KOM from bef group by all order by count(*) desc, KOM limit 1)")),
    "women_missing": ("women", "KOEN = 2"),
    "children_missing": ("persons who were children living at home", "PLADS = 3"),
    "partners_missing": ("persons who were the partner in a family", "PLADS = 2"),
}  # fmt: skip


@dataclass(frozen=True)
class Files:
    """A kind of mistake in files: its name, what it does, and SQL of the files of each changed register."""

    name: str
    says: str
    registers: dict[str, list[str]]


def row_year(register: str) -> str:
    """Return SQL of the year of a row."""
    return "2000 + cast(left(HONUGE, 2) as integer)" if register == "sssy" else f"year({DATES[register]})"


def later(register: str, years: int = 1) -> str:
    """Return SQL that moves the date of a row by years, for `replace`."""
    value, name = _moved(register, years)
    return f"{value} as {name}"


def _moved(register, years):
    if register == "sssy":
        year = f"cast(cast(left(HONUGE, 2) as integer) + {years} as varchar)"
        return f"lpad({year}, 2, '0') || right(HONUGE, 2)", "HONUGE"
    date = identifier(DATES[register].upper())
    return f"cast({date} + interval '{years} years' as date)", date


def file_kinds(register: Register) -> Iterator[Files]:
    """Yield the kinds of mistakes in the files of a register."""
    name = register.name
    every = f"from {name}"

    def one(kind, says, *queries):
        return Files(kind, says, {name: list(queries)})

    yield one("twice", "its file is there twice", every, every)
    yield one(
        "rows_repeated", "5 % of the rows are there twice", every, f"{every} where {picked('again', 50)}"
    )
    yield one(
        "cut_off",
        "the last fifth of the rows is missing",
        f"{every} where rowid < (select 0.8 * count(*) {every})",
    )
    once = f"{every} qualify row_number() over (partition by PNR order by rowid desc) = 1"
    if name not in ("dod", "danskudd", WIDE):
        yield one("last_row", "only the last row of each person", once)
    for kind, (whom, condition) in PERSONS.items():
        yield one(
            kind, f"{whom} are missing", f"{every} where PNR not in (select PNR from bef where {condition})"
        )
    yield from _years_of_dream(register) if name == WIDE else _years(name, one)
    yield from _categories(register, one)


def _years(name, one):
    every, year = f"from {name}", row_year(name)
    month = (
        "left(HONUGE, 2) = '13' and right(HONUGE, 2) between '22' and '26'"
        if name == "sssy"
        else f"date_trunc('month', {DATES[name]}) = date '2013-06-01'"
    )
    end = "HONUGE > '1534'" if name == "sssy" else f"{DATES[name]} > date '2015-08-28'"
    yield one(
        "half_year_missing",
        f"half of the rows of {YEAR} are missing",
        f"{every} where {year} <> {YEAR} or {picked('half year', 500)}",
    )
    if name != "bef":
        yield one("month_missing", f"June {YEAR} is missing", f"{every} where not ({month})")
    yield one("ends_early", "it ends a year before the data do", f"{every} where not ({end})")
    yield one("starts_late", "it starts a year late", f"{every} where {year} > 2008")
    yield one(
        "year_twice",
        f"{YEAR} is there twice, in another order",
        every,
        f"{every} where {year} = {YEAR} order by md5(concat(rowid, 'order'))",
    )
    before = f"{every} where {year} = {YEAR - 1}"
    yield one(
        "year_before",
        f"the rows of {YEAR - 1} in place of those of {YEAR}",
        f"{every} where {year} <> {YEAR}",
        before,
    )
    yield one(
        "year_before_dated",
        f"the rows of {YEAR - 1} in place of those of {YEAR}, dated {YEAR}",
        f"{every} where {year} <> {YEAR}",
        f"select * replace ({later(name)}) {before}",
    )
    (older, date), (same, _) = _moved(name, -1), _moved(name, 0)
    yield one(
        "two_extracts",
        "with an older extract, in which 5 % of the dates were a year earlier",
        every,
        f"select * replace (case when {picked('older', 50)} then {older} else {same} end as {date}) "
        f"{every} where {year} <= 2014",
    )


def _years_of_dream(register):
    (weeks,) = (columns.names(each) for each in register.columns if each.period == "iso_week")

    def blank(condition, cells=""):
        changes = [
            f"{cells or 'null'} as {identifier(name)}".replace("{c}", identifier(name))
            for name in weeks
            if condition(name[2:])
        ]
        return f"select * replace ({', '.join(changes)}) from {WIDE}"

    for kind, says, condition in (
        ("year_missing", f"no week of {YEAR} holds a code", lambda week: week[:2] == "13"),
        ("week_missing", "one week holds no code", lambda week: week == "1320"),
        ("ends_early", "no code in the last year", lambda week: week > "1534"),
        ("starts_late", "no code in the first year", lambda week: week[:2] == "08"),
    ):
        yield Files(kind, says, {WIDE: [blank(condition)]})
    half = f"case when {picked('half year', 500)} then {{c}} end"
    yield Files(
        "half_year_missing",
        f"half of the persons have no code in {YEAR}",
        {WIDE: [blank(lambda week: week[:2] == "13", half)]},
    )
    older = blank(lambda week: week > "1452")
    yield Files(
        "two_extracts", "with an older extract, whose last weeks are blank", {WIDE: [f"from {WIDE}", older]}
    )
    moved = [f"{identifier(f'Y_12{week[4:]}')} as {identifier(week)}" for week in weeks if week[2:4] == "13"]
    yield Files(
        "year_before_dated",
        f"the weeks of {YEAR - 1} in place of those of {YEAR}",
        {WIDE: [f"select * replace ({', '.join(moved)}) from {WIDE}"]},
    )


def _categories(register, one):
    for column in register.columns:
        if columns.class_of(column) != "code" or column.period:
            continue
        name = identifier(column.name)
        common = (
            f"(select {name} from {register.name} where {name} is not null "
            f"group by all order by count(*) desc, {name} limit 1 offset {{}})"
        )
        every = f"from {register.name} where {name} is distinct from"
        yield one(
            f"only_one_{column.name}",
            f"only rows with the commonest {column.name}",
            f"from {register.name} where {name} = {common.format(0)}",
        )
        yield one(
            f"first_{column.name}_missing",
            f"no row with the commonest {column.name}",
            f"{every} {common.format(0)}",
        )
