"""make import: what files are called, what they hold, what wins, what is refused."""

import gzip
import io
import json
import re
import stat
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from tiny_registers import write_registers
from walk_import import walk

from vfm.registers import __main__ as command
from vfm.registers import books, conversion, importing
from vfm.registers.contract import Column, Register, read_contract, read_later_contract
from vfm.registers.deliveries import UnclearNameError, describe, folder_date, select
from vfm.registers.importing import ImportFailedError, import_delivery
from vfm.warehouse.paths import PROJECT

PERSON = "p00000000001"
DOD = [{"PNR": PERSON, "DODDATO": "2014-03-01"}]


def deliver(path, rows=DOD, encoding="utf-8", separator=";"):
    """Write rows as csv, dta or parquet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame = pd.DataFrame(rows)
    if path.suffix == ".dta":
        frame.to_stata(path, write_index=False, version=118)
    elif path.suffix == ".parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, encoding=encoding, sep=separator)
    return path


@pytest.fixture
def delivery(tmp_path):
    (tmp_path / "delivery").mkdir()
    return tmp_path / "delivery"


@pytest.fixture
def run(delivery, tmp_path):
    """Import and return (problems of the registers there are, what was printed)."""

    def once():
        stream = io.StringIO()
        problems = import_delivery(delivery, tmp_path / "registers", stream)
        return [p for p in problems if "not in the delivery, by name" not in p], stream.getvalue()

    once.registers = tmp_path / "registers"
    return once


def imported(registers, register):
    return duckdb.sql(f"select * from read_parquet('{registers}/{register}/*.parquet', union_by_name = true)")


def manifest(registers):
    return {row["file"]: row for row in books.read_rows(registers / "manifest.csv")}


# ---- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "target", "last_day"),
    [
        ("BEF201512.parquet", "bef/bef_2015.parquet", date(2015, 12, 31)),
        ("a/b/bef2015.sas7bdat", "bef/bef_2015.parquet", date(2015, 12, 31)),
        ("bef_201506.dta", "bef/bef_2015.parquet", date(2015, 6, 30)),
        ("BFL201112.dta", "bfl/bfl_2011.parquet", date(2011, 12, 31)),
        ("LPR_ADM2011.sas7bdat", "lpr_adm/lpr_adm_2011.parquet", date(2011, 12, 31)),
        ("DREAM201608.csv", "dream/dream_201608.parquet", date(2016, 8, 31)),
        ("ophg_kvartal2021K3.csv", "ophg/ophg_2021.parquet", date(2021, 9, 30)),
        ("VNDS_IND2015.csv", "vnds/vnds_ind_2015.parquet", date(2015, 12, 31)),
        ("bef/part-0.parquet", "bef/bef_part-0.parquet", None),
        ("bef/bef_00.parquet", "bef/bef_00.parquet", None),
        ("bef/year=2015/part-3f.parquet", "bef/bef_2015_part-3f.parquet", date(2015, 12, 31)),
        ("danskudd.csv", "danskudd/danskudd.parquet", None),
        ("BEF_2015M03.csv", "bef/bef_2015.parquet", date(2015, 3, 31)),
        ("bef_2015-03.csv", "bef/bef_2015.parquet", date(2015, 3, 31)),
        ("BEF2015_03.csv", "bef/bef_2015.parquet", date(2015, 3, 31)),
        ("bef_marts_2015.csv", "bef/bef_2015.parquet", date(2015, 3, 31)),
        ("bef_mar15.csv", "bef/bef_2015.parquet", date(2015, 3, 31)),
        ("bef2015q1.csv", "bef/bef_2015.parquet", date(2015, 3, 31)),
        ("BEF2015K1.csv", "bef/bef_2015.parquet", date(2015, 3, 31)),
        ("bef_1kv2015.csv", "bef/bef_2015.parquet", date(2015, 3, 31)),
        ("bef_20150331.csv", "bef/bef_2015.parquet", date(2015, 3, 31)),
        ("BEF310315.csv", "bef/bef_2015.parquet", date(2015, 3, 31)),
        ("BEF311215.csv", "bef/bef_2015.parquet", date(2015, 12, 31)),
        ("bef_31-12-2015.csv", "bef/bef_2015.parquet", date(2015, 12, 31)),
        ("bef 31dec2015.csv", "bef/bef_2015.parquet", date(2015, 12, 31)),
        ("bef15.csv", "bef/bef_2015.parquet", date(2015, 12, 31)),
        ("bef.2015.csv", "bef/bef_2015.parquet", date(2015, 12, 31)),
        ("bef1512.csv", "bef/bef_2015.parquet", date(2015, 12, 31)),
        ("bef122015.csv", "bef/bef_2015.parquet", date(2015, 12, 31)),
        ("bef_ultimo2015.csv", "bef/bef_2015.parquet", date(2015, 12, 31)),
        ("dod_20231204.csv", "dod/dod_202312.parquet", date(2023, 12, 31)),
        ("LPRADM2011_v2.csv", "lpr_adm/lpr_adm_2011.parquet", date(2011, 12, 31)),
        ("bef/2015/data.parquet", "bef/bef_2015_data.parquet", date(2015, 12, 31)),
        ("bef/2015/12/part-0.parquet", "bef/bef_2015_part-0.parquet", date(2015, 12, 31)),
        ("bef/year=2015/quarter=4/part-0.parquet", "bef/bef_2015_part-0.parquet", date(2015, 12, 31)),
        ("bef_2015.parquet/part-000.parquet", "bef/bef_2015_part-000.parquet", date(2015, 12, 31)),
        ("2015/lmdb.csv", "lmdb/lmdb_2015.parquet", date(2015, 12, 31)),
    ],
)
def test_a_name_says_register_and_period(file, target, last_day):
    found = describe(file)
    assert found.target == target
    assert (found.last_day if found.year else None) == last_day


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("PSYK_ADM.dta", "not a register"),
        ("bef/befadr2015.csv", "not a register"),
        ("OPHGIN2015.csv", "not a register"),
        ("sysi2005.sas7bdat", "KONTAKT"),
        ("bef2015.xlsx", "not csv, dta"),
    ],
)
def test_other_files_are_not_used(file, reason):
    assert reason in describe(file)


@pytest.mark.parametrize(
    "file",
    ["bef201513.csv", "bef1203.csv", "bef2015_2016.csv", "bef2015h1.csv", "bef_2015(1).csv",
     "bef2015_kopi.csv", "bef_primo2016.csv", "bef_2015_01.csv", "bfl_20120415.csv",
     "dream_2016uge34.csv", "bef_adr2015.csv",
     "bef310615.csv", "bef/week 34/part-0.parquet", "bef/region=1/part-0.parquet"],
)  # fmt: skip
def test_digits_that_are_not_understood_are_no_guess(file, delivery, run):
    with pytest.raises(UnclearNameError):
        describe(file)
    deliver(delivery / "dod2015.csv")
    (delivery / file).parent.mkdir(parents=True, exist_ok=True)
    (delivery / file).write_bytes(b"")
    ((problem,), _) = run()
    assert problem.startswith(f"register {file[:3] if file[0] != 'd' else 'dream'}: {file} ")
    assert " is not understood: call it " in problem or "no quarter's end: call it" in problem
    assert imported(run.registers, "dod").shape[0] == 1


@pytest.mark.parametrize("folder", ["lmdb/year=2014/region={}", "lmdb/{}", "{}/lmdb"])
def test_parts_in_two_folders_do_not_replace_each_other(folder, delivery, run):
    for name in "ab":
        row = {"PNR": name, "EKSD": "2014-03-01", "ATC": "N05BA01"}
        deliver(delivery / folder.format(name) / "part-0.csv", [row])
    problem = run()[0][0]
    assert problem.startswith("register lmdb: ") and "hold parts of one period" in problem
    assert not list(run.registers.glob("lmdb/*"))


@pytest.mark.parametrize("numbers", [["15"], ["14", "15"], ["00", "02"]])
def test_numbers_of_parts_run_from_the_first(numbers, delivery, run):
    for number in numbers:
        deliver(delivery / f"dod_{number}.csv", [{"PNR": f"p{number}", "DODDATO": "2014-03-01"}])
    deliver(delivery / "dod2011.csv")
    ((problem,), _) = run()
    assert "Is a part missing, or is the number a year? Call it DOD2015" in problem


def test_one_period_in_two_spellings_counts_once(delivery, run):
    row = {c.name: "1" for c in read_contract()["bef"].columns} | {"FOED_DAG": "1980-01-01"}
    for name, day in [
        ("BEF_2015M03", "2015-03-31"), ("bef_31dec2015", "2015-12-31"), ("bef2014", "2014-12-31"),
        ("bef_2014_kv4", "2014-12-31"), ("BEF310314", "2014-03-31"),
    ]:  # fmt: skip
        deliver(delivery / f"{name}.csv", [row | {"REFERENCETID": day, "PNR": name}])
    assert run()[0] == []
    assert sorted(imported(run.registers, "bef").project("REFERENCETID").fetchall()) == [
        (date(2014, 12, 31),),
        (date(2015, 12, 31),),
    ]


def test_two_extracts_of_a_whole_history_count_once(delivery, run):
    deliver(delivery / "DOD_2016M03.csv", DOD)
    deliver(delivery / "dod_20231204.csv", DOD * 2)
    deliver(delivery / "dod15.csv", DOD * 3)
    assert run()[0] == []
    assert imported(run.registers, "dod").shape[0] == 2


@pytest.mark.parametrize(
    "names",
    [("lmdb2014.csv", "lmdb2015.csv"), ("lmdb_00.csv", "lmdb_01.csv"),
     ("b/lmdb_2013m12.csv", "a/lmdb2014.csv")],
)  # fmt: skip
def test_a_file_that_is_there_twice_is_refused(names, delivery, run):
    for name in names:
        deliver(delivery / name, [{"PNR": PERSON, "EKSD": "2014-03-01", "ATC": "N05BA01"}])
    problems, _ = run()
    assert len(problems) == 3, "each, and that nothing of the register is there"
    assert f"register lmdb: {names[0]} holds the same as {names[1]}, byte for byte" in problems[0]
    assert manifest(run.registers)[names[1]]["status"] == "refused"


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("December_2023", date(2023, 12, 1)),
        ("maj 2021", date(2021, 5, 1)),
        ("2023-12-24", date(2023, 12, 24)),
        ("levering_20231201", date(2023, 12, 1)),
        ("2015", None),
        ("20230631", None),
    ],
)
def test_a_folder_may_bear_a_date(name, day):
    assert folder_date(name) == day


@pytest.mark.parametrize(
    ("files", "used"),
    [
        (
            ["bef2015.csv", "December_2023/bef2015.csv", "2022-01-01/bef2015.csv"],
            ["December_2023/bef2015.csv"],
        ),
        (["bef2015_v01.csv", "bef201512_v02.csv"], ["bef201512_v02.csv"]),
        (["bef201503.csv", "bef201512.csv"], ["bef201512.csv"]),
        (["2015-10-01/bfl201509.csv", "2016-01-01/bfl201512.csv"], ["2016-01-01/bfl201512.csv"]),
        (["dream201602.csv", "2023-01-01/dream201601.csv"], ["dream201602.csv"]),
        (["ophg_kvartal202103.csv", "ophg_kvartal202112.csv"], ["ophg_kvartal202112.csv"]),
        (["ophg2021.csv", "ophg_kvartal202112.csv"], ["ophg2021.csv"]),
        (["vnds2016.csv", "vnds_ind2015.csv", "vnds_ud2015.csv", "vnds_hist.csv"], ["vnds2016.csv"]),
        (
            ["vnds_ind2015.csv", "vnds_ud2015.csv", "vnds_hist.csv"],
            ["vnds_hist.csv", "vnds_ind2015.csv", "vnds_ud2015.csv"],
        ),
        (["bef/bef_00.csv", "bef/bef_01.csv"], ["bef/bef_00.csv", "bef/bef_01.csv"]),
        (["a/bef_00.csv", "a/bef_01.csv", "2023-01-01/bef_00.csv"], ["2023-01-01/bef_00.csv"]),
        (["bfl201506.csv", "bfl201512.csv"], []),
        (["bfl.csv", "bfl2015.csv"], ["bfl2015.csv"]),
    ],
)
def test_the_newest_counts(files, used):
    chosen, left_out, ambiguous = select(map(describe, files))
    assert [file.file for file in chosen] == used
    assert len(used) + len(left_out) + 2 * ("bfl201506.csv" in files) + ("bfl.csv" in files) == len(files)
    assert bool(ambiguous) == (files[0] in ("bfl201506.csv", "bfl.csv"))


def test_version_decides_before_the_files_date(delivery, run):
    for folder, version, day in [("a", "02", "2014-03-02"), ("b", "01", "2014-03-01")]:
        deliver(delivery / folder / "dod2016.csv", [{"PNR": PERSON, "DODDATO": day, "VERSION": version}])
    assert run()[0] == []
    assert manifest(run.registers)["a/dod2016.csv"]["status"] == "used"


# ---- the whole walk ------------------------------------------------------------------------------


@pytest.mark.parametrize("numeric_ids", [False, True])
def test_registers_survive_the_walk_through_a_delivery(tmp_path, numeric_ids):
    registers = write_registers(tmp_path / "original")
    problems, found = walk(registers, tmp_path / "walk", numeric_ids, io.StringIO())
    assert problems == []
    assert set(found.values()) == {0}
    assert len(found) == 16


def test_import_and_staging_cast_alike():
    """A column's type and width in sources.yml are what staging makes of it."""
    macros = {"date": "to_date", "integer": "to_integer", "double": "to_hours", "timestamp": "to_moment"}
    staged = {}
    for model in sorted((PROJECT / "models" / "staging" / "registers").glob("*.sql")):
        if model.stem == "stg_registers__ids":  # of all registers
            continue
        sql = model.read_text()
        register = re.search(r"source\('(?:later_)?registers', '(\w+)'\)", sql)[1]
        for macro, column, width in re.findall(r"(to_\w+)\('(\w+)'(?:, (\d+))?\)", sql):
            staged[register, column.upper()] = (macro, int(width or 0))
    staged["dream", "Y_YYWW"] = staged["dream", "WEEK_CODE"]
    for system in ("MATCH", "VISIT"):
        staged["dream", f"{system}_NKVYYYY"] = staged["dream", "MATCH_GROUP"]
    for register in [*read_contract().values(), *read_later_contract().values()]:
        for column in register.columns:
            wanted = "to_person_id" if column.is_person_id else "to_code" if column.width else "to_text"
            macro, width = staged[register.name, column.name.upper()]
            assert macro == macros.get(column.data_type, wanted), (register.name, column.name)
            assert width == (column.width or 0), (register.name, column.name)


