"""The catalogue of mutations: every kind of mistake for every register and column that can have it."""

import hashlib
from dataclasses import dataclass, replace
from functools import cache

from vfm.registers.contract import Register, read_contract
from vfm.synthetic.verify.mutations import columns, deliveries, rows
from vfm.warehouse.sql_text import identifier

LEVELS = ("cell", "column", "file", "delivery")
SCORED = ("column", "file", "delivery")
FIFTH = 5


@dataclass(frozen=True)
class Mutation:
    """One change of a delivery.

    Attributes
    ----------
    files : tuple
        ((register, (SQL of each of its files, ...)), ...) over the tables of the unchanged delivery, and of
        another world in schema `other`.
    """

    level: str
    register: str
    column: str
    kind: str
    says: str
    files: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def name(self) -> str:
        """Unique name, such as column/bef.KOEN/recoded."""
        place = f"{self.register}.{self.column}" if self.column else self.register
        return f"{self.level}/{place}/{self.kind}"

    @property
    def sentence(self) -> str:
        """What it changes."""
        place = f"{self.register}.{self.column}" if self.column else self.register
        return f"{place}: {self.says}"

    @property
    def is_held_out(self) -> bool:
        """Whether it belongs to the fifth that writers of rules do not see."""
        return int(hashlib.sha256(self.name.encode()).hexdigest(), 16) % FIFTH == 0


@cache
def catalogue() -> tuple[Mutation, ...]:
    """Return all mutations, by level, register and column."""
    registers = {name: delivered(register) for name, register in read_contract().items()}
    found = []

    def add(level, register, column, kind, says, files):
        queries = tuple(
            (name, tuple(" ".join(query.split()) for query in each)) for name, each in files.items()
        )
        found.append(Mutation(level, register, column, kind, says, queries))

    for register in registers.values():
        for column in register.columns:
            files = {register.name: [_with_one_cell(register.name, column)]}
            add("cell", register.name, column.name, "another", "one cell holds another row's value", files)
    for register in registers.values():
        for column in register.columns:
            for kind in columns.kinds(register, column):
                add("column", register.name, column.name, kind.name, kind.says, {register.name: [kind.query]})
        for column, kind in columns.swaps(register):
            add("column", register.name, column, kind.name, kind.says, {register.name: [kind.query]})
    for register in registers.values():
        for kind in rows.file_kinds(register):
            add("file", register.name, "", kind.name, kind.says, kind.registers)
    for register, kind in deliveries.delivery_kinds(registers):
        add("delivery", register, "", kind.name, kind.says, kind.registers)
    return tuple(found)


def delivered(register: Register) -> Register:
    """Leave out the columns that the synthetic delivery has none of.

    They are optional, or a series that is not of the report's years, as VISIT.
    """
    there = [column for column in register.columns if column.required and columns.names(column)]
    return replace(register, columns=tuple(there))


def _with_one_cell(register, column):
    """One cell of a column, in a row that is always the same: plausible by itself."""
    delivered = columns.names(column)
    cell = identifier(delivered[-len(delivered) // 3])
    filled = f"{cell} is not null" if column.name != "E_FAELLE_ID" else f"{cell} <> ''"
    row = f"(select rowid from {register} where {filled} order by md5(concat(rowid, 'cell')) limit 1)"
    other = (
        f"(select {cell} from {register} where {filled} "
        f"and {cell} <> (select {cell} from {register} where rowid = {row}) "
        "order by md5(concat(rowid, 'other')) limit 1)"
    )
    changed = f"case when rowid = {row} then {other} else {cell} end as {cell}"
    return f"select * replace ({changed}) from {register}"
