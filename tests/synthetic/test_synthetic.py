"""The simulator: exact counts, same bytes, the layout of the contract, and registers that imply the truth.

The spells, the case mix and the days are derived a second time from the written registers, person by person
in plain Python, by a literal reading of DECISIONS.md.
"""

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from vfm.synthetic import __main__ as command
from vfm.synthetic.delivery import accounts
from vfm.synthetic.world import calendar
from vfm.synthetic.world.classifications import SEEDS, largest_remainder, municipalities, published, read_seed

SCALE = 0.04
SEED = 4711
ROOT = Path(__file__).resolve().parents[2]
REGISTERS = {
    "bef": "PNR REFERENCETID KOEN ALDER FOED_DAG KOM OPR_LAND IE_TYPE"
    " FAMILIE_ID FAMILIE_TYPE PLADS E_FAELLE_ID",
    "vnds": "PNR INDUD_KODE HAEND_DATO",
    "flyt": "PNR HAEND_DATO KOM GL_KOM",
    "dod": "PNR DODDATO",
    "ophg": "PNR TILLADELSESDATO KATEGORI GRUNDLAG FORKLAR",
    "dream": "PNR Y_0801 Y_0852 Y_0953 Y_1001 Y_1553 Y_1634 MATCH_1KV2008 MATCH_4KV2016",
    "bfl": "PNR AJO_JOB_START_DATO AJO_JOB_SLUT_DATO AJO_LOENTIMER",
    "lmdb": "PNR EKSD ATC",
    "sssy": "PNR SPEC2 KONTAKT HONUGE BARNMAK",
    "lpr_adm": "RECNUM PNR C_PATTYPE V_SENGDAGE D_INDDTO C_ADIAG",
    "danskudd": "PNR UUDDNR STARTDATO",
}
WEEK = dt.timedelta(weeks=1)
DATA_END = dt.date(2016, 8, 22) + WEEK


def run(folder, seed=SEED, scale=SCALE):
    """Write a delivery below a folder and return it."""
    status = command.main(
        ["--seed", str(seed), "--scale", str(scale), "--out", str(folder / "registers")]
        + ["--statbank", str(folder / "statbank"), "--truth", str(folder / "truth")]
    )
    assert status == 0
    return folder


