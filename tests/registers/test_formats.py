"""make import: files as they are, in odd forms; each is read or refused in a sentence."""

import gzip
import io
import struct
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_import import DOD, PERSON, deliver, imported, manifest

from vfm.registers import importing
from vfm.registers.contract import Column, Register
from vfm.registers.formats import sas_column
from vfm.registers.importing import import_delivery

SAS = Path(__file__).parents[1] / "support/data/dates.sas7bdat.gz"
MILLISECONDS = 1000 * 86400


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
        return [p for p in problems if "by name" not in p and "could be imported" not in p], stream.getvalue()

    once.registers = tmp_path / "registers"
    return once


def with_format(path, column, form):
    """Write another display format of a column into a Stata file."""
    content = bytearray(path.read_bytes())
    place = content.index(b"<formats>") + len(b"<formats>") + 57 * column
    content[place : place + 57] = form.encode().ljust(57, b"\0")
    path.write_bytes(content)


def days(register="dod"):
    return lambda run: [row[1] for row in imported(run.registers, register).order("PNR").fetchall()]


# ---- Stata -----------------------------------------------------------------------------------------------


def stata(path, values, form, kind="float64"):
    frame = pd.DataFrame({"PNR": [f"p{n}" for n in range(len(values))], "DODDATO": np.array(values, kind)})
    frame.to_stata(path, write_index=False, version=118)
    with_format(path, 1, form)


@pytest.mark.parametrize(
    ("form", "value"),
    [
        ("%td", 19783),
        ("%-td", 19783),
        ("%d", 19783),
        ("%-dD_m_Y", 19783),
        ("%tdDD/NN/CCYY", 19783),
        ("%9.0g", 19783),
        ("%-9.0g", 19783),
        ("%tc", 19783 * MILLISECONDS),
        ("%-tc", 19783 * MILLISECONDS + 51_000_000),
        ("%tcDDmonCCYY_HH:MM", 19783 * MILLISECONDS + 1),
        ("%tC", 19783 * MILLISECONDS + 25_000),
        ("%-tC", 19783 * MILLISECONDS + 25_000),
    ],
)
def test_stata_says_how_its_days_count(form, value, delivery, run):
    stata(delivery / "dod2014.dta", [value], form)
    assert run()[0] == []
    assert days()(run) == [date(2014, 3, 1)]


@pytest.mark.parametrize("form", [f"%{left}t{kind}" for left in ("", "-") for kind in "wmqhyb"])
def test_stata_periods_are_no_days(form, delivery, run):
    stata(delivery / "dod2014.dta", [650], form)
    ((problem,), printed) = run()
    assert problem.startswith("register dod: dod2014.dta column DODDATO counts ")
    assert f"({form.replace('-', '')}), not days: ask for a date (%td). See docs/bad_input" in problem


@pytest.mark.parametrize("form", ["%tc", "%-tC", "%tcCCYY"])
def test_stata_times_in_single_precision_are_refused(form, delivery, run):
    stata(delivery / "dod2014.dta", [19783 * MILLISECONDS], form, "float32")
    assert "in single precision (float), which is wrong by minutes: ask for double" in run()[0][0]


@pytest.mark.parametrize("form", ["%tc", "%tC"])
def test_midnight_in_denmark_as_utc_is_read_with_a_warning(form, delivery, run):
    evenings = [day * MILLISECONDS + hour * 3_600_000 for day, hour in [(19783, 23), (19874, 22)]]
    stata(delivery / "dod2014.dta", [value + 25_000 * (form == "%tC") for value in evenings], form)
    problems, printed = run()
    assert problems == []
    assert days()(run) == [date(2014, 3, 2), date(2014, 6, 1)]
    warning = (
        "Warning: register dod: dod2014.dta column DODDATO holds 22:00 or 23:00 in all its 2 rows, which is "
        "midnight in Denmark in UTC: read as the day after (2014-05-31 as 2014-06-01).\n"
    )
    assert warning in printed
    assert warning in run()[1], "it is said each time"


def test_a_text_that_stata_numbered_is_read_by_its_labels(delivery, run):
    rows = pd.DataFrame({"PNR": ["p1", "p2"], "EKSD": [19783.0, 19784.0]})
    rows["ATC"] = pd.Categorical(["N05BA01", "N06AB04"])
    rows.to_stata(delivery / "lmdb2014.dta", write_index=False, version=118)
    problems, printed = run()
    assert problems == []
    assert sorted(imported(run.registers, "lmdb").project("ATC").fetchall()) == [("N05BA01",), ("N06AB04",)]
    assert "lmdb2014.dta column ATC is numbers with value labels: the labels were read" in printed


