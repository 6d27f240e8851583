"""make mutations: its catalogue, what it says of a mistake, and that it counts what a mistake changes."""

import fnmatch
import io
from collections import Counter
from dataclasses import replace

import pytest

from vfm.registers.check import Line
from vfm.registers.contract import read_contract
from vfm.synthetic.verify.mutations import __main__ as command
from vfm.synthetic.verify.mutations import report, running
from vfm.synthetic.verify.mutations.catalogue import LEVELS, Mutation, catalogue, delivered
from vfm.synthetic.verify.mutations.inputs import Changed
from vfm.synthetic.verify.mutations.judging import Bench, Judgement, kind_of, score
from vfm.synthetic.verify.worlds import make_world

SMALLEST = 0.02
BY_NAME = {each.name: each for each in catalogue()}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    """Two tiny worlds of other persons."""
    folder = tmp_path_factory.mktemp("mutations")
    return [make_world(folder / str(seed), seed, SMALLEST) for seed in (1, 2)]


@pytest.fixture(scope="module")
def bench(worlds, tmp_path_factory):
    return Bench(*worlds, tmp_path_factory.mktemp("bench") / "work")


# ---- the catalogue -----------------------------------------------------------------------------------------


def test_every_register_and_column_has_mutations():
    kinds = Counter((each.level, each.register, each.column) for each in catalogue())
    for register in map(delivered, read_contract().values()):
        for column in register.columns:
            assert kinds["cell", register.name, column.name] == 1
            assert kinds["column", register.name, column.name] >= 5, (register.name, column.name)
        assert kinds["file", register.name, ""] >= 8
        assert kinds["delivery", register.name, ""] >= 3
    assert kinds["delivery", "all", ""] >= 5


def test_there_are_many_mutations_and_each_has_a_name_of_its_own():
    assert len(catalogue()) >= 200
    assert len(BY_NAME) == len(catalogue())
    assert len({each.files for each in catalogue()}) == len(catalogue())
    assert {each.level for each in catalogue()} == set(LEVELS)


def test_about_a_fifth_is_held_out_by_name_alone():
    share = sum(each.is_held_out for each in catalogue()) / len(catalogue())
    assert 0.15 < share < 0.25
    moved = replace(catalogue()[0], says="another sentence", files=())
    assert moved.is_held_out == catalogue()[0].is_held_out


def test_the_sql_of_a_mutation_changes_its_register_alone(bench, worlds):
    mutation = BY_NAME["column/flyt.KOM/swapped_with_GL_KOM"]
    bench.write(mutation)
    before, after = (
        bench.con.sql(f"select PNR, HAEND_DATO, KOM, GL_KOM from '{folder}/flyt/*.parquet'").fetchall()
        for folder in (worlds[0].registers, bench.work)
    )
    assert [(pnr, date, old, new) for pnr, date, new, old in before] == after
    links = {path.name for path in bench.work.iterdir() if path.is_symlink()}
    assert links == {path.name for path in worlds[0].registers.iterdir()} - {"flyt"}


# ---- what comes of a mutation ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("column/bef.KOEN/null", "refused"), ("column/flyt.KOM/padded", "harmless")],
)
def test_a_verdict(bench, name, verdict):
    judgement = bench.judge(BY_NAME[name])
    assert judgement.verdict == verdict
    assert bool(judgement.said) == judgement.is_caught == judgement.is_scored == (verdict == "refused")


def test_what_changes_is_counted_to_the_row(bench):
    """Another course for one person concerns their spells, and the municipality-years that counted them."""
    ask = bench.inputs.con.execute
    person, spells, years = ask("""
        select person_id, count(distinct spell_id), count(distinct (days.municipality_code, days.year))
        from base.intermediate.int_spells as spells
        inner join base.intermediate.int_programme_days as days using (person_id)
        inner join base.intermediate.int_cost_need_input as counted
            on days.municipality_code = counted.municipality_code and days.year = counted.year
        group by person_id
        order by all desc
        limit 1
        """).fetchone()
    level = f"case when PNR = '{person}' then if(UUDDNR = '1', '2', '1') else UUDDNR end as UUDDNR"
    query = f"select * replace ({level}) from danskudd"
    bench.write(Mutation("cell", "danskudd", "UUDDNR", "of_one", "", (("danskudd", (query,)),)))
    changed = bench.inputs.compare(bench.work, ["danskudd"])
    (all_spells,) = ask("select count(*) from base.intermediate.int_spells").fetchone()
    (all_years,) = ask("select count(*) from base.intermediate.int_cost_need_input").fetchone()
    assert changed.spells == pytest.approx(spells / all_spells)
    assert changed.municipality_years == pytest.approx(years / all_years)


