"""Registers of a handful of rows in the layout of models/sources.yml, for tests of the way in."""

from pathlib import Path

import duckdb

DREAM_WEEKS = """
    select 'Y_' || right(strftime(week, '%G'), 2) || strftime(week, '%V') as name
    from generate_series(timestamp '2007-12-31', timestamp '2016-08-22', interval 7 day) as weeks(week)
"""
DREAM_QUARTERS = """
    select 'MATCH_' || quarter || 'KV' || year as name
    from range(2008, 2017) as years(year), range(1, 5) as quarters(quarter)
"""


def columns():
    """Return {register: {column: SQL value}} of one plausible row per register."""
    one = {
        "bef": {
            "PNR": "'000000000001'",
            "REFERENCETID": "date '2011-12-31'",
            "KOEN": "'1'",
            "ALDER": "30",
            "FOED_DAG": "date '1981-05-05'",
            "KOM": "'101'",
            "OPR_LAND": "'5484'",
            "IE_TYPE": "'2'",
            "FAMILIE_ID": "'000000000001'",
            "FAMILIE_TYPE": "'5'",
            "PLADS": "'1'",
            "E_FAELLE_ID": "cast(null as varchar)",
        },
        "vnds": {"PNR": "'000000000001'", "INDUD_KODE": "'I'", "HAEND_DATO": "date '2011-03-01'"},
        "flyt": {
            "PNR": "'000000000001'",
            "HAEND_DATO": "date '2012-03-01'",
            "KOM": "'751'",
            "GL_KOM": "'101'",
        },
        "dod": {"PNR": "'000000000002'", "DODDATO": "date '2014-03-01'"},
        "ophg": {
            "PNR": "'000000000001'",
            "TILLADELSESDATO": "date '2011-02-01'",
            "KATEGORI": "'0001'",
            "GRUNDLAG": "'0101'",
            "FORKLAR": "'0001'",
        },
        "dream": {"PNR": "'000000000001'"},
        "bfl": {
            "PNR": "'000000000001'",
            "AJO_JOB_START_DATO": "date '2012-04-01'",
            "AJO_JOB_SLUT_DATO": "date '2012-04-30'",
            "AJO_LOENTIMER": "120.0",
        },
        "lmdb": {"PNR": "'000000000001'", "EKSD": "date '2011-06-01'", "ATC": "'N05BA01'"},
        "sssy": {
            "PNR": "'000000000001'",
            "SPEC2": "'80'",
            "KONTAKT": "1",
            "HONUGE": "'1120'",
            "BARNMAK": "'0'",
        },
        "lpr_adm": {
            "RECNUM": "'1'",
            "PNR": "'000000000001'",
            "C_PATTYPE": "'2'",
            "V_SENGDAGE": "0",
            "D_INDDTO": "date '2011-07-01'",
            "C_ADIAG": "'DF32'",
        },
        "danskudd": {"PNR": "'000000000001'", "UUDDNR": "'2'", "STARTDATO": "date '2011-05-01'"},
    }
    for names, values in [(DREAM_WEEKS, ("'730'", "'731'")), (DREAM_QUARTERS, ("'2'",))]:
        columns = [row[0] for row in duckdb.sql(names).fetchall()]
        one["dream"] |= {
            column: values[place * len(values) // len(columns)] for place, column in enumerate(columns)
        }
    return one


def write_part(folder: Path, register: str, row: dict, rows: int = 1, part: str = "part-0"):
    """Write `rows` copies of a row {column: SQL value} as <folder>/<register>/<part>.parquet."""
    (folder / register).mkdir(parents=True, exist_ok=True)
    selected = ", ".join(f'{value} as "{name}"' for name, value in row.items())
    path = str(folder / register / f"{part}.parquet").replace("'", "''")
    duckdb.sql(f"copy (select {selected} from range({rows})) to '{path}'")


def write_registers(folder: Path):
    """Write all eleven registers, one row each, and return the folder."""
    for register, row in columns().items():
        write_part(folder, register, row)
    return folder