# ---- formats -------------------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_a_csv_in_any_encoding_and_with_any_separator(delivery, run, encoding, separator):
    rows = [
        {
            "pnr": PERSON,
            "DodDato": "01-03-2014",
            "bemærkning": "\u201cså\u201d" if encoding == "cp1252" else "så",
        }
    ]
    deliver(delivery / "dod2016.csv", rows, encoding, separator)
    assert run()[0] == []
    assert imported(run.registers, "dod").fetchall() == [(PERSON, date(2014, 3, 1))]
    assert imported(run.registers, "dod").columns == ["PNR", "DODDATO"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("PNR:DODDATO\np00000000001:2014-03-01\n", "one column only"),
        ("p00000000001;2014-03-01\np00000000002;2014-03-02\n", "has 2 columns and none of the register's"),
        ("PNR;DODDATO\np00000000001;2014-03-01\np000000", "has 1 columns in line 3 and 2 in its header"),
        ('PNR;DODDATO\n"p00000000001;2014-03-01\n', "quotation mark missing"),
        ("", "is empty: was it cut off"),
        ("<!DOCTYPE html>\n<html></html>\n", "is a web page"),
    ],
)
def test_a_csv_that_cannot_be_right_is_refused(delivery, run, text, words):
    (delivery / "dod2016.csv").write_text(text)
    problems, printed = run()
    assert "register dod: dod2016.csv" in problems[0] and words in problems[0]
    assert "p0000" not in "".join(problems) + printed
    assert manifest(run.registers)["dod2016.csv"]["status"] == "refused"


