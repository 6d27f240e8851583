"""make docs: one page with the lineage and every table, column and macro described, to be read from disk."""

import argparse
import json
import subprocess
import sys
import time
from contextlib import suppress

from vfm import build

PAGE = "docs.html"  # in the build folder
# Tests are left out: their SQL is half of the time and of the page, and their names stand beside the columns anyway.
CHOICE = ("--select", "resource_type:model", "resource_type:seed", "resource_type:source")
HEAD = '<head><meta charset="utf-8">'
# The page holds all it needs. Its code could load a counter of visits from elsewhere; the browser refuses that.
POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; font-src data:; '
    "style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'\">"
)
ICON = '<link rel="shortcut icon" href="${require(\'./assets/favicons/favicon.ico\')}"/>'


def generate(paths):
    """Let dbt write manifest, catalogue and page into its target folder.

    Parameters
    ----------
    paths : vfm.build.Paths

    Raises
    ------
    BuildError
        If there is no warehouse, another process holds it, or dbt did not end well.
    """
    if not paths.warehouse.exists():
        raise build.BuildError(
            f"There is no {paths.short(paths.warehouse)} yet, from which the columns' types are read: "
            "make build makes it."
        )
    build.wait_for_warehouse(paths)
    command = [
        sys.executable, "-c", build.DBT, "docs", "generate", "--static",
        *CHOICE, "--indirect-selection", "empty",
        "--target-path", str(paths.target), "--log-path", str(paths.logs),
        "--log-format", "json", "--log-level", "error", "--log-format-file", "text", "--no-use-colors",
        "--no-send-anonymous-usage-stats",
    ]  # fmt: skip
    errors, plain = [], []
    with subprocess.Popen(
        command,
        cwd=paths.project,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as dbt:
        for line in dbt.stdout:
            with suppress(ValueError, KeyError, TypeError):
                event = json.loads(line)["info"]
                if event["level"] == "error":
                    errors.append((event["name"], event["msg"]))
                continue
            plain.append(line)
        dbt.wait()  # before the pipe to it is closed
    if dbt.returncode != 0:
        raise build.BuildError(*build.failures(paths, errors, plain))


def self_contained(page):
    """Return dbt's page as one that loads nothing, whatever its code would like to.

    Raises
    ------
    BuildError
        If the page does not begin as dbt's pages do.
    """
    if HEAD not in page[:1000]:
        raise build.BuildError("dbt's page does not begin as it used to: look at vfm/lineage.py.")
    page = page.replace(HEAD, HEAD + POLICY, 1).replace(ICON, "", 1)
    return page.replace("<title>dbt Docs</title>", "<title>value_for_money: lineage</title>", 1)


def write(paths):
    """Write the page; return its path."""
    generate(paths)
    page = self_contained((paths.target / "static_index.html").read_text(encoding="utf-8"))
    path = paths.build / PAGE
    path.write_text(page, encoding="utf-8")
    return path


def main(arguments=None):
    """Write the page from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vfm.lineage", description=__doc__)
    parser.parse_args(arguments)
    paths = build.Paths.from_environment(build.PROJECT)
    started = time.monotonic()
    try:
        path = write(paths)
    except (build.BuildError, OSError) as problem:
        print("\n".join(map(str, problem.args if isinstance(problem, build.BuildError) else [problem])),
              file=sys.stderr)  # fmt: skip
        return 1
    print(f"Open {paths.short(path)} ({path.stat().st_size / 1e6:.1f} MB, {time.monotonic() - started:.1f} s).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
