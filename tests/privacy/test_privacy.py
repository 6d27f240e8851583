"""Persons' ids stay in the build folder's warehouse: no log, message, target or published file has them."""

import os
import re
import sys
from pathlib import Path

import duckdb
import preloaded
import pytest
import tiny_registers
from borrowed_project import SMALL_PROJECT, borrow

from vfm.privacy import redaction
from vfm.warehouse.paths import PROJECT, Paths

# ids as they may come: letters, numbers, ten digits with a hyphen, numbers stored as such
TEXT, DIGITS, HYPHEN, NUMBER = "PNRSECRET0001", "990000000001", "991231-4321", 990000000077
IDS = [TEXT, DIGITS, HYPHEN, str(NUMBER)]

CONTRACT = """
models:
  - name: primary_key
    config: {contract: {enforced: true}}
    columns:
      - {name: person_id, data_type: varchar, constraints: [{type: primary_key}]}
  - name: check_of_a_column
    config: {contract: {enforced: true}}
    columns:
      - {name: person_id, data_type: varchar, constraints: [{type: check, expression: "person_id < 'A'"}]}
  - &python
    name: python_primary_key
    columns:
      - {name: person_id, data_type: varchar, constraints: [{type: primary_key}]}
"""
PYTHON = """
import pandas
def model(dbt, session):
    dbt.config(materialized="table")
    persons = session.sql("select pnr as person_id from raw.vnds").df()
    BODY
"""
# each fails in its own way with a person's id in its hands; raw is no source here, whose tests would go first
SQL_MODELS = {
    "to_a_number": "select cast(pnr as integer) as x from raw.vnds",
    "to_a_date": "select cast(pnr as date) as x from raw.vnds",
    "out_of_range": "select cast(pnr as tinyint) as x from raw.dod",
    "overflow": "select pnr * pnr * pnr as x from raw.dod",
    "parsed": "select strptime(pnr, '%Y') as x from raw.vnds",
    "raised": "select error(pnr) as x from raw.vnds",
    "primary_key": "select pnr as person_id from raw.vnds, range(2)",
    "check_of_a_column": "select pnr as person_id from raw.vnds",
}
PYTHON_MODELS = {
    "python_key_error": "return {}[persons.person_id.iloc[0]]",
    "python_float": "return persons.astype(float)",
    "python_frame": "assert persons.empty, persons\n    return persons",
    "python_chain": (
        "try:\n        persons.astype(int)\n"
        "    except ValueError as problem:\n        raise KeyError('it failed') from problem\n"
        "    return persons"
    ),
    "python_query": "return session.sql('select cast(pnr as date) from raw.vnds').df()",
    "python_primary_key": "return pandas.concat([persons, persons])",
}
SQL_TESTS = {
    "nobody_has_an_id": "select * from raw.vnds",
    "every_id_is_a_number": "select * from raw.vnds where cast(pnr as integer) < 0",
}
CONTRACT += "".join(f"  - {{<<: *python, name: {name}}}\n" for name in PYTHON_MODELS if "primary" not in name)
FAILING = {f"models/intermediate/{name}.sql": text for name, text in SQL_MODELS.items()}
FAILING |= {
    f"python_models/intermediate/{name}.py": PYTHON.replace("BODY", text)
    for name, text in PYTHON_MODELS.items()
}
FAILING |= {f"tests/{name}.sql": text for name, text in SQL_TESTS.items()}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return borrow(tmp_path_factory.mktemp("project"), SMALL_PROJECT)


@pytest.fixture(scope="module")
def registers(tmp_path_factory):
    """Registers of these ids behind links, as an administrator makes them, in a folder with an apostrophe."""
    folder = tiny_registers.write_registers(tmp_path_factory.mktemp("delivery"))
    for register, row in tiny_registers.columns().items():
        key = next(name for name in row if name.lower().startswith("pnr"))
        for part, pnr in enumerate([f"'{TEXT}'", f"'{DIGITS}'", f"'{HYPHEN}'"]):
            tiny_registers.write_part(folder, register, row | {key: pnr}, part=f"part-{part}")
    for part in range(3):
        row = tiny_registers.columns()["dod"] | {"PNR": str(NUMBER)}
        tiny_registers.write_part(folder, "dod", row, part=f"part-{part}")
    linked = tmp_path_factory.mktemp("links") / "jens' registers"
    (linked / "dod").mkdir(parents=True)
    for part in (folder / "dod").iterdir():
        (linked / "dod" / part.name).symlink_to(part)
    for register in folder.iterdir():
        if register.name != "dod":
            (linked / register.name).symlink_to(register)
    return linked


@pytest.fixture(scope="module")
def run(project, registers):
    """Run a command in the project; return its status and all it said."""

    def ran(*command, **environment):
        defaults = {"VFM_BUILD": "build", "VFM_RESULTS": "vfm.duckdb", "PYTHONPATH": str(PROJECT)}
        defaults |= {"VFM_REGISTERS": str(registers), "DBT_PROFILES_DIR": "profiles"}
        ended = preloaded.run(
            command, env=os.environ | defaults | environment, cwd=project, capture_output=True, timeout=300
        )
        return ended.returncode, (ended.stdout + ended.stderr).decode()

    return ran


