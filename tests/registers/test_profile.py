"""The profile of a delivery: what is wrong from end to end is noticed, and what is true can be accepted."""

import re
import shutil

import duckdb
import preloaded
import pytest
from bad_deliveries import rows_judged

from vfm.registers import __main__ as command
from vfm.registers import check
from vfm.warehouse import dbt_runs, dbt_sql
from vfm.warehouse.failures import failures
from vfm.warehouse.paths import PROJECT, Paths

# each spoils a whole column, and the finding that says so
SPOILED = {
    "sex swapped": ("bef", "* replace (3 - cast(KOEN as integer) as KOEN)", "bef.main_persons_are_women"),
    "ages off by one": ("bef", "* replace (cast(ALDER as integer) + 1 as ALDER)", "bef.exact_age"),
    "no partner": ("bef", "* replace (cast(null as varchar) as E_FAELLE_ID)", "bef.couples_have_partners"),
    "one family": ("bef", "* replace ('000000000001' as FAMILIE_ID)", "bef.one_main_person"),
    "directions swapped": (
        "vnds",
        "* replace (if(INDUD_KODE = 'I', 'U', 'I') as INDUD_KODE)",
        "vnds.immigrants_are_there",
    ),
    "municipalities swapped": (
        "flyt",
        "* replace (GL_KOM as KOM, KOM as GL_KOM)",
        "flyt.arrives_where_bef_says",
    ),
    "deaths counted from 1970": (
        "dod",
        "* replace (cast(DODDATO as date) - interval 10 year as DODDATO)",
        "bef.nothing_after_death",
    ),
    "permits counted from 1970": (
        "ophg",
        "* replace (cast(TILLADELSESDATO as date) - 3653 as TILLADELSESDATO)",
        "ophg.immigration_is_of_the_half_year",
    ),
    "hours of a week": ("bfl", "* replace (AJO_LOENTIMER / 4.33 as AJO_LOENTIMER)", "bfl.mean_hours"),
    "hours times ten, capped": (
        "bfl",
        "* replace (least(AJO_LOENTIMER * 10, 744) as AJO_LOENTIMER)",
        "bfl.mean_hours",
    ),
    "running numbers for drugs": (
        "lmdb",
        "* replace (cast(row_number() over () as varchar) as ATC)",
        "lmdb.form_of_atc",
    ),
    "no contacts": ("sssy", "* replace (0 as KONTAKT)", "sssy.mean_contacts"),
    "no specialty": ("sssy", "* replace (cast(null as varchar) as SPEC2)", "sssy.specialty_filled"),
    "diagnoses without their D": (
        "lpr_adm",
        "* replace (substr(C_ADIAG, 2) as C_ADIAG)",
        "lpr_adm.form_of_icd10",
    ),
    "one patient type": ("lpr_adm", "* replace (2 as C_PATTYPE)", "lpr_adm.inpatients"),
    "one course": ("danskudd", "* replace ('2' as UUDDNR)", "danskudd.commonest_course"),
}


@pytest.fixture(scope="module")
def registers(small):
    """The registers of the small world."""
    return small.folder / "registers"


def spoil(registers, folder, **queries):
    """Copy a delivery with some registers rewritten by `select <query> from register`."""
    shutil.copytree(registers, folder, ignore=shutil.ignore_patterns(*queries))
    with duckdb.connect() as con:
        for register, query in queries.items():
            (folder / register).mkdir()
            source = f"read_parquet('{registers}/{register}/*.parquet', union_by_name = true)"
            into = folder / register / "all.parquet"
            con.execute(f"copy (select {query.format(source=source)}) to '{into}' (format parquet)")
    return folder


def said(lines, *levels):
    return [line.sentence for line in lines if line.level in levels]


def test_the_small_world_has_neither_error_nor_warning(registers):
    assert said(check.check(registers), "error", "warning", "accepted") == []


def rounds():
    """The faults, in deliveries with one fault of a register at a time."""
    waiting, made = list(SPOILED), []
    while waiting:
        one = {SPOILED[fault][0]: fault for fault in reversed(waiting)}
        made.append(list(one.values()))
        waiting = [fault for fault in waiting if fault not in one.values()]
    return made


