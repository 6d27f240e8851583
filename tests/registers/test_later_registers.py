"""Registers of later years: they may be absent, are read from the day the study says, and never twice."""

import duckdb
import pytest
import tiny_registers
from bad_deliveries import rows_judged, said

from vfm.registers import check
from vfm.registers.contract import read_contract, read_later_contract
from vfm.registers.deliveries import describe
from vfm.warehouse import dbt_sql

STAYS = "sygehusbenyttelse_ophold"
CONTACTS = "lpr_a_kontakt"
STAY = {
    "DW_EK_SYGEHUSOPHOLD": "'s' || range",
    "PNR": "'000000000001'",
    "SGH_OPH_STARTTIDSPUNKT": "timestamp '2019-03-05 20:00:00'",
    "SGH_OPH_SLUTTIDSPUNKT": "timestamp '2019-03-06 09:00:00'",
    "ADIAG": "'DF32'",
}
CONTACT = {
    "DW_EK_KONTAKT": "'k' || range",
    "PNR": "'000000000001'",
    "KONT_STARTTIDSPUNKT": "timestamp '2020-03-05 20:00:00'",
    "KONT_SLUTTIDSPUNKT": "timestamp '2020-03-05 21:00:00'",
    "KONT_TYPE": "'ALCA00'",
    "ADIAG": "'DM54'",
    "LPRINDBERETNINGSSYSTEM": "'LPR3'",
}


@pytest.fixture
def delivery(tmp_path):
    """The good registers of tiny_registers."""
    return tiny_registers.write_registers(tmp_path / "delivery")


def write(folder, register, row, **changes):
    """Write one row of a later register."""
    values = ", ".join(f'{value} as "{name}"' for name, value in (row | changes).items())
    (folder / register).mkdir(exist_ok=True)
    path = folder / register / "part-0.parquet"
    duckdb.sql(f"copy (select {values} from range(1)) to '{path}' (format parquet)")


def test_a_delivery_without_them_has_empty_ones(delivery):
    assert said(rows_judged(delivery)) == []
    with check.database() as con:
        assert check.mount(con, str(delivery)) == []
        for register in read_later_contract():
            assert con.execute(f"select count(*) from raw.{register}").fetchone() == (0,)


def test_they_are_judged_where_they_are_delivered(delivery):
    write(delivery, STAYS, STAY)
    write(delivery, CONTACTS, CONTACT)
    lines = rows_judged(delivery)
    assert said(lines) == []
    told = {line.register: line.sentence for line in lines if "rows of 1 persons" in line.sentence}
    assert {STAYS, CONTACTS} <= set(told)


def test_days_of_both_sources_are_refused(delivery):
    write(delivery, STAYS, STAY, SGH_OPH_STARTTIDSPUNKT="timestamp '2011-07-01 20:00:00'")
    (sentence,) = said(rows_judged(delivery))
    assert sentence.startswith(
        "register lpr_adm: column D_INDDTO has 1 day that LPR3 has contacts of, too (for example 2011-07-01)."
    )
    assert sentence.endswith("See docs/bad_input.md#two-sources.")


def test_contacts_of_the_system_before_are_no_second_source(delivery):
    """LPR_A_KONTAKT repeats LPR2 from 2017 to March 2019, and says so."""
    write(
        delivery, CONTACTS, CONTACT,
        KONT_STARTTIDSPUNKT="timestamp '2011-07-01 20:00:00'", LPRINDBERETNINGSSYSTEM="'LPR2'",
    )  # fmt: skip
    assert said(rows_judged(delivery)) == []


def test_a_stay_that_ends_before_it_starts_is_refused(delivery):
    write(delivery, STAYS, STAY, SGH_OPH_SLUTTIDSPUNKT="timestamp '2019-03-04 09:00:00'")
    (sentence,) = said(rows_judged(delivery))
    assert "column SGH_OPH_SLUTTIDSPUNKT has 1 row before SGH_OPH_STARTTIDSPUNKT" in sentence
    assert sentence.endswith("See docs/bad_input.md#stay-period.")


