"""Bad input stops the build with one clear sentence, and the published file stays as it was.

Three models, a rule, the sources and a seed of the real project stand in for the whole, with its macros,
tests and profile, so that each build takes seconds.
"""

import os
import subprocess
import sys

import duckdb
import pytest
import tiny_registers
from borrowed_project import SMALL_PROJECT, borrow, make
from dbt.cli.main import dbtRunner

from vfm.warehouse.dbt_runs import wait_for_warehouse
from vfm.warehouse.failures import one_sentence
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import Paths


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The borrowed parts of the project, and a build folder that all tests share so that dbt parses once."""
    return borrow(tmp_path_factory.mktemp("project"), SMALL_PROJECT)


@pytest.fixture
def registers(tmp_path):
    return tiny_registers.write_registers(tmp_path / "delivery")


def refuses(project, registers, *said):
    """The build fails, its first sentence says all of `said`, and vfm.duckdb is untouched."""
    results = project / "vfm.duckdb"
    results.write_bytes(b"what was published last")
    os.utime(results, (1_700_000_000, 1_700_000_000))
    status, _, sentences = make(project, registers)
    assert status == 1
    assert all(part in sentences[0] for part in said), sentences
    assert len(sentences[0]) < 500
    assert "Traceback" not in "".join(sentences)
    assert len(sentences) <= 3, "one sentence, where the log is, what is still published"
    assert sentences[-1].startswith("Nothing was published; the results of 2023-11-1")
    assert sentences[-1].endswith("are still in vfm.duckdb.")
    assert results.read_bytes() == b"what was published last"
    assert sorted(path.name for path in project.glob("vfm.duckdb*")) == ["vfm.duckdb"]
    results.unlink()


def test_the_stand_in_builds_and_publishes(project, registers):
    status, said, errors = make(project, registers)
    assert (status, errors) == (0, [])
    assert "registers in folder delivery" in said
    with duckdb.connect(str(project / "vfm.duckdb"), read_only=True) as con:
        assert con.execute("select data_origin from meta.build_info").fetchall() == [
            ("registers in folder delivery",)
        ]
    assert (project / "build").stat().st_mode & 0o777 == 0o700
    assert (project / "build/warehouse.duckdb").stat().st_mode & 0o777 == 0o600
    (project / "vfm.duckdb").unlink()


def test_no_register_folder(project, tmp_path):
    refuses(project, tmp_path / "nowhere", f"register folder {tmp_path}/nowhere: no such folder")


def test_a_missing_register(project, registers):
    (registers / "bfl/part-0.parquet").unlink()
    refuses(project, registers, f"register bfl: no parquet file in {registers}/bfl")


def test_a_missing_column_is_named_with_its_part_and_what_is_there(project, registers):
    row = tiny_registers.columns()["bef"]
    del row["OPR_LAND"]
    tiny_registers.write_part(registers, "bef", row, part="part-1")
    refuses(
        project,
        registers,
        "register bef",
        "column OPR_LAND is missing in part-1.parquet",
        "ALDER, E_FAELLE_ID",
    )


def test_an_empty_register(project, registers):
    tiny_registers.write_part(registers, "lpr_adm", tiny_registers.columns()["lpr_adm"], rows=0)
    refuses(project, registers, "register lpr_adm: no row in")


def test_an_unmapped_code(project, registers):
    row = tiny_registers.columns()["ophg"] | {"GRUNDLAG": "'0999'"}
    tiny_registers.write_part(registers, "ophg", row, part="part-1")
    refuses(
        project,
        registers,
        "register ophg",
        "(0001, 0999, 0001) in 1 row is in no row of seeds/classifications/residence_grounds.csv",
    )


def test_a_warehouse_that_another_process_holds(project, monkeypatch):
    monkeypatch.delenv("VFM_BUILD", raising=False)  # else it looks at another warehouse
    paths = Paths.from_environment(project)
    warehouse = project / "build/warehouse.duckdb"
    warehouse.parent.mkdir(exist_ok=True)
    hold = f"import duckdb; c = duckdb.connect({str(warehouse)!r}); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(BuildError, match=rf"held by python.* \(process {holder.pid}"):
            wait_for_warehouse(paths, patience=0)
        holder.communicate(b"let go\n")
    wait_for_warehouse(paths, patience=5)


@pytest.fixture
def mount(project, tmp_path, monkeypatch):
    """Mount a register folder in this process, which spares most of dbt's start; return what went wrong."""
    umask = os.umask(0)
    monkeypatch.chdir(project)
    monkeypatch.setenv("VFM_BUILD", str(tmp_path / "build"))

    def mounted(registers, *options):
        monkeypatch.setenv("VFM_REGISTERS", str(registers))
        command = ["--quiet", "run-operation", "mount_registers", "--profiles-dir", "profiles"]
        folders = ["--target-path", "build/target", "--log-path", "build/logs"]
        errors = []

        def listen(event):
            if event.info.name == "RunningOperationCaughtError":
                errors.append(event.data.exc)

        ended = dbtRunner(callbacks=[listen]).invoke([*command, *folders, *options])
        return "" if ended.success else one_sentence(errors[0])

    yield mounted
    os.umask(umask)


