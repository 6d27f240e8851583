"""Kinds of mistakes in one column of a register, as SQL: what data managers have seen go wrong."""

from collections.abc import Iterator
from dataclasses import dataclass

from vfm.registers.contract import Column, Register
from vfm.warehouse import dbt_sql
from vfm.warehouse.sql_text import identifier, literal

IDS = {"PNR", "FAMILIE_ID", "E_FAELLE_ID", "RECNUM"}
COUNTS = {"ALDER", "KONTAKT", "V_SENGDAGE"}
WEEK = "HONUGE"
#: codes with letters or a prefix in front of the rest
LETTERS = {"INDUD_KODE", "ATC", "C_ADIAG"}
#: two codes of a family of columns, the commonest first; of other columns they are asked of the register
OF_FAMILIES = {"Y_YYWW": ("730", "111"), "MATCH_nKVyyyy": ("1", "2")}
#: how many percent of the cells are blank, one for every other column
BLANK = (5, 30)
WEEKS_IN_MONTH, FULL_TIME_HOURS, SAS_TO_UNIX_DAYS = 4.348, 160.33, 3653


@dataclass(frozen=True)
class Kind:
    """A kind of mistake: its name, what it does in words, and the register that it makes, as SQL."""

    name: str
    says: str
    query: str


def class_of(column: Column) -> str:
    """Return what the values of a column are: id, date, hours, count, week or code."""
    if column.name in IDS:
        return "id"
    if column.data_type in ("date", "double"):
        return {"date": "date", "double": "hours"}[column.data_type]
    return "count" if column.name in COUNTS else "week" if column.name == WEEK else "code"


def names(column: Column) -> list[str]:
    """Return the delivered names that a declared column stands for."""
    return (
        dbt_sql.macro("period_columns", column.name, dict(column.periods)) if column.period else [column.name]
    )


def picked(salt: str, per_thousand: int, row: str = "rowid") -> str:
    """Return SQL that holds for about so many of 1,000 rows, always the same ones."""
    return f"md5_number_lower(concat({row}, {literal(salt)})) % 1000 < {per_thousand}"


def replaced(register: str, column: Column, expression: str) -> str:
    """Return the register with an expression in place of a column.

    Parameters
    ----------
    register : str
    column : Column
        Of a family of columns each, where it is not blank.
    expression : str
        SQL with {c} for the delivered column and {name} for its name.
    """
    changes = []
    for name in names(column):
        value = expression.replace("{c}", identifier(name)).replace("{name}", name)
        if column.period:
            value = f"case when {identifier(name)} is not null then {value} end"
        changes.append(f"{value} as {identifier(name)}")
    return f"select * replace ({', '.join(changes)}) from {register}"


def kinds(register: Register, column: Column) -> Iterator[Kind]:
    """Yield the kinds of mistakes that a column of a register can have."""
    for name, says, expression in _expressions(register.name, column):
        yield Kind(name, says, replaced(register.name, column, expression))
    if column.period:
        yield from _families(register.name, column)
    else:
        yield Kind("shuffled", "its values lie in other rows", _shuffled(register.name, column.name))
    if class_of(column) == "id":
        yield from _ids(register.name, column.name)


def _expressions(register, column):
    text = "cast({c} as varchar)"
    yield "null", "no value in any row", "null"
    percent = BLANK[len(column.name) % 2]
    kept = f"case when not {picked('{name}', 10 * percent)} then {{c}} end"
    yield f"null_{percent}", f"no value in {percent} % of the cells", kept
    common = _common(register, column)
    yield "one_value", "its commonest value in every filled row", common(1)
    what = class_of(column)
    if what not in ("date", "id"):
        placeholder = "UKENDT" if column.data_type == "varchar" else "0"
        yield "placeholder", f"'{placeholder}' in every filled row", literal(placeholder)
    if what == "code" and column.width:
        yield "padded", "spaces around the values", f"'  ' || {text} || '  '"
    yield from {"date": _dates, "hours": _hours, "count": _counts, "week": _weeks}.get(what, lambda: ())()
    if what == "code":
        yield from _codes(column, common, text)