def test_a_file_that_was_cut_off_is_refused(delivery, run):
    whole = gzip.decompress((Path(__file__).parents[1] / "support/data/dates.sas7bdat.gz").read_bytes())
    (delivery / "dod2016.sas7bdat").write_bytes(whole[:70_000])
    for path in [
        deliver(delivery / "bef2015.parquet", [{"PNR": PERSON}] * 9),
        deliver(
            delivery / "flyt2015.dta",
            [{"PNR": PERSON, "KOM": 101.0, "GL_KOM": 101.0, "HAEND_DATO": 19000.0}] * 9,
        ),
    ]:
        path.write_bytes(path.read_bytes()[:-400])
    problems, _ = run()
    for name in ("dod2016.sas7bdat", "bef2015.parquet", "flyt2015.dta"):
        assert any(name in problem and "cut off" in problem for problem in problems), problems


def test_a_sas_file_is_read(delivery, run, monkeypatch):
    columns = (
        Column("PNR", "varchar", aliases=("integer_row",)),
        Column("DODDATO", "date", aliases=("date_row",)),
        Column("AJO_LOENTIMER", "double", aliases=("float_row",)),
    )
    monkeypatch.setattr(importing, "read_contract", lambda: {"dod": Register("dod", (), columns)})
    whole = gzip.decompress((Path(__file__).parents[1] / "support/data/dates.sas7bdat.gz").read_bytes())
    (delivery / "dod2016.sas7bdat").write_bytes(whole)
    assert run()[0] == []
    rows = imported(run.registers, "dod").fetchall()
    assert rows[0] == ("000000000001", date(2018, 1, 2), 2.5)
    assert rows[4] == ("000000000005", date(1999, 10, 25), 98.6)
    log = books.read_rows(run.registers / "columns.csv")
    assert [(row["column"], row["kept_as"]) for row in log if row["type"].startswith("double")] == [
        ("integer_row", "PNR"), ("float_row", "AJO_LOENTIMER"), ("date_row", "DODDATO"),
    ]  # fmt: skip


