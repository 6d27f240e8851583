"""The project's own SQL without dbt: the same casts, staging models and data tests, in milliseconds.

The import and the check read and judge a delivery by the very SQL of the build: they cannot drift apart. Only
what staging and the tests on it need is known here: `source`, `ref`, `var`, `config`, dispatch to
DuckDB, and dbt's date macros.
"""

from functools import cache

import jinja2
import yaml

from vfm.provenance import PROJECT

MACROS = PROJECT / "macros"
SCHEMAS = {"source": "raw", "stg": "staging", "seed": "classifications"}


class _Dbt:
    """dbt's cross-database macros in DuckDB's words."""

    @staticmethod
    def date_trunc(part, date):
        return f"date_trunc('{part}', {date})"

    @staticmethod
    def dateadd(part, interval, date):
        return f"date_add({date}, interval ({interval}) {part})"

    @staticmethod
    def datediff(first_date, second_date, part):
        return f"date_diff('{part}', cast({first_date} as timestamp), cast({second_date} as timestamp))"

    @staticmethod
    def escape_single_quotes(text):
        return str(text).replace("'", "''")


class _Adapter:
    """Dispatch to the DuckDB version of a macro."""

    def __init__(self, macros):
        self.macros = macros

    def dispatch(self, name, _package=None):
        return self.macros.get(f"duckdb__{name}") or self.macros[f"default__{name}"]


def _ref(name):
    schema = SCHEMAS["stg"] if name.startswith("stg_") else SCHEMAS["seed"]
    return f"{schema}.{name}"


@cache
def variables():
    """Return the variables of dbt_project.yml as {name: value}."""
    return yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]


@cache
def environment():
    """Return the Jinja environment in which the project's SQL is rendered."""
    macros = {}
    jinja = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
    jinja.globals |= macros_globals(macros)
    for path in sorted(MACROS.glob("*.sql")):
        module = jinja.from_string(path.read_text(encoding="utf-8")).module
        found = {name: value for name, value in vars(module).items() if not name.startswith("_")}
        macros |= found
        jinja.globals |= found
    return jinja


def macros_globals(macros):
    """Return what dbt gives its macros, as far as staging needs it."""
    return {
        "adapter": _Adapter(macros),
        "config": lambda **_: "",
        "dbt": _Dbt(),
        "execute": False,
        "ref": _ref,
        "return": lambda value: value,
        "source": lambda _, register: f"{SCHEMAS['source']}.{register}",
        "var": lambda name: variables()[name],
    }


def render(path):
    """Return the SQL of a model or a data test of the project.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    str
        SQL for DuckDB, over the schemas raw, staging and classifications.
    """
    return environment().from_string(path.read_text(encoding="utf-8")).render()


def cast(macro, column, *arguments):
    """Return the SQL of a macro of macros/casts.sql on a column: cast('to_code', '"KOM"', 3)."""
    return str(environment().globals[macro](column, *arguments)).strip()