def hashes(folder):
    """SHA-256 of every file below a folder, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def delivery(tmp_path_factory):
    """One small delivery for all tests."""
    return run(tmp_path_factory.mktemp("delivery"))


@pytest.fixture(scope="module")
def registers(delivery):
    """The registers as frames, read back from their files."""
    return {
        name: duckdb.sql(f"select * from read_parquet('{delivery}/registers/{name}/*.parquet')").df()
        for name in REGISTERS
    }


@pytest.fixture(scope="module")
def truth(delivery):
    """The frames of the truth."""
    names = ("persons", "spells", "case_mix", "programme_days", "expenditure")
    return {name: pd.read_parquet(delivery / "truth" / f"{name}.parquet") for name in names}


# --- a literal reading of the rules ----------------------------------------------------------------------


def monday(date):
    return date - dt.timedelta(days=date.weekday())


def as_date(value):
    return pd.Timestamp(value).date()


def code(value, width):
    return None if value is None or pd.isna(value) else str(value).strip().rjust(width, "0")


def add_years(date, years):
    return date.replace(year=date.year + years)


class Reading:
    """The registers by person, and the rules of the method applied to them."""

    def __init__(self, registers):
        self.bef = defaultdict(list)
        for row in registers["bef"].itertuples(index=False):
            self.bef[row.PNR].append(row)
        self.family = defaultdict(list)
        for row in registers["bef"].itertuples(index=False):
            self.family[row.FAMILIE_ID, as_date(row.REFERENCETID)].append(row)
        self.country_of = {
            (row.PNR, as_date(row.REFERENCETID)): row.OPR_LAND
            for row in registers["bef"].itertuples(index=False)
        }
        self.migrations = defaultdict(set)
        for row in registers["vnds"].itertuples(index=False):
            self.migrations[row.PNR].add((as_date(row.HAEND_DATO), row.INDUD_KODE))
        self.moves = defaultdict(list)
        for row in registers["flyt"].itertuples(index=False):
            self.moves[row.PNR].append((as_date(row.HAEND_DATO), row.KOM, row.GL_KOM))
        self.death = {row.PNR: as_date(row.DODDATO) for row in registers["dod"].itertuples(index=False)}
        grounds = read_seed("classifications/residence_grounds")
        self.grounds = {
            (r.permit_category, r.permit_basis, r.permit_explanation): r for r in grounds.itertuples()
        }
        self.permits = defaultdict(list)
        for row in registers["ophg"].itertuples(index=False):
            ground = self.grounds[code(row.KATEGORI, 4), code(row.GRUNDLAG, 4), code(row.FORKLAR, 4)]
            if ground.is_qualifying == "true":
                self.permits[row.PNR].append((as_date(row.TILLADELSESDATO), ground.residence_ground))
        states = read_seed("classifications/dream_states")
        self.states = dict(zip(states["dream_code"], states["dream_state"], strict=True))
        dream = registers["dream"].set_index("PNR")
        self.dream_columns = {column: number for number, column in enumerate(dream.columns)}
        self.dream = dict(zip(dream.index, dream.to_numpy(dtype=object), strict=True))
        self.hours = defaultdict(float)
        for row in registers["bfl"].itertuples(index=False):
            end = as_date(row.AJO_JOB_SLUT_DATO)
            self.hours[row.PNR, end.year, end.month] += row.AJO_LOENTIMER
        self.countries = read_seed("classifications/countries").set_index("country_code")
        self.education = {row.PNR: row.UUDDNR for row in registers["danskudd"].itertuples(index=False)}
        self.contacts = defaultdict(list)
        for row in registers["sssy"].itertuples(index=False):
            self.contacts[row.PNR].append(row)
        self.prescriptions = defaultdict(list)
        for row in registers["lmdb"].itertuples(index=False):
            self.prescriptions[row.PNR].append(row)
        self.hospital = defaultdict(list)
        for row in registers["lpr_adm"].itertuples(index=False):
            self.hospital[row.PNR].append(row)
        codes = read_seed("classifications/health_codes")
        self.health_codes = defaultdict(set)
        for row in codes.itertuples():
            self.health_codes[row.covariate].add((row.code_type, row.code))

    def population(self):
        """Persons of the population: {pnr: (permit, ground, entry, start date)}."""
        found = {}
        for pnr, permits in self.permits.items():
            arrivals = [date for date, direction in self.migrations[pnr] if direction == "I"]
            rows = self.bef.get(pnr)
            if not arrivals or not rows:
                continue
            permit, ground = min(permits)
            entry = min(arrivals)
            start = permit if permit >= entry else monday(entry) + WEEK
            last = max(rows, key=lambda row: row.REFERENCETID)
            born = as_date(last.FOED_DAG)
            age = start.year - born.year - ((start.month, start.day) < (born.month, born.day))
            western = self.countries.loc[code(last.OPR_LAND, 4), "is_western"] == "true"
            if not western and 18 <= age <= 64 and 2008 <= entry.year <= 2015 and 2008 <= permit.year <= 2015:
                found[pnr] = (permit, ground, entry, start)
        return found

    def residence(self, pnr, entry):
        """[(from date, municipality)] from the entry on."""
        moves = [move for move in self.moves[pnr] if move[0] >= entry and move[1] != move[2]]
        days = {}
        for date, to, origin in sorted(moves):
            days[date] = (to, origin)  # the highest code of the day is the last one
        if not days:
            first = min(
                (r for r in self.bef[pnr] if as_date(r.REFERENCETID) >= entry), key=lambda r: r.REFERENCETID
            )
            return [(entry, first.KOM)]
        return [(entry, days[min(days)][1])] + [(date, days[date][0]) for date in sorted(days)]

    def away(self, pnr):
        """[(emigration, return or None)] after the first immigration."""
        periods, out = [], None
        for date, direction in sorted(self.migrations[pnr], key=lambda event: (event[0], event[1] == "I")):
            if direction == "U" and out is None:
                out = date
            elif direction == "I" and out is not None:
                periods.append((out, date))
                out = None
        return periods + ([(out, None)] if out else [])

    def state(self, pnr, week, away):
        """State and paid hours of a week."""
        thursday = week + dt.timedelta(days=3)
        iso = thursday.isocalendar()
        row = self.dream.get(pnr)
        value = None if row is None else row[self.dream_columns[f"Y_{iso[0] % 100:02d}{iso[1]:02d}"]]
        dream = self.states[value] if value else "no_transfer"
        following = (thursday.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
        days = (following - thursday.replace(day=1)).days
        hours = self.hours.get((pnr, thursday.year, thursday.month), 0.0) * 7 / days
        if dream == "dead" or (pnr in self.death and week >= monday(self.death[pnr])):
            return "dead", hours
        if dream == "emigrated" or any(
            week >= monday(u) and (i is None or week < monday(i)) for u, i in away
        ):
            return "emigrated", hours
        if dream in ("excluded", "transfer"):
            return dream, hours
        return ("employed" if hours > 0 else "self_supporting"), hours

    def spells(self, pnr, entry, start_date):
        """[(number, start, duration, outcome, reason, municipality)] of a person."""
        start = monday(start_date)
        weeks = [start + k * WEEK for k in range(156 + 13) if start + k * WEEK < DATA_END]
        away, history = self.away(pnr), self.residence(pnr, entry)
        states, hours = zip(*[self.state(pnr, week, away) for week in weeks], strict=True)
        where = [[m for date, m in history if date <= week + dt.timedelta(days=6)][-1] for week in weeks]
        leaving = monday(dt.date(max(as_date(r.FOED_DAG) for r in self.bef[pnr]).year + 64, 1, 4))
        idle = ("transfer", "self_supporting")
        found, position = [], next((k for k, s in enumerate(states) if k < 156 and s in idle), None)
        while position is not None:
            candidates = [
                (len(weeks) if weeks[-1] + WEEK == DATA_END else 10**6, 6, "data_end", "unfinished")
            ]
            candidates.append((156, 4, "window_end", "unfinished"))
            candidates.append(((leaving - start).days // 7, 5, "turning_64", "unfinished"))
            for k in range(position + 1, min(len(weeks), 156)):
                if states[k] == "dead":
                    candidates.append((k, 0, "death", "left"))
                elif states[k] == "emigrated":
                    candidates.append((k, 1, "emigration", "left"))
                elif states[k] == "excluded":
                    candidates.append((k, 2, "excluded_state", "left"))
                if where[k] != where[k - 1]:
                    candidates.append((k, 3, "move", "unfinished"))
            end, _, reason, outcome = min(candidates)
            success = None
            for t in range(position + 1, min(156, len(weeks) - 12)):
                run = range(t, t + 13)
                if all(states[k] == "employed" for k in run) and sum(hours[k] for k in run) / 13 >= 20 - 1e-9:
                    success = t
                    break
            if success is not None and success <= end:
                end, reason, outcome = success, "employment", "success"
            found.append(
                (len(found) + 1, weeks[position], max(end - position, 1), outcome, reason, where[position])
            )
            position = None
            if outcome == "success":
                for k in range(end + 13, min(156, len(weeks))):
                    if states[k] in ("dead", "emigrated", "excluded"):
                        break
                    if states[k] in idle:
                        position = k
                        break
        return found

    def covariates(self, pnr, permit, ground, start_date):
        """The covariates that the person's registers decide."""
        rows = {as_date(row.REFERENCETID): row for row in self.bef[pnr]}
        year_end = dt.date(permit.year, 12, 31)
        later = [date for date in rows if date >= year_end]
        date = min(later) if later else max(rows)
        row = rows[date]
        children = [
            r.ALDER
            for r in self.family[row.FAMILIE_ID, date]
            if r.PLADS == 3 and r.ALDER <= 17 and r.PNR != pnr
        ]
        start = monday(start_date)
        end = start + 52 * WEEK
        away = self.away(pnr)
        resident = sum(
            self.state(pnr, start + k * WEEK, away)[0] not in ("dead", "emigrated")
            for k in range(52)
            if start + k * WEEK < DATA_END
        )
        codes, gp, days = set(), 0, 0
        for contact in self.contacts[pnr]:
            week = dt.date.fromisocalendar(2000 + int(contact.HONUGE[:2]), int(contact.HONUGE[2:]), 1)
            if start <= week < end and contact.BARNMAK != 1:
                specialty = code(contact.SPEC2, 2)
                if contact.KONTAKT > 0:
                    codes.add(("specialty", specialty))
                gp += contact.KONTAKT * (specialty in ("70", "80"))
        for stay in self.hospital[pnr]:
            if start <= as_date(stay.D_INDDTO) < end:
                codes.add(("diagnosis_chapter", stay.C_ADIAG[1]))
                days += stay.V_SENGDAGE * (stay.C_PATTYPE == 0)
        for line in self.prescriptions[pnr]:
            if start <= as_date(line.EKSD) < end:
                codes.add(("atc", line.ATC[:3]))
        contacts = (2 * gp * 52 + resident) // (2 * resident)
        bands = (("1_4", 1, 4), ("5_8", 5, 8), ("9_12", 9, 12), ("13_plus", 13, 10**6))
        partner = None if pd.isna(row.E_FAELLE_ID) else row.E_FAELLE_ID
        age = row.ALDER
        group = "under_20" if age < 20 else "60_64" if age >= 60 else f"{age // 5 * 5}_{age // 5 * 5 + 4}"
        single, together = row.FAMILIE_TYPE in (5, 9, 10), row.FAMILIE_TYPE in (3, 4)
        education = self.education.get(pnr, "unknown")
        origin = self.countries.loc[code(row.OPR_LAND, 4), "origin"]
        ones = {
            f"age_group_{group}",
            f"permit_year_{permit.year}",
            f"danish_education_{education}",
            f"residence_ground_{ground}",
            f"origin_{origin}",
            "family_type_" + ("single" if single else "cohabiting" if together else "married"),
        }
        ones |= {f"gp_contacts_{band}" for band, low, high in bands if low <= contacts <= high}
        ones |= {
            name for name, listed in self.health_codes.items() if name != "gp_contacts" and listed & codes
        }
        values = {
            "danish_partner": int(code(self.country_of.get((partner, date)), 4) == "5100"),
            "children_0_2": int(any(a <= 2 for a in children)),
            "children_3_6": int(any(3 <= a <= 6 for a in children)),
            "children_0_17": len(children),
            "hospital_days_4_plus": int(days >= 4),
        }
        return ones, values

    def match_2_or_3(self, pnr, start, duration):
        """Whether the first match group recorded in the quarters of a spell is 2 or 3."""
        row = self.dream.get(pnr)
        last = start + duration * WEEK - dt.timedelta(days=1)
        if row is None:
            return 0
        for quarter in range(
            start.year * 4 + (start.month - 1) // 3, last.year * 4 + (last.month - 1) // 3 + 1
        ):
            column = f"MATCH_{quarter % 4 + 1}KV{quarter // 4}"
            value = row[self.dream_columns[column]] if column in self.dream_columns else None
            if value:
                return int(value in ("2", "3"))
        return 0


