"""The estimators' inputs of a register folder: the SQL of the warehouse in memory, without dbt.

Staging and intermediate models up to the inputs of the Cox models and of the cost-need models. For another
delivery that differs in some registers only what these change is made anew; a table that comes out as before
changes nothing below it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from vfm.registers.seed_files import seed_query
from vfm.warehouse import dbt_sql
from vfm.warehouse.paths import PROJECT

#: What is compared: {table: (the models behind, SQL of its rows by their hash)}. A row is known by all it
#: holds but the person: other ids for all persons change nothing. `is_benchmarked` follows from the others.
COMPARED = {
    "spells": (
        ("int_cox_input", "int_spells"),
        """
        select hash(each) as row_hash, count(*) as copies
        from (
            select spells.* exclude (spell_id, person_id), cox.* exclude (spell_id, person_id, is_benchmarked)
            from intermediate.int_spells as spells
            inner join intermediate.int_cox_input as cox using (spell_id)
        ) as each
        group by row_hash
        """,
    ),
    "municipality_years": (
        ("int_cost_need_input",),
        """
        select hash(each) as row_hash, count(*) as copies
        from intermediate.int_cost_need_input as each
        group by row_hash
        """,
    ),
}
#: A tenth of the persons leaves few municipality-years with more persons than the method's own limit.
SETTING = {"minimum_persons": 8}
REFERENCE = re.compile(r"\b(ref|source)\('(?:(?:later_)?registers', ')?(\w+)'\)")


@dataclass(frozen=True)
class Changed:
    """How much of the inputs another delivery changes.

    Attributes
    ----------
    spells, municipality_years : float
        Rows that are changed, gone or added over the rows of the unchanged delivery.
    why : str
        What stopped the SQL; both shares are 1 then.
    """

    spells: float
    municipality_years: float
    why: str = ""

    @property
    def largest(self) -> float:
        """The larger of the two shares."""
        return max(self.spells, self.municipality_years)


@cache
def models() -> dict[str, Path]:
    """Return the SQL models that the inputs are made from as {name: file}, each after what it reads."""
    files = {path.stem: path for path in (PROJECT / "models").rglob("*.sql")}
    graph, waiting = {}, [model for made_from, _ in COMPARED.values() for model in made_from]
    while waiting:
        name = waiting.pop()
        if name in files and name not in graph:
            graph[name] = _parents(files[name])
            waiting += graph[name]
    return {name: files[name] for name in TopologicalSorter(graph).static_order() if name in files}


def _parents(file):
    return sorted({found for _, found in REFERENCE.findall(file.read_text(encoding="utf-8"))})


@cache
def parents(name: str) -> frozenset[str]:
    """Return the models, seeds and registers that a model reads."""
    return frozenset(_parents(models()[name]))


@cache
def query(name: str) -> str:
    """Return the SQL of a model under SETTING."""

    def setting(variable):
        return SETTING.get(variable, dbt_sql.variables()[variable])

    text = models()[name].read_text(encoding="utf-8")
    return dbt_sql.environment().from_string(text, globals={"var": setting}).render()


def relation(name: str) -> str:
    """Return schema and table of a register, model or seed."""
    if is_raw(name):
        return f"{dbt_sql.SCHEMAS['source']}.{name}"
    return dbt_sql.table_of(name)


@cache
def sources() -> tuple[str, ...]:
    """Return the registers and seeds that the models read, by name."""
    read = {parent for name in models() for parent in parents(name)}
    return tuple(sorted(read - set(models())))


def is_register(name: str) -> bool:
    """Whether a source is a register and no seed."""
    return name in dbt_sql.sources()


def is_raw(name: str) -> bool:
    """Whether a source lies in the schema of the delivery."""
    return is_register(name) or name in dbt_sql.sources("later_registers")


@cache
def seeds() -> tuple[str, ...]:
    """Return the seeds that the models read, by name."""
    return tuple(name for name in sources() if not is_raw(name))


def seed_file(name: str) -> Path:
    """Return the file of a seed."""
    (file,) = (PROJECT / "seeds").rglob(f"{name}.csv")
    return file


class Inputs:
    """The inputs of one register folder, to compare those of others with.

    Parameters
    ----------
    registers, statbank : Path
        Folders of the registers and of the accounts.
    """

    def __init__(self, registers: Path, statbank: Path) -> None:
        # a mistake that makes rows match each other many times over ends here, as would a build
        self.con = duckdb.connect(config={"threads": 1, "memory_limit": "2GB", "temp_directory": ""})
        self._open("base")
        for name in sources():
            if is_register(name):
                self._mount(name, registers)
            elif name in dbt_sql.sources("later_registers"):  # the synthetic delivery has none
                self.con.execute(dbt_sql.macro("empty_register", dbt_sql.sources("later_registers")[name]))
            else:
                self.con.execute(f"create table {relation(name)} as {seed_query(name, statbank)}")
        self.prints = {}
        for name in models():
            self._build(name)
            self.prints[name] = self._print(name)
        for table, (_, rows) in COMPARED.items():
            self.con.execute(f"create table base.main.{table} as {rows}")

    def compare(self, registers: Path, changed: Iterable[str]) -> Changed:
        """Return how much of the inputs differs for another folder.

        Parameters
        ----------
        registers : Path
        changed : iterable of str
            The registers that may differ.
        """
        self._open("other")
        try:
            dirty = self._build_other(registers, set(changed))
            return Changed(*(self._share(table, dirty) for table in COMPARED))
        except (dbt_sql.RefusedError, duckdb.Error) as problem:
            return Changed(1.0, 1.0, str(problem).strip().splitlines()[0])
        finally:
            self.con.execute("use base; detach other")

    def _open(self, catalog):
        self.con.execute(f"attach ':memory:' as {catalog}; use {catalog}")
        for schema in dbt_sql.SCHEMAS.values():
            self.con.execute(f"create schema {schema}")

    def _build_other(self, registers, dirty):
        """Make what the registers `dirty` change; returns all that came out differently."""
        for name in sources():
            if name in dirty:
                self._mount(name, registers)
            else:
                self._take_over(name)
        for name in models():
            if parents(name) & dirty:
                self._build(name)
                if self._print(name) != self.prints[name]:
                    dirty.add(name)
            else:
                self._take_over(name)
        return dirty

    def _take_over(self, name):
        self.con.execute(f"create view {relation(name)} as from base.{relation(name)}")

    def _mount(self, name, folder):
        files = [str(path) for path in sorted((Path(folder) / name).glob("*.parquet"))]
        register = dbt_sql.sources()[name]
        self.con.execute(dbt_sql.macro("mount_register", register, str(folder), files, con=self.con))

    def _build(self, name):
        self.con.execute(f"create table {relation(name)} as {query(name)}")

    def _print(self, name):
        """Number of rows and a sum over them: equal where the rows are."""
        return self.con.execute(
            f"select count(*), sum(cast(hash(each) as hugeint)) from {relation(name)} as each"
        ).fetchone()

    def _share(self, table, dirty):
        """Rows that are changed, gone or added, the fewest that explain it, over the rows there were."""
        made_from, rows = COMPARED[table]
        if not dirty & set(made_from):
            return 0.0
        before, after, equal = self.con.execute(f"""
            select
                (select sum(copies) from base.main.{table}),
                (select sum(copies) from ({rows})),
                (
                    select sum(least(before.copies, after.copies))
                    from base.main.{table} as before inner join ({rows}) as after using (row_hash)
                )
            """).fetchone()
        return float((max(before, after or 0) - (equal or 0)) / before)
