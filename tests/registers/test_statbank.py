"""Fetching from Statbank: the round trip, the labour market by hand, faults that leave the tables alone."""

import os
import shutil
from datetime import UTC, datetime, timedelta

import duckdb
import pandas as pd
import pytest
import statbank_server
from statbank_server import always, cut, hang, page, refusal, shortened, stall, status

from vfm.statbank import __main__ as command
from vfm.statbank import accounts, api, labour_market, tables
from vfm.warehouse import dbt_sql, provenance
from vfm.warehouse.paths import PROJECT

SHIPPED = PROJECT / "seeds/statbank"
SEE = "See docs/bad_input.md#statbank."
pytestmark = pytest.mark.skipif(
    provenance.accounts_origin(SHIPPED) != "synthetic, seed 20170601",
    reason="the server answers with the shipped accounts, and others lie in seeds/statbank",
)


@pytest.fixture
def server():
    server = statbank_server.Server()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(tmp_path):
    """A folder with tables that no fetch would leave as they are, and their origin."""
    for name in ("regk31.csv", "regk100.csv"):
        (tmp_path / name).write_text("before\n")
    shutil.copy(SHIPPED / "labour_market.csv", tmp_path)
    provenance.write_accounts_origin(
        tmp_path, "synthetic, seed 7", dict.fromkeys(range(2007, 2016), "synthetic, seed 7")
    )
    return tmp_path


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


class Client:
    """Runs the command against the server; `slept` holds the pauses it would have made."""

    def __init__(self, server, folder, capsys):
        self.server, self.folder, self.capsys, self.slept = server, folder, capsys, []

    def fetch(self, *options, url=None, **patience):
        bank = api.Statbank(url or self.server.url, sleep=self.slept.append, **patience)
        code = command.main(["--out", str(self.folder), *options], bank)
        said = self.capsys.readouterr()
        self.out, self.err = said.out, said.err
        return code

    def refuses(self, *said, options=("--accounts-only",), **patience):
        """The fetch ends with one sentence that says all of `said`, and no byte of the folder changes."""
        before = content(self.folder)
        assert self.fetch(*options, **patience) == 1
        assert all(part in self.err for part in said), self.err
        assert self.err.endswith(f". Nothing was replaced. {SEE}\n") and self.err.count("\n") == 1
        assert len(self.err) < 400 and "Traceback" not in self.err
        assert content(self.folder) == before