def _common(register, column):
    """SQL of the n-th commonest value of a column."""
    if column.period:
        return lambda place: literal(OF_FAMILIES[column.name][place - 1])
    name = identifier(column.name)
    return lambda place: (
        f"(select {name} from {register} where {name} is not null group by all "
        f"order by count(*) desc, {name} limit 1 offset {place - 1})"
    )


def _codes(column, common, text):
    yield (
        "recoded",
        "its two commonest values exchanged",
        f"case when {{c}} = {common(1)} then {common(2)} when {{c}} = {common(2)} then {common(1)} "
        "else {c} end",
    )
    if column.width and column.width > 1:
        yield "zeros_lost", "leading zeros lost, as in a spreadsheet", f"ltrim({text}, '0')"
    if column.name in LETTERS:
        yield "lower_case", "in lower case", f"lower({text})"
    if column.name in LETTERS - {"INDUD_KODE"} or (column.width and column.width > 1):
        yield "first_lost", "the first character lost", f"substr({text}, 2)"
    if column.data_type == "integer" or column.width == 1:
        yield "plus_one", "counted from one more", "try_cast({c} as integer) + 1"


def _counts():
    yield "million", "1,000,000 in every row", "1000000"
    yield "plus_one", "one too many", "{c} + 1"
    yield "times_ten", "ten times too many", "10 * cast({c} as integer)"
    yield "tenth", "a tenth, without decimals", "{c} // 10"
    yield "capped", "no more than 1", "least({c}, 1)"
    yield "rounded", "rounded to tens", "cast(round({c}, -1) as integer)"
    yield "sign", "with a minus", "-{c}"
    yield "running_number", "the number of the row", "rowid + 1"


def _hours():
    yield "tiny", "1e-9 in every row", "1e-9"
    yield "times_ten", "ten times too many, capped at 744", "least(10 * {c}, 744)"
    yield "tenth", "a tenth", "{c} / 10"
    yield "weekly", "hours a week for hours a month", f"{{c}} / {WEEKS_IN_MONTH}"
    yield "full_time_share", "share of full time for hours", f"{{c}} / {FULL_TIME_HOURS}"
    yield "minutes", "minutes for hours", "60 * {c}"
    yield "capped", "no more than 100", "least({c}, 100)"
    yield "rounded", "rounded to tens", "round({c}, -1)"
    yield "whole", "rounded to whole hours", "round({c})"
    yield "sign", "with a minus", "-{c}"
    yield "yearly", "hours a year, capped at 744", "least(12 * {c}, 744)"


def _dates():
    for name, says, interval in (
        ("month_later", "a month later", "1 month"),
        ("year_later", "a year later", "1 year"),
        ("other_epoch", "days since 1960 read as days since 1970", f"{SAS_TO_UNIX_DAYS} days"),
    ):
        yield name, says, f"cast({{c}} + interval '{interval}' as date)"
    yield (
        "day_is_month",
        "day and month exchanged where there is such a date",
        "coalesce(try_cast(strftime({c}, '%Y-%d-%m') as date), {c})",
    )
    yield "first_of_month", "the first of its month", "cast(date_trunc('month', {c}) as date)"
    yield "first_of_january", "1 January of its year", "cast(date_trunc('year', {c}) as date)"
    yield (
        "utc",
        "midnight in Denmark told in universal time, an hour earlier",
        "cast({c} as timestamp) - interval 1 hour",
    )


def _weeks():
    year, week = "cast(left({c}, 2) as integer)", "cast(right({c}, 2) as integer)"

    def of(year, week):
        return f"lpad(cast({year} as varchar), 2, '0') || lpad(cast({week} as varchar), 2, '0')"

    yield "week_later", "a week later", of(year, f"least({week} + 1, 52)")
    yield "year_later", "a year later", of(f"{year} + 1", week)
    yield "week_one", "the first week of its year", of(year, "1")
    yield "week_is_year", "week and year exchanged", "right({c}, 2) || left({c}, 2)"
    yield "long_year", "with a year of four digits", "'20' || {c}"
    yield "zeros_lost", "leading zeros lost, as in a spreadsheet", "ltrim({c}, '0')"
    yield "month_for_week", "the month for the week", of(year, f"least(1 + {week} * 12 // 53, 12)")
    yield "running_number", "the number of the row", "cast(rowid + 1 as varchar)"


