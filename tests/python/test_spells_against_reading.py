"""The SQL's spells and programme days equal an independent reading of the rules, on random registers."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import reading_of_the_rules as reading

ROOT = Path(__file__).parents[2]
PERSONS = 600
MUNICIPALITIES = ["101", "147", "461", "751", "851"]
WEEKS = [dt.date(2007, 12, 31) + week * reading.WEEK for week in range(452)]
TRANSFERS = ["713", "730", "111", "890", "771"]
EXCLUDED = ["881", "651", "783"]


def random_person(rng: np.random.Generator) -> reading.Person:
    """Return somebody to whom too much happens: events are dense, on borders and on top of each other."""

    def day(low, high):
        return low + int(rng.integers(0, (high - low).days + 1)) * reading.DAY

    def some(share):
        return rng.random() < share

    person = reading.Person()
    entry = day(dt.date(2007, 10, 1), dt.date(2015, 12, 31))
    birth = (
        day(dt.date(1945, 1, 1), dt.date(1998, 1, 1))
        if some(0.7)
        else day(dt.date(1946, 1, 1), dt.date(1953, 1, 1))
    )
    country = str(rng.choice(["5486", "5172", "5103", "5390"], p=[0.5, 0.3, 0.15, 0.05]))
    for year in range(entry.year, 2016):
        if year == 2015 or some(0.9):
            person.population.append((dt.date(year, 12, 31), str(rng.choice(MUNICIPALITIES)), country, birth))
    person.migrations.append((entry, "I"))
    if some(0.15):
        out = day(entry, entry + dt.timedelta(days=1200))
        person.migrations.append((out, "U"))
        if some(0.7):
            person.migrations.append((out + dt.timedelta(days=int(rng.integers(0, 40))), "I"))
    codes = [("0001", "0101", "0001"), ("0005", "0201", "0202"), ("0003", "0015", "0001")]
    for _ in range(int(rng.integers(1, 4))):
        permit = entry + dt.timedelta(days=int(rng.integers(-60, 90)))
        person.permits.append((permit, codes[int(rng.integers(0, 3))]))
    for _ in range(int(rng.poisson(0.8))):
        date = day(entry - 5 * reading.DAY, entry + dt.timedelta(days=1200))
        for _ in range(1 if some(0.8) else 2):
            origin, destination = rng.choice(MUNICIPALITIES, 2)
            person.moves.append((date, str(origin), str(destination)))
    if some(0.05):
        person.death = day(entry, entry + dt.timedelta(days=1300))
    # from the entry on: stretches on a transfer, in work, on neither, or in an excluded state
    week = reading.monday(entry) - 2 * reading.WEEK
    while week <= WEEKS[-1] and week < entry + dt.timedelta(days=1500):
        length = int(rng.choice([1, 2, 11, 12, 13, 14, 20, 40]))
        kind = rng.choice(["transfer", "work", "nothing", "excluded"], p=[0.4, 0.42, 0.14, 0.04])
        for step in range(length):
            monday = week + step * reading.WEEK
            if kind == "transfer" and WEEKS[0] <= monday <= WEEKS[-1]:
                person.dream[monday] = str(rng.choice(TRANSFERS))
            if kind == "excluded" and WEEKS[0] <= monday <= WEEKS[-1]:
                person.dream[monday] = str(rng.choice(EXCLUDED))
        week += length * reading.WEEK
    if some(0.02):
        person.dream[WEEKS[int(rng.integers(0, len(WEEKS)))]] = str(rng.choice(["997", "998", "999", "121"]))
    month = pd.Timestamp(entry).to_period("M")
    while month <= pd.Period("2016-08"):
        for _ in range(int(rng.choice([0, 1, 2], p=[0.25, 0.55, 0.2]))):
            end = month.to_timestamp().date() + int(rng.integers(0, month.days_in_month)) * reading.DAY
            person.jobs.append((end, float(np.round(rng.choice([10, 40, 86, 88.57, 120, 160]), 2))))
        month += 1
    return person


def write(folder: Path, register: str, frame: pd.DataFrame) -> None:
    (folder / register).mkdir(parents=True)
    frame.to_parquet(folder / register / "part-0.parquet", index=False)


def write_registers(folder: Path, people: dict[str, reading.Person]) -> None:
    """Write the eleven registers that hold these people; what the rules do not read has one dummy row."""
    rows = [
        (pnr, date, "1", date.year - birth.year, birth, home, country, 2, pnr, 5, 1, None)
        for pnr, person in people.items()
        for date, home, country, birth in person.population
    ]
    names = (
        "PNR REFERENCETID KOEN ALDER FOED_DAG KOM OPR_LAND IE_TYPE FAMILIE_ID FAMILIE_TYPE PLADS E_FAELLE_ID"
    )
    write(folder, "bef", pd.DataFrame(rows, columns=names.split()).astype({"E_FAELLE_ID": "string"}))
    rows = [(pnr, kind, date) for pnr, person in people.items() for date, kind in person.migrations * 2]
    write(folder, "vnds", pd.DataFrame(rows, columns=["PNR", "INDUD_KODE", "HAEND_DATO"]))
    rows = [(pnr, *move) for pnr, person in people.items() for move in person.moves]
    write(folder, "flyt", pd.DataFrame(rows, columns=["PNR", "HAEND_DATO", "GL_KOM", "KOM"]))
    rows = [(pnr, person.death) for pnr, person in people.items() if person.death]
    write(folder, "dod", pd.DataFrame(rows, columns=["PNR", "DODDATO"]))
    rows = [
        (pnr, date, *(str(int(code)) for code in codes))  # leading zeros are lost on the way
        for pnr, person in people.items()
        for date, codes in person.permits
    ]
    write(
        folder,
        "ophg",
        pd.DataFrame(rows, columns=["PNR", "TILLADELSESDATO", "KATEGORI", "GRUNDLAG", "FORKLAR"]),
    )
    dream = pd.DataFrame({"PNR": [pnr for pnr, person in people.items() if person.dream]})
    weeks = {
        f"Y_{week.isocalendar()[0] % 100:02d}{week.isocalendar()[1]:02d}": [
            person.dream.get(week, "") for person in people.values() if person.dream
        ]
        for week in WEEKS
    }
    quarters = {f"MATCH_{quarter}KV{year}": "" for year in range(2008, 2017) for quarter in range(1, 5)}
    dream = pd.concat([dream, pd.DataFrame(weeks), pd.DataFrame(quarters, index=dream.index)], axis=1)
    write(folder, "dream", dream)
    rows = [
        (pnr, end.replace(day=1), end, hours) for pnr, person in people.items() for end, hours in person.jobs
    ]
    write(
        folder,
        "bfl",
        pd.DataFrame(rows, columns=["PNR", "AJO_JOB_START_DATO", "AJO_JOB_SLUT_DATO", "AJO_LOENTIMER"]),
    )
    day = dt.date(2010, 1, 1)
    write(folder, "lmdb", pd.DataFrame({"PNR": ["x"], "EKSD": [day], "ATC": ["N02"]}))
    sssy = {"PNR": ["x"], "SPEC2": ["80"], "KONTAKT": [1], "HONUGE": ["1001"], "BARNMAK": [0]}
    write(folder, "sssy", pd.DataFrame(sssy))
    lpr = {
        "RECNUM": ["1"],
        "PNR": ["x"],
        "C_PATTYPE": [0],
        "V_SENGDAGE": [1],
        "D_INDDTO": [day],
        "C_ADIAG": ["DF"],
    }
    write(folder, "lpr_adm", pd.DataFrame(lpr))
    write(folder, "danskudd", pd.DataFrame({"PNR": ["x"], "UUDDNR": ["1"], "STARTDATO": [day]}))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """People, and a warehouse built from their registers up to the spells."""
    folder = tmp_path_factory.mktemp("random_world")
    rng = np.random.default_rng(20170601)
    people = {f"P{number:05d}": random_person(rng) for number in range(PERSONS)}
    write_registers(folder / "registers", people)
    environment = os.environ | {
        "VFM_REGISTERS": str(folder / "registers"),
        "VFM_BUILD": str(folder / "build"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    (folder / "build").mkdir()
    selected = ["+spells", "+int_programme_days"]
    command = [
        str(Path(sys.executable).with_name("dbt")),
        "build",
        "--exclude-resource-type",
        "test",
        "unit_test",
    ]
    command += ["--target-path", str(folder / "target"), "--select", *selected]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    with duckdb.connect(str(folder / "build" / "warehouse.duckdb"), read_only=True) as warehouse:
        yield people, warehouse


def test_spells(world):
    people, warehouse = world
    expected = pd.DataFrame(
        [{"person_id": pnr, **spell} for pnr, person in people.items() for spell in reading.spells(person)]
    )
    built = warehouse.sql(
        """
        select person_id, start_week, duration_weeks, exit_reason, municipality_code
        from benchmark.spells order by person_id, start_week
        """
    ).df()
    built["start_week"] = built["start_week"].dt.date
    expected = expected[list(built.columns)].sort_values(["person_id", "start_week"], ignore_index=True)
    expected["duration_weeks"] = expected["duration_weeks"].astype(built["duration_weeks"].dtype)
    pd.testing.assert_frame_equal(built, expected)
    # the comparison means something only where every rule was met
    assert set(expected["exit_reason"]) == {
        "employment", "death", "emigration", "excluded_state", "move", "window_end", "turning_64", "data_end",
    }  # fmt: skip
    assert (expected.groupby("person_id").size() >= 3).any()


def test_programme_days(world):
    people, warehouse = world
    expected = {
        (pnr, *key): days
        for pnr, person in people.items()
        for key, days in reading.programme_days(person).items()
    }
    rows = warehouse.sql(
        "select person_id, municipality_code, year, person_days from intermediate.int_programme_days"
    ).fetchall()
    assert {row[:3]: row[3] for row in rows} == expected
    assert len(expected) > PERSONS
