"""Which columns of a delivered file the build reads, and the SQL that gives them their types."""

import re
from dataclasses import dataclass
from datetime import date

from vfm.registers.contract import Column, Register
from vfm.registers.deliveries import Delivered
from vfm.registers.formats import NO_LABEL, Meant, labelled_column
from vfm.registers.readers import Source, UnreadableFileError
from vfm.warehouse import dbt_sql
from vfm.warehouse.sql_text import identifier, literal

# up to here a floating-point number represents every whole number exactly
EXACT = {"FLOAT": 1 << 24, "DOUBLE": 1 << 53}
# what a column is made of where it is not delivered: {(register, column): (delivered column, SQL)}
DERIVED = {
    ("sssy", "SPEC2"): ("SPECIALE", lambda column: f"substr({dbt_sql.cast('to_code', column, 6)}, 1, 2)")
}
DIRECTIONS = {"vnds_ind": "I", "vnds_ud": "U"}


def standard_name(file: Delivered, name: str) -> str:
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


def canonical(column: Column, name: str, engine_type: str, limit: int | None = None) -> tuple[str, str]:
    """SQL of a delivered column as the build wants it; an error where a value cannot be read.

    Parameters
    ----------
    column : Column
    name : str
        The delivered column as an SQL identifier.
    engine_type : str
        Its type in DuckDB.
    limit : int, optional
        From here on the column does not hold every whole number; by default as its type says.

    Returns
    -------
    value : str
        SQL; null where nothing was delivered.
    unreadable : str
        SQL of a condition: something was delivered, and `value` cannot hold it.
    """
    limit = limit or EXACT.get(engine_type)
    # a number that floating point has rounded is no longer the code or the day it was
    rounded = f"abs({name}) >= {limit} or {name} <> trunc({name})" if limit else "false"
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
        "timestamp": lambda: dbt_sql.cast("to_moment", name),
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
    def by_value(self) -> bool:
        """Whether each distinct value is cast once: true except for ids, which are too many."""
        identifies = self.column.data_type == "varchar" and self.column.width is None
        return len(self.delivered) == 1 and not identifies


def plan(register: Register, file: Delivered, source: Source) -> tuple[list[Kept], list[str]]:
    """Say which columns of a file are kept, and how.

    Returns
    -------
    kept : list of Kept
    missing : list of str
        Required columns that the file lacks.

    Raises
    ------
    UnreadableFileError
        If a column is of a kind that cannot be read.
    """
    delivered = {name: standard_name(file, name) for name in source.types}
    kept, missing = [], []

    def cast_of(column, name):
        meant = take_as_meant(column, name, source)
        kind = source.engine_types.get(name, "VARCHAR")
        value, unreadable = canonical(column, identifier(name), kind, meant.limit)
        if name in source.labelled:
            unreadable = f"({unreadable}) or starts_with({identifier(name)}, {literal(NO_LABEL)})"
        return value, unreadable

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
            if len({name.upper() for name in names}) < len(names):
                raise UnreadableFileError(
                    f"has the column {standard} twice ({', '.join(names)}): ask for one of them"
                )
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


def take_as_meant(column: Column, name: str, source: Source) -> Meant:
    """Let a source give a column as its format or its value labels mean it.

    Raises
    ------
    UnreadableFileError
        If it cannot be read.
    """
    meant = source.meant.get(name, Meant())
    labels = source.labels.get(name)
    if labels and not meant.sql:
        is_text = column.data_type == "varchar" and column.width is None
        labelled = labelled_column(name, labels, column.data_type, column.is_person_id, is_text)
        if labelled.sql:
            source.expressions[name], source.engine_types[name] = labelled.sql, labelled.kind
            source.notes.append(f"column {name} {labelled.note}")
            source.labelled.append(name)
        meant = labelled if labelled != Meant() else meant
    kind = source.engine_types.get(name, "VARCHAR").upper()
    wrong = meant.wrong if meant.only in ("", column.data_type) else ""
    wrong = wrong or dbt_sql.macro("no_single_value", kind)
    if wrong:
        raise UnreadableFileError(f"column {name} {wrong}")
    return meant


def source_query(source: Source, kept: list[Kept]) -> str:
    """SQL of the delivered columns that are kept, under their own names."""
    columns = []
    for name in dict.fromkeys(name for entry in kept for name in entry.delivered):
        value = source.expressions.get(name, identifier(name))
        if source.engine_types.get(name) in EXACT and name not in source.expressions:
            value = f"case when isnan({value}) then null else {value} end"
        columns.append(f"{value} as {identifier(name)}")
    return f"select {', '.join(columns) or '1 as nothing'} from {source.relation}"
