"""The project's own SQL without dbt: the same casts, staging models and data tests, in milliseconds.

The import and the check read and judge a delivery by the very SQL of the build: they cannot drift apart. Only
what mounting registers, staging and the tests on it need is known here: `source`, `ref`, `var`, `config`,
dispatch to DuckDB, dbt's date macros, macros that return values, and refusals as exceptions.
"""

import datetime
import os
import re
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2

from vfm.warehouse import studies
from vfm.warehouse.paths import PROJECT
from vfm.warehouse.yaml_files import read_yaml

MACROS = PROJECT / "macros"
SOURCES = PROJECT / "models" / "sources.yml"
SCHEMAS = {"source": "raw", "stg": "staging", "int": "intermediate", "seed": "classifications"}
MACRO = re.compile(r"{%-?\s*macro\s+(\w+)")
PREFIX = "project_macro__"  # hides a macro from its own file, so that all are found where `return` works
DATABASE = ContextVar("DATABASE")


class RefusedError(Exception):
    """What dbt would stop with; the argument is a sentence for a person."""


class _ReturnError(Exception):
    """How a macro returns a value instead of text."""

    def __init__(self, value):
        super().__init__()
        self.value = value


class _Dbt:
    """dbt's cross-database macros in DuckDB's words."""

    @staticmethod
    def date_trunc(part, date):
        return f"date_trunc('{part}', {date})"

    @staticmethod
    def dateadd(part, interval, date):
        times, unit = {"quarter": (3, "month"), "week": (7, "day")}.get(part, (1, part))
        number = f"cast({interval} as bigint)"
        return f"({date} + {number if times == 1 else f'({number} * {times})'} * interval 1 {unit})"

    @staticmethod
    def datediff(first_date, second_date, part):
        return f"date_diff('{part}', cast({first_date} as timestamp), cast({second_date} as timestamp))"

    @staticmethod
    def date_spine(datepart, start_date, end_date):
        series = f"generate_series({start_date}, {end_date} - interval 1 {datepart}, interval 1 {datepart})"
        return f"select cast(unnest({series}) as date) as date_{datepart}"

    @staticmethod
    def escape_single_quotes(text):
        return str(text).replace("'", "''")


class _Adapter:
    """Dispatch to the DuckDB version of a macro."""

    def __init__(self, macros):
        self.macros = macros

    def dispatch(self, name, _package=None):
        own = f"duckdb__{name}"
        return _by_name(self.macros, own if own in self.macros else f"default__{name}")


def table_of(name: str) -> str:
    """Return schema and table of a model or seed."""
    return f"{SCHEMAS.get(name.partition('_')[0], SCHEMAS['seed'])}.{name}"


def _return(value):
    raise _ReturnError(value)


def _run_query(query):
    return SimpleNamespace(rows=DATABASE.get().execute(query).fetchall())


def _refuse(sentence):
    raise RefusedError(sentence)


def _by_name(macros, name):
    """Call a macro that may be read later, and let it return what it hands to `return`."""

    def call(*arguments, **named):
        try:
            return macros[name](*arguments, **named)
        except _ReturnError as returned:
            return returned.value

    return call


@cache
def variables() -> dict[str, Any]:
    """Return the variables of the study in force as {name: value}; errors as `studies.read_study`."""
    return studies.in_force(PROJECT)


@cache
def source_tables(path: Path, source: str = "registers") -> list[dict]:
    """Return the registers of a source as a dbt sources file declares them: a list of dicts."""
    loaded = read_yaml(path)
    (registers,) = (each for each in loaded["sources"] if each["name"] == source)
    return registers["tables"]


@cache
def sources(source: str = "registers") -> dict[str, SimpleNamespace]:
    """Return the registers of models/sources.yml in the shape in which dbt shows them to macros.

    Parameters
    ----------
    source : str
        registers, which every study needs, or later_registers, which may be absent.

    Returns
    -------
    dict
        {register: object with source_name, identifier, schema, description, meta and columns}.
    """

    def described(entry, **more):
        meta = entry.get("config", {}).get("meta", {})
        return SimpleNamespace(config=SimpleNamespace(meta=meta), meta=meta, **more)

    return {
        table["name"]: described(
            table,
            source_name=source,
            identifier=table["name"],
            schema=SCHEMAS["source"],
            description=table["description"],
            columns={
                column["name"]: described(column, name=column["name"], data_type=column["data_type"])
                for column in table["columns"]
            },
        )
        for table in source_tables(SOURCES, source)
    }


@cache
def environment() -> jinja2.Environment:
    """Return the Jinja environment in which the project's SQL is rendered."""
    macros = {}
    texts = [path.read_text(encoding="utf-8") for path in sorted(MACROS.rglob("*.sql"))]
    names = [name for text in texts for name in MACRO.findall(text)]
    jinja = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
    jinja.globals |= macros_globals(macros) | {name: _by_name(macros, name) for name in names}
    for text in texts:
        module = jinja.from_string(MACRO.sub(rf"{{% macro {PREFIX}\1", text)).module
        for name in MACRO.findall(text):
            macros[name] = getattr(module, PREFIX + name)
    # a data test that would stop the build lists all it found instead
    macros["duckdb__raise_error"] = lambda expression: "null"
    return jinja


def macros_globals(macros: dict[str, Callable]) -> dict[str, Any]:
    """Return what dbt gives its macros, as far as registers and staging need it."""
    return {
        "adapter": _Adapter(macros),
        "config": lambda **_: "",
        "dbt": _Dbt(),
        "env_var": lambda name, default="": os.environ.get(name, default),
        "exceptions": SimpleNamespace(raise_compiler_error=_refuse),
        "execute": False,
        "graph": SimpleNamespace(sources=sources()),
        "invocation_args_dict": {"project_dir": str(PROJECT)},
        "modules": SimpleNamespace(re=re, datetime=datetime),
        "ref": table_of,
        "return": _return,
        "run_query": _run_query,
        "source": lambda _, table: f"{SCHEMAS['source']}.{table}",
        "target": SimpleNamespace(name=os.environ.get("DBT_TARGET", "dev")),
        "var": lambda name: variables()[name],
    }


def macro(name: str, *arguments: object, con: duckdb.DuckDBPyConnection | None = None) -> Any:
    """Call a macro of the project as dbt would.

    Parameters
    ----------
    name : str
    *arguments
    con : duckdb connection, optional
        For macros that ask the database.

    Returns
    -------
    object
        What the macro returns, or the text it renders.

    Raises
    ------
    RefusedError
        If the macro stops with an error in words.
    """
    token = DATABASE.set(con)
    try:
        return environment().globals[name](*arguments)
    finally:
        DATABASE.reset(token)


@cache
def render(path: Path) -> str:
    """Return the SQL of a model or a data test of the project.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    str
        SQL for DuckDB, over the schemas raw, staging, intermediate and classifications.
    """
    return environment().from_string(path.read_text(encoding="utf-8")).render()


def cast(macro: str, column: str, *arguments: object) -> str:
    """Return the SQL of a macro of macros/deliveries/casts.sql on a column: cast('to_code', '"KOM"', 3)."""
    return str(environment().globals[macro](column, *arguments)).strip()
