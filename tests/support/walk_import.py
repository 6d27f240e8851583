"""The walk of a delivery: registers are exported in the forms deliveries really have, and imported again.

python tests/support/walk_import.py --from seeds/registers --to /tmp/walk
writes /tmp/walk/delivery and /tmp/walk/registers, and ends with status 1 unless staging reads the same from
both.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import duckdb

from vfm.privacy.identifiers import PSEUDONYMS
from vfm.registers.contract import read_contract
from vfm.registers.importing import import_delivery
from vfm.registers.seed_files import seed_query
from vfm.warehouse import dbt_sql
from vfm.warehouse.paths import PROJECT

DAYS = "cast({0} - date '1960-01-01' as double)"
SECONDS = "cast(epoch({0}) - epoch(date '1960-01-01') as double)"
# register: (files by the year of this column, file name, options of a csv, {column: (delivered name, SQL)})
WILD = {
    "bef": (
        "REFERENCETID",
        "bef{}.dta",
        None,
        {
            "REFERENCETID": None,  # from the file's name
            "KOM": ("kom", "cast(KOM as double)"),
            "OPR_LAND": ("opr_land", "cast(OPR_LAND as double)"),
            "KOEN": ("koen", "cast(KOEN as double)"),
            "FOED_DAG": ("foed_dag", DAYS.format("FOED_DAG")),
        },
    ),
    "vnds": (
        None,
        "Migration/VNDS2016.dta",
        None,
        {"HAEND_DATO": ("haend_dato", SECONDS.format("HAEND_DATO"))},
    ),
    "flyt": (
        "HAEND_DATO",
        "FLYT{}.dta",
        None,
        {
            "KOM": ("Kom", "cast(KOM as double)"),
            "GL_KOM": ("Gl_Kom", "cast(GL_KOM as integer)"),
            "HAEND_DATO": ("Haend_Dato", "cast(HAEND_DATO as timestamp)"),
        },
    ),
    "dod": (
        None,
        "dod2016.csv",
        "delimiter ','",
        {"DODDATO": ("doddato", "strftime(DODDATO, '%d%b%Y:00:00:00')")},
    ),
    "ophg": (
        "TILLADELSESDATO",
        "ophg{}.csv",
        "delimiter '\t'",
        {
            "TILLADELSESDATO": ("TILLADELSESDATO", "strftime(TILLADELSESDATO, '%Y%m%d')"),
            "KATEGORI": ("KATEGORI", "KATEGORI || '.0'"),
            "GRUNDLAG": ("GRUNDLAG", "ltrim(GRUNDLAG, '0')"),
        },
    ),
    "dream": (None, "Eksterne data/DREAM201608.csv", "delimiter ';'", {"PNR": ("lobenr", "PNR")}),
    "bfl": (
        "AJO_JOB_SLUT_DATO",
        "BFL{}12.csv",
        "delimiter ';'",
        {
            "AJO_JOB_START_DATO": ("ajo_job_start_dato", "strftime(AJO_JOB_START_DATO, '%d-%m-%Y')"),
            "AJO_JOB_SLUT_DATO": ("ajo_job_slut_dato", "strftime(AJO_JOB_SLUT_DATO, '%d-%m-%Y')"),
            "AJO_LOENTIMER": ("ajo_loentimer", "replace(cast(AJO_LOENTIMER as varchar), '.', ',')"),
        },
    ),
    "lmdb": (
        "EKSD",
        "LMDB{}12.dta",
        None,
        {"PNR": ("PNR12", "PNR"), "EKSD": ("EKSD", "strftime(EKSD, '%d%b%Y')")},
    ),
    "sssy": (
        "HONUGE",
        "sssy{}.dta",
        None,
        {
            "SPEC2": ("SPECIALE", "cast(SPEC2 || '0110' as double)"),
            "HONUGE": ("honuge", "cast(HONUGE as double)"),
            "BARNMAK": ("barnmak", "cast(BARNMAK as double)"),
        },
    ),
    "lpr_adm": ("D_INDDTO", "LPR_ADM{}.dta", None, {"D_INDDTO": ("d_inddto", SECONDS.format("D_INDDTO"))}),
    "danskudd": (None, "danskudd.csv", "delimiter '|'", {"UUDDNR": ("UUddNr", "UUDDNR || '.0'")}),
}
#: Columns that a delivery may lack and mounting adds.
ABSENT = {"dream": ", cast(null as date) as INTPGMSLDT"}
NUMBERED = ("bef", "flyt", "lpr_adm")  # registers in which a numeric id is a number


def mount(con, registers, numeric_ids):
    """Make views raw.<register> over a register folder, with ids of 12 digits where these are wanted."""
    con.execute("create schema if not exists raw; create schema if not exists original")
    for name in read_contract():
        con.execute(
            f"create or replace view original.{name} as "
            f"select *{ABSENT.get(name, '')} "
            f"from read_parquet('{registers}/{name}/*.parquet', union_by_name = true)"
        )
        con.execute(f"create or replace view raw.{name} as select * from original.{name}")
    for register in dbt_sql.sources("later_registers").values():  # none is in the delivery
        con.execute(dbt_sql.macro("empty_register", register))
    if not numeric_ids:
        return
    ids = " union ".join(
        f"select {column.name} as id from original.{name}"
        for name, register in read_contract().items()
        for column in register.columns
        if column.is_person_id
    )
    con.execute(
        "create or replace table ids as select id, "
        "lpad(cast(10000 + 7919 * row_number() over (order by id) as varchar), 12, '0') as number "
        f"from ({ids}) where id is not null"
    )
    for name, register in read_contract().items():
        persons = [c.name for c in register.columns if c.is_person_id]
        joins = " ".join(f"left join ids as i{n} on i{n}.id = o.{c}" for n, c in enumerate(persons))
        replaced = ", ".join(f"i{n}.number as {c}" for n, c in enumerate(persons))
        con.execute(
            f"create or replace table raw_{name} as "
            f"select o.* replace ({replaced}) from original.{name} as o {joins}"
        )
        con.execute(f"create or replace view raw.{name} as select * from raw_{name}")


def export(con, delivery, numeric_ids=False):
    """Write what the views raw.* hold as a delivery with wild types.

    Yearly files, codes as floating numbers or without zeros, dates as days, seconds, texts and timestamps,
    names in any case and under aliases, csv with every separator and in latin-1, and files that a later
    delivery or a better register makes worthless.
    """
    for register, (by, pattern, options, wild) in WILD.items():
        names = [row[0] for row in con.execute(f"describe raw.{register}").fetchall()]
        selected = []
        for name in names:
            if name in wild and wild[name] is None:
                continue
            delivered, value = wild.get(name, (name.lower(), f'"{name}"'))
            if register == "dream" and name.startswith("Y_"):
                delivered, value = name.lower().replace("_", ""), f"\"{name}\" || '.0'"
            if numeric_ids and register in NUMBERED and name.lower() in PSEUDONYMS:
                value = f"cast({value} as double)"
            selected.append(f'{value} as "{delivered}"')
        selected.append("'Sønderjylland' as \"bemærkning\"" if options else "'x' as sted")
        year = f"2000 + cast(left(lpad({by}, 4, '0'), 2) as integer)" if by == "HONUGE" else f"year({by})"
        years = (
            con.execute(f"select distinct {year} from raw.{register} order by 1").fetchall()
            if by
            else [("",)]
        )
        for (of,) in years:
            query = f"select {', '.join(selected)} from raw.{register}" + (
                f" where {year} = {of}" if by else ""
            )
            write(con, query, delivery / pattern.format(of), options)
    older_and_needless(con, delivery)


def write(con, query, path, options):
    """Write a query as dta or as csv in latin-1 (danskudd: UTF-8 with a byte order mark)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".dta":
        frame = con.execute(query).df()
        for name in frame.columns[[str(kind) == "object" for kind in frame.dtypes]]:
            frame[name] = frame[name].fillna("")
        frame.to_stata(path, write_index=False, version=118)
        return
    utf8 = path.with_suffix(".part")
    con.execute(f"copy ({query}) to '{utf8}' (format csv, header, {options})")
    with utf8.open(encoding="utf-8", newline="") as source:
        encoding = "utf-8-sig" if path.name == "danskudd.csv" else "latin-1"
        with path.open("w", encoding=encoding, newline="") as target:
            while chunk := source.read(1 << 20):
                target.write(chunk)
    utf8.unlink()


