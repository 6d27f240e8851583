"""Registers and accounts moved by eight years: a study of other years that must give the same indicators.

Dates move by eight years and weeks by 418, so that weeks and dates come apart by four days and nothing else
changes but its form: match groups from 2020 on are those of VISIT, and the wage subsidy is on 5.46.61.
`python tests/support/moved_registers.py` moves the shipped registers into build_moved, builds them with all
years of kora_2017 moved alike, and compares with what make build made (5 minutes).
"""

import datetime
import json
import os
import re
import subprocess
import sys

import duckdb
import later_registers

from vfm.warehouse import variables
from vfm.warehouse.paths import PROJECT, accounts_folder, register_folder

YEARS, WEEKS = 8, 418
FIRST_VISIT = 2020  # MATCH ends with 2019, in every form
MOVED_YEARS = (
    "first_permit_year",
    "last_permit_year",
    "first_expenditure_year",
    "last_expenditure_year",
    "price_year",
)
TERM = re.compile(r"(spell_start|permit)_year_\d{4}")


def week_later(label):
    """The name yyww of the ISO week 418 weeks after that of a name yyww."""
    monday = datetime.date.fromisocalendar(2000 + int(label[:2]), int(label[2:]), 1)
    year, week, _ = (monday + datetime.timedelta(weeks=WEEKS)).isocalendar()
    return f"{year % 100:02}{week:02}"


def selected(name, kind):
    """SQL of one column of a register, moved."""
    if kind == "DATE":
        return f'cast("{name}" + interval {YEARS} year as date) as "{name}"'
    if week := re.fullmatch(r"Y_(\d{4})", name):
        return f'"{name}" as "Y_{week_later(week[1])}"'
    if quarter := re.fullmatch(r"(MATCH_\dKV)(\d{4})", name):
        # of the five groups until March 2010 the last two are no more; to the method they are as the first
        group = f"""case when trim("{name}"::varchar) in ('4', '5') then '1' else "{name}" end"""
        year = int(quarter[2]) + YEARS
        if year >= FIRST_VISIT:
            return f'{later_registers.LETTERS.format(group)} as "VISIT_{quarter[1][6:]}{year}"'
        return f'{group} as "{quarter[1]}{year}"'
    return f'week_later("{name}") as "{name}"' if name == "HONUGE" else f'"{name}"'


def move_registers(source, target):
    """Write every register file of a folder, moved, into another."""
    with duckdb.connect() as con:
        con.create_function("week_later", week_later, ["VARCHAR"], "VARCHAR")
        for file in sorted(source.glob("*/*.parquet")):
            new = target / file.relative_to(source)
            new.parent.mkdir(parents=True, exist_ok=True)
            columns = con.execute(f"describe from '{file}'").fetchall()
            listed = ", ".join(selected(name, kind) for name, kind, *_ in columns)
            con.execute(f"copy (select {listed} from '{file}') to '{new}' (format parquet)")
    (target / "origin.json").write_text(
        json.dumps({"data_origin": f"synthetic, moved by {YEARS} years"}), encoding="utf-8"
    )


def move_accounts(source, target):
    """Write the accounts and the labour market of a folder, moved, into another."""
    target.mkdir(parents=True, exist_ok=True)
    for file in sorted(source.glob("*.csv")):
        head, *lines = file.read_text(encoding="utf-8").splitlines()
        place = head.split(";").index("TID")
        moved = [head]
        for line in lines:
            cells = line.split(";")
            cells[place] = str(int(cells[place]) + YEARS)
            moved.append(";".join(cells))
        (target / file.name).write_text("\n".join(moved) + "\n", encoding="utf-8")
    later_registers.accounts_in_later_form(target)


def moved_years(values):
    """The variables that say years, moved, of {variable: value}; the print is of other years."""
    end = datetime.date.fromisoformat(str(values["data_end_week"])) + datetime.timedelta(weeks=WEEKS)
    moved = {name: values[name] + YEARS for name in MOVED_YEARS}
    # the moved contacts are those of lpr_adm whatever the year
    later = {"lpr3_from": "2099-01-01", "dream_version": 202408, "visit_from_year": FIRST_VISIT}
    return moved | later | {"data_end_week": end.isoformat(), "compare_with_print": False}


def indicators(warehouse):
    """Fifth and indicator by municipality, and the status of every year term, of a warehouse."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        frame = con.sql(
            """
            select municipality_code, quintile, benchmark_indicator from intermediate.int_benchmark_indicators
            """
        ).df()
        terms = con.sql("select sex, term, status from intermediate.int_cox_coefficients").df()
    years = terms[terms["term"].map(lambda term: bool(TERM.fullmatch(term)))]
    return frame.set_index("municipality_code"), years


def compared(before, after):
    """Rank correlation of two warehouses, farthest and number of moves of a fifth, terms not estimated."""
    old, _ = indicators(before)
    new, years = indicators(after)
    both = old.join(new, rsuffix="_moved", how="inner")
    least = 0.97 * max(len(old), len(new))  # one may have a spell more or less than the benchmark needs
    assert len(both) >= least, (
        f"{len(both)} municipalities are in both benchmarks, of {len(old)} and {len(new)}"
    )
    correlation = both["benchmark_indicator"].corr(both["benchmark_indicator_moved"], method="spearman")
    moves = (both["quintile"] - both["quintile_moved"]).abs()
    return correlation, int(moves.max()), int((moves > 0).sum()), years[years["status"] != "estimated"]


def main():
    """Move, build and compare the shipped registers; the exit status is 1 where they differ too much."""
    folder = PROJECT / "build_moved"
    move_registers(register_folder(), folder / "registers")
    move_accounts(accounts_folder(), folder / "statbank")
    own = {
        "VFM_REGISTERS": "registers",
        "VFM_STATBANK": "statbank",
        "VFM_BUILD": "build",
        "VFM_RESULTS": "vfm.duckdb",
    }
    environment = os.environ | {name: str(folder / place) for name, place in own.items()}
    values = json.dumps(moved_years(variables.of_project(PROJECT)))
    subprocess.run(
        [sys.executable, "-m", "vfm.build", "--vars", values], cwd=PROJECT, env=environment, check=True
    )
    correlation, farthest, moved, missing = compared(
        PROJECT / "build/warehouse.duckdb", folder / "build/warehouse.duckdb"
    )
    print(
        f"\nrank correlation {correlation:.4f}; {moved} municipalities in another fifth, by {farthest} at "
        f"most; {len(missing)} year terms not estimated"
    )
    return int(correlation < 0.99 or farthest > 1 or len(missing) > 0)


if __name__ == "__main__":
    sys.exit(main())
