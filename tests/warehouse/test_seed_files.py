"""Files that people edit, as Excel and Statbank save them: read right, or refused in one sentence."""

import csv
import io
import re
import shutil

import pytest
import yaml

from vfm.registers import seed_files as of_check
from vfm.warehouse import dbt_sql, seed_files
from vfm.warehouse.paths import PROJECT

GROUNDS, COUNTRIES = "classifications/residence_grounds", "classifications/countries"
PRICES, REGK31, LABOUR = "classifications/price_index", "statbank/regk31", "statbank/labour_market"
HEADING = "year,index_2015_100,municipal_index_2015_100\n"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The seeds of the project, to be spoiled."""
    monkeypatch.delenv("VFM_STATBANK", raising=False)
    for folder in ("classifications", "statbank", "published"):
        shutil.copytree(PROJECT / "seeds" / folder, tmp_path / "seeds" / folder)
    return tmp_path


def text_of(name):
    return (PROJECT / f"seeds/{name}.csv").read_text(encoding="utf-8")


def said(project):
    return seed_files.problems(dbt_sql.variables(), project)


def with_semicolons(text):
    """A text of simple fields as Danish Excel separates it."""
    return "\n".join(re.sub(r',(?=(?:[^"]*"[^"]*")*[^"]*$)', ";", line) for line in text.splitlines())


def test_the_files_of_the_project_are_right(project):
    assert said(project) == []


#: What stays the same data: the file, its bytes.
READ_RIGHT = {
    "byte-order mark": (GROUNDS, b"\xef\xbb\xbf" + text_of(GROUNDS).encode()),
    "lines of Windows": (GROUNDS, text_of(GROUNDS).replace("\n", "\r\n").encode()),
    "both": (REGK31, b"\xef\xbb\xbf" + text_of(REGK31).replace("\n", "\r\n").encode()),
    "quoted fields": (
        PRICES,
        b'"year","index_2015_100","municipal_index_2015_100"\n' + text_of(PRICES).split("\n", 1)[1].encode(),
    ),
    "true in capitals": (GROUNDS, text_of(GROUNDS).replace("true", "TRUE").encode()),
    "no line break at the end": (PRICES, text_of(PRICES).rstrip("\n").encode()),
    "empty lines at the end": (PRICES, (text_of(PRICES) + "\n\n").encode()),
    "nil of Statbank": (REGK31, text_of(REGK31).replace(";50579\n", ";-\n").encode()),
}


@pytest.mark.parametrize(("name", "content"), READ_RIGHT.values(), ids=READ_RIGHT)
def test_a_file_that_is_right_is_taken(project, name, content):
    (project / f"seeds/{name}.csv").write_bytes(content)
    assert said(project) == []


def spoiled(name, old, new, count=1):
    text = text_of(name)
    assert old in text
    return name, text.replace(old, new, count).encode()


#: What is refused: the file, its bytes, and what the sentence says.
REFUSED = {
    "semicolons": (GROUNDS, with_semicolons(text_of(GROUNDS)).encode(), "is separated by semicolons"),
    "tabs": (PRICES, text_of(PRICES).replace(",", "\t").encode(), "is separated by tabs"),
    "commas": (REGK31, text_of(REGK31).replace(";", ",").encode(), "is separated by commas"),
    "separator's line": (
        PRICES,
        b"sep=;\n" + text_of(PRICES).encode(),
        "lacks year, index_2015_100, municipal_index_2015_100 in its heading",
    ),
    "ANSI": (GROUNDS, text_of(GROUNDS).encode("cp1252"), "is not UTF-8: in line 6"),
    "ANSI of Statbank": (REGK31, text_of(REGK31).encode("latin-1"), "is not UTF-8: in line 1"),
    "UTF-16": (GROUNDS, text_of(GROUNDS).encode("utf-16"), "is saved as UTF-16"),
    "UTF-16 without its mark": (GROUNDS, text_of(GROUNDS).encode("utf-16-le"), "holds bytes of 0"),
    "a workbook": (GROUNDS, b"PK\x03\x04...", "is an Excel workbook"),
    "nothing": (GROUNDS, b"", "is empty"),
    "a heading alone": (PRICES, HEADING.encode(), "has a heading and no row"),
    "zeros lost": (
        GROUNDS,
        re.sub(r"^0+", "", text_of(GROUNDS), flags=re.MULTILINE).encode(),
        "column permit_category holds in 20 lines a value that is not of 4 digits, the first '1' in line 2",
    ),
    "a code as a number": (*spoiled(GROUNDS, "0001,0101", "0001,101.0"), "the first '101.0' in line 2"),
    "a country without its zero": (*spoiled(COUNTRIES, "0000,", "0,"), "column country_code holds in 1 line"),
    "Danish truth": (
        GROUNDS,
        text_of(GROUNDS).replace("true", "SAND").encode(),
        "that is not true or false, the first 'SAND' in line 2",
    ),
    "a ground misspelt": (*spoiled(GROUNDS, "refugee_quota", "refugee_kvota"), "a value that is not known"),
    "empty columns": (
        PRICES,
        "".join(f"{line},,\n" for line in text_of(PRICES).splitlines()).encode(),
        "has 2 empty columns behind the last one",
    ),
    "empty rows": (
        PRICES,
        (text_of(PRICES) + ",,\n,,\n").encode(),
        "has 2 lines of separators alone, the first",
    ),
    "decimal comma": (*spoiled(PRICES, "2011,95.92", '2011,"95,92"'), "no number with a decimal point"),
    "one comma too many": (
        *spoiled(PRICES, "2011,95.92", "2011,95,92"),
        "has 4 columns in line 6",
    ),
    "a year without a price": (
        PRICES,
        re.sub("2013,.*\n", "", text_of(PRICES)).encode(),
        "has no price of 2013",
    ),
    "a year twice": (
        PRICES,
        (text_of(PRICES) + "2011,96.0,\n").encode(),
        "line 20 that of line 6",
    ),
    "an empty cell": (
        *spoiled(GROUNDS, "refugee_quota,refugee", "refugee_quota,"),
        "column residence_group is empty",
    ),
    "a quotation mark": (*spoiled(GROUNDS, '"refugee, Aliens Act s. 8"', '"refugee'), "is not closed"),
    "another column": (*spoiled(GROUNDS, "permit_basis", "basis"), "lacks permit_basis in its heading"),
    "another order": (
        PRICES,
        b"index_2015_100,year,municipal_index_2015_100\n95.92,2011,\n",
        "has its columns in another order",
    ),
    "thousands in a count": (
        *spoiled("classifications/municipalities", "569557", "569.557"),
        "holds in 1 line a value that is no whole number, the first '569.557' in line 2",
    ),
    "a price of nothing": (
        *spoiled(PRICES, "95.92", "0"),
        "a value outside 50 to 150, the first '0' in line 6",
    ),
    "other digits": (*spoiled(PRICES, "2011", "٢٠١١"), "a value that is no whole number"),
    "a municipality twice": (
        "classifications/municipalities",
        (text_of("classifications/municipalities") + "101,X,X,X,Sjælland,1,1,99,99\n").encode(),
        "repeat the municipality_code of another",
    ),
    "a thousands point": (
        *spoiled(REGK31, ";-311068\n", ";-311.068\n"),
        "column INDHOLD holds in 1 line a value with a separator of thousands, or three decimals",
    ),
    "a thousands blank": (*spoiled(REGK31, ";-311068\n", ";-311 068\n"), "with a separator of thousands"),
    "a year of Statbank": (*spoiled(REGK31, ";2011;", ";2011K1;"), "column TID holds in 1 line"),
    "a labour market without a column": (*spoiled(LABOUR, ";LEDIGHEDSPROCENT", ""), "lacks LEDIGHEDSPROCENT"),
}


@pytest.mark.parametrize(("name", "content", "words"), REFUSED.values(), ids=REFUSED)
def test_another_file_is_refused_in_a_sentence(project, name, content, words):
    (project / f"seeds/{name}.csv").write_bytes(content)
    sentences = said(project)
    assert len(sentences) >= 1
    assert any(words in sentence for sentence in sentences), sentences
    for sentence in sentences:
        assert sentence.startswith(f"seeds/{name}.csv") and sentence.endswith(f". {seed_files.SEE}")
        assert "\n" not in sentence and len(sentence) < 500


def test_a_file_that_is_gone_is_said(project):
    (project / f"seeds/{PRICES}.csv").unlink()
    assert said(project) == [
        f"seeds/{PRICES}.csv cannot be read (No such file or directory). {seed_files.SEE}"
    ]


def test_a_value_that_could_be_an_id_is_not_shown(project):
    name, content = spoiled(GROUNDS, "0001,0101", "0001,0101901234")
    (project / f"seeds/{name}.csv").write_bytes(content)
    [sentence] = said(project)
    assert "0101901234" not in sentence and "one of 10 characters in line 2" in sentence


def test_tables_of_another_folder_are_judged_there(project, tmp_path, monkeypatch):
    elsewhere = shutil.copytree(PROJECT / "seeds/statbank", tmp_path / "else where")
    monkeypatch.setenv("VFM_STATBANK", str(elsewhere))
    (elsewhere / "regk31.csv").write_bytes(text_of(REGK31).encode("latin-1"))
    [sentence] = said(project)
    assert sentence.startswith("else where/regk31.csv is not UTF-8") or str(elsewhere) in sentence


def test_every_code_of_the_shipped_files_has_its_digits_declared():
    """A column of codes that all have one length and a leading zero must say how many digits it has."""
    for seed in seed_files.seeds():
        if seed.path.parent.name != "classifications":
            continue
        rows = list(csv.reader(io.StringIO(seed.path.read_text(encoding="utf-8"))))[1:]
        for place, (name, column) in enumerate(seed.columns.items()):
            values = [row[place] for row in rows]
            codes = all(re.fullmatch("[0-9]{2,}", value) for value in values)
            if codes and len(set(map(len, values))) == 1 and any(value[0] == "0" for value in values):
                assert column.digits == len(values[0]), (seed.name, name)


def test_the_check_says_what_the_build_would(monkeypatch, tmp_path):
    elsewhere = shutil.copytree(PROJECT / "seeds/statbank", tmp_path / "statbank")
    monkeypatch.setenv("VFM_STATBANK", str(elsewhere))
    text = text_of(REGK31)
    first = text.index("\n101;54660")
    (elsewhere / "regk31.csv").write_text(text[:first] + "\n123;54660" + text[first + 10 :], encoding="utf-8")
    with of_check.duckdb.connect() as con:
        con.execute("create schema classifications; create schema staging")
        lines = list(of_check.found_beside(con))
    errors = [(table, sentence) for table, level, _, sentence in lines if level == "error"]
    assert errors and {table for table, _ in errors} == {"regk31"}
    assert any("neither one of the 98 municipalities nor a total" in sentence for _, sentence in errors)
    assert [line[:2] for line in lines if line[0] == "regk100"] == [("regk100", "ok")]
    (elsewhere / "regk31.csv").write_text(
        re.sub(r";(\d+)$", lambda amount: f";{2 * int(amount[1])}", text, flags=re.M), encoding="utf-8"
    )
    with of_check.duckdb.connect() as con:
        con.execute("create schema classifications; create schema staging")
        errors = [line for line in of_check.found_beside(con) if line[1] == "error"]
    assert [table for table, *_ in errors] == ["regk100"]
    assert errors[0][3].endswith("See docs/bad_input.md#accounts-add-up.")
    (elsewhere / "regk31.csv").write_bytes(text.encode("latin-1"))
    with of_check.duckdb.connect() as con:
        con.execute("create schema classifications")
        [(table, level, count, sentence), *_] = of_check.found_beside(con)
    assert (table, level, count) == ("", "error", 1) and "is not UTF-8" in sentence


def test_nil_is_an_amount_of_nothing():
    with of_check.duckdb.connect() as con:
        amounts = "values ('-'), (' - '), ('-5'), ('2,5'), ('..')"
        number = dbt_sql.cast("to_amount", "amount")
        assert con.sql(f"select {number} from ({amounts}) as t (amount)").fetchall() == [
            (0,), (0,), (-5,), (2.5,), (None,),
        ]  # fmt: skip


def test_the_digits_are_declared_in_the_yml_alone():
    text = (PROJECT / f"seeds/{GROUNDS}.yml").read_text(encoding="utf-8")
    [entry] = yaml.safe_load(text)["seeds"]
    digits = [column["config"]["meta"]["digits"] for column in entry["columns"] if "config" in column]
    assert digits == [4, 4, 4]
