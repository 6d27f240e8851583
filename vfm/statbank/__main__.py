"""Command line: fetch the accounts and the labour market, and replace the seeds where all is well.

python -m vfm.statbank [--out seeds/statbank] [--accounts-only]

Years and functions are those of the study in force. Another study than kora_2017 has a folder of its own,
statbank_<study>, so that the report's accounts stay.
"""

import argparse
import os
import sys
import time
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd

from vfm.statbank import StatbankError, accounts, api, labour_market, tables
from vfm.warehouse import provenance, system
from vfm.warehouse.paths import DEFAULT_STUDY, PROJECT, accounts_folder, study_name

SEE = "See docs/bad_input.md#statbank."


def main(arguments: list[str] | None = None, bank: api.Statbank | None = None) -> int:
    """Run the fetch from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vfm.statbank", description=__doc__)
    parser.add_argument(
        "--out",
        type=Path,
        default=own_folder(),
        help="folder of the tables (default: the seeds, or statbank_<study>)",
    )
    parser.add_argument("--accounts-only", action="store_true", help="leave the labour market as it is")
    options = parser.parse_args(arguments)
    try:
        fetch(options.out, bank or api.Statbank(), with_labour_market=not options.accounts_only)
    except StatbankError as problem:
        print(f"{problem}. Nothing was replaced. {SEE}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as problem:
        print(f"{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. Nothing was replaced.", file=sys.stderr)
        return 130
    return 0


def own_folder() -> Path:
    """Return where the study's tables go: $VFM_STATBANK, the seeds, or statbank_<study> for another study."""
    if os.environ.get("VFM_STATBANK") or study_name() == DEFAULT_STUDY:
        return accounts_folder()
    return PROJECT / f"statbank_{study_name()}"


def fetch(folder: Path, bank: api.Statbank, with_labour_market: bool = True) -> None:
    """Fetch everything, judge it, then replace the tables of a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Holds regk31.csv, regk100.csv, labour_market.csv and origin.json, or will.
    bank : api.Statbank
    with_labour_market : bool

    Raises
    ------
    StatbankError
        If anything went wrong; the folder is as it was.
    """
    seeds = PROJECT / "seeds/classifications"
    municipalities = pd.read_csv(seeds / "municipalities.csv", dtype=str)
    before, before_labour = provenance.read_accounts_origin(folder)
    origin = f"fetched from {urlsplit(bank.url).hostname} on {date.today():%Y-%m-%d}"

    new = {
        name: accounts.as_seed(
            _ask(bank, name.upper(), wanted | {tables.YEAR: accounts.years()}, "BULK", municipalities)
        )
        for name, wanted in accounts.wanted().items()
    }
    empty = accounts.check(new["regk31"], new["regk100"], municipalities)
    path = folder / "labour_market.csv"
    labour = pd.read_csv(path, sep=";") if path.exists() else pd.DataFrame(columns=labour_market.COLUMNS)
    fetched = []
    if with_labour_market:
        made = _labour_market(bank, municipalities, set(labour[tables.YEAR]))
        fetched = set(made[tables.YEAR])
        labour = new["labour_market"] = labour_market.with_kept_years(made, labour)
    labour_origin = {
        year: origin if year in fetched else before_labour.get(year, provenance.UNKNOWN)
        for year in labour[tables.YEAR].unique().tolist()
    }

    _replace(folder, new, origin, labour_origin)
    print(f"Before: {provenance.in_words(before, before_labour)}.")
    print(f"Now: {provenance.accounts_origin(folder)}.")
    if empty:
        named = ", ".join(f"{area} in {year}" for area, year in empty)
        print(f"No row of {named}: the accounts book nothing there, so the amounts are 0.")
    if int(accounts.years()[-1]) >= accounts.FIRST_WORDS:
        _say_words(bank, new["regk100"])
    if unmapped := accounts.unmapped_groupings(new["regk100"]):
        print(
            f"Groupings {', '.join(unmapped)} are not in seeds/classifications/account_groupings.csv, or by "
            "number only: the build stops until they are."
        )
    if folder.resolve() == (PROJECT / "seeds/statbank").resolve():
        print("git checkout seeds/statbank brings the committed tables back.")
    else:
        print(f"A build reads them with VFM_STATBANK={os.path.relpath(folder, PROJECT)}.")


def _say_words(bank, regk100):
    """Write what REGKC calls the groupings in use beside their sum, to fill in the seed by."""
    try:
        words = accounts.words(bank.table_info(accounts.WORDS))
    except StatbankError as problem:
        print(f"{problem}: the groupings have no words.")
        return
    gross = regk100[(regk100["DRANST"] == "1") & (regk100["ART"] == "UE") & (regk100[tables.AREA] == "0")]
    code = gross["FUNKTION"] + "/" + gross["GRUPPERING"].str.zfill(3)
    sums = gross[tables.AMOUNT].astype(float).groupby(code).sum() / 1000
    print(f"Groupings in use, million kroner of all years, and their words in {accounts.WORDS}:")
    for function, grouping in accounts.groupings_in_use(regk100):
        name = f"{function}/{grouping}"
        print(f"{name:<10}{sums.get(name, 0):>10,.1f}  {words.get((function, grouping), 'not in the table')}")


def _ask(bank, table, wanted, form, municipalities, info=None):
    """Ask for one table and read the answer; says how many rows came in what time."""
    began = time.monotonic()
    asked = tables.question(info or bank.table_info(table), table, wanted, form)
    answer = tables.read_answer(
        bank.data(table, form, asked.variables), asked, set(municipalities["municipality_code"])
    )
    print(f"{table:<8}{len(answer):>10,} rows{time.monotonic() - began:>8.1f} s", flush=True)
    return answer


def _labour_market(bank, municipalities, there):
    """Fetch the labour market of the years that Statbank has; it must have those that are not `there`."""
    infos = {table: bank.table_info(table) for table in labour_market.WANTED}
    years, unavailable = labour_market.available_years(infos)
    if nowhere := sorted(set(unavailable) - there):
        raise StatbankError(
            f"the labour market of {', '.join(map(str, nowhere))} is neither in each of the tables "
            f"{', '.join(infos)} nor in labour_market.csv"
        )
    answers = {
        table: _ask(
            bank,
            table,
            {tables.AREA: list(municipalities["municipality_code"])}
            | wanted
            | {tables.YEAR: [labour_market.period(table, year) for year in years]},
            "CSV",
            municipalities,
            infos[table],
        )
        for table, wanted in labour_market.WANTED.items()
    }
    return labour_market.labour_market(answers, municipalities)


def _replace(folder, new, origin, labour_origin):
    """Write the tables beside the old ones and put them in their place when all are written."""
    folder.mkdir(parents=True, exist_ok=True)
    waiting = {}
    try:
        for name, frame in new.items():
            waiting[name] = folder / f".{name}.csv.new"
            frame.to_csv(waiting[name], sep=";", index=False, lineterminator="\n", encoding="utf-8")
        for name, path in waiting.items():
            old = folder / f"{name}.csv"
            rows = len(old.read_bytes().splitlines()) - 1 if old.exists() else 0
            system.replace(path, old)
            print(f"Replaced {os.path.relpath(old)}: {len(new[name]):,} rows, before {rows:,}.")
    finally:
        for path in waiting.values():
            path.unlink(missing_ok=True)
    provenance.write_accounts_origin(folder, origin, labour_origin)


if __name__ == "__main__":
    sys.exit(main())