def test_stata_dates_are_read_by_their_format(delivery, run):
    """A date of early 1960 in milliseconds looks like one in seconds: only the format tells them apart."""
    frame = pd.DataFrame({"PNR": [PERSON] * 2, "DODDATO": pd.to_datetime(["1960-01-05", "2014-03-01"])})
    frame.to_stata(delivery / "dod2016.dta", write_index=False, convert_dates={"DODDATO": "tc"})
    assert run()[0] == []
    assert [row[1] for row in imported(run.registers, "dod").fetchall()] == [
        date(1960, 1, 5),
        date(2014, 3, 1),
    ]


# ---- values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rows", "words"),
    [
        (
            "dod2016.csv",
            [*DOD, {"PNR": PERSON, "DODDATO": "soon"}],
            "DODDATO holds in 1 row a value such as 'soon'",
        ),
        (
            "dod2016.csv",
            [{"PNR": PERSON, "DODDATO": PERSON}] * 3,
            "in 3 rows a value such as of the form A99999999999",
        ),
        (
            "dod2016.csv",
            [{"PNR": "24681357", "DODDATO": "2014-01-01"}, {"PNR": "13572468", "DODDATO": "13572468"}],
            "in 1 row a value such as of the form 99999999",
        ),
        (
            "dod2016.parquet",
            [{"PNR": 1e17, "DODDATO": date(2014, 1, 1)}],
            "PNR holds in 1 row a value that is not whole",
        ),
        ("dod2016.csv", [{"PNR12": PERSON, "DODDATO": "2014-01-01"}], "column PNR is missing in dod2016.csv"),
    ],
)
def test_what_cannot_be_read_stops_the_file(delivery, run, name, rows, words):
    deliver(delivery / name, rows)
    problems, printed = run()
    assert words in problems[0] and "dod2016" in problems[0]
    assert PERSON not in "".join(problems) + printed
    assert not list(run.registers.glob("*/*.parquet"))


