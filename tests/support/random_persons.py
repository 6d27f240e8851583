"""Hypothesis strategies for persons to whom too much happens: on borders, and on top of each other.

Dates are drawn near each other and near the borders of the rules: programme start, end of the window, end of
the data, the year of turning 64, turns of years. What shrinks away leaves a person who came on a Monday in
2010, aged 30, and to whom nothing happened.
"""

import datetime as dt

from hypothesis import strategies as st
from reading_of_the_rules import DAY, LAST_DREAM_WEEK, WEEK, Person, monday, years_later

MUNICIPALITIES = ["101", "147", "751"]
NON_WESTERN = ["5486", "5103"]
QUALIFYING = [("0001", "0101", "0001"), ("0001", "0102", "0001"), ("0005", "0201", "0202")]
OTHER = [("0003", "0015", "0001"), ("0001", "0104", "0001")]
TRANSFERS = ["730", "713", "890", "771"]
RARE_CODES = ["121", "881", "651", "783", "997", "998", "999"]
HOURS = [160.0, 10.0, 40.0, 80.0, 85.71, 85.72, 88.57, 88.58, 120.0]
BORDERS = [  # first and last year, weeks 52/53/1 around a turn of the year, a 29 February
    dt.date(2008, 1, 1),
    dt.date(2010, 1, 3),
    dt.date(2012, 2, 29),
    dt.date(2013, 8, 30),
    dt.date(2014, 12, 29),
    dt.date(2015, 12, 31),
]

few_days = st.integers(-2, 2)


def few(things):
    """Often none, at most four."""
    return st.one_of(st.just([]), st.lists(things, min_size=1, max_size=4))


entries = st.one_of(
    st.just(dt.date(2010, 1, 4)),
    st.dates(dt.date(2008, 1, 1), dt.date(2015, 12, 31)),
    st.dates(dt.date(2013, 6, 1), dt.date(2015, 12, 31)),  # the data end inside the window
    st.builds(lambda border, days: border + days * DAY, st.sampled_from(BORDERS), few_days),
)


@st.composite
def events(draw, anchors):
    """A day in the programme, near an anchor, or the last anchor; it becomes one. The first is the start."""
    where = draw(st.sampled_from(["near", "anywhere", "same day"]))
    if where == "near":
        day = draw(st.sampled_from(anchors)) + draw(st.one_of(few_days, st.integers(-9, 9))) * DAY
    elif where == "anywhere":
        day = anchors[0] + draw(st.integers(0, 1150)) * DAY
    else:
        day = anchors[-1]
    anchors.append(day)
    return day


@st.composite
def births(draw, start):
    """A birth date: aged 30, about to turn 18 or 65 at the start, or turning 64 near or in the programme."""
    age = draw(st.sampled_from([30, 30, 30, 30, 30, 64, 64, 18, 65]))
    if age == 64:
        year = start.year + draw(st.integers(-1, 4))
        return dt.date(year - 64, draw(st.integers(1, 12)), draw(st.integers(1, 28)))
    return years_later(start, -age) + draw(few_days) * DAY


@st.composite
def dream_weeks(draw, first_week):
    """{Monday: code}: from about the start on, stretches on a transfer or excluded, each before a gap."""
    weeks, week = {}, first_week + draw(few_days) * WEEK
    codes = st.sampled_from(10 * TRANSFERS + RARE_CODES)
    lengths, gaps = st.integers(1, 30), st.one_of(st.sampled_from([13, 12, 14]), st.integers(0, 40))
    for _ in range(draw(st.integers(0, 6))):
        code, length, gap = draw(codes), draw(lengths), draw(gaps)
        for _ in range(length):
            if dt.date(2007, 12, 31) <= week <= LAST_DREAM_WEEK:
                weeks[week] = code
            week += WEEK
        week += gap * WEEK
    return weeks


