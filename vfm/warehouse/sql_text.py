"""Texts and names as they stand in SQL."""


def literal(text):
    """Return a text or path as an SQL literal."""
    return "'" + str(text).replace("'", "''") + "'"


def identifier(name):
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