MAKE = (sys.executable, "-m", "vfm.build", "--project-dir", ".")
DBT = (sys.executable, "-c", "from dbt.cli.main import cli; cli()", "--no-use-colors")


def files(*folders):
    return [path for folder in folders for path in Path(folder).rglob("*") if path.is_file()]


def without_ids(what, text):
    for person in IDS:
        assert person not in text, f"{what} has {person}: ...{text[max(text.find(person) - 300, 0) :][:400]}"


def no_file_has_ids(*paths):
    assert paths
    for path in paths:
        content = path.read_bytes()
        for person in IDS:
            assert person.encode() not in content, f"{person} is in {path}"


def owner_only(*paths):
    assert paths
    assert not {str(path): oct(path.lstat().st_mode) for path in paths if path.lstat().st_mode & 0o077}


def test_a_build_that_passes(project, run):
    status, said = run(*MAKE)
    assert status == 0, said
    without_ids("the screen", said)
    status, said = run(*DBT, "show", "--inline", "select pnr from raw.vnds")
    assert status == 0 and TEXT in said, "who asks for rows sees them, and no log does"
    no_file_has_ids(*files(project / "logs"))
    with duckdb.connect(str(project / "build/warehouse.duckdb"), read_only=True) as con:
        assert con.execute("select count(*) from raw.ophg").fetchall() == [(3,)], (
            "the ids are there to be leaked"
        )
    no_file_has_ids(*files(project / "build/logs", project / "build/target"), project / "vfm.duckdb")
    assert not ids_in_tables(project / "vfm.duckdb", set(IDS))
    owner_only(project / "build", *(project / "build").rglob("*"))


def test_builds_that_fail_in_many_ways(project, run):
    """First make build, then plain dbt with its folders in the project's root, rows of failed tests kept."""
    (project / "vfm.duckdb").unlink(missing_ok=True)
    for name, text in FAILING.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    (project / "models/intermediate/contract.yml").write_text(CONTRACT)
    status, said = run(*MAKE)
    assert status == 1
    assert "Traceback" not in said
    without_ids("make build", said)
    dbt = {}
    for command in (["--debug", "build"], ["test", "--store-failures"]):
        dbt[command[0]] = run(*DBT, *command)[1]
        without_ids(f"dbt {' '.join(command)}", dbt[command[0]])
    for name in FAILING:
        assert re.search(rf"(Error|Failure) in (model|test) {Path(name).stem} ", dbt["--debug"]), (
            f"{name} did not fail"
        )
    assert "constraint violation: duplicate key (value not shown)" in dbt["--debug"]
    assert "Could not convert string (value not shown) to INT32" in dbt["--debug"]
    assert "KeyError: '(value not shown)'" in dbt["--debug"]
    assert ", in astype" in dbt["--debug"], "the places in the code are there"
    no_file_has_ids(
        *files(project / "build/logs", project / "build/target", project / "logs", project / "target")
    )
    owner_only(*files(project / "logs"), project / "target", *(project / "target").rglob("*"))
    owner_only(project / "build", *(project / "build").rglob("*"))
    assert not (project / "vfm.duckdb").exists()


def ids_in_tables(path, ids):
    """Return the ids found among the words of any text in a DuckDB file, in tables, names or comments."""
    found = set()
    with duckdb.connect(str(path), read_only=True) as con:
        columns = con.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
        for schema, table, column in columns:
            rows = con.execute(
                f'select distinct cast("{column}" as varchar) from "{schema}"."{table}"'
            ).fetchall()
            found |= ids & set(re.findall(r"[\w-]+", " ".join(value for (value,) in rows if value)))
        comments = con.execute(
            "select comment from duckdb_tables() union all select comment from duckdb_columns()"
        ).fetchall()
        found |= ids & set(re.findall(r"[\w-]+", " ".join(value for (value,) in comments if value)))
    return found


def test_the_whole_build_leaks_no_id(monkeypatch):
    """Every id of the registers behind the build folder's warehouse, in every file beside that warehouse."""
    monkeypatch.delenv("VFM_REGISTERS", raising=False)
    paths = Paths.from_environment(PROJECT)
    if not paths.warehouse.exists() or not paths.results.exists():
        pytest.skip(f"there is no whole build in {paths.build}: make build first")
    columns = {
        "bef": ["PNR", "FAMILIE_ID", "E_FAELLE_ID"], "lmdb": ["PNR"], "lpr_adm": ["RECNUM", "PNR"],
    }  # fmt: skip
    others = ["vnds", "flyt", "dod", "ophg", "dream", "bfl", "sssy", "danskudd"]
    with duckdb.connect(str(paths.warehouse), read_only=True) as con:
        queries = [
            f"select cast({column} as varchar) from raw.{register}"
            for register, names in (columns | dict.fromkeys(others, ["PNR"])).items()
            for column in names
        ]
        ids = {row[0] for row in con.execute(" union ".join(queries)).fetchall() if row[0]}
    assert len(ids) > 30_000
    assert min(map(len, ids)) >= 10, "shorter ones could be found by chance"
    as_bytes = {person.encode() for person in ids}
    word = re.compile(rb"[0-9A-Za-z]{10,}")
    for path in [*files(paths.logs, paths.target), paths.results]:
        content = path.read_bytes()
        assert not as_bytes.intersection(word.findall(content)), path
        assert not as_bytes.intersection(content[at : at + 12] for at in runs(content)), path
    assert not ids_in_tables(paths.results, ids)
    owner_only(paths.build, *paths.build.rglob("*"))


