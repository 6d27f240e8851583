"""make docs: one page with the lineage and every table, column and macro described, to be read from disk."""

import argparse
import json
import re
import sys
import time
from pathlib import Path

from vfm.pages import cookbook
from vfm.pages.writing import replace_whole
from vfm.privacy import leaks
from vfm.warehouse import variables
from vfm.warehouse.dbt_runs import listen, wait_for_warehouse
from vfm.warehouse.failures import failures
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import PROJECT, Paths

PAGE = "docs.html"  # in the build folder
# The tests are not compiled: that is half of the time, and the page names them beside the columns anyway.
CHOICE = ("--select", "resource_type:model", "resource_type:seed", "resource_type:source")
HEAD = '<head><meta charset="utf-8">'
# The page holds all it needs. Its code could load a counter of visits from elsewhere: the browser refuses.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
    "font-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'\">"
)
# Rules and a script for what dbt's page lacks: a phone's width, whole descriptions, contrast, the keyboard.
DRESS = Path(__file__).with_suffix(".html")
DIM, BRIGHT = '-color":"#006f8a"', '-color":"#5fb3c8"'  # of the graph's lines
# Of a node: paths of the machine, and what dbt keeps to see what changed.
NOT_SHOWN = {"compiled_path", "root_path", "build_path", "checksum", "contract", "created_at", "extra_ctes",
             "deprecation_date", "extra_ctes_injected", "file_key_name", "functions", "latest_version",
             "patch_path", "primary_key", "relation_name", "time_spine", "unrendered_config"}  # fmt: skip
NOT_SHOWN_OF_MACROS = {"created_at", "patch_path", "supported_languages"}
# What a column declares is in its meta; its config holds the same once more.
NOT_SHOWN_OF_COLUMNS = {"config", "constraints", "doc_blocks", "granularity", "quote", "tags"}
# Of a test, beside which the page names column, rule and severity.
NOT_SHOWN_OF_TESTS = {"raw_code", "attached_node"}
QUESTION = {"show": True, "node_color": "#93a1ab"}  # the colour of a question; docs/overview.md names it
TABLE_READ = re.compile(r"(?:from|join|unpivot)\s+(\w+)\.(\w+)")
ICON = '<link rel="shortcut icon" href="${require(\'./assets/favicons/favicon.ico\')}"/>'


def generate_docs(paths: Paths, values: dict | None = None) -> None:
    """Let dbt write manifest, catalogue and an empty page into its target folder.

    Parameters
    ----------
    paths : vfm.Paths
    values : dict, optional
        Variables of the method with which the warehouse was built, where they differ from dbt_project.yml.

    Raises
    ------
    BuildError
        If there is no warehouse, another process holds it, or dbt did not end well.
    """
    if not paths.warehouse.exists():
        raise BuildError(
            f"There is no {paths.short(paths.warehouse)} yet, from which the columns' types are read: "
            "make build makes it. See docs/bad_input.md#no-warehouse."
        )
    wait_for_warehouse(paths)
    choice = ["docs", "generate", *CHOICE, "--indirect-selection", "empty", "--log-level", "error"]
    choice += ["--vars", json.dumps(values)] if values else []
    status, errors, plain = listen(paths, choice, hear=lambda event: None)
    if status != 0:
        raise BuildError(*failures(paths, errors, plain))


def shown_manifest(manifest: dict) -> dict:
    """Leave in dbt's manifest what the page shows: no unit tests, no macros of dbt's own, no machine's paths.

    Parameters
    ----------
    manifest : dict
        dbt's manifest.json.

    Returns
    -------
    dict
        Unit tests would be the larger part of the graph; docs/rules.md lists them.
    """
    project, left_out = manifest["metadata"]["project_name"], manifest["unit_tests"]
    maps = {
        name: {
            key: [other for other in others if other not in left_out]
            for key, others in manifest[name].items()
            if key not in left_out
        }
        for name in ("parent_map", "child_map")
    }
    macros = {
        key: {name: value for name, value in macro.items() if name not in NOT_SHOWN_OF_MACROS}
        for key, macro in manifest["macros"].items()
        if macro["package_name"] == project
    }
    shown = {
        kind: {key: _shown(node) for key, node in manifest[kind].items()} for kind in ("nodes", "sources")
    }
    return manifest | maps | shown | {"macros": macros, "unit_tests": {}, "group_map": {}}


def _shown(node):
    left_out = NOT_SHOWN
    if node["resource_type"] == "test":
        left_out = NOT_SHOWN | NOT_SHOWN_OF_TESTS
        node = node | {"config": {name: value for name, value in node["config"].items() if value}}
    elif config := node.get("config"):
        empty = (None, [], {})
        node = node | {"config": {name: value for name, value in config.items() if value not in empty}}
    shown = {name: value for name, value in node.items() if name not in left_out}
    if columns := node.get("columns"):
        shown["columns"] = {
            key: {name: value for name, value in column.items() if name not in NOT_SHOWN_OF_COLUMNS}
            for key, column in columns.items()
        }
    return shown


