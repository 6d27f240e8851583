"""Part files in a register folder: none is left out, each is read by its own types, no path is a pattern."""

import os
import shutil

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tiny_registers
from bad_deliveries import rows_judged, said

from vfm.registers import check, dbt_guard, parts, seed_files
from vfm.warehouse import dbt_sql
from vfm.warehouse.sql_text import path_literal

ODD_FOLDERS = ["reg[1]", "reg*", "reg?", "it's [a-z]", "{reg,1}"]


@pytest.fixture
def delivery(tmp_path):
    """The registers of tiny_registers."""
    return tiny_registers.write_registers(tmp_path / "delivery")


def beside(delivery, register, part="part-1", copies=1, **columns):
    """Write a second part file whose row differs in these columns."""
    row = tiny_registers.columns()[register] | columns
    tiny_registers.write_part(delivery, register, row, copies, part)


def staged(delivery, model, zone=None, notes=0):
    """Rows of a staging model."""
    sql = dbt_sql.render(check.STAGING / f"stg_registers__{model}.sql")
    with check.database() as con:
        if zone:
            con.execute(f"set TimeZone = '{zone}'")
        assert len(check.mount(con, str(delivery))) == notes
        grounds = seed_files.seed_query("residence_grounds")
        con.execute(f"create table classifications.residence_grounds as {grounds}")
        return con.execute(f"from ({sql}) order by all").fetchall()


# ---- no path is a pattern --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ODD_FOLDERS)
def test_a_folder_is_never_read_as_a_pattern(name, tmp_path):
    folder = tiny_registers.write_registers(tmp_path / "in [here]" / name)
    for neighbour in ("reg1", "rega"):
        tiny_registers.write_registers(tmp_path / "in [here]" / neighbour)
    (folder / "dod/part-0.parquet").unlink()
    lines = rows_judged(folder)
    assert said(lines) == [
        f"register dod: no parquet file in {folder}/dod. See docs/bad_input.md#missing-register."
    ]
    assert [line.count for line in lines if " persons" in line.sentence] == [1] * 10


def test_a_part_file_is_never_read_as_a_pattern(delivery):
    beside(delivery, "lmdb", "part[0]", EKSD="date '2013-06-01'")
    beside(delivery, "lmdb", "part-?", EKSD="date '2014-06-01'")
    assert [row[1].year for row in staged(delivery, "prescriptions")] == [2011, 2013, 2014]


@pytest.mark.parametrize("name", ODD_FOLDERS)
def test_python_writes_a_path_as_the_macro_does(name, tmp_path):
    assert path_literal(f"/x/{name}") == dbt_sql.macro("duckdb_path", f"/x/{name}")


# ---- nothing is left out ---------------------------------------------------------------------------------


def folder_of_parts(register):
    (register / "x.parquet").mkdir()
    shutil.copy(register / "part-0.parquet", register / "x.parquet/part-0.parquet")


LEFT_OUT = {
    "bef": (
        "the build reads bef and not BEF: rename it",
        lambda bef: shutil.copytree(bef, bef.parent / "BEF"),
    ),
    "vnds": (
        "part-1.parquet is a link to nothing",
        lambda vnds: os.symlink(vnds / "gone", vnds / "part-1.parquet"),
    ),
    "flyt": ("part-1 is a link to nothing", lambda flyt: os.symlink(flyt / "gone", flyt / "part-1")),
    "dod": (
        "the build reads files called *.parquet and not P.PARQUET: rename it",
        lambda dod: shutil.copy(dod / "part-0.parquet", dod / "P.PARQUET"),
    ),
    "lmdb": (
        "the build reads files called *.parquet and not b.csv: make import reads others",
        lambda lmdb: (lmdb / "b.csv").write_text("PNR;ATC\n"),
    ),
    "sssy": ("x.parquet is a folder, and the build reads only files in sssy itself", folder_of_parts),
}


def test_what_the_build_would_leave_out_is_named(delivery):
    for register, (_, spoil) in LEFT_OUT.items():
        spoil(delivery / register)
    sentences = said(rows_judged(delivery))
    assert len(sentences) == len(LEFT_OUT)
    for register, (says, _) in LEFT_OUT.items():
        (sentence,) = [each for each in sentences if each.startswith(f"register {register}: {says}")]
        assert sentence.endswith("See docs/bad_input.md#part-file.")
        assert (register, sentence) in parts.faults(delivery)