def test_an_id_is_the_same_text_whatever_it_was_delivered_as(delivery, run):
    for year, pnr in [
        (2011, 10203.0),
        (2012, "10203"),
        (2013, "000000010203"),
        (2014, "10203.0"),
        (2015, 10203),
    ]:
        suffix = "csv" if isinstance(pnr, str) else "dta"
        row = {"PNR": pnr, "HAEND_DATO": 19000, "KOM": 101.0, "GL_KOM": "0751"}
        deliver(delivery / f"flyt{year}.{suffix}", [row])
    assert run()[0] == []
    assert imported(run.registers, "flyt").distinct().fetchall() == [
        ("000000010203", date(2012, 1, 8), "101", "0751")
    ]


def test_the_reference_date_comes_from_the_name_and_may_not_contradict_it(delivery, run):
    row = {c.name: "1" for c in read_contract()["bef"].columns} | {"FOED_DAG": "1980-01-01"}
    deliver(delivery / "bef2014.csv", [{k: v for k, v in row.items() if k != "REFERENCETID"}])
    deliver(delivery / "bef2015.csv", [row | {"REFERENCETID": "2014-12-31"}])
    problems, _ = run()
    assert (
        len(problems) == 1 and "another REFERENCETID, such as 2014-12-31, than the period 2015" in problems[0]
    )
    assert imported(run.registers, "bef").project("REFERENCETID").fetchall() == [(date(2014, 12, 31),)]