def _shuffled(register, name):
    column = identifier(name)
    return (
        f"select {register}.* replace (others.value as {column}) from {register} positional join "
        f"(select {column} as value from {register} order by md5(concat(rowid, 'shuffled'))) as others"
    )


def _families(register, column):
    """Mistakes in the labels of a family of columns."""
    found = [identifier(name) for name in names(column)]
    for name, says, step in (
        ("next_label", "each under the label of the next", 1),
        ("year_label", "each under the label of a year later", 52 if column.period == "iso_week" else 4),
    ):
        moved = [f"{found[place - step]} as {label}" for place, label in enumerate(found)]
        yield Kind(name, says, f"select * replace ({', '.join(moved)}) from {register}")
    half = len(found) // 2
    gap = [f"null as {label}" for label in found[half : half + (13 if column.period == "iso_week" else 1)]]
    yield Kind(
        "quarter_blank",
        "blank in a quarter in the middle",
        f"select * replace ({', '.join(gap)}) from {register}",
    )
    filled = [f"coalesce({label}, '0') as {label}" for label in found]
    yield Kind(
        "zero_for_blank", "'0' in place of blank", f"select * replace ({', '.join(filled)}) from {register}"
    )
    carried = [
        f"coalesce({label}, {found[place - 1]}) as {label}" for place, label in enumerate(found) if place
    ]
    yield Kind(
        "carried_on",
        "a blank cell repeats the one before",
        f"select * replace ({', '.join(carried)}) from {register}",
    )


def _ids(register, name):
    column = identifier(name)
    for kind, says, expression in (
        (
            "half_lower_case",
            "in lower case in half of the rows",
            f"case when {picked('half', 500)} then lower({{c}}) else {{c}} end",
        ),
        (
            "part_renamed",
            "other pseudonyms for a fifth of the ids",
            f"case when {picked('renamed', 200, '{c}')} "
            "then left({c}, 1) || upper(left(md5({c}), length({c}) - 1)) else {c} end",
        ),
        ("last_lost", "the last character lost", "left({c}, -1)"),
    ):
        expression = expression.replace("{c}", column)
        yield Kind(kind, says, f"select * replace ({expression} as {column}) from {register}")
    yield Kind(
        "permuted",
        "ids exchanged among persons or families",
        mapped(register, name, "order by md5(id || 'permuted')"),
    )
    yield Kind(
        "merged",
        "a tenth of the ids stand for two",
        mapped(register, name, "order by id desc", picked("merged", 100, "before.id")),
    )


def mapped(register: str, name: str, order: str, condition: str = "true") -> str:
    """Return the register with ids exchanged for those at their place in another order.

    Parameters
    ----------
    register, name : str
        Its column of ids.
    order : str
        SQL, `order by` of a window over `id`.
    condition : str
        SQL on `before.id`: which ids are exchanged.
    """
    column = identifier(name)
    return (
        "with ids as (select id, row_number() over (order by id) as place, "
        f"row_number() over ({order}) as other "
        f"from (select distinct {column} as id from {register} where {column} is not null)), "
        "pairs as (select before.id as id, after.id as new from ids as before "
        f"inner join ids as after on before.place = after.other where {condition}) "
        f"select {register}.* replace (coalesce(pairs.new, {register}.{column}) as {column}) "
        f"from {register} left join pairs on {register}.{column} = pairs.id"
    )


def swaps(register: Register) -> Iterator[tuple[str, Kind]]:
    """Yield each two neighbouring columns of a class, exchanged, with the name of the first."""
    by_class = {}
    for column in register.columns:
        if not column.period:
            by_class.setdefault(class_of(column).replace("week", "code"), []).append(column.name)
    for found in by_class.values():
        for one, two in zip(found, found[1:], strict=False):
            first, second = identifier(one), identifier(two)
            query = f"select * replace ({second} as {first}, {first} as {second}) from {register.name}"
            yield one, Kind(f"swapped_with_{two}", f"exchanged with {two}", query)