def test_codes_that_stata_numbered_are_read_by_their_labels(delivery, run):
    rows = pd.DataFrame({"PNR": ["p1", "p2"], "HAEND_DATO": [19783.0, 19784.0]})
    rows["KOM"] = pd.Categorical(["0751", "0101"], categories=["0101", "0751"])
    rows["GL_KOM"] = pd.Series([101, 751], dtype="int16")
    path = delivery / "flyt2014.dta"
    labels = {"GL_KOM": {101: "101 Kobenhavn", 751: "751 Aarhus"}}
    rows.to_stata(path, write_index=False, version=118, value_labels=labels)
    problems, printed = run()
    assert problems == []
    found = imported(run.registers, "flyt").order("PNR").project("KOM, GL_KOM").fetchall()
    assert found == [("0751", "101"), ("0101", "751")]
    assert "column KOM is numbers with value labels" in printed and "column GL_KOM" not in printed


def test_words_as_labels_leave_the_number(delivery, run):
    rows = pd.DataFrame({"PNR": ["p1"], "UUDDNR": [2], "STARTDATO": [19783.0]})
    path = delivery / "danskudd2014.dta"
    rows.to_stata(path, write_index=False, version=118, value_labels={"UUDDNR": {1: "one", 2: "Dansk 2"}})
    problems, printed = run()
    assert (problems, imported(run.registers, "danskudd").project("UUDDNR").fetchall()) == ([], [("2",)])


def test_a_number_without_its_label_is_refused(delivery, run):
    rows = pd.DataFrame({"PNR": ["p1", "p2"], "EKSD": [19783.0] * 2, "ATC": [1, 7]})
    path = delivery / "lmdb2014.dta"
    rows.to_stata(path, write_index=False, version=118, value_labels={"ATC": {1: "N05BA01"}})
    assert "column ATC holds in 1 row a number without a value label beside those" in run()[0][0]


def test_ids_that_stata_numbered_are_refused(delivery, run):
    rows = pd.DataFrame({"PNR": pd.Categorical([PERSON, "p2"]), "DODDATO": [19783.0, 19784.0]})
    rows.to_stata(delivery / "dod2014.dta", write_index=False, version=118)
    ((problem,), printed) = run()
    assert "column PNR is numbers 1, 2, 3 with the ids as their labels: ask for the texts" in problem
    assert PERSON not in problem + printed


# ---- SAS -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["count", "page"])
def test_rows_that_sas_has_deleted_are_refused(place, delivery, run, monkeypatch):
    columns = (Column("PNR", "varchar", ("integer_row",)), Column("DODDATO", "date", ("date_row",)))
    monkeypatch.setattr(importing, "read_contract", lambda: {"dod": Register("dod", (), columns)})
    content = bytearray(gzip.decompress(SAS.read_bytes()))
    header, page = (struct.unpack_from("<i", content, at)[0] for at in (196 + 4, 200 + 4))
    subheader = content.index(b"\xf7\xf7\xf7\xf7\0\0\0\0" if content[32] == 0x33 else b"\xf7\xf7\xf7\xf7")
    size = 8 if content[32] == 0x33 else 4
    if place == "count":
        struct.pack_into("<i", content, subheader + 7 * size, 3)
    else:
        kinds = range(header + (32 if size == 8 else 16), len(content), page)
        last = [at for at in kinds if content[at + 1] in (1, 2)][-1]
        content[last] |= 0x80
    (delivery / "dod2016.sas7bdat").write_bytes(content)
    (problem,) = run()[0]
    assert "that are marked as deleted and still in the file: ask for a copy without them" in problem


