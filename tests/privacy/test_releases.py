"""Two published files are compared as an attacker would: a difference of few persons is found and said."""

import shutil
from contextlib import closing
from types import SimpleNamespace

import duckdb
import pytest

from vfm.privacy import releases
from vfm.privacy.attack import playing
from vfm.warehouse import compare_releases, published
from vfm.warehouse.paths import PROJECT
from vfm.warehouse.yaml_files import read_yaml

RESULTS = published.results()


def file(path, *changes):
    """A published file of two municipalities, after some changes."""
    with duckdb.connect(str(path)) as con:
        con.execute("""
            create schema meta; create schema benchmark; create schema report; create schema expenditure;
            create table meta.build_info as select 'ours' as data_origin, 'ours' as accounts_origin;
            create table meta.method as select 'disclosure_limit' as name, '5' as value;
            create table benchmark.observed_durations as
            from (values ('101', 300, 150), ('147', 40, null)) as t (municipality_code, spells, successes);
            create table benchmark.expected_durations as
            select municipality_code, spells from benchmark.observed_durations;
            create table report.table_2_1 as
            from (values ('men', 'success', 200)) as t (sex, outcome, spells);
            create table report.table_2_2 as
            from (values ('refugee', 'success', 200)) as t (residence_ground, outcome, spells);
            create table benchmark.cox_concordance as select 'men' as sex, 2000 as spells;
            create table expenditure.programme_persons as
            from (values ('101', 2011, 60, 30.0::double), ('147', 2011, 1000, 500.0))
            as t (municipality_code, year, persons, full_year_persons);
            create table expenditure.municipal_composition as
            from (values ('101', 2011, 0.5::double, null), ('147', 2011, 0.5, null))
            as t (municipality_code, year, share_refugees, share_refugees_withheld_reason);
        """)
        for change in changes:
            con.execute(change)
    return path


COUNT = "update benchmark.observed_durations set {} where municipality_code = '101'"
CASES = {
    "nothing": ([], []),
    "two spells more": ([COUNT.format("spells = 302")], ["spells  101  +2", "without success  101  +2"]),
    "many more": ([COUNT.format("spells = 330, successes = 165")], []),
    "one failed": ([COUNT.format("successes = 149")], ["successes  101  -1", "without success  101  +1"]),
    "shown in one only": (["update benchmark.observed_durations set successes = 20 where spells = 40"], []),
    "a year of persons": (["update expenditure.programme_persons set persons = 57 where persons = 60"],
                          ["persons  101, 2011  -3"]),
    "pairs of men": (["update benchmark.cox_concordance set spells = 2001"], ["spells  men  +1"]),
    "a new row of many": (["insert into expenditure.programme_persons values ('151', 2011, 7, 3.5)"], []),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), CASES.values(), ids=CASES)
def test_a_difference_of_few_is_told(tmp_path, capsys, changes, told):
    old, new = file(tmp_path / "old.duckdb"), file(tmp_path / "new.duckdb", *changes)
    assert compare_releases.main([str(old), str(new)]) == int(bool(told))
    *lines, last = capsys.readouterr().out.strip().splitlines()
    assert len(lines) >= len(told)
    for words in told:
        assert any(words in line for line in lines), (words, lines)
    assert "differences are for certain of fewer than 5" in last and "Not compared: cells that one" in last


def test_files_that_the_attack_does_not_fit_are_refused(tmp_path, capsys, monkeypatch):
    played = SimpleNamespace(bounds=dict, contradictions={"national curves": "a curve rises"})
    monkeypatch.setattr(releases.playing, "play", lambda con: played)
    assert (
        compare_releases.main([str(file(tmp_path / "old.duckdb")), str(file(tmp_path / "new.duckdb"))]) == 1
    )
    assert "does not fit the file OLD (national curves)" in capsys.readouterr().err


