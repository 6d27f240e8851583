"""Texts, names and paths as they stand in SQL."""

import re


def literal(text: object) -> str:
    """Return a text or path as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def path_literal(path: object) -> str:
    """Return the path of a file as an SQL literal in which DuckDB sees no pattern: reg[1] is not reg1."""
    return literal(path_text(path))


def path_text(path: object) -> str:
    """Return a path as the text that DuckDB takes for this path alone."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def identifier(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
