"""The README's examples print what it says they print.

python tests/python/test_readme.py      writes the answers anew from the published file
"""

import os
import re

import duckdb
import pytest

from vfm import provenance

README = provenance.PROJECT / "README.md"
EXAMPLE = re.compile(r"(?P<question>```sql\n(?P<query>.*?)```\n```\n)(?P<answer>.*?)(?=```\n)", re.DOTALL)
RESULTS = provenance.PROJECT / (os.environ.get("VFM_RESULTS") or "vfm.duckdb")


def answer(con, query):
    """What a DuckDB client shows, without trailing blanks."""
    return "".join(line.rstrip() + "\n" for line in str(con.sql(query)).strip().splitlines())


def test_the_readme_has_three_examples():
    assert len(EXAMPLE.findall(README.read_text(encoding="utf-8"))) == 3


def test_the_examples_print_what_the_readme_says():
    if not RESULTS.exists():
        pytest.skip("nothing is published yet")
    with duckdb.connect(str(RESULTS), read_only=True) as con:
        fingerprint, registers, accounts = con.execute(
            "select register_fingerprint, data_origin, accounts_origin from meta.build_info"
        ).fetchone()
        if fingerprint != provenance.register_fingerprint(provenance.PROJECT / "seeds/registers"):
            pytest.skip("the published results are from other registers than the README's")
        if accounts != registers:
            pytest.skip("the published results are from other accounts than the README's")
        for example in EXAMPLE.finditer(README.read_text(encoding="utf-8")):
            assert example["answer"] == answer(con, example["query"])


def write():
    """Write the answers into the README."""
    text = README.read_text(encoding="utf-8")
    with duckdb.connect(str(RESULTS), read_only=True) as con:
        text = EXAMPLE.sub(lambda example: example["question"] + answer(con, example["query"]), text)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