@pytest.fixture(scope="module")
def reading(registers):
    """The registers, read literally."""
    return Reading(
        {
            name: frame.astype(object).where(frame.notna(), None) if name == "dream" else frame
            for name, frame in registers.items()
        }
    )


def test_the_truth_is_its_owners_alone(delivery):
    folder = delivery / "truth"
    paths = [folder, *folder.iterdir()]
    assert len(paths) == 7
    assert not [path.name for path in paths if path.stat().st_mode & 0o077]


def test_the_registers_imply_the_true_population(reading, truth):
    found = reading.population()
    persons = truth["persons"].set_index("person_id")
    assert set(found) == set(persons.index)
    for pnr, (permit, ground, entry, start) in found.items():
        true = persons.loc[pnr]
        assert (permit, ground, entry, start) == (
            as_date(true.permit_date),
            true.residence_ground,
            as_date(true.entry_date),
            as_date(true.programme_date),
        )


def test_the_registers_imply_the_true_spells(reading, truth):
    derived = [
        (pnr, *spell)
        for pnr, (_, _, entry, start) in reading.population().items()
        for spell in reading.spells(pnr, entry, start)
    ]
    true = [
        (r.person_id, r.spell_number, as_date(r.start_week), r.duration_weeks, r.outcome, r.exit_reason)
        + (r.municipality_code,)
        for r in truth["spells"].itertuples()
    ]
    differences = set(derived) ^ set(true)
    assert not differences, sorted(differences)[:6]
    assert len(derived) == len(true)