def test_what_holds_no_rows_may_lie_there(delivery):
    for name in ("README.md", "_SUCCESS", ".part-0.parquet.crc"):
        (delivery / "bef" / name).write_text("x")
    (delivery / "notes").mkdir()
    assert parts.faults(delivery) == []


def test_dbt_stops_there_too(delivery, monkeypatch):
    os.symlink(delivery / "gone", delivery / "bef/part-1.parquet")
    monkeypatch.setattr(dbt_guard, "register_folder", lambda _: delivery)
    monkeypatch.setattr(dbt_guard, "project_folder", lambda: delivery)
    flags = type("Flags", (), {"WHICH": "build"})
    monkeypatch.setattr(dbt_guard, "get_flags", lambda: flags)
    guard = object.__new__(dbt_guard.Plugin)
    creds = type("Creds", (), {"path": "build/warehouse.duckdb"})
    with pytest.raises(Exception, match=r"register bef: part-1\.parquet is a link to nothing"):
        guard.update_connection_config(creds, {})
    flags.WHICH = "show"
    guard.update_connection_config(creds, {})


NO_PARQUET = {"bef": b"", "dod": b"PNR;KOM\n" * 9, "lmdb": b"PAR1" + b"\0" * 40 + b"PAR1"}


def test_what_is_no_parquet_is_said_in_a_sentence(delivery):
    for register, content in NO_PARQUET.items():
        (delivery / register / "part-1.parquet").write_bytes(content)
    for register, sentence in zip(NO_PARQUET, said(rows_judged(delivery)), strict=True):
        wanted = f"register {register}: part-1.parquet is damaged, cut off or no Parquet file"
        assert sentence.startswith(wanted)


# ---- types -----------------------------------------------------------------------------------------------


NO_VALUES = {
    "bef": ("KOM", "{'a': 1}", "holds a record in each row"),
    "vnds": ("INDUD_KODE", "['101']", "holds a list in each row"),
    "flyt": ("KOM", "[{'a': 1}]", "holds a list in each row"),
    "dod": ("DODDATO", "map {'a': 1}", "holds a map in each row"),
    "lmdb": ("ATC", "'101'::blob", "holds bytes that no one has marked as text"),
}


def test_a_column_that_holds_no_single_value_is_refused(delivery):
    for register, (column, value, _) in NO_VALUES.items():
        beside(delivery, register, **{column: value}, NOTE="{'PNR': ['x']}")
    sentences = said(rows_judged(delivery))
    for (register, (column, _, says)), sentence in zip(NO_VALUES.items(), sentences, strict=True):
        wanted = f"register {register}: column {column} of part-1.parquet {says}: ask for "
        assert sentence.startswith(wanted)
        assert sentence.endswith("See docs/bad_input.md#column-type.")


def test_a_column_of_the_same_name_twice_is_refused(delivery):
    pq.write_table(
        pa.table({"PNR": ["000000000003"], "pnr": ["000000000004"], "DODDATO": ["2014-03-01"]}),
        delivery / "dod/part-1.parquet",
    )
    (sentence,) = said(rows_judged(delivery))
    assert sentence.startswith("register dod: column pnr of part-1.parquet is there twice")


DAYS = [
    "19783", "19783.0::double", "19783.0::float", "19783::smallint", "'01MAR2014'", "'20140301'", "20140301",
    "timestamp '2014-03-01'", "timestamp_ns '2014-03-01'", "timestamptz '2014-02-28 23:00:00+00'",
]  # fmt: skip


def test_each_part_is_read_by_its_own_types(delivery):
    for number, value in enumerate(DAYS, 1):
        beside(delivery, "dod", f"part-{number}", PNR=f"{number}0", DODDATO=value, NOTE="1")
        other = {"PNR": f"{number}1.0::double", "DODDATO": value, "NOTE": "date '2014-01-01'"}
        beside(delivery, "dod", f"other-{number}", **other)
    rows = staged(delivery, "deaths")
    persons = [2, *(10 * number + last for number in range(1, len(DAYS) + 1) for last in (0, 1))]
    assert [(person, str(date)) for person, date in rows] == [(f"{n:012}", "2014-03-01") for n in persons]


