"""The report's printed tables, as their files have them."""

import csv

from vfm.warehouse.paths import PROJECT


def printed(item: str) -> list[dict]:
    """A printed table as its file has it: texts by column name."""
    path = PROJECT / "seeds" / "published" / f"published_{item}.csv"
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