def shown_catalog(catalog: dict) -> dict:
    """Leave in dbt's catalog what the page shows: types. Its comments are the descriptions once more.

    Parameters
    ----------
    catalog : dict
        dbt's catalog.json.

    Returns
    -------
    dict
    """
    tables = {
        kind: {
            key: table
            | {
                "columns": {
                    name: {part: value for part, value in column.items() if part != "comment"}
                    for name, column in table["columns"].items()
                },
                "metadata": {part: value for part, value in table["metadata"].items() if part != "comment"},
            }
            for key, table in catalog[kind].items()
        }
        for kind in ("nodes", "sources")
    }
    return catalog | tables


def with_questions(manifest: dict, questions: list[cookbook.Question]) -> dict:
    """Say of every query of analyses/ what it asks and reads: it uses no ref(), so dbt knows neither.

    Parameters
    ----------
    manifest : dict
        As `shown` returns it.
    questions : list of vfm.pages.cookbook.Question

    Returns
    -------
    dict
    """
    nodes = manifest["nodes"]
    models, keys = {}, {}
    for key, node in nodes.items():
        if node["resource_type"] == "model":
            models[node["schema"], node["alias"]] = key
        elif node["resource_type"] == "analysis":
            keys[node["original_file_path"]] = key
    parents, children, asked = dict(manifest["parent_map"]), dict(manifest["child_map"]), {}
    for each in questions:
        key = keys[each.path]
        read = sorted({models[table] for table in TABLE_READ.findall(each.sql) if table in models})
        asked[key] = nodes[key] | {
            "description": f"{each.question} {each.note}",
            "docs": QUESTION,
            "depends_on": {"macros": [], "nodes": read},
        }
        parents[key] = read
        children |= {table: [*children[table], key] for table in read}
    return manifest | {"nodes": nodes | asked, "parent_map": parents, "child_map": children}


def self_contained_page(page: str, manifest: dict, catalog: dict) -> str:
    """Return dbt's page with its data inside; it loads nothing from elsewhere.

    Parameters
    ----------
    page : str
    manifest, catalog : dict

    Raises
    ------
    BuildError
        If the page is not as dbt's pages are.
    """
    changes = {
        HEAD: HEAD + POLICY + DRESS.read_text(encoding="utf-8"),
        ICON: "",
        "<title>dbt Docs</title>": "<title>value_for_money: lineage</title>",
        '"MANIFEST.JSON INLINE DATA"': script_json(manifest),
        '"CATALOG.JSON INLINE DATA"': script_json(catalog),
    }
    for old, new in changes.items():
        if page.count(old) != 1:
            raise BuildError(f"dbt's page has not one {old} any more: look at vfm/pages/lineage.py.")
        page = page.replace(old, new)
    return page.replace(DIM, BRIGHT)  # these only change the looks: it does no harm if dbt has changed them


def script_json(document: dict) -> str:
    """Write JSON that may stand in a script: no text in it ends the script."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def write_lineage(paths: Paths, values: dict | None = None) -> Path:
    """Write the page; return its path. `values` as in `generate_docs`."""
    generate_docs(paths, values)
    page, manifest, catalog = (
        (paths.target / name).read_text(encoding="utf-8")
        for name in ("index.html", "manifest.json", "catalog.json")
    )
    described = with_questions(shown_manifest(json.loads(manifest)), cookbook.read_questions(paths.project))
    path = paths.build / PAGE
    text = self_contained_page(page, described, shown_catalog(json.loads(catalog)))
    leaks.refuse_ids({PAGE: text}, paths.warehouse, code=page)
    replace_whole(path, text.encode(), mode=0o600)  # as everything in the build folder
    return path


def main(arguments: list[str] | None = None) -> int:
    """Write the page from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vfm.pages.lineage", description=__doc__)
    parser.add_argument(
        "--vars",
        type=variables.read,
        default={},
        metavar="YAML",
        help="variables with which the warehouse was built, where they differ from dbt_project.yml",
    )
    chosen = parser.parse_args(arguments)
    paths = Paths.from_environment(PROJECT)
    started = time.monotonic()
    try:
        path = write_lineage(paths, chosen.vars)
    except (BuildError, OSError, ValueError) as problem:
        print("\n".join(map(str, problem.args if isinstance(problem, BuildError) else [problem])),
              file=sys.stderr)  # fmt: skip
        return 1
    megabytes, seconds = path.stat().st_size / 1e6, time.monotonic() - started
    print(f"Open {paths.short(path)} ({megabytes:.1f} MB, {seconds:.1f} s).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
