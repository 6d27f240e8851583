"""Stands in for dbt's own macros while sqlfluff renders a model: each becomes a call of the same name."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *arguments, **named: f"{name}({', '.join(map(str, [*arguments, *named.values()]))})"


def date_spine(*_, **__):
    """Return a query, since a model selects from it."""
    return "select cast(null as date) as date_day"


def generate_series(*_, **__):
    """Return a query, since a model selects from it."""
    return "select 1 as generated_number"


def escape_single_quotes(text):
    """Return the text as it stands between single quotes, as dbt does."""
    return text.replace("'", "''")
