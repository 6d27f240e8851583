"""What cannot be right in a delivery: bad rows of each register, and what check and build say of them."""

import itertools
import re
from dataclasses import dataclass

import tiny_registers

from vfm.registers import check
from vfm.warehouse import dbt_sql

#: Parts of the project that stage and judge every register.
STAGING_PROJECT = [
    "dbt_project.yml", "docs", "profiles", "profiles.yml", "macros", "models/groups.yml",
    "models/sources.yml", "models/staging/registers", "python_models/meta", "seeds/classifications",
    "tests/generic", "tests/registers",
]  # fmt: skip
ID = "'000000000003'"  # a person of the bad rows
PLANNING = "join_order,statistics_propagation,common_subexpressions"
MANY = "lpad(cast(range as varchar), 12, '0')"  # one person a row


@dataclass(frozen=True)
class Case:
    """Rows {column: SQL value} that differ from the good row of a register, and what is said of them."""

    anchor: str
    register: str
    says: str
    rows: tuple[dict, ...]
    copies: int = 1
    level: str = "error"

    def write(self, folder, part="bad"):
        """Put the rows beside those of a delivery."""
        good = tiny_registers.columns()[self.register]
        if self.register == "dream":  # it is read for persons with a permit
            permit = tiny_registers.columns()["ophg"] | {"PNR": ID}
            tiny_registers.write_part(folder, "ophg", permit, part="permit")
        for number, row in enumerate(self.rows):
            tiny_registers.write_part(
                folder, self.register, good | {"PNR": ID} | row, rows=self.copies, part=f"{part}-{number}"
            )


def rows_judged(folder):
    """What the check says of the rows, without the profile and what lies beside the registers."""
    with check.database() as con:
        con.execute("set threads = 1")  # for a handful of rows, whose queries take longer to plan than to run
        con.execute(f"set disabled_optimizers = '{PLANNING}'")
        return check.judge_rows(con, str(folder))


def case(anchor, register, says, *rows, **options):
    """Shorten the list."""
    return Case(anchor, register, says, rows, **options)