@pytest.fixture
def client(server, folder, capsys, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return Client(server, folder, capsys)


# --- what is fetched -------------------------------------------------------------------------------------


def test_the_shipped_accounts_come_back_byte_for_byte(client):
    assert client.fetch() == 0, client.err
    for name in ("regk31.csv", "regk100.csv"):
        assert (client.folder / name).read_bytes() == (SHIPPED / name).read_bytes()
    assert sorted(content(client.folder)) == ["labour_market.csv", "origin.json", "regk100.csv", "regk31.csv"]
    assert "REGK31       3,770 rows" in client.out
    assert "regk31.csv: 3,770 rows, before 0." in client.out
    assert "Before: synthetic, seed 7.\n" in client.out
    fetched = f"fetched from 127.0.0.1 on {datetime.now():%Y-%m-%d}"
    expected = f"{fetched}; labour market 2007: synthetic, seed 7"
    assert f"Now: {expected}.\n" in client.out
    assert provenance.accounts_origin(client.folder) == expected


@pytest.mark.parametrize("form", ["bom", "zeros", "comma", "turned"])
def test_a_mark_zeros_decimals_and_the_order_do_not_change_the_files(client, form):
    setattr(client.server, form, True)
    assert client.fetch("--accounts-only") == 0, client.err
    assert (client.folder / "regk31.csv").read_bytes() == (SHIPPED / "regk31.csv").read_bytes()
    assert (client.folder / "regk100.csv").read_bytes() == (SHIPPED / "regk100.csv").read_bytes()
    assert provenance.accounts_origin(client.folder).endswith("2013, 2014, 2015: synthetic, seed 7")


def test_the_question_is_in_the_words_of_the_tables_description(client):
    assert client.fetch("--accounts-only") == 0
    assert client.server.asked[0] == ("tableinfo", {"table": "REGK31", "lang": "da", "format": "JSON"})
    years = ["2011", "2012", "2013", "2014", "2015"]
    assert client.server.asked[1] == (
        "data",
        {
            "table": "REGK31",
            "format": "BULK",
            "lang": "da",
            "valuePresentation": "Code",
            "delimiter": "Semicolon",
            "variables": [
                {"code": "OMRÅDE", "values": ["*"]},
                {"code": "FUNKTION", "values": ["54660"]},
                {"code": "DRANST", "values": ["*"]},
                {"code": "ART", "values": ["*"]},
                {"code": "PRISENHED", "values": ["LOBM"]},
                {"code": "Tid", "values": years},
            ],
        },
    )


def test_codes_are_those_of_the_table_whatever_their_zeros(client):
    def padded(table, info):
        for variable in info["variables"]:
            if variable["id"] == "FUNKTION":
                variable["values"] = [{"id": code} for code in ("054660", "054661")]
        return info

    client.server.change_info = padded
    for table in client.server.accounts.values():
        table["FUNKTION"] = "054660"
    assert client.fetch("--accounts-only") == 0, client.err
    assert (client.folder / "regk100.csv").read_bytes() == (SHIPPED / "regk100.csv").read_bytes()


def test_the_address_is_that_of_the_environment(monkeypatch):
    monkeypatch.delenv("VFM_STATBANK_URL", raising=False)
    assert api.Statbank().url == "https://api.statbank.dk/v1"
    monkeypatch.setenv("VFM_STATBANK_URL", "http://mirror.example/v1/")
    assert api.Statbank().url == "http://mirror.example/v1"


def expenditure(regk31, regk100):
    """int_programme_expenditure and national_expenditure, built by the project's SQL from two accounts."""
    tables = {"regk31": regk31, "regk100": regk100, "municipalities": statbank_server.municipalities()}
    tables["account_groupings"] = accounts.read_groupings()
    tables["price_index"] = pd.read_csv(PROJECT / "seeds/classifications/price_index.csv")
    models = {
        "staging.stg_statbank__accounts_by_function": "staging/statbank",
        "staging.stg_statbank__accounts_by_grouping": "staging/statbank",
        "intermediate.int_programme_expenditure": "intermediate/expenditure",
        "classifications.national_expenditure": "marts/expenditure",
    }
    with duckdb.connect() as con:
        con.execute("create schema classifications; create schema staging; create schema intermediate")
        for name, frame in tables.items():
            con.register("frame", frame)
            con.execute(f"create table classifications.{name} as from frame")
        for table, place in models.items():
            path = PROJECT / "models" / place / f"{table.split('.')[1]}.sql"
            unsorted = path.read_text(encoding="utf-8").split("\norder by")[0]
            con.execute(f"create table {table} as {dbt_sql.environment().from_string(unsorted).render()}")
        return [con.execute(f"from {table} order by all").df() for table in list(models)[2:]]


def test_an_absent_row_is_0_to_the_warehouse():
    """With every cell of 0 written out, the expenditure tables hold the same amounts, and rows of 0."""
    left_out, written = {}, {}
    for name in ("regk31", "regk100"):
        table = pd.read_csv(SHIPPED / f"{name}.csv", sep=";", dtype=str).astype({"INDHOLD": float})
        keys = [column for column in table if column != "INDHOLD"]
        others = [column for column in keys if column not in ("OMRÅDE", "TID")]
        cells = table[others].drop_duplicates().merge(table[["OMRÅDE"]].drop_duplicates(), how="cross")
        cells = cells.merge(table[["TID"]].drop_duplicates(), how="cross")
        left_out[name] = table
        written[name] = cells.merge(table, on=keys, how="left").fillna({"INDHOLD": 0.0})
        assert len(written[name]) > len(table)
    sparse, full = expenditure(**left_out), expenditure(**written)
    spent = full[0][(full[0]["gross_dkk"] != 0) | (full[0]["payments_from_municipalities_dkk"] != 0)]
    pd.testing.assert_frame_equal(spent.reset_index(drop=True), sparse[0])
    assert len(full[0]) > len(sparse[0])
    pd.testing.assert_frame_equal(full[1], sparse[1])


# --- the labour market -----------------------------------------------------------------------------------


def labour(client):
    return pd.read_csv(client.folder / "labour_market.csv", sep=";").set_index(["OMRÅDE", "TID"])


def test_the_labour_market_is_what_the_municipalities_add_up_to(client):
    """København counts twice, Dragør lacks 300 unskilled jobs, residents of 2009 are twice as many."""
    assert client.fetch() == 0, client.err
    measures = labour(client)
    jobs, residents, skilled = 2 * 600 + 600 + 600 + 300, 5 * 470, 5 * 300
    assert measures.loc[("Byen København", 2008)].tolist() == [
        round(100 * 5 * 40 / 5000, 1),
        round(jobs / residents, 3),
        round(100 * skilled / jobs, 1),
    ]
    assert measures.loc[("Byen København", 2009)].tolist() == [4.0, round(jobs / residents / 2, 3), 55.6]
    assert measures.loc[("Fyn", 2015)].tolist() == [4.0, 1.277, 50.0]
    shipped = pd.read_csv(SHIPPED / "labour_market.csv", sep=";").set_index(["OMRÅDE", "TID"])
    assert measures.index.equals(shipped.index) and measures.columns.equals(shipped.columns)
    pd.testing.assert_frame_equal(
        measures.xs(2007, level="TID"), shipped.xs(2007, level="TID")
    )  # no live table has 2007


def test_tables_by_sex_without_a_total_are_summed(client):
    def with_parts(table, info):
        for variable in info["variables"]:
            variable["elimination"] &= variable["id"] not in ("KØN", "KOEN")
        return info

    assert client.fetch() == 0
    once = labour(client)
    client.server.change_info = with_parts
    assert client.fetch() == 0, client.err
    doubled = labour(client).loc[
        ("Fyn", 2015)
    ]  # the server gives each sex the same, and FOLK1A and AUL01 have totals
    assert doubled.tolist() == [2.0, round(2 * 600 / 470, 3), 50.0]
    assert once.loc[("Fyn", 2015)].tolist() == [4.0, 1.277, 50.0]


def without_year(table, info):
    """RAS400 ends in 2014."""
    if table == "RAS400":
        years = next(variable for variable in info["variables"] if variable["time"])
        years["values"] = [value for value in years["values"] if value["id"] < "2015"]
    return info


def test_a_year_that_no_live_table_has_is_kept(client):
    client.server.change_info = without_year
    assert client.fetch() == 0, client.err
    shipped = pd.read_csv(SHIPPED / "labour_market.csv", sep=";").set_index(["OMRÅDE", "TID"])
    pd.testing.assert_frame_equal(labour(client).xs(2015, level="TID"), shipped.xs(2015, level="TID"))
    assert labour(client).loc[("Fyn", 2014)].tolist() == [4.0, 1.277, 50.0]
    assert provenance.accounts_origin(client.folder).endswith("; labour market 2007, 2015: synthetic, seed 7")


def test_a_year_that_is_nowhere_is_an_error(client):
    client.server.change_info = without_year
    (client.folder / "labour_market.csv").unlink()
    client.refuses("the labour market of 2015 is neither in each of the tables AUL01", options=())


def test_overlapping_industries_are_not_summed(client):
    def no_elimination(table, info):
        for variable in info["variables"]:
            variable["elimination"] &= variable["id"] != "BRANCHE07"
        return info

    client.server.change_info = no_elimination
    client.refuses("table RAS301, variable BRANCHE07: it has no total (TOT, IALT)", options=())


# --- a server in trouble ---------------------------------------------------------------------------------


def test_trouble_that_passes_is_waited_for(client):
    client.server.faults = [status(500), status(429, Retry_After="7"), shortened, cut, hang(30), status(503)]
    assert client.fetch("--accounts-only", attempts=7, read_seconds=3) == 0, client.err
    assert client.slept == [2, 7, 8, 16, 32, 64]
    assert (client.folder / "regk31.csv").read_bytes() == (SHIPPED / "regk31.csv").read_bytes()


def test_a_pause_until_a_time_is_kept_and_a_long_one_is_not(client):
    until = datetime.now(UTC) + timedelta(seconds=30)
    client.server.faults = [status(429, Retry_After=f"{until:%a, %d %b %Y %H:%M:%S} GMT")]
    assert client.fetch("--accounts-only") == 0, client.err
    assert 20 < client.slept[0] <= 30
    client.server.faults = [status(429, Retry_After="3600")]
    client.refuses("table REGK31", "429 Too Many Requests and asks for 3600 seconds of pause")


@pytest.mark.parametrize(
    ("fault", "said", "pauses"),
    [
        (status(502), "answers 502 Bad Gateway (asked 4 times)", [2, 4, 8]),
        (shortened, "the answer was cut off", [2, 4, 8]),
        (cut, "is cut off in its last line (asked 4 times)", [2, 4, 8]),
        (page, "with a web page, which may be the log-in page of a proxy", []),
        (refusal, "Statbank refuses the question, Forespørgslen er over begrænsningen (REQUEST-LIMIT)", []),
        (status(403), "answers 403 Forbidden with text/plain where a table was asked for", []),
        (lambda handler, body: handler.send("image/png", b"\n"), "answers 200 OK with image/png", []),
        (
            lambda handler, body: handler.send("text/json", b"[]"),
            "refuses the question, without a reason",
            [],
        ),
        (lambda handler, body: handler.send("text/csv", b""), "is cut off in its last line", [2, 4, 8]),
    ],
)
def test_trouble_that_stays_is_said_in_one_sentence(client, fault, said, pauses):
    client.server.faults = [always(fault)]
    client.refuses("table REGK31", said)
    assert client.slept == pauses


@pytest.mark.parametrize(
    ("fault", "said"), [(hang(30), "no answer in 2 seconds"), (stall(30), "the answer stopped on its way")]
)
def test_a_server_that_never_answers_is_given_up(client, fault, said):
    client.server.faults = [always(fault)]
    client.refuses(f"cannot be reached: {said} (asked 2 times)", read_seconds=2, attempts=2)
    assert client.slept == [2]


def test_no_network_is_said_in_one_sentence(client, monkeypatch):
    client.server.shutdown()
    client.server.server_close()
    client.refuses(f"table REGK31: {client.server.url} cannot be reached: connection refused (asked 4 times)")
    assert sum(client.slept) == 14
    client.refuses("cannot be reached: the proxy does not let it through", url=proxied(client, monkeypatch))
    client.refuses("cannot be asked", "VFM_STATBANK_URL sets it", url="api.statbank.dk/v1")


def proxied(client, monkeypatch):
    """An address behind a proxy that is not there."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{client.server.server_port}")
    return "http://statbank.example/v1"


def test_an_unknown_table_is_said_in_statbanks_words(client):
    del client.server.accounts["REGK100"]
    client.refuses(
        "table REGK100: Statbank refuses the question, Tabel findes ikke: REGK100 (EXTRACT-NOTFOUND)"
    )


@pytest.mark.parametrize("answer", [[], {"variables": [{"id": "OMRÅDE"}]}])
def test_a_description_that_is_none_is_said(client, answer):
    client.server.change_info = lambda table, info: answer
    client.refuses("table REGK31", "tableinfo did not answer with a description of the table")


# --- tables that are not what they were ------------------------------------------------------------------


def description(**changes):
    """A change of REGK100's description: a variable gone (None), or its codes."""

    def change(table, info):
        if table == "REGK100":
            for name, codes in changes.items():
                if codes is None:
                    info["variables"] = [variable for variable in info["variables"] if variable["id"] != name]
                for variable in info["variables"]:
                    if variable["id"] == name:
                        variable["values"] = [{"id": code} for code in codes]
        return info

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (description(FUNKTION=["2201", "54661"]), "variable FUNKTION: no code 54660; it has 2201, 54661"),
        (description(PRISENHED=["FAST"]), "variable PRISENHED: no code LOBM; it has FAST"),
        (description(Tid=["2011", "2012"]), "variable TID: no code 2013, 2014, 2015; it has 2011, 2012"),
        (description(EJER=None), "table REGK100 has no variable EJER any more; it has OMRÅDE, FUNKTION"),
        (
            lambda table, info: (
                info | {"variables": [*info["variables"], {"id": "SEKTOR", "values": [{"id": "1"}]}]}
            ),
            "table REGK31 has a new variable, SEKTOR, that this program does not know",
        ),
        (
            lambda table, info: info | {"suppressedDataValue": ".."},
            "an absent row would no longer be 0 but '..'",
        ),
    ],
)
def test_a_changed_table_is_said_before_it_is_asked(client, change, said):
    client.server.change_info = change
    client.refuses(said)
    assert client.server.asked[-1][0] == "tableinfo"


