"""make check-registers: judge a delivery by the rules of the build, in seconds and without dbt."""

import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from vfm.registers import parts, profile, seed_files
from vfm.warehouse import dbt_sql, machine, provenance, settings
from vfm.warehouse.paths import PROJECT
from vfm.warehouse.sql_text import literal

STAGING = PROJECT / "models" / "staging" / "registers"
ACCEPTANCES = PROJECT / "models" / "staging" / "deliveries"
TESTS = PROJECT / "tests" / "registers"
NOT_JUDGED = (
    "The rows of the registers were not judged, since they are judged by these files: mend them first."
)
NO_PROFILE = "The profile of the delivery was not made, since {} cannot be read: mend that first."
ONE_ID = "bad_input.md#one-id"  # rows that are all of one person would be joined to each other
FEW_ROWS = 8  # a year; with as many a year without any comes by chance once in 3,000 times
LEVELS = ("ok", "accepted", "warning", "error")
DATES = {
    "bef": "referencetid", "vnds": "haend_dato", "flyt": "haend_dato", "dod": "doddato", "lmdb": "eksd",
    "ophg": "tilladelsesdato", "bfl": "ajo_job_slut_dato", "lpr_adm": "d_inddto", "danskudd": "startdato",
    "sygehusbenyttelse_ophold": "sgh_oph_starttidspunkt", "lpr_a_kontakt": "kont_starttidspunkt",
}  # fmt: skip
OVERLAPS = {
    "vnds_ind": ("vnds", "it repeats vnds from 2005 on"),
    "vnds_ud": ("vnds", "it repeats vnds from 2005 on"),
    "sysi": ("sssy", "both hold 2005"),
}  # register folders that must not be put together with one of the eleven


