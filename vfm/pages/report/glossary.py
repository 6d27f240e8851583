"""The words that the page explains where they stand, in the reader's language; glossary.toml holds them."""

import tomllib
from functools import cache
from pathlib import Path

ENTRIES = Path(__file__).with_name("glossary.toml")


@cache
def entries() -> dict[str, dict]:
    """Read {entry: {'da' and 'en': {'name', 'forms' (how it stands in texts), 'text'}}}."""
    return tomllib.loads(ENTRIES.read_text(encoding="utf-8"))


def glossary(language: str) -> list[dict]:
    """List the entries of a language.

    Parameters
    ----------
    language : {'da', 'en'}

    Returns
    -------
    list of dict
        id, name, forms and text, by name.
    """
    found = [{"id": name} | entry[language] for name, entry in entries().items()]
    return sorted(found, key=lambda entry: entry["name"].lower())