def lines_of(wanted, function):
    """A change of the lines of one table."""
    return lambda table, lines: function(lines) if table == wanted else lines


def replaced(old, new, times=1):
    """A change of the first lines that start with `old`: their last part becomes `new`."""

    def change(lines):
        found = [number for number, line in enumerate(lines) if line.startswith(old)][:times]
        for number in found:
            lines[number] = f"{lines[number].rsplit(';', 1)[0]};{new}"
        assert found
        return lines

    return change


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("REGK31", lambda lines: [], "table REGK31 answers without a row"),
        (
            "REGK31",
            lambda lines: [*lines, "101;54660"],
            "1 rows do not have 7 columns, for example '101;54660'",
        ),
        (
            "REGK31",
            lambda lines: lines + lines[:2],
            "2 rows come twice, for example OMRÅDE 0, FUNKTION 54660",
        ),
        (
            "REGK31",
            lambda lines: lines + [line.replace("LOBM", "INDL") for line in lines],
            "answers with PRISENHED INDL, which was not asked for",
        ),
        (
            "REGK31",
            lambda lines: [*lines, "101;54661;1;TOT;LOBM;2011;5"],
            "answers with FUNKTION 54661, which was not asked for",
        ),
        ("REGK31", replaced("101;", ".."), "1 of 3770 numbers are missing ('..'), for example OMRÅDE 101"),
        ("REGK100", replaced("101;", "n/a"), "1 values are no numbers, for example 'n/a'"),
        (
            "REGK31",
            lambda lines: [line for line in lines if not line.startswith("101;")],
            "table REGK31 has no row of 1 of 98 municipalities, for example 101",
        ),
        (
            "REGK100",
            lambda lines: [line for line in lines if ";2013;" not in line],
            "table REGK100 has no row of 2013",
        ),
        ("REGK100", lambda lines: lines[:-200], "REGK100 summed over groupings and owners is not REGK31 in"),
        (
            "REGK31",
            replaced("101;54660;1;UE", "99999"),
            "for example municipality 101, 2011, dranst 1, art UE",
        ),
    ],
)
def test_an_answer_that_is_wrong_is_said(client, table, change, said):
    client.server.change_rows = lines_of(table, change)
    client.refuses(said)


