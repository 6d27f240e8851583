"""A small simulated delivery, and a literal reading of its registers, person by person in plain Python.

The reading follows DECISIONS.md. It derives the population, the spells, the case mix and the days a second
time.
"""

import datetime as dt
import hashlib
from collections import defaultdict

import pandas as pd

from vfm.synthetic import __main__ as command
from vfm.synthetic.world.classifications import read_seed

SCALE = 0.04
SEED = 4711
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

    def spells(self, pnr, entry, start_date):  # noqa: C901, PLR0912  (one walk through the weeks)
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

    def covariates(self, pnr, permit, ground, start_date):  # long: one covariate after the other
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
