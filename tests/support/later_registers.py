"""Moved registers in the form of later years: they say the same in other columns and registers.

`moved_registers` moves a world by eight years and leaves it in the form of 2008-2016. Here hospital contacts
from a day on become stays of LPR3, match groups from a year on VISIT, and the wage subsidy goes
to 5.46.61 of the accounts.
"""

import duckdb
import pandas as pd

LPR3_FROM, VISIT_FROM = "2019-03-01", 2019
#: The letters that stand in for codes of VISIT (seeds/classifications/match_groups.csv).
LETTERS = "case trim(cast({} as varchar)) when '1' then 'A' when '2' then 'B' when '3' then 'C' end"


def in_later_form(registers):
    """Change the moved registers of a folder into the form of later years."""
    with duckdb.connect() as con:
        for file in sorted(registers.glob("lpr_adm/*.parquet")):
            _split_contacts(con, file, registers / "sygehusbenyttelse_ophold")
        for file in sorted(registers.glob("dream/*.parquet")):
            columns = [name for name, *_ in con.execute(f"describe from '{file}'").fetchall()]
            _rewrite(con, file, ", ".join(map(_dream_column, columns)))


def _split_contacts(con, file, folder):
    """Twelve hours or more for an inpatient, with a midnight for each bed day; an hour for anybody else."""
    folder.mkdir(exist_ok=True)
    con.execute(f"""
        copy (
            select
                'stay ' || RECNUM as DW_EK_SYGEHUSOPHOLD,
                PNR,
                D_INDDTO + interval 8 hour as SGH_OPH_STARTTIDSPUNKT,
                D_INDDTO + interval 8 hour + case
                    when C_PATTYPE <> 0 then interval 1 hour
                    when V_SENGDAGE = 0 then interval 12 hour
                    else V_SENGDAGE * interval 1 day
                end as SGH_OPH_SLUTTIDSPUNKT,
                C_ADIAG as ADIAG
            from '{file}'
            where D_INDDTO >= date '{LPR3_FROM}'
        ) to '{folder / file.name}' (format parquet)
        """)
    _rewrite(con, file, "*", f"where D_INDDTO < date '{LPR3_FROM}'")


def _dream_column(name):
    if name.startswith("MATCH_") and int(name[-4:]) >= VISIT_FROM:
        return f'{LETTERS.format(chr(34) + name + chr(34))} as "VISIT_{name[6:]}"'
    return f'"{name}"'


def _rewrite(con, file, columns, where=""):
    new = file.with_suffix(".new")
    con.execute(f"copy (select {columns} from '{file}' {where}) to '{new}' (format parquet)")
    new.replace(file)


def accounts_in_later_form(folder):
    """Move grouping 003 of all years to 5.46.61, grouping 011, and benefits beside it."""
    regk100 = pd.read_csv(folder / "regk100.csv", sep=";", dtype=str)
    moved = (regk100["GRUPPERING"].str.lstrip("0") == "3") & (regk100["DRANST"] == "1")
    wage = regk100[moved].assign(FUNKTION="54661", GRUPPERING="11")
    benefits = wage.assign(GRUPPERING="2")
    functions = pd.concat([regk100[~moved], wage, benefits])
    functions.to_csv(folder / "regk100.csv", sep=";", index=False)
    key = ["OMRÅDE", "FUNKTION", "DRANST", "ART", "PRISENHED", "TID"]
    regk31 = pd.read_csv(folder / "regk31.csv", sep=";", dtype=str)
    amounts = regk100[moved].assign(INDHOLD=lambda rows: rows["INDHOLD"].astype(int))
    sums = amounts.groupby(key)["INDHOLD"].sum()
    regk31 = regk31.set_index(key)["INDHOLD"].astype(int)
    regk31 = regk31.sub(sums, fill_value=0).astype(int)
    other = 2 * sums.rename(index={"54660": "54661"}, level="FUNKTION")
    both = pd.concat([regk31, other]).reset_index()
    both.to_csv(folder / "regk31.csv", sep=";", index=False)