def test_codes_numbers_and_aliases_may_differ_between_parts(delivery):
    beside(delivery, "flyt", PNR="5", KOM="77", GL_KOM="'101'", HAEND_DATO="'05-03-2012'")
    beside(delivery, "bfl", AJO_LOENTIMER="'37,5'", PNR="5")
    beside(delivery, "lmdb", PNR12="6", PNR="cast(null as varchar)", EKSD="18000")
    beside(delivery, "dream", PNR="5", Y_0801="730.0", Y_1799="'1'")
    beside(delivery, "ophg", PNR="5")  # DREAM is read for persons with a permit
    assert ("000000000005", "077") in [(row[0], row[3]) for row in staged(delivery, "moves")]
    assert [float(row[3]) for row in staged(delivery, "job_months")] == [120, 37.5]
    assert [row[0] for row in staged(delivery, "prescriptions")] == ["000000000001", "000000000006"]
    assert {row[2] for row in staged(delivery, "dream_weeks") if row[0].endswith("5")} == {
        "730",
        "731",
        "001",
    }


def test_what_cannot_be_read_is_named_whatever_the_other_parts_hold(delivery):
    beside(delivery, "dod", PNR="'000000000003'", DODDATO="true")
    (sentence,) = said(rows_judged(delivery))
    assert "column DODDATO has 1 row that no date can be read from (for example true)" in sentence


# ---- what a whole part says of its dates -----------------------------------------------------------------


ZONES = ("UTC", "America/New_York", "Pacific/Auckland")


MIDNIGHTS = [
    "timestamp '2014-06-30 22:00:00'", "'2014-06-30 22:00:00'", "'2014-06-30T22:00:00.000'",
    "'30JUN2014:22:00:00'", "'30-06-2014 22:00'", "timestamp_ns '2014-06-30 22:00:00'",
    "cast(epoch(timestamp '2014-06-30 22:00') - epoch(timestamp '1960-01-01') as bigint)",
    "1000 * (epoch(timestamp '2014-06-30 22:00') - epoch(timestamp '1960-01-01'))",
]  # fmt: skip


def test_midnight_in_denmark_written_as_utc_is_the_day_after(delivery):
    for number, value in enumerate(MIDNIGHTS, 1):
        beside(delivery, "lmdb", f"part-{number}", PNR=f"'{number:012}'", EKSD=value, copies=2 + number)
    read = [each for each in said(rows_judged(delivery), "warning") if "#part-reading" in each]
    assert read == [
        f"register lmdb: column EKSD of part-{number}.parquet holds 22:00 or 23:00 in all its "
        f"{2 + number} rows, which is midnight in Denmark in UTC: read as the day after (2014-06-30 as "
        "2014-07-01). See docs/bad_input.md#part-reading."
        for number in range(1, len(MIDNIGHTS) + 1)
    ]
    days = {(row[0], str(row[1])) for row in staged(delivery, "prescriptions", notes=len(MIDNIGHTS))}
    assert days - {("000000000001", "2011-06-01")} == {
        (f"{number:012}", "2014-07-01") for number in range(1, len(MIDNIGHTS) + 1)
    }


def test_midnight_and_evening_in_one_column_are_refused(delivery):
    times = "timestamp '2014-06-30' + to_hours(22 * (range % 2)::integer)"
    beside(delivery, "lmdb", EKSD=times, copies=10)
    (sentence,) = said(rows_judged(delivery))
    assert "column EKSD of part-1.parquet holds 22:00 or 23:00 in 5 rows of 10, which may be" in sentence


def test_times_of_day_are_no_fault(delivery):
    hours = "timestamp '2014-06-30' + to_hours(range::integer)"
    beside(delivery, "lpr_adm", RECNUM="range + 2", D_INDDTO=hours, copies=24)
    assert said(rows_judged(delivery)) == []
    assert {str(row[4]) for row in staged(delivery, "hospital_contacts")} == {"2011-07-01", "2014-06-30"}