@st.composite
def jobs(draw, start):
    """[(last day, hours)] of jobs that last some months."""
    rows, hours = [], st.sampled_from(HOURS)
    stretches = draw(st.lists(st.tuples(st.integers(0, 36), st.integers(1, 12), hours), max_size=2))
    if steady := draw(st.sampled_from([0, 160.0, 160.0, 88.58, 85.71])):
        stretches.append((0, 48, steady))
    for first, months, paid in stretches:
        times = draw(st.integers(1, 2))
        for month in range(start.month - 2 + first, start.month - 2 + first + months):
            first_day = dt.date(start.year + month // 12, month % 12 + 1, 1)
            last_day = (first_day + 31 * DAY).replace(day=1) - DAY
            rows += [(last_day if month % 2 else first_day, paid)] * times
    if draw(st.booleans()):
        rows += draw(quarters_of_twenty_hours(start.year))
    return rows


@st.composite
def quarters_of_twenty_hours(draw, year):
    """Jobs that average exactly 20 hours over the 13 weeks from ISO week 1 of a year, or a hundredth less."""
    year += draw(st.integers(1, 3))
    year += year % 4 == 0  # with 29 days February has no whole number of weeks
    daily = draw(st.sampled_from([2.86, 3.0, 2.0]))
    missing = draw(st.sampled_from([0.0, 0.01]))
    return [
        (dt.date(year, 1, 31), round(31 * daily, 2)),
        (dt.date(year, 2, 28), round(260 - 9 * 7 * daily - missing, 2)),
        (dt.date(year, 3, 31), round(31 * daily, 2)),
    ]


@st.composite
def persons(draw):
    """One person's raw rows."""
    entry = draw(entries)
    offset = draw(st.one_of(st.just(0), few_days, st.integers(-60, 90), st.integers(-700, 700)))
    permit = entry + offset * DAY
    start = permit if permit >= entry else monday(entry) + WEEK
    birth = draw(births(start))
    anchors = [start, entry, monday(start) + 156 * WEEK, monday(start) + 168 * WEEK, LAST_DREAM_WEEK + WEEK]
    anchors += [monday(dt.date(birth.year + 64, 1, 4)), years_later(start, 3), dt.date(start.year + 1, 1, 1)]
    event = events(anchors)

    person = Person(migrations=[(entry, "I")], permits=[(permit, draw(st.sampled_from(QUALIFYING)))])
    for codes in draw(st.lists(st.sampled_from(QUALIFYING + OTHER), max_size=2)):
        date = permit + draw(st.integers(0, 90)) * DAY if codes in QUALIFYING else draw(event)
        person.permits.append((date, codes))
    for direction in draw(few(st.sampled_from("UI"))):
        person.migrations.append((draw(event), direction))
    homes = st.sampled_from(MUNICIPALITIES)
    for origin, destination in draw(few(st.tuples(homes, homes))):
        person.moves.append((draw(event), origin, destination))
    if draw(st.integers(0, 3)) == 3:
        person.death = draw(event)

    country, sex = draw(st.sampled_from(NON_WESTERN)), draw(st.integers(1, 2))
    seen = draw(st.sets(st.integers(entry.year - 1, 2015), max_size=3)) | {2015}
    for year in sorted(seen):
        person.population.append((dt.date(year, 12, 31), draw(homes), country, birth, sex))
    if draw(st.integers(0, 9)) == 9:  # earlier rows say otherwise; the latest counts
        person.population[:-1] = [
            (date, home, "5390", birth - 366 * DAY, 3 - sex) for date, home, *_ in person.population[:-1]
        ]
    person.dream = draw(dream_weeks(monday(start)))
    person.jobs = draw(jobs(start))
    return person


TOGETHER = 30


@st.composite
def many_persons(draw):
    """Most of 30 persons: a run of the SQL costs the same for one and for many.

    A zero leaves a person out, and is what a draw shrinks to: of a failure the persons it needs are left.
    """
    return [draw(persons()) for _ in range(TOGETHER) if draw(st.integers(0, 9))]


def raw_rows(people):
    """The registers that hold these persons.

    Parameters
    ----------
    people : {str: Person}

    Returns
    -------
    {str: list of dict}
        Rows by register, in the columns of models/sources.yml. Every row of a register with a key is there
        twice, and permit codes lost their leading zeros, as in real deliveries.
    """
    rows = {name: [] for name in ("bef", "vnds", "flyt", "dod", "ophg", "dream", "bfl")}
    for pnr, person in people.items():
        for date, home, country, birth, sex in person.population:
            rows["bef"].append(
                {"PNR": pnr, "REFERENCETID": date, "KOEN": str(sex), "FOED_DAG": birth, "KOM": home}
                | {"OPR_LAND": country}
            )
        for date, direction in person.migrations:
            rows["vnds"].append({"PNR": pnr, "INDUD_KODE": direction, "HAEND_DATO": date})
        for date, origin, destination in person.moves:
            rows["flyt"].append({"PNR": pnr, "HAEND_DATO": date, "KOM": destination, "GL_KOM": origin})
        if person.death:
            rows["dod"].append({"PNR": pnr, "DODDATO": person.death})
        for date, codes in person.permits:
            category, basis, explanation = (str(int(code)) for code in codes)
            rows["ophg"].append(
                {"PNR": pnr, "TILLADELSESDATO": date, "KATEGORI": category, "GRUNDLAG": basis}
                | {"FORKLAR": explanation}
            )
        if person.dream:
            weeks = {week.strftime("Y_%g%V"): code for week, code in person.dream.items()}
            rows["dream"].append({"PNR": pnr} | weeks)
        for end, hours in person.jobs:
            rows["bfl"].append(
                {"PNR": pnr, "AJO_JOB_START_DATO": end.replace(day=1), "AJO_JOB_SLUT_DATO": end}
                | {"AJO_LOENTIMER": hours}
            )
    return {name: found * (1 if name == "bfl" else 2) for name, found in rows.items()}
