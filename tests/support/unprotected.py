"""Published files from which one protection is taken away, made from the exact numbers of a warehouse.

Each function changes a copy of a published file, to which the warehouse is attached as `exact`.
"""

import shutil
from contextlib import contextmanager

import duckdb
import numpy as np
import pandas as pd

from vfm.privacy.attack.compositions import SHARES

SCHEMAS = ("benchmark", "expenditure", "efficiency", "report", "meta")
Z = 1.959963984540054


@contextmanager
def copy_of(results, warehouse, folder):
    """A connection to a copy of the published file, with the warehouse attached."""
    path = folder / "unprotected.duckdb"
    shutil.copy(results, path)
    with duckdb.connect(str(path)) as con:
        con.execute(f"attach '{warehouse}' as exact (read_only)")
        yield con
    path.unlink()


def replaced(con, table, columns, rows):
    """Replace a table by rows of python values."""
    names = [column.split()[0] for column in columns.split(", ")]
    frame = pd.DataFrame(rows, columns=names)
    kinds = ", ".join(
        f"cast({column.split()[0]} as {column.split()[1]}) as {column.split()[0]}"
        for column in columns.split(", ")
    )
    con.register("frame", frame)
    con.execute(f"create or replace table {table} as select {kinds} from frame")
    con.unregister("frame")


def window(con):
    (weeks,) = con.execute("select value from meta.method where name = 'window_weeks'").fetchone()
    return int(weeks)


def counts_by_week(con, unit, weeks):
    """{unit: (at risk, successes, leavers) by week 0..weeks} of a column of the spells."""
    found = {}
    query = (
        f"select {unit}, outcome, duration_weeks, count(*) from exact.intermediate.int_spells group by all"
    )
    for name, outcome, week, spells in con.execute(query).fetchall():
        ended = found.setdefault(name, np.zeros((3, weeks + 2)))
        week = min(week, weeks + 1)
        ended[0, week] += spells
        if outcome in ("success", "left"):
            ended[1 if outcome == "success" else 2, week] += spells
    for ended in found.values():
        ended[0] = np.cumsum(ended[0][::-1])[::-1]
    return {name: ended[:, : weeks + 1] for name, ended in found.items()}


def curves_of(at_risk, jobs, leavers):
    """Kaplan-Meier survival, both cumulative incidences and Greenwood's sum, by week."""
    n = np.maximum(at_risk, 1)
    survival, overall = np.cumprod(1 - jobs / n), np.cumprod(1 - (jobs + leavers) / n)
    before = np.r_[1.0, overall[:-1]]
    adds = np.divide(jobs, n * (n - jobs), out=np.zeros_like(n), where=n > jobs)
    return survival, np.cumsum(before * jobs / n), np.cumsum(before * leavers / n), np.cumsum(adds)


def national_curves(con, decimals=None, *, band_decimals=None, every_leaver=True):
    """Both national curves in every week; rounded or not, with bands of their own digits or none."""
    bands, incidence = [], []
    (limit,) = con.execute("select value from meta.method where name = 'disclosure_limit'").fetchone()
    for sex, (at_risk, jobs, leavers) in sorted(counts_by_week(con, "sex", window(con)).items()):
        survival, found, left, variance = curves_of(at_risk, jobs, leavers)
        with np.errstate(divide="ignore", invalid="ignore"):
            wide = Z * np.sqrt(variance) / np.abs(np.log(survival))
            low, high = survival ** np.exp(wide), survival ** np.exp(-wide)
        low, high = np.nan_to_num(low, nan=1.0), np.nan_to_num(high, nan=1.0)
        if decimals is not None:
            survival, found, left = (np.round(each, decimals) for each in (survival, found, left))
        for week in range(len(at_risk)):
            band = (np.nan, np.nan) if band_decimals is None else (low[week], high[week])
            if band_decimals:
                band = tuple(round(each, band_decimals) for each in band)
            bands.append((sex, week, float(survival[week]), *band))
            shown = every_leaver or week == 0 or leavers[week] >= int(limit)
            incidence.append((sex, "employment", week, float(found[week])))
            incidence.append((sex, "leaving", week, float(left[week]) if shown else np.nan))
    columns = "sex varchar, week integer, survival double, ci_low double, ci_high double"
    replaced(con, "benchmark.survival_bands", columns, bands)
    columns = "sex varchar, cause varchar, week integer, incidence double"
    replaced(con, "benchmark.cumulative_incidence", columns, incidence)


def curves_without_the_weeks_of_few(con):
    """The rule before: all digits, weeks of few leavers withheld, bands from the exact curve."""
    national_curves(con, band_decimals=0, every_leaver=False)


def curves_with_exact_bands(con):
    """Curves of five decimals whose bands keep all digits."""
    national_curves(con, 5, band_decimals=0)


def municipal_curves_in_every_week(con):
    """The observed curve of every municipality of the benchmark, each week, with all digits."""
    members = {
        code
        for (code,) in con.execute("select municipality_code from benchmark.benchmark_indicators").fetchall()
    }
    rows = []
    for code, counts in sorted(counts_by_week(con, "municipality_code", window(con)).items()):
        if code in members:
            rows += [(code, week, float(value)) for week, value in enumerate(curves_of(*counts)[0])]
    columns = "municipality_code varchar, week integer, observed_survival double"
    replaced(con, "benchmark.municipal_curves", columns, rows)