@pytest.mark.parametrize(
    ("form", "width", "says"),
    [
        ("DATETIME20", 4, "is stored in 4 bytes, which do not hold every second"),
        ("DATE9", 3, "is stored in 3 bytes, which do not hold every day since 1982"),
        ("TIME8", 8, "is a time of day (TIME8) and no date"),
        ("HHMM5", 8, "is a time of day"),
        ("E8601DT19", 5, "every second"),
    ],
)
def test_what_a_sas_number_cannot_hold_is_refused(form, width, says):
    assert says in sas_column("DODDATO", form, width).wrong


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("DATE9", "DATE"), ("YYMMDDN8", "DATE"), ("MONYY7", "DATE"), ("DDMMYYS10", "DATE"),
        ("DATETIME20", "TIMESTAMP"), ("DTDATE9", "TIMESTAMP"), ("DTMONYY7", "TIMESTAMP"),
        ("E8601DT19", "TIMESTAMP"), ("E8601DA10", "DATE"), ("BEST12", ""), ("Z4", ""), ("", ""),
    ],
)  # fmt: skip
def test_a_sas_format_says_how_a_number_counts(form, kind):
    assert (sas_column("X", form, 8).kind, sas_column("X", form, 8).wrong) == (kind, "")


def test_a_short_sas_number_holds_whole_numbers_up_to_a_limit():
    limits = [sas_column("PNR", "BEST12", width).limit for width in (3, 4, 7, 8)]
    assert limits == [8192, 1 << 21, 1 << 45, None]


# ---- csv -------------------------------------------------------------------------------------------------

TEXT = f"PNR;DODDATO;bemærkning\r\n{PERSON};2014-03-01;så\r\np2;2014-03-02;\r\n"
CSV = {
    "utf-16": TEXT.encode("utf-16"),
    "utf-16-le with its mark": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "utf-16-be with its mark": b"\xfe\xff" + TEXT.encode("utf-16-be"),
    "utf-16-le": TEXT.encode("utf-16-le"),
    "utf-16-be": TEXT.encode("utf-16-be"),
    "utf-32": TEXT.encode("utf-32"),
    "sep": ("sep=;\r\n" + TEXT).encode(),
    "sep in quotes": ('"sep=;"\n' + TEXT.replace("\r", "")).encode("utf-8-sig"),
    "sep and another separator": ("SEP=#\r\n" + TEXT.replace(";", "#")).encode("latin-1"),
    "sep in utf-16": ("sep=\t\r\n" + TEXT.replace(";", "\t")).encode("utf-16"),
    "old Mac": TEXT.replace("\r\n", "\r").encode(),
    "mixed": TEXT.replace("så\r\n", "så\n").encode(),
    "mixed in latin-1": TEXT.replace("bemærkning\r\n", "bemærkning\n").encode("latin-1"),
    "mixed with the old Mac's": TEXT.replace("så\r\n", "så\r").encode("utf-8-sig"),
    "two returns": TEXT.replace("\r\n", "\r\r\n").encode(),
    "blank lines before": ("\n \n" + TEXT.replace("\r", "")).encode(),
    "mixed with line ends in a field": TEXT.replace("så\r\n", '"s\nå"\n').encode(),
    "mixed and sep": ("sep=;\n" + TEXT).encode("cp1252"),
}


@pytest.mark.parametrize("kind", CSV)
def test_a_csv_as_it_is(kind, delivery, run):
    (delivery / "dod2014.csv").write_bytes(CSV[kind])
    assert run()[0] == []
    assert imported(run.registers, "dod").order("DODDATO").fetchall() == [
        (PERSON, date(2014, 3, 1)),
        ("p2", date(2014, 3, 2)),
    ]


def test_zero_bytes_are_no_text(delivery, run):
    (delivery / "dod2014.csv").write_bytes(b"PNR;DODDATO\np1\0;2014-03-01\n")
    assert "dod2014.csv holds zero bytes and is no text" in run()[0][0]


def test_eleven_in_the_evening_is_understood_in_letters_too(delivery, run):
    deliver(delivery / "dod2014.csv", [{"PNR": "p1", "DODDATO": "28-02-2014 11:00:00 PM"}])
    problems, printed = run()
    assert (problems, days()(run)) == ([], [date(2014, 3, 1)])
    assert "read as the day after (2014-02-28 as 2014-03-01)" in printed


@pytest.mark.parametrize("header", ["PNR;DODDATO;PNR", "PNR;DODDATO;pnr"])
def test_a_column_that_is_there_twice_is_refused(header, delivery, run):
    (delivery / "dod2014.csv").write_text(f"{header}\n1;2014-03-01;2\n")
    assert "dod2014.csv has the column" in run()[0][0] and "twice" in run()[0][0]