def test_the_registers_imply_the_true_case_mix(reading, truth):
    population = reading.population()
    terms = [c for c in truth["case_mix"].columns if c not in ("person_id", "spell_number")]
    spells = truth["spells"].set_index(["person_id", "spell_number"])
    cached = {}
    for row in truth["case_mix"].to_dict("records"):
        pnr = row["person_id"]
        permit, ground, _, start = population[pnr]
        if pnr not in cached:
            cached[pnr] = reading.covariates(pnr, permit, ground, start)
        ones, values = cached[pnr]
        spell = spells.loc[(pnr, row["spell_number"])]
        first = as_date(spell.start_week)
        year = (first + dt.timedelta(days=3)).year
        expected = {
            **values,
            f"spell_start_year_{min(year, 2015)}": 1,
            "weeks_since_permit": (first - monday(permit)).days // 7,
            "match_group_2_or_3": reading.match_2_or_3(pnr, first, int(spell.duration_weeks)),
        }
        for term in terms:
            if term.endswith("commuting_area") or term == "jobs_medium_high_skill":
                continue
            assert row[term] == expected.get(term, int(term in ones)), (pnr, term)


def test_the_labour_market_of_the_case_mix_is_that_of_the_file(delivery, truth):
    table = pd.read_csv(delivery / "statbank" / "labour_market.csv", sep=";").set_index(["OMRÅDE", "TID"])
    areas = read_seed("classifications/municipalities").set_index("municipality_code")["commuting_area"]
    years = truth["persons"].set_index("person_id")["permit_year"]
    area = truth["spells"]["municipality_code"].map(areas)
    expected = table.loc[list(zip(area, truth["spells"]["person_id"].map(years), strict=True))].to_numpy()
    names = ["unemployment_rate_commuting_area", "jobs_per_resident_commuting_area", "jobs_medium_high_skill"]
    np.testing.assert_array_equal(truth["case_mix"][names].to_numpy(), expected)