@dataclass(frozen=True)
class Line:
    """One line of the check: a register, its level, a count and a sentence."""

    register: str
    level: str
    count: int
    sentence: str


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory; what does not fit there is spilled where only the owner can read."""
    place = settings.spill(".").parent if os.environ.get("VFM_SPILL") else None
    with tempfile.TemporaryDirectory(dir=place) as spill, duckdb.connect(config=settings.limits()) as con:
        con.execute(f"set temp_directory = {literal(spill)}")
        for schema in dbt_sql.SCHEMAS.values():
            con.execute(f"create schema {schema}")
        yield con


def mount(con: duckdb.DuckDBPyConnection, folder: str) -> list[Line]:
    """Mount each register as the build does.

    Parameters
    ----------
    con : duckdb connection
    folder : str

    Returns
    -------
    list of Line
        What the build would refuse. A register that cannot be mounted is empty.
    """
    files = dbt_sql.macro("register_files", folder, con=con)
    lines = [Line(name, "error", 1, sentence) for name, sentence in parts.faults(folder)]
    needed = dbt_sql.sources()
    later = dbt_sql.sources("later_registers")
    try:
        dbt_sql.macro("refuse_without_stays", folder, files, con=con)
    except dbt_sql.RefusedError as problem:
        lines.append(Line("sygehusbenyttelse_ophold", "error", 0, str(problem)))
    for name, register in {**needed, **later}.items():
        if name not in files and (name in later or not dbt_sql.macro("is_needed", name)):
            con.execute(dbt_sql.macro("empty_register", register))
            continue
        try:
            notes = []
            con.execute(dbt_sql.macro("mount_register", register, folder, files.get(name), notes, con=con))
            lines += [Line(name, "warning", 1, note) for note in notes]
        except (dbt_sql.RefusedError, duckdb.Error) as problem:
            words = machine.harmed(str(problem)) or str(problem).strip().splitlines()[0]
            lines.append(Line(name, "error", 0, words))
            columns = ", ".join(f'cast(null as varchar) as "{column}"' for column in register.columns)
            con.execute(f"create view raw.{name} as select {columns} where false")
    con.execute("create view raw.acceptances as select '' as finding, '' as reason where false")
    if any(not line.register for line in lines):
        return lines  # accepted.csv cannot be read
    try:
        con.execute(dbt_sql.macro("mount_acceptances", folder, con=con))
    except (dbt_sql.RefusedError, duckdb.Error) as problem:
        lines.append(Line("", "error", 0, str(problem).strip().splitlines()[0]))
    return lines


def stage(con: duckdb.DuckDBPyConnection) -> None:
    """Create the staging models and the classifications that the rules read."""
    models = [*STAGING.glob("*.sql"), *ACCEPTANCES.glob("*.sql")]
    staged = {model.stem: dbt_sql.render(model) for model in models}
    rules = [dbt_sql.render(path) for path in [*TESTS.glob("*.sql"), *profile.FOLDER.glob("*.sql")]]
    for name in sorted(set(re.findall(r"\bclassifications\.(\w+)", "".join([*staged.values(), *rules])))):
        con.execute(f"create or replace table classifications.{name} as {seed_files.seed_query(name)}")
    for name, sql in sorted(staged.items()):
        con.execute(f"create table staging.{name} as {sql}")


def findings(con: duckdb.DuckDBPyConnection, register: str) -> list[Line]:
    """Return the rules of tests/registers that a register breaks, errors first."""
    rows = con.execute(dbt_sql.render(TESTS / f"{register}.sql")).fetchall()
    lines = [
        # as macros/deliveries/refusals.sql: a sentence without words is still a rule that is broken
        Line(register, level, count, sentence or f"register {register}: column {column} breaks a rule.")
        for level, _, column, count, sentence in rows
    ]
    return sorted(lines, key=lambda line: (-LEVELS.index(line.level), -line.count, line.sentence))


def rows_by_year(con: duckdb.DuckDBPyConnection, register: str) -> dict[int, int]:
    """Return {year: rows} of a register."""
    if register == "dream":
        year = "cast(substr(dream_week, 1, 2) as integer) + if(dream_week < '90', 2000, 1900)"
        query = f"select {year}, count(*) from staging.stg_registers__dream_weeks group by all"
    elif register == "sssy":
        year = dbt_sql.cast("to_integer", "substr(fee_week, 1, 2)")
        query = f"select 2000 + {year}, count(*) from staging.stg_registers__health_contacts group by all"
    else:
        date = dbt_sql.cast("to_date", DATES[register])
        query = f"select year({date}), count(*) from raw.{register} group by all"
    return {year: count for year, count in con.execute(query).fetchall() if year is not None}


def coverage(con: duckdb.DuckDBPyConnection, register: str) -> Line:
    """Describe the years of a register.

    A year without rows between two with rows is a warning, unless there are so few that chance does it.
    """
    counts = Counter(rows_by_year(con, register))
    variables = dbt_sql.variables()
    study = range(int(variables["first_permit_year"]), int(str(variables["data_end_week"])[:4]) + 1)
    named = [f"{year} {counts[year]:,}" if counts[year] else f"{year} none" for year in study]
    before, after = (
        sum(count for year, count in counts.items() if test(year))
        for test in (lambda year: year < study[0], lambda year: year > study[-1])
    )
    named += [f"before {before:,}"] * bool(before) + [f"after {after:,}"] * bool(after)
    covered = [year for year in study if counts[year]]
    gaps = [year for year in study if covered and covered[0] < year < covered[-1] and not counts[year]]
    what = "codes" if register == "dream" else "rows"
    usual = sum(counts[year] for year in covered) / max(len(covered), 1)
    is_odd = gaps and usual >= FEW_ROWS and register != "dream"  # of dream a rule says it
    level = "warning" if is_odd else "ok"
    return Line(register, level, len(covered), f"years with {what}: {', '.join(named)}.")


def summary(con: duckdb.DuckDBPyConnection, register: str, files: int) -> Iterator[Line]:
    """Describe the size of a register, its repeated rows and how many of its persons bef knows."""
    person = dbt_sql.cast("to_person_id", "pnr")
    rows, persons, known = con.execute(
        f"select (select count(*) from raw.{register}), count(*), count(bef.person_id) "
        f"from (select distinct {person} as person_id from raw.{register}) as own "
        "left join (select distinct person_id from staging.stg_registers__population) as bef "
        "using (person_id)"
    ).fetchone()
    share = f", {100 * known / persons:.1f} % of them in bef" if register != "bef" and persons else ""
    noun = "file" if files == 1 else "files"
    yield Line(register, "ok", rows, f"rows of {persons:,} persons{share}, in {files} {noun}.")
    yield coverage(con, register)
    rows_from = f"from {{{{ source('registers', '{register}') }}}}"
    models = [model for model in STAGING.glob("*.sql") if rows_from in model.read_text("utf-8")]
    if len(models) == 1 and register != "dream":  # whose rows become weeks
        (kept,) = con.execute(f"select count(*) from staging.{models[0].stem}").fetchone()
        if kept < rows:
            yield Line(register, "ok", rows - kept, "rows that repeat another exactly; they are read once.")


def profiled(con: duckdb.DuckDBPyConnection, keep: Path | None, against: Path | None) -> list[Line]:
    """Make the profile; say what of it cannot be right, and what changed since that of table `earlier`."""
    profile.make_profile(con)
    lines = [
        Line(register, level, rows, sentence)
        for register, level, rows, sentence in profile.outside_bands(con)
    ]
    for finding in profile.idle_acceptances(con):
        what = f"finding that accepted.csv accepts is none of this delivery: {finding}. Take the row away."
        lines.append(Line("", "ok", 1, what))
    if against:
        changed = [Line(*change) for change in profile.changes(con)]
        what = f"changes since {against}, listed as warnings. A build knows no earlier delivery."
        lines += [*changed, Line("", "ok", len(changed), what)]
    if keep:
        measures = profile.save(con, keep)
        lines.append(Line("", "ok", measures, f"measures of the delivery, counts alone, kept in {keep}."))
    return lines


def overlaps(folder: str) -> Iterator[Line]:
    """Warn of register folders that must not be put together with one of the eleven."""
    for path in sorted(Path(folder).glob("*")):
        register, why = OVERLAPS.get(path.name.lower(), ("", ""))
        if register:
            yield Line(
                register,
                "warning",
                1,
                f"register {path.name.lower()} lies beside {register}: {why}, and the build leaves it out. "
                "See docs/bad_input.md#registers-that-overlap.",
            )


def judge_rows(con: duckdb.DuckDBPyConnection, folder: str) -> list[Line]:
    """Mount and stage each register, describe it, and judge its rows by the rules of tests/registers.

    Parameters
    ----------
    con : duckdb connection
        From `database`.
    folder : str

    Returns
    -------
    list of Line
        A register that cannot be mounted has an error and no more lines.
    """
    files = Counter(path.parent.name for path in Path(folder).glob("*/*.parquet"))
    lines = mount(con, folder)
    refused = {line.register for line in lines if line.level == "error"}
    stage(con)
    later = [name for name in dbt_sql.sources("later_registers") if files[name]]
    for register in [*dbt_sql.sources(), *later]:
        if register not in refused and (files[register] or dbt_sql.macro("is_needed", register)):
            lines += summary(con, register, files[register])
            broken = findings(con, register)
            lines += broken or [Line(register, "ok", 0, "broken rules.")]
    return lines


def check(folder: str | Path, keep: Path | None = None, against: Path | None = None) -> list[Line]:
    """Check a register folder.

    Parameters
    ----------
    folder : str or path
        Holds <register>/*.parquet.
    keep : path, optional
        Where the profile of the delivery is written, as a csv of counts. What lies there stays if none is
        made; it may be `against`.
    against : path, optional
        An earlier profile or warehouse, to say what changed since.

    Returns
    -------
    list of Line
        By register in the order of models/sources.yml. A line of level `error` means that the build refuses
        the delivery.

    Raises
    ------
    ValueError
        If `against` is no profile.
    """
    folder = str(folder)
    if not any(Path(folder).glob("*/*.parquet")):
        return [
            Line(
                "", "error", 0, f"register folder {folder}: no such folder, or no <register>/*.parquet in it."
            )
        ]
    with database() as con:
        if against:
            profile.attach(con, against)  # first: a wrong path is said at once
        beside = [Line(*found) for found in seed_files.found_beside(con)]
        if any(line.level == "error" and not line.register for line in beside):
            lines = mount(con, folder)
            beside.append(Line("", "warning", 0, NOT_JUDGED))
        else:
            lines = judge_rows(con, folder)
            refused = {name for name in dbt_sql.sources() if dbt_sql.macro("is_needed", name)}
            refused -= {line.register for line in lines if line.level == "ok"}
            refused |= {line.register for line in lines if ONE_ID in line.sentence}
            if refused:
                beside.append(Line("", "warning", 0, NO_PROFILE.format(", ".join(sorted(refused)))))
            else:
                lines += profiled(con, keep, against)
    lines += overlaps(folder)
    order = [*dbt_sql.sources(), *dbt_sql.sources("later_registers"), ""]
    lines.sort(key=lambda line: order.index(line.register))
    lines += beside
    try:
        provenance.data_origin(Path(folder))
    except ValueError as problem:
        lines.append(Line("", "error", 1, str(problem)))
    return lines


def report(lines: list[Line]) -> str:
    """Return the lines as a table, one register below the other, and a last line that sums up."""
    widths = [max((len(line.register) for line in lines), default=0), max(len(level) for level in LEVELS)]
    counts = [f"{line.count:,}" for line in lines]
    width = max(map(len, counts), default=0)
    table = [
        f"{line.register:<{widths[0]}}  {line.level:<{widths[1]}}  {count:>{width}}  {line.sentence}"
        for line, count in zip(lines, counts, strict=True)
    ]
    found = Counter(line.level for line in lines)
    verdict = "The build refuses these registers" if found["error"] else "The build accepts these registers"
    return "\n".join([*table, "", f"{verdict}: errors {found['error']}, warnings {found['warning']}."])