def test_other_columns_and_another_alphabet_are_said_or_read(client):
    client.server.faults = [
        lambda handler, body: handler.send("text/csv", body.replace(b"PRISENHED", b"ENHED"))
    ]
    client.refuses("table REGK31 answers with the columns OMRÅDE, FUNKTION", "PRISENHED")
    client.server.faults = [
        lambda handler, body: handler.send("text/csv", body.decode().encode("latin-1")),
    ]
    assert client.fetch("--accounts-only") == 0, client.err
    assert (client.folder / "regk31.csv").read_bytes() == (SHIPPED / "regk31.csv").read_bytes()


def test_an_area_that_nobody_knows_is_said(client):
    def with_area(table, info):
        info["variables"][0]["values"].append({"id": "411"})
        return info

    client.server.change_info = with_area
    client.server.change_rows = lines_of("REGK31", lambda lines: [*lines, "411;54660;1;TOT;LOBM;2011;5"])
    client.refuses("register regk31: column OMRÅDE has 1 row with an area that is neither one of the 98")


def test_a_missing_total_and_a_municipality_without_accounts_are_no_error(client):
    """A region may be confidential; an island may have booked nothing in a year."""

    def change(table, lines):
        lines = [line for line in lines if not (line.startswith("825;") and ";2011;" in line)]
        return replaced("084;", "..", times=9)(lines)

    client.server.change_rows = change
    assert client.fetch("--accounts-only") == 0, client.err
    assert "No row of 825 in 2011: the accounts book nothing there, so the amounts are 0." in client.out