def test_other_ids_for_everybody_change_nothing_and_for_one_register_do(bench):
    for name, is_changed in (("delivery/all/renamed", False), ("delivery/danskudd/renamed", True)):
        bench.write(BY_NAME[name])
        changed = bench.inputs.compare(bench.work, [register for register, _ in BY_NAME[name].files])
        assert (changed.largest > 0.5) == is_changed, name
        assert is_changed or changed == Changed(0.0, 0.0)


def test_where_the_sql_stops_everything_counts_as_changed(bench):
    bench.write(BY_NAME["column/bef.KOM/null"])
    (bench.work / "dod").unlink()
    (bench.work / "dod").mkdir()
    changed = bench.inputs.compare(bench.work, ["dod"])
    assert (changed.largest, changed.why[:12]) == (1.0, "register dod")


def test_a_check_that_fails_is_no_refusal(bench, monkeypatch):
    def fail(folder):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("vfm.registers.check.check", fail)
    judgement = bench.judge(BY_NAME["column/flyt.KOM/padded"], Changed(0.5, 0.0))
    assert (judgement.verdict, judgement.is_caught) == ("crashed", False)
    assert score([judgement]) == (0, 1)


def test_a_warning_of_the_good_delivery_with_other_numbers_is_none():
    usual = Line("dod", "warning", 5, "years with rows: 2008 none, 2010 2, 2011 1.")
    assert kind_of(usual) == kind_of(replace(usual, count=4, sentence="years with rows: 2009 none, 2010 12."))
    said = "register dod: column DODDATO has 12 rows after today (for example 2071-12-31). See docs."
    other = said.replace("12 rows", "1,312 rows").replace("2071-12-31", "2090-01-01")
    assert kind_of(Line("dod", "warning", 1, said)) == kind_of(Line("dod", "warning", 9, other))
    assert kind_of(Line("dod", "warning", 1, said)) != kind_of(Line("dod", "error", 1, said))


# ---- runs and what they write ------------------------------------------------------------------------------


def made_up(mutation, answer="", spells=0.0, municipality_years=0.0):
    return Judgement(mutation, answer, answer and "It says so.", Changed(spells, municipality_years))


def test_the_score_counts_what_changes_enough_and_is_no_single_cell():
    cell, column = (next(each for each in catalogue() if each.level == level) for level in LEVELS[:2])
    assert score([made_up(cell, spells=0.5), made_up(column, spells=0.009)]) == (0, 0)
    counted = [made_up(column, "warned", municipality_years=0.01), made_up(column, spells=0.01)]
    assert score(counted) == (1, 2)
    assert report.share(counted) == "1 of 2 (50.0 %)"


def test_the_page_counts_those_held_out_and_does_not_list_them(tmp_path):
    judgements = [made_up(each, spells=0.25) for each in catalogue()]
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nwhat was there\n{report.END}\nafter\n", encoding="utf-8")
    report.write_results(page, judgements)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n") and "what was there" not in text
    for each in catalogue():
        assert (f"`{each.name}`" in text) != each.is_held_out
    held_out = sum(each.is_held_out and each.level != "cell" for each in catalogue())
    assert f"held out 0 of {held_out} (0.0 %)" in text


def test_reasons_are_of_mutations_that_there_are():
    for pattern in report.reasons():
        assert fnmatch.filter(BY_NAME, pattern), pattern


def test_a_part_is_chosen_by_its_name(monkeypatch, capsys):
    found = command.chosen("file/bef/*", is_held_out=False)
    assert found and all(each.register == "bef" and not each.is_held_out for each in found)
    assert all(each.is_held_out for each in command.chosen("", is_held_out=True))
    monkeypatch.setenv("ONLY", "$(echo x)")
    assert command.main([]) == 2
    assert "ONLY is $(echo x)" in capsys.readouterr().err


def test_what_was_judged_is_not_judged_again(worlds, tmp_path, monkeypatch):
    mutations = catalogue()[:2]
    known = [made_up(mutations[0], "refused", 0.5), made_up(mutations[1])]
    kept = running.Kept(tmp_path / "kept.json", worlds)
    for each in known:
        kept.put(each)
    kept.write()
    monkeypatch.setattr(running, "kept_delivery", lambda folder, _: worlds[folder.name == "other"])
    assert running.run(mutations, tmp_path, stream=io.StringIO()) == known