@pytest.mark.parametrize(
    ("register", "row", "changes", "words"),
    [
        (STAYS, STAY, {"SGH_OPH_STARTTIDSPUNKT": "'soon'"}, "1 row that no day and time can be read from"),
        (STAYS, STAY, {"DW_EK_SYGEHUSOPHOLD": "''"}, "column DW_EK_SYGEHUSOPHOLD has 1 row without a value"),
        (CONTACTS, CONTACT, {"KONT_TYPE": "''"}, "column KONT_TYPE has 1 row without a value"),
        (
            CONTACTS, CONTACT, {"KONT_STARTTIDSPUNKT": "timestamp '2071-01-01 08:00:00'"},
            "has 1 row after today",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused(delivery, register, row, changes, words):
    write(delivery, register, row, **changes)
    sentences = said(rows_judged(delivery))
    assert any(words in sentence for sentence in sentences), sentences


def test_a_column_that_is_missing_is_named(delivery):
    write(delivery, STAYS, {name: value for name, value in STAY.items() if name != "ADIAG"})
    (sentence,) = said(rows_judged(delivery))
    assert sentence.startswith(f"register {STAYS}: required column ADIAG is missing in part-0.parquet")


@pytest.fixture
def study_of(monkeypatch):
    """Put variables in force for the SQL without dbt."""

    def put(**changes):
        values = dbt_sql.variables() | changes
        monkeypatch.setattr(dbt_sql, "variables", lambda: values)

    return put


def test_a_study_of_later_years_needs_one_of_them(delivery, study_of):
    study_of(last_permit_year=2020)
    with check.database() as con:
        sentences = [line.sentence for line in check.mount(con, str(delivery))]
    assert any(
        sentence.startswith(f"register {STAYS}: no parquet file in ") and "from 2019-03-01 on" in sentence
        for sentence in sentences
    )
    write(delivery, CONTACTS, CONTACT)
    with check.database() as con:
        assert not [line for line in check.mount(con, str(delivery)) if line.register == STAYS]


def test_a_study_after_lpr2_does_not_ask_for_it(delivery, study_of):
    study_of(first_permit_year=2020, last_permit_year=2022)
    (delivery / "lpr_adm/part-0.parquet").unlink()
    write(delivery, STAYS, STAY)
    with check.database() as con:
        assert not [line for line in check.mount(con, str(delivery)) if line.register == "lpr_adm"]


def test_a_study_that_crosses_the_change_has_a_term_for_it(study_of):
    def terms():
        return dbt_sql.macro("case_mix_values")

    assert "hospital_lpr3" not in terms()
    study_of(first_permit_year=2016, last_permit_year=2022)
    assert "hospital_lpr3" in terms()
    study_of(first_permit_year=2020, last_permit_year=2022)
    assert "hospital_lpr3" not in terms()


def test_quarters_are_asked_for_from_the_system_that_the_study_reads(study_of):
    meta = {column.name: dict(column.periods) for column in read_contract()["dream"].columns}
    study_of(first_permit_year=2018, visit_from_year=2019, data_end_week="2020-06-29")

    def asked(name):
        return dbt_sql.macro("period_columns", name, meta[name])

    assert asked("MATCH_nKVyyyy") == [f"MATCH_{quarter}KV2018" for quarter in (1, 2, 3, 4)]
    assert asked("VISIT_nKVyyyy") == [f"VISIT_{quarter}KV2019" for quarter in (1, 2, 3, 4)] + [
        "VISIT_1KV2020",
        "VISIT_2KV2020",
    ]
    study_of(first_permit_year=2008, visit_from_year=2020, data_end_week="2016-08-22")
    assert asked("VISIT_nKVyyyy") == []
    assert asked("MATCH_nKVyyyy")[-1] == "MATCH_3KV2016"


@pytest.mark.parametrize(
    ("file", "target"),
    [
        ("SYGEHUSBENYTTELSE_OPHOLD2019.sas7bdat", f"{STAYS}/{STAYS}_2019.parquet"),
        ("sygehusbenyttelse_ophold2020.parquet", f"{STAYS}/{STAYS}_2020.parquet"),
        ("LPR_A_KONTAKT2025.sas7bdat", f"{CONTACTS}/{CONTACTS}_2025.parquet"),
        ("LPR_ADM2018.sas7bdat", "lpr_adm/lpr_adm_2018.parquet"),
    ],
)
def test_the_import_knows_their_file_names(file, target):
    assert describe(file).target == target