def runs(content):
    """Where an id of 12 characters could begin in a longer run of letters and digits, as in a block."""
    for match in re.finditer(rb"[0-9A-Za-z]{13,}", content):
        yield from range(match.start(), match.end() - 11)


OUTSIDE = {
    "reading": "select * from read_csv('/etc/passwd')",
    "listing": "select * from glob('/etc/*')",
    "copying out": "copy (select 1) to '{out}/copied.csv'",
    "attaching": "attach '{out}/attached.duckdb'",
    "exporting": "export database '{out}/exported'",
    "installing": "install httpfs",
    "loading": "load httpfs",
    "fetching": "select * from read_csv('https://example.org/x.csv')",
    "opening up again": "set enable_external_access = true",
    "allowing more": "set allowed_directories = ['/']",
    "changing another setting": "set threads = 1",
}


def test_duckdb_touches_nothing_outside_its_folders(project, run, tmp_path):
    """Each attempt is a model of its own, in a run that mounts the registers."""
    for path in FAILING:
        (project / path).unlink(missing_ok=True)
    (project / "models/intermediate/contract.yml").unlink(missing_ok=True)
    (project / "models/intermediate").mkdir(exist_ok=True)
    model = "{{{{ config(materialized='view', pre_hook=\"{query}\") }}}} select 1 as x"
    for name, query in OUTSIDE.items():
        text = model.format(query=query.format(out=tmp_path))
        (project / f"models/intermediate/{name.replace(' ', '_')}.sql").write_text(text)
    status, said = run(*DBT, "run")
    assert status == 1
    for name in OUTSIDE:
        (told,) = re.findall(rf"Runtime Error in model {name.replace(' ', '_')} .*\n\s*(.*)", said)
        assert re.match("(Permission|Invalid Input) Error: .*(disabled|locked|Cannot)", told), (name, told)
        (project / f"models/intermediate/{name.replace(' ', '_')}.sql").unlink()
    assert list(tmp_path.iterdir()) == []


SHOWN = [
    'Conversion Error: date field value out of range: "2011-13-01"',
    "Invalid Input Error: No magic bytes found at end of file '/d12345678/dod/part-000001.parquet'",
    "Invalid Input Error: register bfl: 12345678 rows hold '1.250,5'",
    'Binder Error: Referenced column "person_ident" not found',
    "Conversion Error: Could not convert to DECIMAL(18,3) or INT128",
]
HIDDEN = {
    'Constraint Error: Duplicate key "person_id: 1" violates': "Duplicate key * violates",
    'TransactionContext Error: duplicate key "person_id: 1, x: \'""': "duplicate key *",
    "Conversion Error: Could not convert string '0101011234' to INT32": "Could not convert string * to INT32",
    "Conversion Error: Could not convert string '42' to INT32": "Could not convert string * to INT32",
    "Out of Range Error: Overflow of INT64 (990000000001 + 17)!": "Overflow of INT64 (* + 17)!",
    "Invalid Input Error: CSV Error\nOriginal Line: 0101011234;x": "CSV Error\nOriginal Line: *;x",
}


def test_values_are_hidden_in_errors_of_duckdb_and_names_are_not():
    for said in SHOWN:
        assert redaction.of_duckdb(said) == said
    for said, shown in HIDDEN.items():
        shown = shown.replace("*", redaction.HIDDEN)
        assert redaction.of_duckdb(said, "select 17").endswith(f" Error: {shown}")


def test_in_errors_of_python_what_looks_like_an_id_is_hidden():
    said = "KeyError: 990000000001 Q0000004CF8F 991231-4321 0.123456789 age_group_25_29 169 2011-12-31 ab3"
    hidden = "(value not shown)"
    assert redaction.of_python(said) == (
        f"KeyError: {hidden} {hidden} {hidden} 0.123456789 age_group_25_29 169 2011-12-31 ab3"
    )


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/bad_input.md"])
def test_every_test_that_a_page_names_exists(page):
    named = re.findall(r"`(test_\w+)`", (PROJECT / page).read_text())
    tests = "".join(path.read_text() for path in (PROJECT / "tests").glob("*/test_*.py"))
    assert named
    assert not [name for name in named if f"def {name}(" not in tests]
