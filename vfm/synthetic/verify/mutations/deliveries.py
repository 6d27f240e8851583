"""Kinds of mistakes that concern a delivery as a whole: registers that do not belong together."""

from collections.abc import Iterator

from vfm.registers.contract import Register
from vfm.synthetic.verify.mutations import columns
from vfm.synthetic.verify.mutations.columns import picked
from vfm.synthetic.verify.mutations.rows import PERSONS, WIDE, Files, later, row_year
from vfm.warehouse.sql_text import identifier

PERMITS = "(select PNR, min(TILLADELSESDATO) as permit_date from ophg group by PNR) as permits using (PNR)"
A_YEAR_ON = "cast(permit_date + interval 1 year as date)"
MONTHS = (
    "generate_series(date_trunc('month', permit_date) + interval 1 month, timestamp '2016-08-01', "
    "interval 1 month)"
)
#: What life courses cannot do, or hardly: (kind, what it says, register, queries of its files).
LIFE_COURSES = (
    (
        "deaths_before_later_rows",
        "a tenth of the persons die a year after their permit and live on in other registers",
        "dod",
        [
            "from dod",
            f"select PNR, {A_YEAR_ON} as DODDATO from (select distinct PNR from bef) inner join {PERMITS} "
            f"where {picked('dead', 100, 'PNR')} and PNR not in (select PNR from dod)",
        ],
    ),
    (
        "hours_after_emigration",
        "a fifth of the persons emigrate a year after their permit and go on working",
        "vnds",
        [
            "from vnds",
            f"select PNR, 'U' as INDUD_KODE, {A_YEAR_ON} as HAEND_DATO from (select distinct PNR from bfl) "
            f"inner join {PERMITS} where {picked('gone', 200, 'PNR')}",
        ],
    ),
    (
        "course_before_permit",
        "courses begin a year before the permit",
        "danskudd",
        [
            "select danskudd.* replace "
            "(coalesce(cast(permit_date - interval 1 year as date), STARTDATO) as STARTDATO) "
            f"from danskudd left join {PERMITS}"
        ],
    ),
    (
        "permit_before_birth_year",
        "permits are dated on the birth date",
        "ophg",
        [
            "select ophg.* replace (coalesce(born.FOED_DAG, TILLADELSESDATO) as TILLADELSESDATO) "
            "from ophg left join "
            "(select PNR, min(FOED_DAG) as FOED_DAG from bef group by PNR) as born using (PNR)"
        ],
    ),
    (
        "own_partner",
        "everybody is their own partner",
        "bef",
        ["select * replace (case when E_FAELLE_ID is not null then PNR end as E_FAELLE_ID) from bef"],
    ),
    (
        "families_of_one",
        "everybody is a family of their own",
        "bef",
        ["select * replace (PNR as FAMILIE_ID) from bef"],
    ),
    (
        "moves_back",
        "moves lead to where they came from",
        "flyt",
        ["select * replace (GL_KOM as KOM) from flyt"],
    ),
    (
        "no_emigration_returns",
        "who emigrates immigrates a day later",
        "vnds",
        [
            "from vnds",
            "select PNR, 'I' as INDUD_KODE, cast(HAEND_DATO + 1 as date) as HAEND_DATO from vnds "
            "where INDUD_KODE = 'U'",
        ],
    ),
    (
        "work_from_the_permit",
        "everybody works full time from the permit on",
        "bfl",
        [
            "from bfl",
            "select PNR, cast(month_start as date) as AJO_JOB_START_DATO, "
            "last_day(month_start) as AJO_JOB_SLUT_DATO, 160.33 as AJO_LOENTIMER "
            f"from (select PNR, unnest({MONTHS}) as month_start "
            f"from (select distinct PNR from dream) inner join {PERMITS})",
        ],
    ),
    (
        "municipality_of_another",
        "persons are in bef in the municipality of another person",
        "bef",
        [
            "select bef.* replace (pairs.kom as KOM) from bef inner join "
            "(select PNR, lead(kom, 1, kom) over (order by md5(PNR)) as kom "
            "from (select PNR, min(KOM) as kom from bef group by PNR)) as pairs using (PNR)"
        ],
    ),
)
#: Ids that are changed in all registers alike: (kind, what it says, SQL).
IDS_OF_ALL = (
    ("lower_case", "all persons' ids are in lower case", "lower({c})"),
    ("renamed", "all persons have other pseudonyms, the same in each register", "upper(left(md5({c}), 12))"),
    ("ids_cut", "the last character of all persons' ids is lost", "left({c}, -1)"),
)