@pytest.mark.parametrize("faults", rounds(), ids=len)
def test_columns_that_are_wrong_from_end_to_end_stop_the_build(faults, registers, tmp_path):
    queries = {SPOILED[fault][0]: SPOILED[fault][1] + " from {source}" for fault in faults}
    sentences = said(check.check(spoil(registers, tmp_path / "spoiled", **queries)), "error")
    for fault in faults:
        assert any(f"accept {SPOILED[fault][2]} in" in sentence for sentence in sentences), (fault, sentences)


HOLES = {
    "bef.stays": "* from {source} where not (year(cast(REFERENCETID as date)) = 2012 and hash(PNR) % 2 = 0)",
    "dream.rows_by_week": f"* replace ({', '.join(f'null as Y_12{week}' for week in range(10, 20))}) from "
    "{source}",
    "bfl.rows_by_month": "* from {source} where cast(AJO_JOB_SLUT_DATO as date) < date '2016-01-01'",
    "flyt.moves_are_there": "* from {source} where hash(HAEND_DATO) % 2 = 0",
}


def test_holes_within_the_years_stop_the_build(registers, tmp_path):
    queries = {finding.split(".")[0]: query for finding, query in HOLES.items()}
    sentences = said(check.check(spoil(registers, tmp_path / "spoiled", **queries)), "error")
    for finding in HOLES:
        assert any(f"accept {finding} in" in sentence for sentence in sentences), (finding, sentences)


FIVE = {
    "lmdb": "* replace (cast(row_number() over () as varchar) as ATC) from {source}",
    "lpr_adm": "* replace (substr(C_ADIAG, 2) as C_ADIAG) from {source}",
    "sssy": "* replace (1000000 as KONTAKT) from {source}",
    "bef": "* replace (3 - cast(KOEN as integer) as KOEN) from {source}",
    "flyt": "* replace (GL_KOM as KOM, KOM as GL_KOM) from {source}",
}


def test_five_faults_together_stop_a_build_in_a_sentence(registers, tmp_path, monkeypatch):
    folder = spoil(registers, tmp_path / "spoiled", **FIVE)
    paths = Paths(project=PROJECT, build=tmp_path / "build", results=tmp_path / "vfm.duckdb")
    monkeypatch.setattr(dbt_runs, "subprocess", preloaded.FORKING)
    choice = ["build", "--exclude-resource-type", "unit_test", "--log-level", "info"]
    status, errors, plain = dbt_runs.listen(
        paths,
        [*choice, "--select", "+path:tests/deliveries"],
        lambda event: None,
        {"VFM_REGISTERS": str(folder), "VFM_BUILD": str(paths.build)},
    )
    assert status == 1
    (sentence,) = [one for one in failures(paths, errors, plain) if "bad_input.md#profile" in one]
    assert re.search(r"If it is true of the delivery, accept \w+\.\w+ in accepted", sentence)
    assert re.search(r" make check-registers lists \d+ more problems\.$", sentence)


def test_rows_without_a_value_are_judged_too(registers, tmp_path):
    """A group without a name must not make a sentence, and with it all others, null."""
    query = "* replace (if(hash(PNR) % 3 = 0, null, PLADS) as PLADS, 3 - cast(KOEN as integer) as KOEN)"
    lines = check.check(spoil(registers, tmp_path / "spoiled", bef=query + " from {source}"))
    assert all(line.sentence for line in lines)
    assert any("accept bef.place_filled in" in sentence for sentence in said(lines, "error"))


@pytest.fixture
def other_years(monkeypatch):
    """Have the check take other years for those of the study."""

    def take(**years):
        monkeypatch.setattr(dbt_sql, "variables", lambda: real | years)
        for made in (dbt_sql.environment, dbt_sql.render):
            made.cache_clear()

    real = dict(dbt_sql.variables())
    yield take
    monkeypatch.undo()
    for made in (dbt_sql.environment, dbt_sql.render):
        made.cache_clear()


@pytest.mark.parametrize(
    "years", [{"data_end_week": "2014-08-25", "last_permit_year": 2013}, {"data_end_week": "2016-02-15"}]
)
def test_a_delivery_may_go_on_after_the_study(years, other_years, registers):
    other_years(**years)
    assert said(check.check(registers), "error", "warning") == []