def all_municipalities_with_all_digits(con):
    """Spells, successes, means and errors of every municipality, the withheld ones among them."""
    con.execute(
        """
        create or replace table benchmark.observed_durations as
        select municipality_code, spells, successes, observed_mean_duration_weeks, standard_error
        from exact.intermediate.int_observed_durations
        """
    )
    con.execute("delete from report.appendix_table_5_1")


def shares_by_the_first_rule(con, decimals=None):
    """Shares that are withheld only where few persons are in the group or outside it."""
    (limit,) = con.execute("select value from meta.method where name = 'disclosure_limit'").fetchone()
    columns = []
    for share in SHARES:
        enough = f"not is_withheld and {share}_persons >= {limit} and persons - {share}_persons >= {limit}"
        value = share if decimals is None else f"round({share}, {decimals})"
        columns += [
            f"case when {enough} then {value} end as {share}",
            f"case when not ({enough}) then 'few_persons' end as {share}_withheld_reason",
        ]
    con.execute(
        "create or replace table expenditure.municipal_composition as select municipality_code, year, "
        f"{', '.join(columns)} from exact.intermediate.int_programme_composition"
    )
    # what else tells of shares, and takes time: the attack is to succeed by the yearly expectation alone
    for table in (
        "report.municipal_groups",
        "expenditure.supplementary_indicators",
        "efficiency.cost_distances",
    ):
        con.execute(f"delete from {table}")


def expectations_with_all_digits(con):
    """Shares by the first rule, to a percent, and the expectation that they add up to with all digits."""
    shares_by_the_first_rule(con, 2)
    con.execute(
        "create or replace table expenditure.expenditure_need as "
        "select * from exact.intermediate.int_expenditure_need"
    )


def one_hidden_municipality_a_year(con):
    """Persons of a year in which only one municipality is withheld, that of the fewest persons."""
    for table, columns in (
        ("programme_persons", "persons, full_year_persons"),
        ("expenditure_per_person", "full_year_persons"),
    ):
        told = ", ".join(
            f"case when row_number() over (partition by year order by persons, municipality_code) > 1 "
            f"then {name} end "
            f"as {name}"
            for name in columns.split(", ")
        )
        more = ", cast(null as varchar) as withheld_reason" if table == "expenditure_per_person" else ""
        con.execute(
            f"create or replace table expenditure.{table} as select municipality_code, year, {told}{more} "
            "from exact.intermediate.int_programme_composition"
        )
    con.execute(
        "create or replace table report.figure_4_1 as "
        "select year, sum(full_year_persons) as full_year_persons "
        "from exact.intermediate.int_programme_composition group by year"
    )


def one_hidden_number_of_successes(con):
    """Successes of all municipalities but that of the fewest persons with one."""
    con.execute(
        """
        create or replace table benchmark.observed_durations as
        select
            municipality_code,
            spells,
            case
                when row_number() over (
                    order by least(persons_with_success, persons_without_success), municipality_code
                ) > 1
                    then successes
            end as successes
        from exact.intermediate.int_observed_durations
        """
    )
    con.execute("delete from report.appendix_table_5_1")


def one_hidden_cell_of_a_margin(con):
    """Table 2.1 with its smallest inner cell withheld, and no other."""
    con.execute(
        """
        create or replace table report.table_2_1 as
        select
            *,
            case when row_number() over (order by found.spells) > 1 then found.spells end as shown
        from (
            select
                coalesce(sex, 'all') as sex,
                coalesce(outcome, 'total') as outcome,
                count(*) as spells,
                cast(null as double) as percent
            from exact.intermediate.int_spells
            group by cube (sex, outcome)
        ) as found
        """
    )
    con.execute("alter table report.table_2_1 drop column spells")
    con.execute("alter table report.table_2_1 rename column shown to spells")
    con.execute("update report.table_2_2 set spells = null, percent = null")
    con.execute("delete from report.outcome_shares")


NATIONAL, GROUPS, PLACES = "national curves", "compositions", "municipalities less the country"
#: {function: (the attack that it lets succeed, {table: the least share of its cells of few that come back})}
PROTECTIONS = {
    national_curves: (NATIONAL, {"cumulative_incidence": 0.95}),
    curves_without_the_weeks_of_few: (NATIONAL, {"cumulative_incidence": 0.5}),
    curves_with_exact_bands: (NATIONAL, {"cumulative_incidence": 0.5}),
    municipal_curves_in_every_week: ("municipal curves", {"municipal_curves": 0.5}),
    all_municipalities_with_all_digits: ("means and variances", {"observed_durations": 0.005}),
    shares_by_the_first_rule: (GROUPS, {"municipal_composition": 0.05, "composition_persons": 0.005}),
    expectations_with_all_digits: (GROUPS, {"municipal_composition": 0.02}),
    one_hidden_municipality_a_year: ("years and municipalities", {"programme_full_years": 0.5}),
    one_hidden_number_of_successes: (PLACES, {"observed_durations": 1e-5}),
}
