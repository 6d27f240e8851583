"""What cannot be right in a delivery: the check and the build refuse it in the same words, and show no id.

Each case puts one kind of bad rows beside the good ones of tiny_registers. Check and build judge them in
rounds, one case of each register at a time; the build in a project of the real staging models, rules and
classifications.
"""

import hashlib
import json
import os
import re
import shutil

import pytest
import tiny_registers
from bad_deliveries import (
    CASES,
    ID,
    MANY,
    ROUNDS,
    ROUNDS_OF_DBT,
    STAGING_PROJECT,
    Case,
    expect,
    rows_judged,
    said,
    without_tests,
)
from borrowed_project import borrow, make
from dbt.cli.main import dbtRunner

from vfm.registers import __main__ as command
from vfm.registers import check, seed_files
from vfm.warehouse import dbt_sql
from vfm.warehouse.dbt_runs import wait_for_warehouse
from vfm.warehouse.failures import describe, failures, one_sentence
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import PROJECT, Paths

PAGE = (PROJECT / "docs/bad_input.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def good(tmp_path_factory):
    """The registers of tiny_registers, written once."""
    return tiny_registers.write_registers(tmp_path_factory.mktemp("good"))


@pytest.fixture
def delivery(good, tmp_path):
    """A copy of the good registers."""
    return shutil.copytree(good, tmp_path / "delivery")


def test_good_registers_have_no_error(delivery):
    assert said(check.check(delivery)) == []


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The staging models, the rules and the classifications of the real project."""
    root = borrow(tmp_path_factory.mktemp("project"), STAGING_PROJECT)
    without_tests(root / "seeds/classifications")
    return root


@pytest.fixture(scope="module")
def dbt(project):
    """Run the rules in dbt in this process on a register folder; return {register: (status, message)}."""
    options = ["--profiles-dir", "profiles", "--target-path", "inside/target", "--log-path", "inside/logs"]
    tables = [f"stg_registers__{name}" for name in ("population", "dream_weeks", "match_groups")]
    umask = os.umask(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.setenv("VFM_BUILD", "inside")  # this process keeps that warehouse open

        def run(registers, select=(*tables, "path:tests/registers")):
            # always in one place: DuckDB reads nowhere else once a process has opened the warehouse
            shutil.rmtree(project / "delivered", ignore_errors=True)
            shutil.copytree(registers, project / "delivered")
            patch.setenv("VFM_REGISTERS", str(project / "delivered"))
            # a unit test is of the code and would say the same every time: dbt test --selector all runs it
            command = ["--quiet", "build", "--exclude-resource-type", "unit_test", "--threads", "1"]
            ended = dbtRunner().invoke([*command, *options, "--select", *select])
            results = [result for result in ended.result if result.node.resource_type == "test"]
            return {result.node.name: (str(result.status), result.message) for result in results}

        yield run
    os.umask(umask)


@pytest.fixture(scope="module")
def built(dbt, good):
    """The stand-in with its classifications and views in place."""
    assert {status for status, _ in dbt(good, ["+path:tests/registers"]).values()} == {"pass"}
    return dbt


@pytest.mark.parametrize("turn", ROUNDS)
def test_the_check_says_what_is_wrong(turn, delivery):
    for bad in turn:
        bad.write(delivery)
    lines = rows_judged(delivery)
    for bad in turn:
        expect(bad, [line for line in lines if line.register == bad.register])


@pytest.mark.parametrize("number", ROUNDS_OF_DBT)
def test_the_build_says_what_the_check_says(number, built, delivery):
    for bad in ROUNDS[number]:
        bad.write(delivery)
    lines = rows_judged(delivery)
    for register, (status, message) in built(delivery).items():
        mine = [line for line in lines if line.register == register]
        if said(mine):
            assert (status, one_sentence(message)) == ("error", said(mine)[0])
        else:
            assert status == ("warn" if said(mine, "warning") else "pass"), register
        assert not re.search(r"0000000\d+", str(message))


def spelled(sql):
    """A query without blanks; dbt names the warehouse, and lets the build fail with the worst sentence."""
    sql = "".join(sql.split()).replace('"warehouse".', "").replace('"', "")
    return sql.replace("(selecterror(sentence)from", "(selectnullfrom")


def test_check_and_build_judge_by_the_same_sql(built, project):
    """So what the check says of the other cases, the build says, too."""
    compiled = project / "inside/target/compiled/value_for_money"
    models = [*check.STAGING.glob("*.sql"), *check.TESTS.glob("*.sql")]
    assert len(models) > 20
    for path in models:
        mine, theirs = dbt_sql.render(path), (compiled / path.relative_to(PROJECT)).read_text("utf-8")
        assert spelled(theirs) == spelled(mine), path.name


def test_a_build_lists_the_refusals_of_all_registers_and_publishes_nothing(project, delivery):
    wrong = [bad for bad in CASES if bad.level == "error"]
    wrong = [next(bad for bad in wrong if bad.register == name) for name in dbt_sql.sources()]
    for bad in wrong:
        bad.write(delivery)
    second = tiny_registers.columns()["bfl"] | {"PNR": ID, "AJO_LOENTIMER": "''"}
    tiny_registers.write_part(delivery, "bfl", second, part="bad-1")
    results = project / "vfm.duckdb"
    results.write_bytes(b"what was published last")
    before = hashlib.sha256(results.read_bytes()).hexdigest()
    status, _, sentences = make(project, delivery)
    assert status == 1
    for bad in wrong:
        assert any(bad.says in sentence for sentence in sentences), (bad, sentences)
    assert any(sentence.endswith("make check-registers lists 1 more problem.") for sentence in sentences)
    assert not re.search(r"0000000\d+", "".join(sentences))
    assert hashlib.sha256(results.read_bytes()).hexdigest() == before


# ---- rules that need more than one bad row -----------------------------------------------------------------


def test_a_year_of_dream_without_a_code_is_suspicious(delivery):
    row = tiny_registers.columns()["dream"]
    blank = {name: "''" if name.startswith("Y_12") else value for name, value in row.items()}
    tiny_registers.write_part(delivery, "dream", blank)
    (sentence,) = said(check.check(delivery), "warning")
    assert sentence.startswith("register dream: no week of 2012 holds a code.")
    assert sentence.endswith("#blank-year.")


def test_a_register_that_overlaps_another_is_named(delivery):
    for neighbour in check.OVERLAPS:
        (delivery / neighbour).mkdir()
    sentences = said(check.check(delivery), "warning")
    assert len(sentences) == len(check.OVERLAPS)
    for neighbour in check.OVERLAPS:
        (sentence,) = [each for each in sentences if each.startswith(f"register {neighbour} lies beside ")]
        assert sentence.endswith("#registers-that-overlap.")


@pytest.mark.parametrize("share, level", [(0.05, "error"), (0.3, "warning"), (0.6, None)])
def test_too_few_persons_of_a_register_in_bef(share, level, delivery):
    known = tiny_registers.columns()["bef"] | {"PNR": MANY}
    tiny_registers.write_part(delivery, "bef", known, rows=int(400 * share), part="part-1")
    tiny_registers.write_part(delivery, "bfl", tiny_registers.columns()["bfl"] | {"PNR": MANY}, rows=400)
    lines = [line for line in rows_judged(delivery) if "are not in bef" in line.sentence]
    assert [line.level for line in lines] == ([level] if level else [])


# ---- what a real delivery holds and must not stop it -------------------------------------------------------


ACCEPTED = {
    "the codes of before 2007 in moves of that time": (
        "flyt", {"HAEND_DATO": "date '2006-05-01'", "KOM": "'345'", "GL_KOM": "'077'"}),
    "the codes of before 2007 in population rows of that time": (
        "bef", {"REFERENCETID": "date '2005-12-31'", "ALDER": "24", "KOM": "'345'"}),
    "Christiansoe in bef": ("bef", {"KOM": "411"}),
    "Christiansoe in flyt": ("flyt", {"KOM": "'411'"}),
    "quarters": ("bef", {"REFERENCETID": "date '2012-09-30'", "ALDER": "31"}),
    "DREAM codes of other years": ("dream", {"Y_9801": "'777'", "Y_1701": "'777'", "Y_0453": "'777'"}),
    "match groups as decimals": ("dream", {"MATCH_3KV2012": "2.0"}),
    "courses as decimals": ("danskudd", {"UUDDNR": "3.0"}),
    "five match groups before April 2010": ("dream", {"MATCH_1KV2010": "'5'"}),
    "hours with a comma": ("bfl", {"AJO_LOENTIMER": "'120,5'"}),
    "a person twice": ("dream", {"PNR": "'000000000001'"}),
    "a death twice": ("dod", {"PNR": "'000000000002'"}),
}  # fmt: skip


def test_what_is_right_passes(delivery):
    for number, (register, row) in enumerate(ACCEPTED.values()):
        own = {"PNR": f"'0000000001{number:02}'"} | row
        Case("", register, "", (own,), copies=2).write(delivery, f"good-{number}")  # one could equal a part
    lines = rows_judged(delivery)
    assert said(lines) + said(lines, "warning") == []


# ---- the delivery as a whole -------------------------------------------------------------------------------


def test_a_missing_register_and_a_missing_column_are_errors_and_the_rest_is_checked(delivery):
    (delivery / "bfl/part-0.parquet").unlink()
    row = tiny_registers.columns()["lmdb"]
    del row["ATC"]
    tiny_registers.write_part(delivery, "lmdb", row)
    tiny_registers.write_part(delivery, "dod", tiny_registers.columns()["dod"], rows=0)
    (delivery / "vnds/part-0.parquet").write_bytes(b"PNR;INDUD_KODE")
    Case("contacts", "sssy", "", ({"KONTAKT": "-1"},)).write(delivery)
    lines = {line.register: line.sentence for line in rows_judged(delivery) if line.level == "error"}
    assert list(lines) == ["vnds", "dod", "bfl", "lmdb", "sssy"]
    assert lines["bfl"].startswith(f"register bfl: no parquet file in {delivery}/bfl.")
    assert lines["lmdb"].startswith("register lmdb: required column ATC is missing in part-0.parquet")
    assert lines["dod"].startswith(f"register dod: no row in {delivery}/dod/*.parquet.")
    assert lines["vnds"].startswith("register vnds: part-0.parquet is damaged, cut off or no Parquet file")
    assert lines["sssy"].startswith("register sssy: column KONTAKT has 1 row below 0")


def test_without_bef_the_others_are_checked(delivery):
    (delivery / "bef/part-0.parquet").unlink()
    (sentence,) = said(rows_judged(delivery))
    assert sentence.startswith("register bef: no parquet file in")


def test_the_command_ends_with_1_where_the_build_refuses(delivery, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VFM_BUILD", str(tmp_path / "build"))
    monkeypatch.setenv("VFM_REGISTERS", str(delivery))
    assert command.main(["check"]) == 0
    assert "The build accepts these registers: errors 0, warnings 0." in capsys.readouterr().out
    Case("hours", "bfl", "", ({"AJO_LOENTIMER": "-1"},)).write(delivery)
    assert command.main(["check"]) == 0, "a warning"
    (delivery / "origin.json").write_text("{}")
    assert command.main(["check"]) == 1
    assert "errors 1, warnings 1." in capsys.readouterr().out
    monkeypatch.setenv("VFM_REGISTERS", str(delivery / "nowhere"))
    assert command.main(["check"]) == 1
    assert "no such folder" in capsys.readouterr().out


# ---- Statbank ----------------------------------------------------------------------------------------------


EXPORTS = {
    "regk31": ["OMRÅDE", "FUNKTION", "DRANST", "ART", "PRISENHED", "TID", "INDHOLD"],
    "regk100": ["OMRÅDE", "FUNKTION", "DRANST", "EJER", "GRUPPERING", "ART", "PRISENHED", "TID", "INDHOLD"],
}
READ = '"OMRÅDE" = \'101\' and "FUNKTION" = \'54660\' and "TID" = 2013'
STATBANK = [
    ("unreadable", "regk31", "column INDHOLD has 1 row that no number can be read from (for example 1.234,5)",
     "insert into {} values ('101', '54660', '1', 'S9', 'LOBM', 2013, '1.234,5')"),
    ("no-value", "regk100", "column INDHOLD has 2 rows without a value",
     "insert into {} values ('101', '54660', '1', '1', '1', 'S8', 'LOBM', 2013, '..'),"
     " ('101', '54660', '1', '1', '1', 'S9', 'LOBM', 2013, null)"),
    ("two-rows-one-key", "regk31",
     "key (OMRÅDE, FUNKTION, DRANST, ART, TID) has 1 value in several rows that differ",
     "insert into {} values ('101', '54660', '1', 'S9', 'LOBM', 2013, '1'),"
     " ('101', '54660', '1', 'S9', 'LOBM', 2013, '2')"),
    ("missing-cell", "regk31", "key (OMRÅDE, TID) has 98 cells that the method needs and the export lacks"
     " (for example 101 in 2013)", "delete from {} where \"TID\" = 2013"),
    ("missing-cell", "regk100", "key (OMRÅDE, TID) has 5 cells", "delete from {} where \"OMRÅDE\" = '766'"),
    ("missing-cell", "regk31", "key (OMRÅDE, TID) has 490 cells", "update {} set \"PRISENHED\" = 'INDL'"),
    ("missing-cell", "regk31", "key (OMRÅDE, TID) has 1 cell without a row (for example 825 in 2013)",
     "delete from {} where \"OMRÅDE\" = '825' and \"TID\" = 2013", "warning"),
    ("unknown-area", "regk31", "column OMRÅDE has 1 row with an area that is neither one of the 98",
     "insert into {} values ('345', '54660', '1', 'UE', 'LOBM', 2013, '5')"),
    ("unmapped-code", "regk100",
     "(FUNKTION, GRUPPERING) = (54660, 077) in 1 row is in no row of"
     " seeds/classifications/account_groupings",
     "insert into {} values ('101', '54660', '1', '1', '77', 'S9', 'LOBM', 2013, '5')"),
    ("outside-dates", "regk100",
     "(FUNKTION, GRUPPERING) = (54661, 011) in 1 row lies outside valid_from and valid_to in"
     " seeds/classifications/account_groupings.csv (for example on 2013-01-01)",
     "insert into {} values ('101', '54661', '1', '1', '11', 'S9', 'LOBM', 2013, '5')"),
    ("placeholder-code", "regk100",
     "column GRUPPERING has 1 row of a grouping whose contents no public source says (for example 092)",
     "insert into {} values ('101', '54660', '1', '1', '92', 'S9', 'LOBM', 2022, '5')"),
    ("unreadable", "labour_market",
     "column LEDIGHEDSPROCENT has 1 row that no number can be read from (for example x)",
     "update {} set \"LEDIGHEDSPROCENT\" = 'x' where \"OMRÅDE\" = 'Fyn' and \"TID\" = 2011"),
    ("no-value", "labour_market", "column LEDIGHEDSPROCENT has 1 row without a value",
     "update {} set \"LEDIGHEDSPROCENT\" = '..' where \"OMRÅDE\" = 'Fyn' and \"TID\" = 2011"),
    ("missing-cell", "labour_market",
     "cell that the method needs and the export lacks (for example Fyn in 2011)",
     "delete from {} where \"OMRÅDE\" = 'Fyn' and \"TID\" = 2011"),
    ("implausible-figure", "labour_market",
     "column LEDIGHEDSPROCENT has 1 row outside 0 to 30 (for example 45)",
     "update {} set \"LEDIGHEDSPROCENT\" = '45' where \"OMRÅDE\" = 'Fyn' and \"TID\" = 2011"),
    ("implausible-figure", "regk31",
     "column INDHOLD has 1 year in which all municipalities together have gross expenditure below 30 or above"
     " 100,000 million kroner (for example 1927726)",
     "update {} set \"INDHOLD\" = replace(\"INDHOLD\", ',', '.')::double * 1000 where \"TID\" = 2014"),
    ("implausible-figure", "regk100",
     "column INDHOLD has 5 years in which all municipalities together have gross expenditure below 30",
     "update {} set \"INDHOLD\" = -replace(\"INDHOLD\", ',', '.')::double"),
    (None, "regk31", "totals, other price units, other functions and decimal commas",
     "insert into {} values ('0', '54660', '1', 'UE', 'LOBM', 2013, '..'),"
     " ('910', '54660', '1', 'UE', 'LOBM', 2013, '5'), ('101', '54660', '1', 'UE', 'INDL', 2013, '5'),"
     " ('101', '2201', '1', 'UE', 'LOBM', 2013, '..'), ('101', '54660', '1', 'S9', 'LOBM', 2013, '12,5')"),
]  # fmt: skip


@pytest.fixture(scope="module")
def exports():
    """A database with the shipped exports and the classifications."""
    with check.database() as con:
        for name in ("municipalities", "account_groupings", *EXPORTS, "labour_market"):
            con.execute(f"create table classifications.{name} as {seed_files.seed_query(name)}")
        yield con


@pytest.mark.parametrize("anchor, export, says, change, severity", [(*row, "error")[:5] for row in STATBANK])
def test_an_export_that_cannot_be_right(anchor, export, says, change, severity, exports):
    exports.execute("begin")
    try:
        exports.execute(change.format(f"classifications.{export}"))
        rows = exports.execute(dbt_sql.render(PROJECT / f"tests/statbank/{export}.sql")).fetchall()
    finally:
        exports.execute("rollback")
    if anchor is None:
        assert rows == []
    else:
        ((level, *_, sentence),) = rows
        assert level == severity
        assert sentence.startswith(f"register {export}: ")
        assert says in sentence
        assert sentence.endswith(f"See docs/bad_input.md#{anchor}.")


def test_the_build_names_the_heading_that_an_export_lacks(project, good):
    for path in ("models/staging/statbank", "seeds/statbank", "tests/statbank"):
        shutil.copytree(PROJECT / path, project / path)
    seed = project / "seeds/statbank/regk31.csv"
    seed.write_text(seed.read_text("utf-8").replace("INDHOLD", "Indhold i kr.", 1), encoding="utf-8")
    status, _, (sentence, *_) = make(project, good)
    assert status == 1
    assert sentence.startswith(
        "seeds/statbank/regk31.csv lacks INDHOLD in its heading (line 1), which must be OMRÅDE;FUNKTION;"
    )


# ---- the page ----------------------------------------------------------------------------------------------


ANCHORS = re.findall(r'<a id="([\w-]+)">', PAGE)
ELSEWHERE = {
    "file-held": "test_a_file_that_stays_held_is_a_sentence_and_nothing_is_lost",
    "no-permissions": "test_where_permissions_cannot_be_set_it_is_said",
    "register-folder": "test_no_register_folder",
    "accounts-folder": "test_accounts_that_cannot_stand_in",
    "missing-register": "test_a_missing_register",
    "missing-municipality": "test_a_municipality_that_bef_lacks_is_named",
    "two-sources": "test_days_of_both_sources_are_refused",
    "stay-period": "test_a_stay_that_ends_before_it_starts_is_refused",
    "study": "test_a_mistake_in_a_study_is_one_sentence",
    "missing-column": "test_a_missing_column_is_named_with_its_part_and_what_is_there",
    "empty-register": "test_an_empty_register",
    "no-parquet": "test_a_file_that_is_no_parquet",
    "part-file": "test_what_the_build_would_leave_out_is_named",
    "part-reading": "test_midnight_in_denmark_written_as_utc_is_the_day_after",
    "file-twice": "test_names_that_say_one_period_twice_are_refused",
    "column-type": "test_a_column_that_holds_no_single_value_is_refused",
    "origin": "test_the_command_ends_with_1_where_the_build_refuses",
    "registers-that-overlap": "test_a_register_that_overlaps_another_is_named",
    "accounts-add-up": "test_the_check_says_what_the_build_would",
    "profile": "test_columns_that_are_wrong_from_end_to_end_stop_the_build",
    "accepted": "test_an_acceptance_that_names_nothing_or_says_nothing_is_refused",
    "blank-year": "test_a_year_of_dream_without_a_code_is_suspicious",
    "test-that-fails": "test_a_test_that_fails_is_named_with_its_rows",
    "warehouse-in-use": "test_a_warehouse_that_another_process_holds",
    "damaged-warehouse": "test_a_warehouse_that_is_no_database",
    "no-warehouse": "test_without_a_warehouse_it_says_so",
    "not-published": "test_a_person_column_stops_it",
    "left-out": "test_a_run_of_a_part_is_not_published",
    "variables": "test_the_build_refuses_before_it_touches_anything",
}


def test_every_kind_of_the_page_has_a_test():
    tests = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "tests").glob("*/test_*.py"))
    here = {bad.anchor for bad in CASES} | {anchor for anchor, *_ in STATBANK if anchor}
    assert len(ANCHORS) == len(set(ANCHORS)) >= 30
    assert here | set(ELSEWHERE) == set(ANCHORS)
    assert [name for name in ELSEWHERE.values() if f"def {name}(" not in tests] == []


def test_every_sentence_points_to_a_place_on_the_page():
    sources = [*(PROJECT / "macros").rglob("*.sql"), *(PROJECT / "vfm").rglob("*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    headings = {title.lower().replace(" ", "-") for title in re.findall(r"(?m)^## (.*)$", PAGE)}
    assert set(re.findall(r"bad_input\.md#([a-z-]+)", text)) <= set(ANCHORS) | headings


def test_a_test_that_fails_is_named_with_its_rows(tmp_path, monkeypatch):
    monkeypatch.delenv("VFM_BUILD", raising=False)
    paths = Paths.from_environment(tmp_path)
    result = {"unique_id": "test.p.spells_start.1", "message": "Got 3 results, configured to fail if != 0"}
    assert describe(result, paths) == (
        "test spells_start: 3 rows break it; dbt show -s spells_start lists them."
    )


def test_beside_a_refused_register_nothing_else_is_said(tmp_path, monkeypatch):
    monkeypatch.delenv("VFM_BUILD", raising=False)
    paths = Paths.from_environment(tmp_path)
    paths.target.mkdir(parents=True)
    results = [
        {
            "unique_id": "test.p.spells_start.1",
            "status": "fail",
            "message": "Got 3 results, configured to fail",
        },
        {"unique_id": "test.p.bfl", "status": "error", "message": "register bfl: column AJO_LOENTIMER ..."},
        {"unique_id": "model.p.spells", "status": "skipped", "message": None},
    ]
    (paths.target / "run_results.json").write_text(json.dumps({"results": results}))
    assert failures(paths, [], [])[:-1] == ["register bfl: column AJO_LOENTIMER ..."]


def test_a_warehouse_that_is_no_database(tmp_path, monkeypatch):
    monkeypatch.delenv("VFM_BUILD", raising=False)
    paths = Paths.from_environment(tmp_path)
    paths.build.mkdir()
    paths.warehouse.write_bytes(b"no database" * 1000)
    with pytest.raises(BuildError, match="cannot be opened .* Remove it with make clean"):
        wait_for_warehouse(paths)
