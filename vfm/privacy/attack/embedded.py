"""What pages carry inside them: every number of their data must be one of the published file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import numpy as np

from vfm.privacy.attack.reading import Release

_JSON = re.compile(r'<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
_COUNTED = re.compile(r'"id":\s*"(num_rows|row_count|bytes|num_bytes)"')
_DATA = ("values", "datasets")  # where a chart keeps its rows
#: A number of a page may be a published one in percent, or in millions.
_SCALES = (1.0, 100.0, 1e-6)


def published_numbers(release: Release) -> np.ndarray:
    """All numbers of the published file, sorted, with the scales in which pages write them."""
    found = []
    for table, columns in release.types.items():
        kinds = {"DOUBLE", "BIGINT", "INTEGER"}
        for name in (name for name, kind in columns.items() if kind in kinds):
            found.extend(row[name] for row in release.rows(table) if row[name] is not None)
    values = np.unique(np.array(found, float))
    values = values[np.isfinite(values)]
    return np.unique(np.concatenate([values * scale for scale in _SCALES]))


def page_numbers(text: str) -> list[str]:
    """The numbers in the data of a page, as they are written."""
    found = []
    for part in _JSON.findall(text):
        content = json.loads(part, parse_float=_Written, parse_int=_Written)
        found.extend(_numbers_of(content, inside=False))
    return found


class _Written(str):
    """A number as it is written."""


def _numbers_of(content, inside: bool) -> Iterator[str]:
    if isinstance(content, _Written):
        if inside:
            yield content
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from _numbers_of(value, inside or key in _DATA)
    elif isinstance(content, list):
        for value in content:
            yield from _numbers_of(value, inside)


def unpublished_numbers(text: str, published: np.ndarray) -> list[str]:
    """Numbers in the data of a page that no published number gives.

    Parameters
    ----------
    text : str
        The page.
    published : (n,) float array
        As `published_numbers` returns them.

    Returns
    -------
    list of str
        Those that differ from every published number by more than their own last digit hides.
    """
    written = sorted(set(page_numbers(text)))
    values = np.array([float(each) for each in written])
    if not len(values):
        return []
    half = np.array([_last_digit(each) / 2 for each in written])
    place = np.clip(np.searchsorted(published, values), 1, len(published) - 1)
    apart = np.minimum(np.abs(values - published[place - 1]), np.abs(values - published[place]))
    wrong = apart > half * (1 + 1e-9) + 2e-12 * np.abs(values)
    return [each for each, bad in zip(written, wrong, strict=True) if bad]


def _last_digit(number):
    """The unit of the last digit of a number as it is written; 0 for a whole number."""
    digits, _, power = number.lower().partition("e")
    decimals = len(digits.partition(".")[2])
    if decimals > 12 or (decimals == 0 and not power):
        return 0.0
    return 10.0 ** (int(power or 0) - decimals)


def counted_tables(text: str) -> list[str]:
    """Statistics of tables, such as their number of rows, that a page with the lineage carries."""
    return sorted(set(_COUNTED.findall(text)))