def test_what_the_attacks_bound_in_both_files_is_compared(tmp_path, capsys, monkeypatch):
    """Two or three leavers before, five or six after: two to four more, for certain."""
    bounds = [
        {("cumulative_incidence", ("men", "leaving", 9)): (2, 3), ("table_2_1", ("men",)): (7, 9)},
        {("cumulative_incidence", ("men", "leaving", 9)): (5, 6), ("table_2_1", ("men",)): (9, 12)},
    ]
    monkeypatch.setattr(
        releases.playing, "play", lambda con: SimpleNamespace(bounds=lambda: bounds.pop(0), contradictions={})
    )
    old, new = file(tmp_path / "old.duckdb"), file(tmp_path / "new.duckdb")
    assert compare_releases.main([str(old), str(new)]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "cumulative_incidence  by the attacks  men, leaving, 9  +2 to +4" and len(said) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("drop table report.table_2_1", "has no report.table_2_1.outcome: it is of another layout"),
        ("alter table benchmark.expected_durations drop spells", "no benchmark.expected_durations.spells"),
        ("update meta.method set value = '10'", "two methods (disclosure_limit differs)"),
        ("drop schema meta cascade", "has no meta.build_info: it is of another version"),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_files_that_cannot_be_compared_are_refused_in_a_sentence(tmp_path, capsys, change, words, turned):
    files = [str(file(tmp_path / "old.duckdb")), str(file(tmp_path / "new.duckdb", change))]
    assert compare_releases.main(files[::-1] if turned else files) == 1
    said = capsys.readouterr()
    assert words in said.err and said.err.count("\n") == 1 and not said.out


def test_a_file_that_is_not_there_or_no_database_is_refused(tmp_path, capsys):
    (tmp_path / "text.duckdb").write_text("text")
    (tmp_path / "binary.duckdb").write_bytes(bytes(range(128, 256)) * 100)
    good = str(file(tmp_path / "new.duckdb"))
    for bad in ("none.duckdb", "text.duckdb", "binary.duckdb"):
        for files, name in (([str(tmp_path / bad), good], "OLD"), ([good, str(tmp_path / bad)], "NEW")):
            assert compare_releases.main(files) == 1
            said = capsys.readouterr().err
            assert said.count("\n") == 1 and bad in said and name in said
    assert compare_releases.main(["", good]) == 1
    assert capsys.readouterr().err == "Which files? Set OLD and NEW to two published files.\n"


OBSERVED = "alter table benchmark.observed_durations "


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("update meta.method set value = 'five'", "meta.method gives five as disclosure_limit"),
        ("update meta.method set value = null", "meta.method gives None as disclosure_limit"),
        ("update meta.method set name = null", "meta.method gives None as disclosure_limit"),
        ("delete from meta.method", "meta.method gives None as disclosure_limit"),
        ("alter table meta.method drop value", "The files have no meta.method.value"),
        (OBSERVED + "alter spells type varchar", "spells is of type VARCHAR in both files"),
        (OBSERVED + "drop successes", "The files have no benchmark.observed_durations.successes"),
        ("update benchmark.observed_durations set municipality_code = null", "durations of the file OLD"),
        ("update expenditure.programme_persons set municipality_code = '101'", "or two about one cell"),
        ("update expenditure.programme_persons set year = null", "persons of the file OLD has rows"),
        (
            "update report.table_2_1 set spells = null",
            "does not fit the file OLD (tables with margins): a table has no percent where one is expected.",
        ),
    ],
)
def test_two_odd_files_are_refused_in_a_sentence(tmp_path, capsys, change, words):
    files = [str(file(tmp_path / name, change)) for name in ("old.duckdb", "new.duckdb")]
    assert compare_releases.main(files) == 1
    said = capsys.readouterr()
    assert words in said.err and said.err.count("\n") == 1 and not said.out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("update meta.method set value = 'five'", "meta.method gives disclosure_limit as five"),
        (OBSERVED + "add column observed_survival int", None),
        ("update expenditure.programme_persons set municipality_code = null", "without municipality_code"),
        ("alter table expenditure.programme_persons drop year", "a table has no year where one is expected"),
        (
            "alter table expenditure.programme_persons alter persons type varchar using 'many'",
            "a value is missing, or no number",
        ),
    ],
)
def test_the_attacker_says_in_a_sentence_what_it_stumbles_on(tmp_path, capsys, change, words):
    path = file(tmp_path / "odd.duckdb", change)
    assert playing.main([str(path)]) == int(words is not None)
    said = capsys.readouterr()
    assert "CPU seconds" in said.out
    assert not said.err if words is None else words in said.err and said.err.count("\n") == 1