def test_a_grouping_that_no_seed_maps_is_announced(client):
    for table in client.server.accounts.values():
        if "GRUPPERING" in table:
            table["GRUPPERING"] = table["GRUPPERING"].replace("012", "017")
    assert client.fetch("--accounts-only") == 0
    assert "Groupings 54660/017 are not in seeds/classifications/account_groupings.csv" in client.out


@pytest.fixture
def later(client, monkeypatch):
    """The client under a study with accounts of 2016 to 2018, and a server that has them on two functions."""
    values = dbt_sql.variables() | {"first_expenditure_year": 2016, "last_expenditure_year": 2018}
    monkeypatch.setattr(dbt_sql, "variables", lambda: values)
    for name, table in client.server.accounts.items():
        table = table[table["TID"].astype(int) >= 2013].copy()
        table["TID"] = (table["TID"].astype(int) + 3).astype(str)
        wage = table[table["DRANST"] == "1"].copy()
        if name == "REGK100":
            wage = wage[wage["GRUPPERING"] == "003"].assign(GRUPPERING="011")
            keys = [column for column in wage if column not in ("EJER", "GRUPPERING", "INDHOLD")]
            sums = wage.assign(INDHOLD=wage["INDHOLD"].astype(int)).groupby(keys)["INDHOLD"].sum()
            client.sums = sums.reset_index()
        table = pd.concat([table, wage.assign(FUNKTION="54661")]) if name == "REGK100" else table
        client.server.accounts[name] = table
    by_function = client.sums.assign(FUNKTION="54661", INDHOLD=client.sums["INDHOLD"].astype(str))
    table = client.server.accounts["REGK31"]
    client.server.accounts["REGK31"] = pd.concat([table, by_function[table.columns]])
    return client


