"""The project's models as dbt compiled them, run on any rows in a DuckDB in memory: no dbt, milliseconds."""

import json
from functools import cached_property

import duckdb
import pyarrow as pa

from vfm.registers.contract import read_contract, read_later_contract
from vfm.warehouse.paths import PROJECT

WIDE = "dream"  # its columns are weeks and quarters, and only those with a value are made


class CompiledModels:
    """Some models and all they are made from.

    Parameters
    ----------
    manifest : path
        manifest.json of a dbt run that compiled the models.
    names : list of str
        The models that are wanted; their ancestors are run too.

    Attributes
    ----------
    connection : duckdb.DuckDBPyConnection
        An in-memory database with the schemas of the warehouse.
    """

    def __init__(self, manifest, names):
        self.nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"]
        self.wanted = [f"model.value_for_money.{name}" for name in names]
        self.connection = duckdb.connect()
        self.connection.execute("attach ':memory:' as warehouse; use warehouse; create schema raw")
        self.connection.execute("set threads = 1")  # a handful of rows
        self.contract = read_contract()
        for register in [*self.contract.values(), *read_later_contract().values()]:
            self._create(register, ["Y_0801", "MATCH_1KV2008"] if register.name == WIDE else [])
        for schema in {self.nodes[name]["schema"] for name in self.order}:
            self.connection.execute(f"create schema if not exists {schema}")
        for name in self.order:
            if self.nodes[name]["resource_type"] == "seed":
                self._read_seed(self.nodes[name])
            else:  # views need the tables below them, without rows for now
                self._build(self.nodes[name])

    @cached_property
    def order(self):
        """Seeds and models, each after what it is made from."""
        order = []

        def visit(name):
            if name in self.nodes and name not in order:
                for parent in self._parents(name):
                    visit(parent)
                order.append(name)

        for name in self.wanted:
            visit(name)
        return order

    @cached_property
    def changing(self):
        """The tables that must be built anew for other registers: neither views nor made from seeds alone."""
        below, changing = set(), []
        for name in self.order:
            if any(parent.startswith("source.") or parent in below for parent in self._parents(name)):
                below.add(name)
                if self.nodes[name]["config"]["materialized"] == "table":
                    changing.append(name)
        return changing

    def run(self, registers):
        """Build the models from raw rows.

        Parameters
        ----------
        registers : {str: list of dict}
            Rows of each register by column name; a register that is not named is empty.
        """
        for register in self.contract.values():
            rows = registers.get(register.name, [])
            if register.name == WIDE:
                found = {name for row in rows for name in row} - {"PNR"}
                self._create(register, sorted(found | {"Y_0801", "MATCH_1KV2008"}))
            else:
                self.connection.execute(f"delete from raw.{register.name}")
            if rows:
                names = list(dict.fromkeys(name for row in rows for name in row))
                delivered = pa.table({name: [row.get(name) for row in rows] for name in names})  # noqa: F841
                self.connection.execute(f"insert into raw.{register.name} by name select * from delivered")
        for name in self.changing:
            self._build(self.nodes[name])

    def rebuild(self, compiled):
        """Build tables from other SQL, and what is made from them; the next run has their own SQL again.

        Parameters
        ----------
        compiled : {unique id: str}
            Of tables that are made from the registers.
        """
        assert compiled and compiled.keys() <= set(self.changing)
        below = set(compiled)
        for name in self.order:
            if below.intersection(self._parents(name)):
                below.add(name)
        for name in self.changing:
            if name in below:
                node = self.nodes[name]
                self._build(node | {"compiled_code": compiled.get(name, node["compiled_code"])})

    def _parents(self, name):
        return self.nodes[name]["depends_on"].get("nodes", [])  # a seed has none

    def _create(self, register, periods=()):
        columns = [f"{column.name} {column.data_type}" for column in register.columns if not column.pattern]
        columns += [f"{name} varchar" for name in periods]
        self.connection.execute(f"create or replace table raw.{register.name} ({', '.join(columns)})")

    def _read_seed(self, node):
        types = ", ".join(f"{name}: '{kind}'" for name, kind in node["config"]["column_types"].items())
        path = PROJECT / node["original_file_path"]
        self.connection.execute(
            f"create table {node['relation_name']} as "
            f"select * from read_csv('{path}', header = true, columns = {{{types}}})"
        )

    def _build(self, node):
        kind = node["config"]["materialized"]
        relation, query = node["relation_name"], node["compiled_code"]
        self.connection.execute(f"create or replace {kind} {relation} as {query}")