ZONED = [
    "timestamptz '2014-06-30 22:00:00+00'", "timestamptz '2014-07-01 21:59:59+00'", "'2014-06-30T22:00:00Z'",
    "'2014-07-01T00:00:00+02:00'", "'2014-06-30 22:00:00.000+0000'", "'2014-06-30 22:00:00 UTC'",
    "'2014-06-30 13:00-09'", "'2014-07-01 00:00:00 CEST'", "'2014-07-01T00:00:00Z'",
]  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
def test_a_time_with_its_zone_is_a_day_in_denmark_whatever_the_session(zone, delivery):
    for number, value in enumerate(ZONED, 2):
        beside(delivery, "lmdb", f"part-{number}", PNR=f"'{number:012}'", EKSD=value)
    found = {row[0]: str(row[1]) for row in staged(delivery, "prescriptions", zone)}
    assert found.pop("000000000001") == "2011-06-01"
    assert found == {f"{number:012}": "2014-07-01" for number, _ in enumerate(ZONED, 2)}


def test_a_zone_that_is_not_understood_is_refused(delivery):
    beside(delivery, "lmdb", EKSD="'2014-06-30 22:00:00 EST'")
    (sentence,) = said(rows_judged(delivery))
    assert "column EKSD has 1 row that no date can be read from" in sentence


UNIX = "cast(date '2014-01-01' - date '1970-01-01' as integer) + range"


COUNTED = {
    "days": UNIX, "floating days": f"cast({UNIX} as double)", "texts": f"cast({UNIX} as varchar)",
    "seconds": f"86400 * ({UNIX})", "milliseconds": f"86400000 * ({UNIX})",
    "Excel": "cast(date '2014-01-01' - date '1899-12-30' as integer) + range",
}  # fmt: skip


def test_the_year_of_its_name_says_from_which_day_a_part_counts(delivery):
    for number, value in enumerate(COUNTED.values()):
        own = {"PNR": f"'{number + 2:012}'", "EKSD": value}
        beside(delivery, "lmdb", f"lmdb_2014_part-{number}", copies=300, **own)
    lines = [line.sentence for line in rows_judged(delivery) if "lmdb_2014" in line.sentence]
    for number, kind in enumerate(COUNTED):
        (line,) = [each for each in lines if f"of lmdb_2014_part-{number}.parquet " in each]
        assert "holds counts that end in 2014 as its name says, and in " in line, kind
    found = {}
    for person, day, *_ in staged(delivery, "prescriptions", notes=len(COUNTED)):
        found.setdefault(person, []).append(str(day))
    assert found.pop("000000000001") == ["2011-06-01"]
    assert len(found) == len(lines) == len(COUNTED)
    for person, days in found.items():
        assert (min(days), max(days), len(set(days))) == ("2014-01-01", "2014-10-27", 300), person


def test_counts_that_may_be_of_two_kinds_are_refused(delivery):
    beside(delivery, "lmdb", EKSD=UNIX, copies=300)
    (sentence,) = said(rows_judged(delivery))
    assert "counts that end on 2004-10-26 if they count from 1960 (SAS, Stata) and on 2014-10-27" in sentence
    assert "Name the file with its year, such as lmdb_2014, or ask for dates as 2014-10-27" in sentence


def test_counts_of_sas_are_read_as_before(delivery):
    for part in ("lmdb_2014", "part-2"):
        days = "cast(date '2014-01-01' - date '1960-01-01' as integer) + range"
        beside(delivery, "lmdb", part, EKSD=days, PNR=f"'{part[-4:]:0>12}'", copies=300)
    beside(delivery, "bef", FOED_DAG="7795", REFERENCETID="18992", PNR="7")
    assert said(rows_judged(delivery)) == []
    assert len({row[1] for row in staged(delivery, "prescriptions")}) == 301


ROUNDED = {"lmdb": ("float", "16777217"), "dod": ("double", "1e17"), "sssy": ("float", "12.5")}


def test_an_id_that_was_rounded_is_refused(delivery):
    for register, (kind, value) in ROUNDED.items():
        beside(delivery, register, PNR=f"cast({value} as {kind})", copies=2)
    sentences = said(rows_judged(delivery))
    assert len(sentences) == len(ROUNDED)
    for register, sentence in zip(("dod", "lmdb", "sssy"), sentences, strict=True):
        wanted = "column PNR of part-1.parquet holds in 2 rows a value that is not whole: a floating"
        assert sentence.startswith(f"register {register}: {wanted}")