def older_and_needless(con, delivery):
    """Put worthless files beside: old versions, quarters, successors, registers not of the study."""
    newest = max(delivery.glob("bef*.dta"))
    again = delivery / "December_2023" / newest.name
    again.parent.mkdir()
    newest.rename(again)
    wrong = con.execute("select 'p' as pnr, 999 as kom, 1 as alder").df()
    wrong.to_stata(newest, write_index=False)
    wrong.to_stata(delivery / "BEF201509.dta", write_index=False)
    wrong.to_stata(delivery / "Migration" / "VNDS_IND2015.dta", write_index=False)
    wrong.to_stata(delivery / "PSYK_ADM.dta", write_index=False)
    (delivery / "sysi2005.csv").write_text("PNR;HONUGE\n1;0501\n")
    (delivery / "Eksterne data" / "DREAM201602.csv").write_text("PNR;Y_0801\n1;999\n")


def differences(con, registers):
    """Compare what staging makes of the views raw.* and of an imported register folder.

    Returns
    -------
    dict
        {staging model: rows that only one of the two has}.
    """
    models = sorted((PROJECT / "models" / "staging" / "registers").glob("*.sql"))
    con.execute("create schema if not exists before; create schema if not exists after")
    con.execute("create schema if not exists classifications")
    grounds = seed_query("residence_grounds")  # DREAM is read for persons with a permit that can count
    con.execute(f"create or replace table classifications.residence_grounds as {grounds}")
    for model in models:
        con.execute(f"create or replace table before.{model.stem} as {dbt_sql.render(model)}")
    for name in read_contract():
        con.execute(
            f"create or replace view raw.{name} as select *{ABSENT.get(name, '')} "
            f"from read_parquet('{registers}/{name}/*.parquet', union_by_name = true)"
        )
    found = {}
    for model in models:
        con.execute(f"create or replace table after.{model.stem} as {dbt_sql.render(model)}")
        one, other = f"from before.{model.stem}", f"from after.{model.stem}"
        found[model.stem] = con.execute(
            f"select count(*) from ((select * {one} except all select * {other}) "
            f"union all (select * {other} except all select * {one}))"
        ).fetchone()[0]
    return found


def walk(registers, folder, numeric_ids=False, stream=sys.stdout):
    """Export, import and compare; return the problems of the import, and `differences`."""
    folder = Path(folder)
    (folder / "delivery").mkdir(parents=True)
    con = duckdb.connect(str(folder / "walk.duckdb"))
    con.execute("set preserve_insertion_order = false")
    mount(con, Path(registers).resolve(), numeric_ids)
    export(con, folder / "delivery", numeric_ids)
    started = time.monotonic()
    problems = import_delivery(folder / "delivery", folder / "registers", stream)
    stream.write(f"imported in {time.monotonic() - started:.1f} s\n")
    return problems, differences(con, folder / "registers")


def main():
    """Run the walk from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--from", dest="registers", default=PROJECT / "seeds" / "registers")
    parser.add_argument("--to", dest="folder", required=True)
    parser.add_argument(
        "--numeric-ids", action="store_true", help="ids of 12 digits, numbers in some registers"
    )
    arguments = parser.parse_args()
    os.umask(0o077)
    problems, found = walk(arguments.registers, arguments.folder, arguments.numeric_ids)
    for model, rows in found.items():
        print(f"{model}: {rows:,} rows differ")
    print("\n".join(problems))
    return 1 if problems or any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