LATER = "date '2012-12-31'"
CASES = [
    # bef
    case("unreadable", "bef",
         "column FOED_DAG has 2 rows that no date can be read from (for example 31/12/81)",
         {"FOED_DAG": "'31/12/81'"}, {"PNR": "'000000000004'", "FOED_DAG": "'unknown'"}),
    case("unreadable", "bef",
         "column ALDER has 1 row that no whole number can be read from (for example 30.5)",
         {"ALDER": "'30.5'"}),
    case("unreadable", "bef", "(for example one of 12 characters)", {"FOED_DAG": "'T00000000009'"}),
    case("no-value", "bef", "column KOM has 1 row without a value", {"KOM": "' '"}),
    case("no-value", "bef", "column PNR has 1 row without a value", {"PNR": "cast(null as varchar)"}),
    case("two-rows-one-key", "bef", "key (PNR, REFERENCETID) has 1 value in several rows that differ",
         {"KOM": "'101'"}, {"KOM": "'147'"}),
    case("unmapped-code", "bef", "column KOEN has 1 row that are neither 1 nor 2 (for example 9)",
         {"KOEN": "'9'"}),
    case("unmapped-code", "bef",
         "FAMILIE_TYPE = 6 in 1 row is in no row of seeds/classifications/family_types.csv",
         {"FAMILIE_TYPE": "'6'"}),
    case("unmapped-code", "bef",
         "OPR_LAND = 4711 in 1 row is in no row of seeds/classifications/countries.csv",
         {"OPR_LAND": "'4711'"}, copies=3),
    case("unknown-municipality", "bef", "KOM = 345 in 1 row is not a municipality since 2007",
         {"KOM": "'345'"}),
    case("age", "bef", "column ALDER has 1 row outside 0 to 125 (for example 130)",
         {"ALDER": "130", "FOED_DAG": "date '1881-05-05'"}),
    case("age", "bef", "column ALDER has 1 row more than a year from the age that FOED_DAG", {"ALDER": "33"}),
    case("two-persons-one-id", "bef", "column KOEN has 1 person of two sexes",
         {}, {"REFERENCETID": LATER, "ALDER": "31", "KOEN": "'2'"}),
    case("two-persons-one-id", "bef", "column FOED_DAG has 1 person with two birth dates",
         {}, {"REFERENCETID": LATER, "ALDER": "31", "FOED_DAG": "date '1981-05-06'"}),
    case("after-today", "bef", "column REFERENCETID has 1 row after today (for example 2071-12-31)",
         {"REFERENCETID": "date '2071-12-31'", "ALDER": "90"}),
    case("reference-date", "bef", "column REFERENCETID has 1 row that are not the last day of a quarter",
         {"REFERENCETID": "date '2012-01-01'"}, level="warning"),
    case("missing-year", "bef", "column REFERENCETID has no row of 2008, 2009, 2010, 2012, 2013, 2014, 2015",
         {"PNR": MANY, "KOM": "['101', '461', '751', '851'][1 + (range + 3) % 4]"}, copies=900),
    case("other-ids", "bef", "column PNR has 1 id shorter than others", {"PNR": "'00000000003'"},
         level="warning"),
    # vnds
    case("unreadable", "vnds", "column HAEND_DATO has 1 row that no date", {"HAEND_DATO": "'2011-13-01'"}),
    case("no-value", "vnds", "column HAEND_DATO has 1 row without a value",
         {"HAEND_DATO": "cast(null as date)"}),
    case("unmapped-code", "vnds", "column INDUD_KODE has 1 row that are neither I nor U",
         {"INDUD_KODE": "'X'"}),
    case("after-today", "vnds", "column HAEND_DATO has 1 row after today",
         {"HAEND_DATO": "date '2071-01-01'"}),
    case("before-birth", "vnds",
         "column HAEND_DATO has 1 row before the birth date in bef (for example 1971-01-01)",
         {"PNR": "'000000000001'", "HAEND_DATO": "date '1971-01-01'"}),
    case("not-in-bef", "vnds", "of 150 persons in column PNR 148 are not in bef", {"PNR": MANY}, copies=150),
    # flyt
    case("unreadable", "flyt", "column HAEND_DATO has 1 row that no date", {"HAEND_DATO": "'soon'"}),
    case("no-value", "flyt", "column GL_KOM has 1 row without a value", {"GL_KOM": "'.'"}),
    case("unknown-municipality", "flyt", "KOM = 345 in 1 row is not a municipality since 2007",
         {"KOM": "'345'"}),
    case("unknown-municipality", "flyt", "GL_KOM = 077 in 1 row is not a municipality", {"GL_KOM": "77"}),
    case("after-today", "flyt", "column HAEND_DATO has 1 row after today",
         {"HAEND_DATO": "date '2071-01-01'"}),
    case("before-birth", "flyt", "column HAEND_DATO has 1 row before the birth date in bef",
         {"PNR": "'000000000001'", "HAEND_DATO": "date '1980-01-01'", "KOM": "'345'"}),
    case("several-moves", "flyt", "key (PNR, HAEND_DATO) has 1 value with several moves",
         {}, {"KOM": "'147'"}, level="warning"),
    # dod
    case("unreadable", "dod", "column DODDATO has 1 row that no date", {"DODDATO": "'20149999'"}),
    case("two-rows-one-key", "dod", "key (PNR) has 1 value in several rows that differ",
         {}, {"DODDATO": "date '2014-03-02'"}),
    case("after-today", "dod", "column DODDATO has 1 row after today", {"DODDATO": "date '2071-01-01'"}),
    case("before-birth", "dod", "column DODDATO has 1 row before the birth date in bef",
         {"PNR": "'000000000001'", "DODDATO": "date '1980-01-01'"}),
    # ophg
    case("unreadable", "ophg", "column TILLADELSESDATO has 1 row that no date",
         {"TILLADELSESDATO": "'2011'||'-2'"}),
    case("no-value", "ophg", "column GRUNDLAG has 1 row without a value", {"GRUNDLAG": "''"}),
    case("unmapped-code", "ophg",
         "(KATEGORI, GRUNDLAG, FORKLAR) = (0001, 0999, 0001) in 2 rows is in no row of"
         " seeds/classifications/residence_grounds.csv, nor is 1 other",
         {"GRUNDLAG": "'999'"}, {"PNR": "'000000000004'", "GRUNDLAG": "'999'"}, {"GRUNDLAG": "'998'"}),
    case("outside-dates", "ophg",
         "(KATEGORI, GRUNDLAG, FORKLAR) = (0052, 0107, 0001) in 1 row lies outside valid_from and valid_to in"
         " seeds/classifications/residence_grounds.csv (for example on 2015-06-01)",
         {"TILLADELSESDATO": "date '2015-06-01'", "KATEGORI": "'52'", "GRUNDLAG": "'107'", "FORKLAR": "'1'"}),
    case("after-today", "ophg", "column TILLADELSESDATO has 1 row after today",
         {"TILLADELSESDATO": "date '2071-01-01'"}),
    case("before-birth", "ophg", "column TILLADELSESDATO has 1 row before the birth date in bef",
         {"PNR": "'000000000001'", "TILLADELSESDATO": "date '1980-01-01'"}),
    # dream
    case("no-value", "dream", "column PNR has 1 row without a value", {"PNR": "cast(null as varchar)"}),
    case("two-rows-one-key", "dream", "key (PNR) has 1 value in several rows that differ", {},
         {"Y_0912": "'111'"}),
    case("unmapped-code", "dream",
         "Y_YYWW = 777 in 1 row is in no row of seeds/classifications/dream_states.csv",
         {"Y_0912": "'777'"}),
    case("no-such-week", "dream", "column Y_YYWW has 1 week that the calendar does not have, with codes in it"
         " (for example Y_0853)", {"Y_0853": "'111'"}),
    case("outside-dates", "dream",
         "(system, group) = (match, 5) in 1 row lies outside valid_from and valid_to in"
         " seeds/classifications/match_groups.csv (for example on 2010-04-01)", {"MATCH_2KV2010": "'5'"}),
    case("outside-dates", "dream",
         "Y_YYWW = 160 in 1 row lies outside valid_from and valid_to in"
         " seeds/classifications/dream_states.csv (for example on 2009-03-16)", {"Y_0912": "'160'"}),
    case("programme-end", "dream",
         "column INTPGMSLDT has 1 row before the first programme under the Integration Act (for example"
         " 1998-12-31)", {"INTPGMSLDT": "date '1998-12-31'"}),
    case("dream-version", "dream",
         "column Y_YYWW has 1 row with a code that is not of version 201608 of DREAM (for example 115)",
         {"Y_0912": "'115'"}),
    # bfl
    case("unreadable", "bfl",
         "column AJO_LOENTIMER has 1 row that no number can be read from (for example many)",
         {"AJO_LOENTIMER": "'many'"}),
    case("no-value", "bfl", "column AJO_LOENTIMER has 1 row without a value",
         {"AJO_LOENTIMER": "cast(null as double)"}),
    case("hours", "bfl", "column AJO_LOENTIMER has 90 rows above 744 hours a month (for example 9999.00)",
         {"AJO_LOENTIMER": "9999"}, copies=90),
    case("hours", "bfl", "column AJO_LOENTIMER has 1 row below -744 hours a month",
         {"AJO_LOENTIMER": "-800"}),
    case("hours", "bfl", "column AJO_LOENTIMER has 1 row below 0 hours", {"AJO_LOENTIMER": "-7.4"},
         level="warning"),
    case("job-period", "bfl", "column AJO_JOB_SLUT_DATO has 1 row before AJO_JOB_START_DATO",
         {"AJO_JOB_SLUT_DATO": "date '2012-03-30'"}),
    case("job-period", "bfl", "column AJO_JOB_SLUT_DATO has 1 row that cover more than a month",
         {"AJO_JOB_START_DATO": "date '2012-01-01'"}, level="warning"),
    case("after-today", "bfl", "column AJO_JOB_SLUT_DATO has 1 row after today",
         {"AJO_JOB_START_DATO": "date '2071-01-01'", "AJO_JOB_SLUT_DATO": "date '2071-01-31'"}),
    case("delivered-twice", "bfl", "an equal row for nearly every row of 2013. Was a file delivered twice?",
         *[{"PNR": f"'{person:012}'", "AJO_JOB_START_DATO": "date '2013-04-01'",
            "AJO_JOB_SLUT_DATO": "date '2013-04-30'"} for person in (1, 3)], copies=60),
    case("other-ids", "bfl", "column PNR has 1 id of another length than all ids in bef", {"PNR": "'1'"}),
    # lmdb
    case("unreadable", "lmdb", "column EKSD has 1 row that no date", {"EKSD": "'2011-02-30'"}),
    case("no-value", "lmdb", "column ATC has 1 row without a value", {"ATC": "''"}),
    case("after-today", "lmdb", "column EKSD has 1 row after today (for example 2080-02-28)",
         {"EKSD": "'43888'"}),
    case("other-ids", "lmdb", "column PNR has 1 id of another length", {"PNR": "'0000000003'"}),
    case("one-id", "lmdb", "column PNR has 1 id that stands in more than three of ten rows of the register",
         *[{"EKSD": f"date '{year}-06-01'"} for year in range(2008, 2017)], copies=120),
    # sssy
    case("unreadable", "sssy", "column KONTAKT has 1 row that no whole number", {"KONTAKT": "'1,5'"}),
    case("no-value", "sssy", "column HONUGE has 1 row without a value", {"HONUGE": "''"}),
    case("contacts", "sssy", "column KONTAKT has 1 row below 0 (for example -1)", {"KONTAKT": "-1"}),
    case("fee-week", "sssy", "column HONUGE has 1 row that are no week YYWW (for example 201120)",
         {"HONUGE": "'201120'"}),
    case("fee-week", "sssy", "column HONUGE has 1 row that are no week YYWW (for example 1154)",
         {"HONUGE": "1154"}),
    # lpr_adm
    case("unreadable", "lpr_adm", "column V_SENGDAGE has 1 row that no whole number",
         {"RECNUM": "'2'", "V_SENGDAGE": "'two'"}),
    case("no-value", "lpr_adm", "column D_INDDTO has 1 row without", {"RECNUM": "'2'",
         "D_INDDTO": "cast(null as date)"}),
    case("two-rows-one-key", "lpr_adm", "key (RECNUM) has 1 value in several rows",
         {"D_INDDTO": "date '2011-07-02'"}),
    case("bed-days", "lpr_adm", "column V_SENGDAGE has 1 row below 0", {"RECNUM": "'2'", "V_SENGDAGE": "-3"}),
    case("bed-days", "lpr_adm", "column V_SENGDAGE has 1 row above ten years",
         {"RECNUM": "'2'", "V_SENGDAGE": "9999"}, level="warning"),
    # danskudd
    case("two-rows-one-key", "danskudd", "key (PNR) has 1 value in several rows", {}, {"UUDDNR": "'3'"}),
    case("unmapped-code", "danskudd",
         "UUDDNR = 4 in 1 row is in no row of seeds/classifications/danish_education",
         {"UUDDNR": "'4'"}),
    case("unreadable", "danskudd", "column STARTDATO has 1 row that no date", {"STARTDATO": "'spring'"}),
]  # fmt: skip
BY_REGISTER = [[bad for bad in CASES if bad.register == name] for name in dbt_sql.sources()]
ROUNDS = [[bad for bad in turn if bad] for turn in itertools.zip_longest(*BY_REGISTER)]
#: The first rounds with an error and a warning of each register: these are judged by dbt, too.
ROUNDS_OF_DBT = sorted({
    min(number for number, turn in enumerate(ROUNDS) if kind in [(bad.register, bad.level) for bad in turn])
    for kind in {(bad.register, bad.level) for bad in CASES}
})  # fmt: skip


def said(lines, level="error"):
    """Return the sentences of a level about single rows: a handful of them is no delivery with a profile."""
    return [line.sentence for line in lines if line.level == level and "#profile." not in line.sentence]


def without_tests(seeds):
    """Take the tests of seeds out of their yml files: they have nothing to do with a delivery."""
    for seed in seeds.glob("*.yml"):
        text = re.sub(
            r"\n( +)data_tests:.*?(?=\n\1\S|\n {0,6}- name|\Z)", "", seed.read_text("utf-8"), flags=re.S
        )
        seed.write_text(text, encoding="utf-8")


def expect(bad, lines):
    """The check says of a register what its case expects, once, without an id, and no other error."""
    (sentence,) = [sentence for sentence in said(lines, bad.level) if bad.says in sentence]
    assert sentence.startswith(f"register {bad.register}: ")
    assert sentence.endswith(f"See docs/bad_input.md#{bad.anchor}.")
    assert len(sentence) < 400
    assert said(lines) == ([sentence] if bad.level == "error" else []), "one fault, one error"
    assert not re.search(r"0000000\d+", check.report(lines)), "no person's id"