@pytest.mark.parametrize("content", [bytes(range(128, 256)), b'<script type="application/json">{,</script>'])
def test_a_page_that_cannot_be_read_is_no_traceback(tmp_path, capsys, content):
    (tmp_path / "page.html").write_bytes(content)
    assert playing.main([str(file(tmp_path / "new.duckdb")), str(tmp_path / "page.html")]) == 1
    assert "page.html, it is no page whose data can be read" in capsys.readouterr().err


#: Columns that repeat a count, and those that are compared in their place.
REPEATED = {
    "benchmark.benchmark_indicators.spells": "benchmark.expected_durations",
    "benchmark.funnel_limits.spells": "benchmark.expected_durations",
    "benchmark.municipal_profiles.spells": "benchmark.expected_durations",
    "efficiency.efficiency_input.spells": "benchmark.expected_durations",
    "report.figure_5_1.weight": "benchmark.expected_durations",
    "report.appendix_table_5_1.spells": "benchmark.observed_durations",
    "report.appendix_table_5_1.successes": "benchmark.observed_durations",
    "report.outcome_shares.spells": "report.table_2_1",  # and of 2.2
}

#: Sums of a count that is compared, over municipalities.
SUMMED = {"benchmark.group_indicators.spells": "benchmark.expected_durations"}


def test_every_exact_count_of_persons_or_spells_is_compared():
    """The list of counts is held against what the yml files declare."""
    exact = set()
    for path in [*(PROJECT / "models/marts").rglob("*.yml"), *(PROJECT / "python_models").rglob("*.yml")]:
        for model in read_yaml(path).get("models", []):
            if not model.get("config", {}).get("meta", {}).get("publish"):
                continue
            for column in model["columns"]:
                meta = column["config"]["meta"]
                whole = column.get("data_type") in ("integer", "bigint") and meta["precision"] == "exact"
                if whole and meta["rests_on"] in ("persons", "spells"):
                    exact.add(f"{path.parent.name}.{model['name']}.{column['name']}")
    compared = {f"{table}.{column}" for table, (_, told) in releases.COUNTS.items() for column in told}
    assert exact >= REPEATED.keys() | SUMMED.keys()
    assert exact - REPEATED.keys() - SUMMED.keys() == {column for column in compared if " " not in column}


def test_the_spells_of_groups_are_those_of_their_municipalities():
    if not RESULTS.exists():
        pytest.skip("nothing is published yet")
    with closing(published.connect(RESULTS)) as con:
        (spells,) = con.execute("select sum(spells) from benchmark.expected_durations").fetchone()
        by_kind = "select kind, sum(spells) from benchmark.group_indicators group by kind"
        sums = con.execute(by_kind).fetchall()
    assert dict(sums) == dict.fromkeys(("country", "region", "province"), spells)


def test_what_is_not_compared_repeats_what_is():
    if not RESULTS.exists():
        pytest.skip("nothing is published yet")
    with closing(published.connect(RESULTS)) as con:
        for column, source in REPEATED.items():
            table, name = column.rsplit(".", 1)
            if table == "report.outcome_shares":
                where = "o.population_group = s.sex and o.outcome = s.outcome"
            else:
                where = "o.municipality_code = s.municipality_code"
            told = "spells" if name == "weight" else name
            rows, apart = con.execute(
                f"select count(*), count(*) filter (o.{name} is distinct from s.{told}) "
                f"from {table} as o inner join {source} as s on {where}"
            ).fetchone()
            assert rows and not apart, column


def test_the_same_persons_give_the_same_numbers(tmp_path):
    if not RESULTS.exists():
        pytest.skip("nothing is published yet")
    again = shutil.copy(RESULTS, tmp_path / "again.duckdb")
    assert compare_releases.differences(RESULTS, again)[1] == []