def delivery_kinds(registers: dict[str, Register]) -> Iterator[tuple[str, Files]]:
    """Yield the kinds of mistakes of a delivery, with the register they are about or `all`."""
    for name in registers:
        half = picked("half", 500, "PNR")
        renamed = f"select * replace (left(PNR, 1) || upper(left(md5(PNR), 11)) as PNR) from {name}"
        for kind, says, *queries in (
            (
                "other_world_renamed",
                "it is of other persons, under the ids of these",
                _under_own_ids(name),
            ),
            ("renamed", "its pseudonyms are those of another delivery", renamed),
            (
                "half_other_world",
                "half of its persons are of another delivery",
                f"from {name} where {half}",
                f"from other.{name} where {half}",
            ),
        ):
            yield name, Files(kind, says, {name: queries})
    for kind, says, register, queries in LIFE_COURSES:
        yield register, Files(kind, says, {register: queries})
    yield from (("all", each) for each in [*_rows_of_all(registers), *_ids_of_all(registers)])


def _under_own_ids(name):
    """Rows of the other world; ids by their place among the ids, as long as there are any."""
    ids = "select id, row_number() over (order by md5(id)) as place from (select distinct PNR as id from"
    return (
        f"with own as ({ids} {name})), others as ({ids} other.{name})), "
        "pairs as (select others.id as id, own.id as new from others inner join own using (place)) "
        f"select delivered.* replace (pairs.new as PNR) from other.{name} as delivered "
        "inner join pairs on delivered.PNR = pairs.id"
    )


def _rows_of_all(registers):
    def each(kind, says, query, names=tuple(registers)):
        return Files(kind, says, {name: [query(name)] for name in names})

    dated = [name for name in registers if name != WIDE]
    yield each(
        "other_order",
        "the rows of all registers in another order",
        lambda name: f"from {name} order by md5(concat(rowid, 'order'))",
    )
    yield each(
        "persons_missing",
        "half of the persons are in no register",
        lambda name: f"from {name} where {picked('persons', 500, 'PNR')}",
    )
    for kind, (whom, condition) in PERSONS.items():
        left = f"PNR not in (select PNR from bef where {condition})"
        yield each(kind, f"{whom} are in no register", lambda name, left=left: f"from {name} where {left}")
    yield each(
        "year_missing",
        "2013 is in no register but dream",
        lambda name: f"from {name} where {row_year(name)} <> 2013",
        dated,
    )
    yield each(
        "ends_early",
        "every register but dream ends with 2014",
        lambda name: f"from {name} where {row_year(name)} < 2015",
        dated,
    )
    yield each(
        "year_later",
        "every register but dream is dated a year later",
        lambda name: f"select * replace ({later(name)}) from {name}",
        dated,
    )


def _ids_of_all(registers):
    for kind, says, expression in IDS_OF_ALL:
        yield Files(kind, says, {name: [_ids(registers[name], expression)] for name in registers})
    part = f"case when {picked('old', 300, '{c}')} then upper(left(md5({{c}}), 12)) else {{c}} end"
    some = ("bfl", "sssy", "lmdb", "lpr_adm")
    says = "three of ten persons have older pseudonyms in work and health"
    yield Files("part_renamed", says, {name: [_ids(registers[name], part)] for name in some})


def _ids(register, expression):
    changes = [
        f"{expression.replace('{c}', identifier(column.name))} as {identifier(column.name)}"
        for column in register.columns
        if column.name in columns.IDS - {"RECNUM"}
    ]
    return f"select * replace ({', '.join(changes)}) from {register.name}"