def test_the_registers_imply_the_true_programme_days(reading, truth):
    derived = defaultdict(int)
    for pnr, (_, _, entry, start) in reading.population().items():
        stops = [add_years(start, 3), *[u for u, _ in reading.away(pnr) if u >= start]]
        stops += [reading.death[pnr]] if pnr in reading.death else []
        history = [*reading.residence(pnr, entry), (dt.date.max, None)]
        for (begin, municipality), (until, _) in zip(history, history[1:], strict=False):
            day = max(begin, start, dt.date(2011, 1, 1))
            while day < min(until, min(stops), dt.date(2016, 1, 1)):
                derived[pnr, municipality, day.year] += 1
                day += dt.timedelta(days=1)
    true = {
        (r.person_id, r.municipality_code, r.year): r.person_days
        for r in truth["programme_days"].itertuples()
    }
    assert dict(derived) == true


# --- counts and determinism ------------------------------------------------------------------------------


def test_spells_fall_on_the_municipalities_exactly(truth):
    places = municipalities(SCALE)
    counted = truth["spells"].groupby("municipality_code").size()
    assert counted.reindex(places.code.astype(str), fill_value=0).tolist() == places.spells.tolist()
    assert places.spells.sum() == round(SCALE * 36583)


def test_the_two_missing_municipalities_share_the_missing_spells_by_population():
    places = municipalities()
    assert places.spells.sum() == 36583
    missing = np.isin(places.code, [580, 851])
    assert places.spells[missing].sum() == 1365
    assert places.success_share[missing] @ places.spells[missing] == pytest.approx(352)
    per_head = places.spells[missing] / places.population[missing]
    assert per_head[0] == pytest.approx(per_head[1], rel=0.01)


