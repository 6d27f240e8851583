"""The examples of README.md and docs/clients.md print what these pages say they print.

python tests/pages/test_readme.py      writes the answers anew from the published file
"""

import re
import shlex
import shutil
import subprocess
import sys
from contextlib import closing

import pytest
from published_results import results_of_the_shipped_data

from vfm.warehouse import published
from vfm.warehouse.paths import PROJECT

README = PROJECT / "README.md"
CLIENTS = PROJECT / "docs/clients.md"
MOST_LINES = 150
QUERY = re.compile(r"(?P<question>```sql\n(?P<query>.*?)```\n```\n)(?P<answer>.*?)(?=```\n)", re.DOTALL)
PYTHON = re.compile(r"(?P<question>```python\n(?P<program>.*?)```\n```\n)(?P<answer>.*?)(?=```\n)", re.DOTALL)
EXPORT = re.compile(r"^\.venv/bin/duckdb (?P<arguments>.*) > (?P<file>\S+)$", re.MULTILINE)
IN_R = re.compile(r"^read\.csv\(.*\)$", re.MULTILINE)


def answer(con, query):
    """What a DuckDB client shows, without trailing blanks."""
    return stripped(str(con.sql(query)))


def stripped(text):
    """Take trailing blanks and empty lines off."""
    return "".join(line.rstrip() + "\n" for line in text.strip("\n").splitlines())


def run(command, folder, **options):
    """Run a command beside vfm.duckdb and return what it printed."""
    return subprocess.run(
        command, cwd=folder, check=True, capture_output=True, encoding="utf-8", timeout=60, **options
    ).stdout


def test_the_pages_have_their_examples():
    assert len(QUERY.findall(README.read_text(encoding="utf-8"))) == 3
    text = CLIENTS.read_text(encoding="utf-8")
    assert [len(pattern.findall(text)) for pattern in (PYTHON, EXPORT, IN_R)] == [1, 1, 1]


def test_the_readme_is_short():
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_the_queries_print_what_the_readme_says():
    with results_of_the_shipped_data() as con:
        for example in QUERY.finditer(README.read_text(encoding="utf-8")):
            assert example["answer"] == answer(con, example["query"])


def test_the_python_program_prints_what_the_page_says():
    with results_of_the_shipped_data():
        example = PYTHON.search(CLIENTS.read_text(encoding="utf-8"))
        assert example["answer"] == printed(example["program"])


def printed(program):
    """What a Python program prints beside vfm.duckdb."""
    results = published.results()
    program = program.replace('"vfm.duckdb"', repr(str(results)))
    return stripped(run([sys.executable, "-c", program], results.parent))


def test_the_export_is_a_csv_that_r_reads(tmp_path):
    text = CLIENTS.read_text(encoding="utf-8")
    with results_of_the_shipped_data() as con:
        names = sorted(
            name
            for (name,) in con.sql("select municipality_name from benchmark.benchmark_indicators").fetchall()
        )
        shutil.copy(published.results(), tmp_path / "vfm.duckdb")
    export = EXPORT.search(text)
    written = tmp_path / export["file"]
    command = [sys.executable, "-m", "duckdb_cli", *shlex.split(export["arguments"])]
    written.write_text(run(command, tmp_path), encoding="utf-8")
    assert all(name in written.read_text(encoding="utf-8") for name in names)
    if not shutil.which("Rscript"):
        pytest.skip("there is no R here")
    program = f"d <- {IN_R.search(text)[0]}; stopifnot('101' %in% d$municipality_code); cat(nrow(d))"
    assert run(["Rscript", "-e", program], tmp_path) == str(len(names))


def write():
    """Write the answers into both pages."""
    text = README.read_text(encoding="utf-8")
    with closing(published.connect(published.results())) as con:
        text = QUERY.sub(lambda example: example["question"] + answer(con, example["query"]), text)
    README.write_text(text, encoding="utf-8")
    text = CLIENTS.read_text(encoding="utf-8")
    text = PYTHON.sub(lambda example: example["question"] + printed(example["program"]), text)
    CLIENTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
