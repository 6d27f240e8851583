"""What a model declares before it is published: that it may be, and of each column what it rests on and how
precisely it is given.
"""

from collections.abc import Collection
from dataclasses import dataclass

from vfm.privacy.precision import Precision, PrecisionError

#: Schemas whose models may be published, in the order in which they are shown.
SCHEMAS = ("benchmark", "expenditure", "efficiency", "report", "meta")
#: What the numbers of a column may rest on.
RESTS_ON = ("persons", "spells", "municipalities", "public figures", "a model", "nothing")


class DeclarationError(ValueError):
    """A model or a column lacks a declaration; every argument is one sentence for a person."""


@dataclass(frozen=True)
class Column:
    """A published column; `withheld_reason` names the column that says why a number is missing."""

    name: str
    rests_on: str
    precision: Precision
    withheld_reason: str | None = None


@dataclass(frozen=True)
class Table:
    """A published table and its columns by name, in the order of the yml."""

    schema: str
    name: str
    columns: dict[str, Column]

    def undeclared(self, columns: Collection[str]) -> list[str]:
        """Return those of the columns that the yml does not declare, whatever their case, in order."""
        declared = {name.lower() for name in self.columns}
        return sorted(name for name in columns if name.lower() not in declared)


def published_tables(manifest: dict, schemas: Collection[str]) -> dict[str, Table]:
    """Read what is declared of the models that are published.

    Parameters
    ----------
    manifest : dict
        dbt's manifest.json.
    schemas : collection of str
        The published schemas. Each of their models must say whether it is published; of another schema none
        may be.

    Returns
    -------
    dict
        {unique id: Table} of the models with publish: true.

    Raises
    ------
    DeclarationError
        With one sentence for each declaration that is missing or cannot be read, and for each table whose
        values are called inherited and are made from what is not released.
    """
    tables, wrong = {}, []
    for key, node in manifest["nodes"].items():
        if node["resource_type"] != "model":
            continue
        name = f"{node['schema']}.{node['alias']}"
        publish = _meta(node).get("publish")
        if node["schema"] not in schemas:
            if publish:
                wrong.append(
                    f"Model {name} says publish: true, but its schema is not one of {', '.join(schemas)}."
                )
        elif not isinstance(publish, bool):
            wrong.append(
                f"Model {name} does not say whether it is published: "
                "write `config: {meta: {publish: true}}` or false into its yml."
            )
        elif publish:
            columns = _columns(name, node, wrong)
            tables[key] = Table(node["schema"], node["alias"], columns)
    for key, table in tables.items():
        wrong += _not_inherited(manifest["nodes"], key, table, tables, schemas)
    if wrong:
        raise DeclarationError(*wrong)
    return tables


def _not_inherited(nodes, key, table, tables, schemas):
    """A sentence for a table that calls values inherited though its sources are not all released, or none is.

    A source that is released has been held against its own precision. What stands between, in a published
    schema and itself unpublished, is followed to its own sources.
    """
    columns = [column.name for column in table.columns.values() if column.precision.words == "inherited"]
    if not columns:
        return
    released, others = set(), set()
    waiting, seen = [key], {key}
    while waiting:
        for parent in nodes[waiting.pop()].get("depends_on", {}).get("nodes", []):
            node = nodes.get(parent, {})
            if parent in tables:
                released.add(parent)
            elif node.get("schema") in schemas and parent not in seen:
                waiting.append(parent)
            elif node.get("resource_type") != "seed" and parent not in seen:
                others.add(parent.split(".", 2)[-1])
            seen.add(parent)
    where = f"Column {columns[0]} of {table.schema}.{table.name} says that its values are inherited"
    if others:
        yield (
            f"{where}, but the model reads {min(others)}, which is not published: read the published table "
            "or declare the precision."
        )
    elif not released:
        yield f"{where}, but the model reads no published table: declare the precision."


def _meta(entry):
    """Meta of a model or column, where dbt 1.11 keeps it, or where older versions did."""
    return (entry.get("config") or {}).get("meta") or entry.get("meta") or {}


def _columns(table, node, wrong):
    """Columns of a published model; adds a sentence to `wrong` for each without its declaration."""
    columns = {}
    if not node.get("columns"):
        wrong.append(f"Model {table} is to be published but declares no columns.")
    for name, entry in (node.get("columns") or {}).items():
        meta, where = _meta(entry), f"Column {name} of {table}"
        reason = meta.get("withheld_reason")
        if meta.get("rests_on") not in RESTS_ON:
            wrong.append(f"{where} does not say what it rests on: rests_on is one of {', '.join(RESTS_ON)}.")
        elif "precision" not in meta:
            wrong.append(f"{where} does not say with what precision it may be given.")
        elif reason is not None and (not isinstance(reason, str) or reason not in node["columns"]):
            wrong.append(f"{where} names {reason} as the column of its reasons, which is not there.")
        else:
            try:
                columns[name] = Column(name, meta["rests_on"], Precision.read(meta["precision"]), reason)
            except PrecisionError as problem:
                wrong.append(f"{where}: {problem}")
    return columns
