"""The CSV files, one for each published table, and datapackage.json, which describes them (Frictionless)."""

import csv
import hashlib
import io
import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path

from vfm.pages.export.content import Column, Table, unit_words

DESCRIPTOR = "datapackage.json"
#: DuckDB's types as the table schema names them; another is an error, which the tests would see.
TYPES = {
    "VARCHAR": "string",
    "BOOLEAN": "boolean",
    "TINYINT": "integer",
    "SMALLINT": "integer",
    "INTEGER": "integer",
    "BIGINT": "integer",
    "DOUBLE": "number",
    "FLOAT": "number",
    "DATE": "date",
    "TIMESTAMP": "datetime",
    "TIMESTAMP WITH TIME ZONE": "datetime",
}
ABOUT = (
    "Which Danish municipalities get refugees and reunified family members into work faster than their "
    "intake would suggest, at what cost, and how sure can we be? The published tables of value_for_money. "
    "Each number follows the project's rule of release; what is withheld is empty, and a column "
    "withheld_reason says why."
)


def csv_text(table: Table) -> str:
    """Write a table as CSV: commas, a point in numbers, nothing where a value is missing."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.name for column in table.columns])
    writer.writerows([cell_text(value) for value in row] for row in table.rows)
    return stream.getvalue()


def cell_text(value: object) -> str:
    """Write a value as the table schema reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    if isinstance(value, datetime):
        return value.replace(microsecond=0, tzinfo=None).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def field(column: Column) -> dict:
    """Describe a column as a field of a table schema; `unit` is in English."""
    described = {
        "name": column.name,
        "type": TYPES[column.kind],
        "description": " ".join(column.description.split()),
    }
    _, unit = unit_words(column.name)
    return described | ({"unit": unit} if unit else {})


def resource(table: Table, path: str, content: bytes) -> dict:
    """Describe a CSV file as a resource of a data package."""
    schema = {"fields": [field(column) for column in table.columns], "missingValues": [""]}
    if table.primary_key:
        schema["primaryKey"] = table.primary_key
    return {
        "name": table.name.replace(".", "-").replace("_", "-"),
        "path": path,
        "profile": "tabular-data-resource",
        "title": table.name,
        "description": table.description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "schema": schema,
    }


def write_package(folder: Path, tables: Iterable[Table], facts: Mapping, version: str) -> dict[str, str]:
    """Write the CSV files and their description.

    Parameters
    ----------
    folder : Path
        Is there, and empty.
    tables : iterable of Table
    facts : mapping
        As `build_facts`.
    version : str
        Of the project.

    Returns
    -------
    dict
        {path of a file: its text}.
    """
    texts, resources = {}, []
    for table in tables:
        path = f"{table.name.replace('.', '/')}.csv"
        texts[path] = csv_text(table)
        content = texts[path].encode()
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(content)
        resources.append(resource(table, path, content))
    built = facts["built_at"]
    described = {
        "profile": "tabular-data-package",
        "name": "value-for-money",
        "title": "Value for money in the integration of refugees, by municipality",
        "description": f"{ABOUT} Data: {facts['origin']}.",
        "version": version,
        "created": cell_text(built) + "Z" if isinstance(built, datetime) else str(built),
        "keywords": ["integration", "refugees", "municipalities", "Denmark", "employment", "expenditure"],
        "licenses": [
            {"name": "MIT", "title": "MIT License", "path": "https://opensource.org/license/mit"},
        ],
        "sources": [
            {"title": "KORA (2017), Value for money i integrationsindsatsen"},
            {"title": facts["origin"]},
        ],
        "resources": resources,
    }
    texts[DESCRIPTOR] = json.dumps(described, ensure_ascii=False, indent=1) + "\n"
    (folder / DESCRIPTOR).write_text(texts[DESCRIPTOR], encoding="utf-8")
    return texts