def test_the_same_seed_gives_the_same_bytes_in_another_process(delivery, tmp_path):
    environment = {**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(ROOT)}
    arguments = ["--seed", str(SEED), "--scale", str(SCALE), "--out", "registers"]
    subprocess.run(
        [sys.executable, "-m", "vfm.synthetic", *arguments, "--statbank", "statbank", "--truth", "truth"],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
    )
    assert hashes(tmp_path) == hashes(delivery)


def test_another_seed_gives_other_registers_and_the_same_counts(delivery, tmp_path):
    run(tmp_path, seed=SEED + 1)
    other, first = hashes(tmp_path), hashes(delivery)
    assert other.keys() == first.keys()
    assert all(other[name] != first[name] for name in other if name.endswith(".parquet"))
    spells = pd.read_parquet(tmp_path / "truth" / "spells.parquet")
    counted = spells.groupby("municipality_code").size()
    places = municipalities(SCALE)
    assert counted.reindex(places.code.astype(str), fill_value=0).tolist() == places.spells.tolist()


# --- layout and mess -------------------------------------------------------------------------------------


def test_every_register_has_its_columns(registers):
    for name, columns in REGISTERS.items():
        assert set(columns.split()) <= set(registers[name].columns), name
        assert len(registers[name]) > 0, name


def test_dream_has_one_column_for_each_iso_week_and_quarter(registers):
    columns = list(registers["dream"].columns)
    weeks = [c for c in columns if c.startswith("Y_")]
    assert weeks == [f"Y_{label}" for label in calendar.year_week_labels(np.arange(calendar.WEEKS))]
    assert len(weeks) == 52 + 53 + 5 * 52 + 53 + 34
    assert [c for c in weeks if c.endswith("53")] == ["Y_0953", "Y_1553"]
    assert len([c for c in columns if c.startswith("MATCH_")]) == 36
    assert registers["dream"]["PNR"].is_unique


def test_all_codes_are_known(registers):
    known = set(read_seed("classifications/dream_states")["dream_code"])
    values = pd.unique(registers["dream"].filter(regex="^Y_").to_numpy().ravel())
    assert {value for value in values if value is not None and not pd.isna(value)} <= known
    assert set(registers["bef"]["OPR_LAND"]) <= set(read_seed("classifications/countries")["country_code"])
    assert set(registers["bef"]["KOM"]) <= set(municipalities().code.astype(str))