def test_what_is_true_is_accepted_by_name_with_a_reason(registers, tmp_path):
    register, query, finding = SPOILED["ages off by one"]
    folder = spoil(registers, tmp_path / "spoiled", **{register: query + " from {source}"})
    (folder / "accepted.csv").write_text(
        f'finding,reason\n{finding},"Ages are of the day after, as agreed."\n'
        "bef.men,Only men were asked for.\n",
        encoding="utf-8",
    )
    lines = check.check(folder)
    assert not [sentence for sentence in said(lines, "error") if finding in sentence]
    (sentence,) = said(lines, "accepted")
    assert sentence.endswith("Accepted: Ages are of the day after, as agreed.")
    (sentence,) = [line.sentence for line in lines if "is none of this delivery" in line.sentence]
    assert sentence.endswith(": bef.men. Take the row away.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("finding,reason\nbef.man,Because it is so.\n", "bef.man is no finding of the delivery profile"),
        ("finding,reason\nbef.men,\n", "the reason of bef.men is too short"),
        ("finding,reason\nbef.no-value,We have none of them.\n", "bef.no-value is no finding"),
        ('finding,reason\nbef.men,"Short"\n', "the reason of bef.men is too short"),
        (
            "finding,why\nbef.men,Only men were asked for.\n",
            "accepted.csv lacks reason in its heading (line 1)",
        ),
        ("finding,reason\nbef.men,Kun m\xe6nd, som aftalt.\n", "accepted.csv has 3 columns in line 2"),
        ("finding,reason\nbef.men,Kun mænd som aftalt.\n" * 2, "accepted.csv: 1 line"),
        ("", "accepted.csv is empty. Write a finding and its reason, or take it away"),
    ],
)
def test_an_acceptance_that_names_nothing_or_says_nothing_is_refused(text, says, registers, tmp_path):
    folder = shutil.copytree(registers, tmp_path / "delivery")
    (folder / "accepted.csv").write_text(text, encoding="utf-8")
    (sentence,) = said(rows_judged(folder), "error")
    assert says in sentence
    assert sentence.endswith("See docs/bad_input.md#accepted.")


def test_the_profile_is_kept_without_a_person_and_compared(registers, tmp_path, monkeypatch, capsys):
    kept = tmp_path / "delivery_profile.csv"
    check.check(registers, keep=kept)
    assert kept.stat().st_mode & 0o077 == 0
    with duckdb.connect() as con:
        persons = {pnr for (pnr,) in con.sql(f"select PNR from '{registers}/bef/*.parquet'").fetchall()}
    assert not persons & set(kept.read_text("utf-8").replace("\n", ",").split(","))
    assert said(check.check(registers, keep=kept, against=kept), "warning") == []
    folder = spoil(registers, tmp_path / "later", lmdb="* replace ('J01CE02' as ATC) from {source}")
    changed = said(check.check(folder, against=kept), "warning")
    assert any("antibiotics was" in sentence and "and is 100.0 %" in sentence for sentence in changed)
    monkeypatch.setenv("VFM_REGISTERS", str(registers))
    monkeypatch.setenv("VFM_BUILD", str(tmp_path / "build"))
    assert command.main(["check", "--against", str(tmp_path / "nothing.csv")]) == 1
    assert "there is no such file" in capsys.readouterr().err
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert command.main(["check", "--against", str(tmp_path / "other.csv")]) == 1
    assert "holds no profile of a delivery" in capsys.readouterr().err


def test_every_band_is_argued_and_within_the_possible():
    bands = dbt_sql.macro("declared_bands")
    assert len({(band["register"], band["name"]) for band in bands}) == len(bands)
    for band in bands:
        (possible_low, possible_high), (low, high) = band["possible"], band["expected"]
        assert possible_low <= low < high <= possible_high, band
        assert band["why"].endswith((".", "?")) and len(band["why"].split()) > 3, band
        assert sum(kind in band for kind in ("count", "mean", "commonest")) == 1, band


def test_every_column_is_measured():
    """Each column is in a band of its own, or its rule allows no row without a right value."""
    measured = {
        (band["register"], band["column"].strip("()").split(",")[0])
        for band in dbt_sql.macro("declared_bands")
    }
    columns = {(name, column) for name, register in dbt_sql.sources().items() for column in register.columns}
    assert columns - measured == UNMEASURED


# the rules of tests/registers judge every value of these
UNMEASURED = {
    ("ophg", "FORKLAR"), ("lpr_adm", "RECNUM"),
    ("dream", "VISIT_nKVyyyy"), ("dream", "INTPGMSLDT"),  # of later studies: no delivery to take a band from
}  # fmt: skip