def test_dream_of_single_years_becomes_wide(delivery, run):
    deliver(delivery / "dream2008.dta", [{"pnr": PERSON, "y_01": 730.0, "y_53": 0.0}])
    rows = [
        {"LOBENR": PERSON, "Y52": "7", "y_53": ".", "match_1kv2009": "2.0"},
        {"LOBENR": "p2", "Y52": "", "y_53": "111", "match_1kv2009": ""},
    ]
    deliver(delivery / "dream2009.csv", rows)
    assert run()[0] == []
    found = imported(run.registers, "dream").order("PNR")
    assert found.columns == ["PNR", "MATCH_1KV2009", "Y_0801", "Y_0952", "Y_0953"]
    assert found.fetchall() == [(PERSON, "2", "730", "007", None), ("p2", None, None, None, "111")]


def test_successors_of_vnds_get_their_direction(delivery, run):
    event = {"PNR": PERSON, "HAEND_DATO": "2015-03-01"}
    deliver(delivery / "vnds_ind2015.csv", [event])
    problems, _ = run()
    assert len(problems) == 1 and "VNDS_UD is not in the delivery" in problems[0]
    deliver(delivery / "vnds_ud2015.csv", [event | {"HAEND_DATO": "2015-04-01"}])
    deliver(delivery / "vnds_hist.csv", [event | {"INDUD_KODE": "I", "HAEND_DATO": "1999-01-01"}])
    assert run()[0] == []
    assert sorted(imported(run.registers, "vnds").project("INDUD_KODE").fetchall()) == [
        ("I",),
        ("I",),
        ("U",),
    ]


# ---- again, and again ----------------------------------------------------------------------------


def test_a_second_import_does_only_what_is_new(delivery, run):
    deliver(delivery / "dod2015.csv")
    deliver(
        delivery / "flyt2015.csv",
        [{"PNR": PERSON, "HAEND_DATO": "2015-01-01", "KOM": "101", "GL_KOM": "751"}],
    )
    run()
    before = {path: path.stat().st_mtime_ns for path in run.registers.glob("*/*.parquet")}
    _, printed = run()
    assert printed.count("is there already") == 2
    assert before == {path: path.stat().st_mtime_ns for path in run.registers.glob("*/*.parquet")}

    deliver(delivery / "dod2015.csv", DOD * 2)  # changed
    run()
    assert imported(run.registers, "dod").shape[0] == 2

    deliver(delivery / "dod2016.csv", DOD * 3)  # superseded: one cumulative file counts
    _, printed = run()
    assert imported(run.registers, "dod").shape[0] == 3
    assert "dod2015.csv: superseded by dod2016.csv" in printed

    (delivery / "flyt2015.csv").unlink()  # gone
    _, printed = run()
    assert imported(run.registers, "flyt").shape[0] == 1
    assert "Kept: flyt2015.csv is no longer in the delivery" in printed