def test_the_delivery_is_as_messy_as_a_real_one(delivery, registers, truth):
    persons = set(truth["persons"]["person_id"])
    assert registers["vnds"].duplicated().any()
    assert persons - set(registers["dream"]["PNR"]), "nobody is absent from DREAM"
    assert set(registers["ophg"]["PNR"]) - persons, "everyone qualifies"
    assert registers["ophg"].groupby("PNR").size().max() > 1
    assert registers["ophg"]["GRUNDLAG"].str.len().min() < 4
    month = registers["bfl"]["AJO_JOB_SLUT_DATO"].dt.to_period("M")
    assert registers["bfl"].groupby(["PNR", month]).size().max() > 1
    assert (registers["bfl"]["AJO_LOENTIMER"] % 1 > 0).any()
    assert (registers["flyt"]["KOM"] == registers["flyt"]["GL_KOM"]).any()
    assert {1, 2, 3} == set(registers["bef"]["PLADS"])
    assert {7, 9} <= set(
        registers["bef"].loc[registers["bef"]["REFERENCETID"] == "2015-12-31", "FAMILIE_TYPE"]
    )
    assert (registers["sssy"]["KONTAKT"] == 0).any() and (registers["sssy"]["BARNMAK"] == 1).any()
    assert (
        registers["sssy"]["SPEC2"].isin(["4", "7"]).any()
        and registers["sssy"]["SPEC2"].isin(["04", "07"]).any()
    )
    assert {0, 2} == set(registers["lpr_adm"]["C_PATTYPE"])
    assert registers["lpr_adm"]["C_ADIAG"].str.startswith("D").all()
    emigrated = registers["vnds"].loc[registers["vnds"]["INDUD_KODE"] == "U", "PNR"]
    assert set(emigrated) & persons
    latest = registers["bef"][registers["bef"]["REFERENCETID"] == "2015-12-31"]["PNR"]
    assert persons - set(latest), "everyone is still there at the end"


def test_hours_fit_in_a_month(registers):
    bfl = registers["bfl"]
    days = (bfl["AJO_JOB_SLUT_DATO"] - bfl["AJO_JOB_START_DATO"]).dt.days + 1
    assert (bfl["AJO_LOENTIMER"] > 0).all() and (bfl["AJO_LOENTIMER"] <= 10 * days).all()
    start, end = bfl["AJO_JOB_START_DATO"].dt.to_period("M"), bfl["AJO_JOB_SLUT_DATO"].dt.to_period("M")
    assert (start == end).all()


def test_partners_are_partners_of_each_other(registers):
    bef = registers["bef"]
    pairs = bef.loc[bef["E_FAELLE_ID"].notna(), ["PNR", "REFERENCETID", "E_FAELLE_ID", "FAMILIE_ID"]]
    back = pairs.merge(pairs, left_on=["E_FAELLE_ID", "REFERENCETID"], right_on=["PNR", "REFERENCETID"])
    assert len(back) == len(pairs)
    assert (back["PNR_x"] == back["E_FAELLE_ID_y"]).all()
    assert (back["FAMILIE_ID_x"] == back["FAMILIE_ID_y"]).all()


def test_the_keys_of_the_contract_are_unique(registers):
    for name, key in (
        ("bef", ["PNR", "REFERENCETID"]),
        ("dod", ["PNR"]),
        ("lpr_adm", ["RECNUM"]),
        ("danskudd", ["PNR"]),
    ):
        assert not registers[name].duplicated(key).any(), name
    assert registers["bef"]["PNR"].str.len().eq(12).all()


def test_the_default_delivery_has_several_parts_and_its_origin():
    folder = SEEDS / "registers"
    for name in ("bef", "bfl", "dream"):
        assert len(list((folder / name).glob("*.parquet"))) > 1, name
    assert sum(path.stat().st_size for path in folder.rglob("*.parquet")) < 20e6
    origin = json.loads((folder / "origin.json").read_text(encoding="utf-8"))
    assert origin == {
        "data_origin": "synthetic, seed 20170601",
        "synthetic": True,
        "seed": 20170601,
        "scale": 1.0,
    }


def test_origin_names_the_scale(delivery):
    origin = json.loads((delivery / "registers" / "origin.json").read_text(encoding="utf-8"))
    assert origin["data_origin"] == f"synthetic, seed {SEED}, scale {SCALE}"
    assert origin["synthetic"] is True


# --- accounts --------------------------------------------------------------------------------------------