def test_a_missing_week_of_dream(mount, registers):
    row = tiny_registers.columns()["dream"]
    del row["Y_0953"]
    tiny_registers.write_part(registers, "dream", row)
    said = mount(registers)
    assert said.startswith("register dream: required column Y_0953 is missing in part-0.parquet")
    assert said.count("Y_") < 25, "of 490 columns not all are listed"


def test_a_folder_is_no_pattern_and_a_link_to_nothing_stops_the_build(project, registers, tmp_path):
    folder = registers.rename(tmp_path / "registers [1]")
    tiny_registers.write_registers(tmp_path / "registers 1")
    evening = tiny_registers.columns()["lmdb"] | {"EKSD": "timestamp '2014-02-28 23:00'"}
    tiny_registers.write_part(folder, "lmdb", evening, part="part[1]")
    status, _, errors = make(project, folder)
    assert (status, errors) == (0, [])
    with duckdb.connect(str(project / "build/warehouse.duckdb"), read_only=True) as con:
        assert con.execute("select EKSD from raw.lmdb order by EKSD").fetchall() == [
            ("2011-06-01",),
            ("2014-03-01",),
        ]
    (folder / "bef/part-1.parquet").symlink_to(folder / "gone")
    refuses(project, folder, "register bef: part-1.parquet is a link to nothing")


def test_a_file_that_is_no_parquet(mount, registers):
    (registers / "dod/part-0.parquet").write_bytes(b"PNR;DODDATO\n1;2014-01-01\n")
    assert "dod/part-0.parquet" in mount(registers)


def test_the_target_for_real_registers_never_falls_back_on_the_synthetic_ones(mount, registers):
    assert mount("", "--target", "registers").startswith("target registers: VFM_REGISTERS is not set")
    assert mount(registers, "--target", "registers") == ""


def test_a_register_delivered_in_another_case_with_more_columns_and_parts(project, registers):
    rows = tiny_registers.columns()
    for register, row in rows.items():
        other_case = {name.swapcase(): value for name, value in row.items()} | {"Something_Else": "1"}
        tiny_registers.write_part(registers, register, other_case, part="part-1")
    lmdb = {"pnr12": "'000000000009'", "EKSD": "date '2012-01-01'", "ATC": "'N06AA01'"}
    tiny_registers.write_part(registers, "lmdb", lmdb, part="part-2")
    status, _, errors = make(project, registers)
    assert (status, errors) == (0, [])
    with duckdb.connect(str(project / "build/warehouse.duckdb"), read_only=True) as con:
        assert con.execute("select count(*), count(PNR) from raw.lmdb").fetchall() == [(3, 3)]
        for register, row in rows.items():
            names = con.execute(
                "select column_name from duckdb_columns() where schema_name = 'raw' and table_name = ?",
                [register],
            ).fetchall()
            optional = {"INTPGMSLDT"} if register == "dream" else set()  # empty where it is not delivered
            assert {name for (name,) in names} == set(row) | optional, "declared names, and nothing else"


def test_of_a_python_traceback_the_last_line_is_said():
    message = (
        "Runtime Error in model m (m.py)\n  Python model failed:\n  Traceback (most recent call last):\n"
        '    File "x.py", line 1, in model\n      raise ValueError(\n'
        "  ValueError: no spell of women ends in success: the Cox model cannot be fitted\n  "
    )
    assert one_sentence(message) == "no spell of women ends in success: the Cox model cannot be fitted"