def test_a_later_study_asks_for_the_functions_and_the_words_of_its_years(later):
    assert later.fetch("--accounts-only") == 0, later.err
    asked = {entry["code"]: entry["values"] for entry in later.server.asked[1][1]["variables"]}
    assert (asked["FUNKTION"], asked["Tid"]) == (["54660", "54661"], ["2016", "2017", "2018"])
    regk100 = pd.read_csv(later.folder / "regk100.csv", sep=";", dtype=str)
    assert set(regk100["FUNKTION"]) == {"54660", "54661"}
    assert "Drift - 5.46.61 - Grp. 011 Løntilskud til deltagere" in later.out
    assert "54660/001" in later.out and "not in the table" in later.out
    assert f"A build reads them with VFM_STATBANK={os.path.relpath(later.folder, PROJECT)}." in later.out


def test_without_regkc_the_numbers_come_without_words(later):
    later.server.change_info = lambda table, info: {} if table == "REGKC" else info
    assert later.fetch("--accounts-only") == 0, later.err
    assert "the groupings have no words" in later.out


def test_another_study_has_a_folder_of_its_own(monkeypatch):
    monkeypatch.delenv("VFM_STATBANK", raising=False)
    monkeypatch.setenv("VFM_STUDY", "2010-2013")
    assert command.own_folder() == PROJECT / "statbank_2010-2013"
    monkeypatch.delenv("VFM_STUDY")
    assert command.own_folder() == PROJECT / "seeds/statbank"


def test_a_labour_market_with_a_cell_too_few_is_said(client):
    client.server.change_rows = lines_of("RAS301", lambda lines: lines[:-1])
    client.refuses("table RAS301 answers with 3135 rows where 3136 were asked for", options=())
    client.server.change_rows = lines_of(
        "RAS400", lambda lines: [line[: line.rindex(";")] + ";0" for line in lines]
    )
    client.refuses("table RAS400 has nobody in Bornholm in 2008", options=())


def test_what_cannot_be_written_leaves_the_old_tables(client, monkeypatch):
    before = content(client.folder)
    write = pd.DataFrame.to_csv

    def full_disk(frame, path, **options):
        if "labour_market" in str(path):
            raise OSError("No space left on device")
        return write(frame, path, **options)

    monkeypatch.setattr(pd.DataFrame, "to_csv", full_disk)
    assert client.fetch() == 1
    assert client.err == "No space left on device\n"
    assert content(client.folder) == before


def test_an_interruption_leaves_the_old_tables(client):
    before = content(client.folder)

    def interrupt(seconds):
        raise KeyboardInterrupt

    client.server.faults = [status(500)]
    bank = api.Statbank(client.server.url, sleep=interrupt)
    assert command.main(["--out", str(client.folder)], bank) == 130
    assert content(client.folder) == before


def test_the_tables_cover_what_the_warehouse_reads():
    """Keys of the seeds and of the staging models, so that a new column is not forgotten here."""
    for name, wanted in accounts.wanted().items():
        header = (SHIPPED / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0].split(";")
        assert [*wanted, tables.YEAR, tables.AMOUNT] == header
    header = (SHIPPED / "labour_market.csv").read_text(encoding="utf-8").splitlines()[0].split(";")
    assert header == labour_market.COLUMNS
