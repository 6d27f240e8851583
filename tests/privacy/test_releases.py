"""Two published files are compared as an attacker would: a difference of few persons is found and said."""

import shutil
from types import SimpleNamespace

import duckdb
import pytest

from vfm.privacy import releases
from vfm.warehouse import compare_releases, published

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
            create table expenditure.programme_persons as
            from (values ('101', 2011, 60), ('147', 2011, 1000)) as t (municipality_code, year, persons);
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
    "a new row of many": (["insert into expenditure.programme_persons values ('151', 2011, 7)"], []),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "told"), CASES.values(), ids=CASES)
def test_a_difference_of_few_is_told(tmp_path, capsys, changes, told):
    old, new = file(tmp_path / "old.duckdb"), file(tmp_path / "new.duckdb", *changes)
    assert compare_releases.main([str(old), str(new)]) == int(bool(told))
    *lines, last = capsys.readouterr().out.strip().splitlines()
    assert len(lines) >= len(told)
    for words in told:
        assert any(words in line for line in lines), (words, lines)
    assert "differences are for certain of fewer than 5" in last


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
    new = str(file(tmp_path / "new.duckdb"))
    for old in (tmp_path / "none.duckdb", tmp_path / "text.duckdb", ""):
        assert compare_releases.main([str(old), new]) == 1
        assert capsys.readouterr().err.count("\n") == 1


def test_the_same_persons_give_the_same_numbers(tmp_path):
    if not RESULTS.exists():
        pytest.skip("nothing is published yet")
    again = shutil.copy(RESULTS, tmp_path / "again.duckdb")
    assert compare_releases.differences(RESULTS, again)[1] == []