def statbank(delivery, name):
    """Municipal rows of an account table, in million kr. and 2015 prices."""
    table = pd.read_csv(delivery / "statbank" / f"{name}.csv", sep=";", dtype={"OMRÅDE": str, "ART": str})
    index = read_seed("classifications/price_index").astype(float).set_index("year")["index_2015_100"]
    table["million"] = table["INDHOLD"] / 1000 * 100 / table["TID"].map(index)
    return table, table[~table["OMRÅDE"].isin(["0", "81", "82", "83", "84", "85"])]


def test_the_accounts_give_table_4_2(delivery):
    _, table = statbank(delivery, "regk100")
    table = table[(table["DRANST"] == 1) & table["ART"].isin(["UE", "77"])]
    sums = table.groupby(["GRUPPERING", "TID"])["million"].sum()
    for row in published("table_4_2").itertuples():
        rebuilt = sums.get((int(row.grouping), row.year), 0.0)
        assert round(rebuilt, 1) == pytest.approx(row.million_dkk_2015_prices, abs=1e-9), row


def test_the_accounts_give_table_4_1(delivery):
    _, table = statbank(delivery, "regk100")
    groupings = read_seed("classifications/account_groupings").set_index("grouping")["scope"]
    scope = table["GRUPPERING"].map(lambda number: groupings[f"{number:03d}"])
    for row in published("table_4_1").itertuples():
        part = table[(table["TID"] == row.year) & ((scope == row.scope) | (row.scope == "total"))]
        operating = part[part["DRANST"] == 1].groupby("ART")["million"].sum()
        refund = part.loc[(part["DRANST"] == 2) & (part["ART"] == "I"), "million"].sum()
        rebuilt = {
            "gross": operating["UE"],
            "payments_from_municipalities": operating["77"],
            "gross_net_of_payments": operating["UE"] + operating["77"],
            "state_refund": refund,
            "other_income": operating["I"] - operating["77"],
            "net": operating["UE"] + operating["I"] + refund,
        }[row.line]
        assert round(rebuilt, 1) == pytest.approx(row.million_dkk_2015_prices, abs=1e-9), row


def test_regk100_adds_up_to_regk31(delivery):
    fine, coarse = statbank(delivery, "regk100")[0], statbank(delivery, "regk31")[0]
    keys = accounts.KEYS_31
    pd.testing.assert_series_equal(
        fine.groupby(keys)["INDHOLD"].sum(), coarse.groupby(keys)["INDHOLD"].sum(), check_dtype=False
    )
    assert not coarse.duplicated(keys).any() and not fine.duplicated(accounts.KEYS_100).any()


def test_net_is_expenditure_and_income_and_areas_add_up(delivery):
    for name in ("regk100", "regk31"):
        every, table = statbank(delivery, name)
        sums = table.groupby("ART")["INDHOLD"].sum()
        assert sums["TOT"] == sums["UE"] + sums["I"]
        for areas in (["0"], ["81", "82", "83", "84", "85"]):
            total = every[every["OMRÅDE"].isin(areas)].groupby("ART")["INDHOLD"].sum()
            pd.testing.assert_series_equal(total, sums)
        assert table["OMRÅDE"].nunique() == 98


def test_largest_remainder_adds_up():
    assert largest_remainder([1, 1, 1], 4).tolist() == [2, 1, 1]
    assert largest_remainder([0.2, 0.3, 0.5], -10).tolist() == [-2, -3, -5]
    assert largest_remainder([0, 0], 0).tolist() == [0, 0]


# --- bad arguments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seed", "-1"], "the seed must be a whole number"),
        (["--seed", "1.5"], "the seed must be a whole number"),
        (["--scale", "0"], "the scale must be a number from"),
        (["--scale", "nan"], "the scale must be a number from"),
        (["--scale", "many"], "the scale must be a number from"),
        (["--out", "here", "--truth", "here/truth"], "inside the register folder"),
    ],
)
def test_bad_arguments_end_with_one_clear_sentence(arguments, message, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