def test_nan_is_no_value(delivery):
    beside(delivery, "bef", PNR="5", E_FAELLE_ID="cast('nan' as double)", IE_TYPE="cast('nan' as float)")
    assert said(rows_judged(delivery)) == []
    assert [row[-1] for row in staged(delivery, "population")] == [None, None]


# ---- twice -----------------------------------------------------------------------------------------------


ONE_PERIOD = [
    {"dod": ["dod_2015", "dod_2016"], "vnds": ["vnds15", "vnds"], "bef": ["bef_2012", "BEF311212"],
     "bfl": ["bfl_2012", "BFL201212"], "lmdb": ["lmdb2013_v1", "lmdb2013_v2"],
     "flyt": ["flyt_2012_part-0", "flyt12"]},
    {"dod": ["DOD2016M03", "dod_20231204"], "bef": ["bef_2012M12", "bef_2012-12-31"]},
]  # fmt: skip


@pytest.mark.parametrize("delivered", ONE_PERIOD, ids=len)
def test_names_that_say_one_period_twice_are_refused(delivered, delivery):
    for register, names in delivered.items():
        for number, name in enumerate(names):
            beside(delivery, register, name, PNR=f"'00000000000{number + 3}'")
    sentences = [one for one in said(rows_judged(delivery)) if one.endswith("#file-twice.")]
    assert len(sentences) == len(delivered)
    for register, names in delivered.items():
        (sentence,) = [one for one in sentences if one.startswith(f"register {register}: ")]
        assert "would count twice" in sentence and all(name in sentence for name in names)
        assert (register, sentence) in parts.faults(delivery)


@pytest.mark.parametrize(
    ("register", "names"),
    [
        ("bef", ["bef_2012M03", "bef_2012M12", "bef_2013"]), ("bfl", ["bfl_201201", "bfl_201202"]),
        ("lmdb", ["lmdb_2012_part-0", "lmdb_2012_part-1"]), ("flyt", ["flyt_00", "flyt_01"]),
        ("vnds", ["vnds_ind_2012", "vnds_ud_2012", "vnds_hist"]), ("dod", ["a1b2c3", "part-1"]),
    ],
)  # fmt: skip
def test_names_of_several_periods_and_parts_may_lie_together(register, names, delivery):
    for number, name in enumerate(names):
        beside(delivery, register, name, PNR=f"'00000000000{number + 3}'")
    assert parts.faults(delivery) == []


def test_a_part_with_the_rows_of_another_is_refused_where_rows_are_events(delivery):
    registers = ["bfl", "lmdb", "sssy"]
    for register in registers:
        beside(delivery, register, "x", copies=20, PNR="cast(range as varchar)")
        source = f"read_parquet('{delivery}/{register}/x.parquet')"
        other = f"{delivery}/{register}/y.parquet"
        duckdb.sql(f"copy (from {source} order by PNR desc) to '{other}' (compression zstd)")
    assert said(rows_judged(delivery)) == [
        f"register {register}: x.parquet and y.parquet hold the same 20 rows, which count twice. "
        "Take one away, and ask for what is missing. See docs/bad_input.md#file-twice."
        for register in registers
    ]


def test_a_part_with_the_rows_of_another_is_noted_where_equal_rows_are_read_once(delivery):
    shutil.copy(delivery / "dod/part-0.parquet", delivery / "dod/copy.parquet")
    lines = rows_judged(delivery)
    assert said(lines) == []
    (warning,) = said(lines, "warning")
    assert warning.startswith(
        "register dod: copy.parquet and part-0.parquet hold the same 1 row, read once. "
    )
    beside(delivery, "bfl")
    assert "part-0.parquet and part-1.parquet hold the same 1 row, which count twice" in "".join(
        said(rows_judged(delivery), "warning")
    ), "one row can be equal by chance"


def test_parts_that_differ_in_one_value_are_no_copies(delivery):
    for number in range(3):
        beside(delivery, "bfl", f"x{number}", copies=7, AJO_LOENTIMER=f"range + {number} / 10")
    assert said(rows_judged(delivery)) == []