def test_ten_thousand_columns_take_seconds(delivery, run):
    row = DOD[0] | {f"x{n}": "1" for n in range(10_000)}
    deliver(delivery / "dod2014.csv", [row] * 20)
    started = time.process_time()
    assert run()[0] == []
    assert time.process_time() - started < 20
    assert imported(run.registers, "dod").shape == (20, 2)


# ---- parquet ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"a": 1}, "holds a record in each row"),
        (["a"], "holds a list in each row"),
        (b"\xff", "holds bytes that no one has marked as text"),
    ],
)
def test_a_column_without_single_values_is_refused(value, says, delivery, run):
    deliver(delivery / "dod2014.parquet", [{"PNR": value, "DODDATO": "2014-03-01"}])
    assert f"register dod: dod2014.parquet column PNR {says}: ask for" in run()[0][0]


def test_the_machines_time_zone_changes_nothing(delivery, run, monkeypatch):
    times = pd.to_datetime(["2014-02-28 23:00", "2014-06-30 22:00"]).tz_localize("UTC")
    ids, texts = {"PNR": ["1", "2"]}, times.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    deliver(delivery / "flyt2014.parquet", ids | {"HAEND_DATO": times, "KOM": "101", "GL_KOM": "101"})
    deliver(delivery / "dod2014.csv", ids | {"DODDATO": texts})
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert run()[0] == []
    finally:
        monkeypatch.undo()
        time.tzset()
    assert days()(run) == days("flyt")(run) == [date(2014, 3, 1), date(2014, 7, 1)]


# ---- counts, and names that lead nowhere -----------------------------------------------------------------


@pytest.mark.parametrize("since", [date(1970, 1, 1), date(1899, 12, 30)])
def test_the_year_of_the_name_says_from_which_day_a_file_counts(since, delivery, run):
    counts = [(date(2014, 1, 1) - since).days + n for n in range(300)]
    deliver(delivery / "dod2014.csv", [{"PNR": f"p{n}", "DODDATO": str(n)} for n in counts])
    problems, printed = run()
    assert problems == []
    assert sorted(days()(run))[::299] == [date(2014, 1, 1), date(2014, 10, 27)]
    assert "Warning: register dod: dod2014.csv column DODDATO holds counts that end in 2014 as" in printed


def test_a_file_without_a_year_that_may_count_from_1970_is_refused(delivery, run):
    counts = [(date(2014, 1, 1) - date(1970, 1, 1)).days + n for n in range(300)]
    deliver(delivery / "dod.csv", [{"PNR": f"p{n}", "DODDATO": str(n)} for n in counts])
    ((problem,), _) = run()
    assert "counts that end on 2004-10-26 if they count from 1960 (SAS, Stata) and on 2014-10-27" in problem


def test_a_link_to_nothing_is_named(delivery, run):
    deliver(delivery / "dod2014.csv")
    (delivery / "dod2015.csv").symlink_to(delivery / "gone.csv")
    ((problem,), _) = run()
    assert problem.startswith("register dod: dod2015.csv is a link to nothing: copy the file itself.")
    assert manifest(run.registers)["dod2015.csv"]["reason"] == "a link to nothing"


def test_a_column_without_any_date_is_no_fault_of_its_days(delivery, run):
    deliver(delivery / "dod2014.csv", [{"PNR": "p1", "DODDATO": ""}])
    assert (run()[0], days()(run)) == ([], [None])


def test_a_linked_folder_is_read(delivery, run, tmp_path):
    deliver(tmp_path / "elsewhere/bef/../dod2014.csv".replace("bef/../", ""))
    (delivery / "there").symlink_to(tmp_path / "elsewhere")
    (delivery / "there too").symlink_to(delivery)
    assert run()[0] == []
    assert imported(run.registers, "dod").shape[0] == 1


@pytest.mark.parametrize("name", ["from [a]", "from *", "what?"])
def test_no_path_of_an_import_is_a_pattern(name, delivery, tmp_path):
    for folder in (delivery / name, delivery / "from a", delivery / "from b"):
        deliver(folder / "dod2014.parquet", DOD * (1 + ("b" not in folder.name)))
        deliver(folder / "flyt[1].csv", [{"PNR": "1"}])
    registers = tmp_path / f"to {name}"
    import_delivery(delivery / name, registers, io.StringIO())
    assert pd.read_parquet(registers / "dod/dod_2014.parquet").shape == (2, 2)