def test_what_a_refused_file_should_replace_stays(delivery, run):
    deliver(delivery / "dod2015.csv")
    run()
    (delivery / "dod2016.csv").write_text("PNR;DODDATO\nx;never\n")
    for _ in range(2):
        assert len(run()[0]) == 1
        assert imported(run.registers, "dod").fetchall() == [(PERSON, date(2014, 3, 1))]


def test_an_interruption_leaves_nothing_half(delivery, run, monkeypatch):
    deliver(delivery / "dod2015.csv")
    deliver(
        delivery / "flyt2015.csv",
        [{"PNR": PERSON, "HAEND_DATO": "2015-01-01", "KOM": "101", "GL_KOM": "751"}],
    )
    write_batch = conversion.ParquetWriter.write_batch

    def interrupt(writer, batch):
        write_batch(writer, batch)
        if "KOM" in batch.schema.names:
            raise KeyboardInterrupt

    monkeypatch.setattr(conversion.ParquetWriter, "write_batch", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert [path.name for path in run.registers.rglob("*.parquet")] == ["dod_2015.parquet"]
    monkeypatch.undo()
    assert "dod2015.csv  is there already" in run()[1]
    assert not list(run.registers.glob(".*"))


def test_only_the_owner_can_read_and_the_books_are_kept(delivery, run):
    deliver(delivery / "dod2015.csv", [{"PNR": PERSON, "DODDATO": "2014-03-01", "ALDER_HAEND": "80"}])
    (delivery / "notes.txt").write_text("delivered late")
    run()
    for path in run.registers.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    row = manifest(run.registers)["dod2015.csv"]
    assert (row["register"], row["period"], row["rows"], row["columns"]) == ("dod", "2015", "1", "3")
    assert row["written"] == "dod/dod_2015.parquet" and len(row["sha256"]) == 64
    assert manifest(run.registers)["notes.txt"]["status"] == "not used"
    columns = [(row["column"], row["kept_as"]) for row in books.read_rows(run.registers / "columns.csv")]
    assert columns == [("PNR", "PNR"), ("DODDATO", "DODDATO"), ("ALDER_HAEND", "")]
    origin = json.loads((run.registers / "origin.json").read_text())["data_origin"]
    assert origin.startswith(f"delivery delivery, imported {date.today()}, incomplete: bef, bfl,")
    assert PERSON not in "".join(path.read_text() for path in run.registers.glob("*.*"))


# ---- the command ---------------------------------------------------------------------------------


def test_folders_that_must_not_be_mixed_are_refused(delivery, tmp_path):
    deliver(delivery / "dod2015.csv")
    foreign = tmp_path / "foreign"
    write_registers(foreign)
    (tmp_path / "synthetic").mkdir()
    (tmp_path / "synthetic" / "origin.json").write_text('{"data_origin": "x", "synthetic": true}')
    for target, words in [
        (PROJECT / "seeds" / "registers", "synthetic"),
        (tmp_path / "synthetic", "synthetic"),
        (foreign, "no import wrote"),
        (delivery / "registers", "lie in each other"),
    ]:
        with pytest.raises(ImportFailedError, match=words):
            import_delivery(delivery, target, io.StringIO())
    with pytest.raises(ImportFailedError, match="no such folder"):
        import_delivery(tmp_path / "nowhere", tmp_path / "registers", io.StringIO())


def test_the_command_says_what_is_missing_and_imports_the_rest(delivery, tmp_path, monkeypatch, capsys):
    deliver(delivery / "dod2015.csv")
    monkeypatch.delenv("VFM_REGISTERS", raising=False)
    assert command.main(["import", str(delivery)]) == 1
    assert "Set VFM_REGISTERS" in capsys.readouterr().err
    assert command.main(["import", "", "--to", str(tmp_path / "to")]) == 1
    assert "Set FROM" in capsys.readouterr().err
    assert command.main(["import", str(delivery), "--to", str(tmp_path / "to")]) == 1
    assert "register bef: not in the delivery, by name." in capsys.readouterr().err
    assert imported(tmp_path / "to", "dod").shape[0] == 1
