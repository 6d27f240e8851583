"""Texts and names as they stand in SQL."""


def literal(text: object) -> str:
    """Return a text or path as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
