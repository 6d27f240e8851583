"""The world beside public figures: ages, sexes, countries, moves, families, work and where people live.

The report fixes counts of spells, successes and money; on nearly everything else about the persons it is
silent. `public_figures.csv` holds public figures on it, or plausible ones, with their sources. Public figures
are delimited otherwise than the study (all ages, applicants, other years), so they give bands.

python -m vfm.synthetic.verify.realism [--seed 20170601] [--write docs/synthetic.md]

Ends with 1 if a band is missed. A band with a reason in the column `apart` is known to be missed; if the
world comes to lie inside it, the reason is out of date, which ends with 1 too.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from vfm.synthetic.world import calendar, constants, creation
from vfm.synthetic.world.histories import DEATH, EMIGRATION, NEVER, WINDOW_WEEKS
from vfm.synthetic.world.population import completed_years
from vfm.synthetic.world.world import World

FIGURES = Path(__file__).with_name("public_figures.csv")
ALLOWANCE = 3  # standard errors: a world is a sample, a small one a small sample
BEGIN, END = "<!-- realism: begin -->\n", "<!-- realism: end -->\n"
WEEKS_A_YEAR = 365.25 / 7

SYRIA, ERITREA, STATELESS, CONGO, AFGHANISTAN, THAILAND, TURKEY = 5486, 5216, 5103, 5278, 5404, 5492, 5172
SMALL_ISLANDS = ("Fanø", "Læsø", "Samsø", "Ærø")
NO_QUOTA = ("Albertslund", "Brøndby", "Ishøj", "Høje-Taastrup", "København")
MOST_REFUGEES = ("Langeland", "Sorø", "Bornholm", "Syddjurs", "Assens")
JUTLAND = ("Nordjylland", "Sydjylland", "Østjylland")
COPENHAGEN = ("Byen København", "Københavns omegn")


def public_figures() -> pd.DataFrame:
    """The public figures and plausible bands.

    Returns
    -------
    pandas.DataFrame
        Index quantity; low, high, unit, kind (`public`, `report` or `plausible`), source, address, apart (why
        the world is known to lie outside, mostly empty).
    """
    return pd.read_csv(FIGURES, keep_default_na=False).set_index("quantity")


def _found_quantities(made):
    """What is found in a world.

    Parameters
    ----------
    made : world.World

    Returns
    -------
    dict
        quantity -> (value, its standard error as a sample of persons).
    """
    parts = (_ages, _grounds, _countries, _moves, _schooling, _families, _work, _exits, _settlement, _health)
    return {name: found for part in parts for name, found in part(made).items()}


def compare_with_figures(made: World) -> pd.DataFrame:
    """The quantities of a world beside their bands.

    Returns
    -------
    pandas.DataFrame
        `public_figures` with found, standard_error and verdict: `ok` (within the band, give or take three
        standard errors), `missed`, `apart` (missed, with a reason) or `out of date` (within, but with a
        reason).

    Raises
    ------
    KeyError
        If a quantity has no band or a band no quantity.
    """
    rows, found = public_figures(), _found_quantities(made)
    if alone := set(rows.index) ^ set(found):
        raise KeyError(f"not both in {FIGURES.name} and in realism.py: {', '.join(sorted(alone))}")
    rows[["found", "standard_error"]] = [found[name] for name in rows.index]
    value, slack = rows["found"], ALLOWANCE * rows["standard_error"]
    inside = value.between(rows["low"], rows["high"])
    near = (value >= rows["low"] - slack) & (value <= rows["high"] + slack)
    apart = rows["apart"] != ""
    rows["verdict"] = np.select(
        [apart & inside, apart, near], ["out of date", "apart", "ok"], default="missed"
    )
    return rows


# --- the quantities ----------------------------------------------------------------------------------------


def _share(of, among):
    """Share of the persons `among` whom `of` is true, and its standard error."""
    among = np.asarray(among)
    share, n = np.mean(np.asarray(of)[among]), among.sum()
    return share, np.sqrt(share * (1 - share) / n)


def _median(values):
    return np.median(values), 1.25 * np.std(values) / np.sqrt(len(values))


def _number(of, scale):
    """Persons at scale 1."""
    return np.sum(of) / scale, np.sqrt(np.sum(of)) / scale


def _rate(events, years, among):
    """Events a person-year."""
    number, time = events[among].sum(), years[among].sum()
    return number / time, np.sqrt(number) / time


def _masks(made):
    """Who is a refugee, reunified, reunified with a refugee."""
    persons = made.persons
    refugee = (persons["group"] == "refugee").to_numpy()
    reunified = (persons["group"] == "family_reunified").to_numpy()
    return refugee, reunified, (persons["residence_ground"] == "family_to_refugee").to_numpy()


def _ages(made):
    persons = made.persons
    refugee, reunified, to_refugee = _masks(made)
    age = persons["age"].to_numpy()
    at_permit = completed_years(persons["birth_day"].to_numpy(), persons["permit_day"].to_numpy())
    late = refugee & (persons["permit_year"] >= 2013).to_numpy()
    return {
        "median age of refugees": _median(age[refugee]),
        "median age of the reunified": _median(age[reunified]),
        "refugees under 25": _share(age < 25, refugee),
        "refugees under 35, permits 2013-2015": _share(age < 35, late),
        "reunified, not with a refugee, under 24 at the permit": _share(
            at_permit < 24, reunified & ~to_refugee
        ),
        "aged 60 and over": _share(age >= 60, np.ones(len(age), bool)),
        "men among refugees": _share(~persons["is_woman"], refugee),
        "men among the reunified": _share(~persons["is_woman"], reunified),
    }


def _grounds(made):
    persons = made.persons
    refugee, _, to_refugee = _masks(made)
    year = persons["permit_year"].to_numpy()
    ground = persons["residence_ground"].to_numpy()
    quota = ground == "refugee_quota"
    end_of_october = persons["permit_day"].to_numpy() < calendar.day_number("2014-11-01")
    return {
        **{f"refugees, permits {y}": _number(refugee & (year == y), made.scale) for y in range(2012, 2016)},
        "refugees of 2014 with the permit by October": _share(end_of_october, refugee & (year == 2014)),
        "reunified with a refugee, permits 2011-2015": _number(to_refugee & (year >= 2011), made.scale),
        "quota refugees a year, 2008-2010": _number(quota & (year <= 2010), 3 * made.scale),
        "quota refugees a year, 2013-2015": _number(quota & (year >= 2013), 3 * made.scale),
        "B status among refugees, permits 2015": _share(
            ground == "refugee_b_status", refugee & (year == 2015)
        ),
    }


def _countries(made):
    refugee, reunified, to_refugee = _masks(made)
    year, country = made.persons["permit_year"].to_numpy(), made.persons["country_code"].to_numpy()
    thais, turks = (np.sum(reunified & ~to_refugee & (country == code)) for code in (THAILAND, TURKEY))
    return {
        "Syria among refugees, permits 2008-2011": _share(country == SYRIA, refugee & (year <= 2011)),
        "Syria among refugees, permits 2013-2015": _share(country == SYRIA, refugee & (year >= 2013)),
        "Eritrea among refugees, permits 2008-2012": _share(country == ERITREA, refugee & (year <= 2012)),
        "Eritrea among refugees, permits 2013": _share(country == ERITREA, refugee & (year == 2013)),
        "Eritrea among refugees, permits 2015": _share(country == ERITREA, refugee & (year == 2015)),
        "Syria, Eritrea, stateless and Congo among refugees, permits 2015": _share(
            np.isin(country, (SYRIA, ERITREA, STATELESS, CONGO)), refugee & (year == 2015)
        ),
        "Afghanistan among refugees, permits 2008-2011": _share(
            country == AFGHANISTAN, refugee & (year <= 2011)
        ),
        "Thais for each Turk, reunified, not with a refugee": (
            thais / turks,
            thais / turks * np.sqrt(1 / thais + 1 / turks),
        ),
    }


def _programme(made):
    """Start of the programme and its end, at the latest three years later (weeks), and the years between."""
    start = made.persons["start_week"].to_numpy()
    end = np.minimum(start + WINDOW_WEEKS, calendar.DATA_END)
    end = np.minimum(end, made.history.fates.leave_week)
    return start, end, (end - start) / WEEKS_A_YEAR


def _moves(made):
    refugee, reunified, _ = _masks(made)
    fates, place = made.history.fates, made.persons["place"].to_numpy()
    start, end, years = _programme(made)
    stayed = end == start + WINDOW_WEEKS
    moved = fates.move_week[:, 0] < end
    region = made.places.region
    return {
        "refugees who left their first municipality within three years": _share(moved, refugee & stayed),
        "reunified who left their first municipality within three years": _share(moved, reunified & stayed),
        "moves of refugees a year": _rate((fates.move_week < end[:, None]).sum(axis=1), years, refugee),
        "first moves within the region": _share(region[place] == region[fates.move_place[:, 0]], moved),
    }


def _schooling(made):
    refugee, reunified, _ = _masks(made)
    level = made.persons["danish_education"].to_numpy()
    placed = level != "unknown"
    return {
        "Danish education 1 among refugees placed": _share(level == "1", refugee & placed),
        "Danish education 3 among refugees placed": _share(level == "3", refugee & placed),
        "Danish education 3 among the reunified placed": _share(level == "3", reunified & placed),
        "without a known placement": _share(~placed, refugee | reunified),
    }


def _families(made):
    refugee, reunified, _ = _masks(made)
    woman = made.persons["is_woman"].to_numpy()
    family = made.persons["family_type"].to_numpy()
    parent = made.persons[["children_0_2", "children_3_6", "children_7_17"]].sum(axis=1).to_numpy() > 0
    return {
        "reunified who live with a partner": _share(family != "single", reunified),
        "refugee men who are married": _share(family == "married", refugee & ~woman),
        "refugee women who are married": _share(family == "married", refugee & woman),
        "refugee men with children": _share(parent, refugee & ~woman),
        "refugee women with children": _share(parent, refugee & woman),
        "reunified with children": _share(parent, reunified),
    }


def _work(made):
    refugee, reunified, to_refugee = _masks(made)
    start, end, _ = _programme(made)

    def at_work(week):
        jobs, monday = made.history.jobs, 7 * week
        day = monday[jobs["person"]]
        working = np.zeros(len(monday), dtype=bool)
        working[jobs["person"][(jobs["start_day"] <= day + 6) & (jobs["end_day"] >= day)]] = True
        return working

    later = at_work(start + WINDOW_WEEKS - 1)
    seen = (end == start + WINDOW_WEEKS) & (made.persons["permit_year"] <= 2012).to_numpy()
    return {
        "reunified with a job in the first week": _share(at_work(start), reunified),
        "refugees with a job after three years, permits to 2012": _share(later, refugee & seen),
        "reunified with a refugee, with a job after three years": _share(later, to_refugee & seen),
        "other reunified with a job after three years": _share(later, reunified & ~to_refugee & seen),
    }


def _exits(made):
    refugee, reunified, _ = _masks(made)
    fates = made.history.fates
    start, end, years = _programme(made)
    left = (fates.leave_week < NEVER) & (fates.leave_week == end)
    emigrated, died = (left & (fates.leave_kind == kind) for kind in (EMIGRATION, DEATH))
    return {
        "emigrations of refugees a year": _rate(emigrated, years, refugee),
        "emigrations of the reunified a year": _rate(emigrated, years, reunified),
        "deaths a year": _rate(died, years, refugee | reunified),
    }


def _settlement(made):
    refugee, _, _ = _masks(made)
    places, place = made.places, made.persons["place"].to_numpy()
    arrived = refugee & (made.persons["permit_year"] == 2015).to_numpy()
    number = np.bincount(place[arrived], minlength=len(places.code))
    density = number / places.population * places.population.sum() / number.sum()  # 1 is the country's mean
    fifth = np.argsort(np.where(np.isin(places.name, SMALL_ISLANDS), -1, density))[-5]
    spells = np.bincount(made.history.spells["place"], minlength=len(places.code))
    per_1000 = spells / made.scale / places.population * 1000

    def together(names):
        inside = np.isin(places.name, names)
        return number[inside].sum(), places.population[inside].sum()

    few, among = together(NO_QUOTA)
    many, of = together(MOST_REFUGEES)
    mean = number.sum() / places.population.sum()
    return {
        "spells per 1,000 inhabitants, median municipality": (np.median(per_1000), 0.0),
        "spells per 1,000 inhabitants, 95th percentile": (np.percentile(per_1000, 95), 0.0),
        "refugees of 2015 per 1,000 inhabitants, five municipalities without a quota": (
            1000 * few / among / made.scale,
            1000 * np.sqrt(few) / among / made.scale,
        ),
        "refugees of 2015 per inhabitant, the five of the most, over the mean": (
            many / of / mean,
            np.sqrt(many) / of / mean,
        ),
        "refugees of 2015 per inhabitant, fifth of all, over the mean": (
            density[fifth],
            density[fifth] / np.sqrt(number[fifth]),
        ),
        "refugees in northern, southern and eastern Jutland": _share(
            np.isin(places.province[place], JUTLAND), refugee
        ),
        "refugees in Copenhagen and surroundings": _share(
            np.isin(places.province[place], COPENHAGEN), refugee
        ),
    }


def _health(made):
    refugee, reunified, _ = _masks(made)
    ill, dentist = (made.terms[name].to_numpy() > 0 for name in ("mental_illness", "dentist"))
    return {
        "refugees with a mental illness in the first year": _share(ill, refugee),
        "reunified with a mental illness in the first year": _share(ill, reunified),
        "at the dentist's in the first year": _share(dentist, refugee | reunified),
    }


# --- the table ---------------------------------------------------------------------------------------------


def _written(value, unit):
    """A number with its unit, as people write it."""
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "a year":
        return f"{100 * value:.2f} %"
    return f"{value:,.0f}" if unit == "persons" else f"{value:.2f}"


def _markdown(rows, what):
    """The table in Markdown, with a line before it that says of which world it is."""
    lines = [
        f"`python -m vfm.synthetic.verify.realism`, {what}:",
        "",
        "| Quantity | Found | Band | Kind | Why this band | |",
        "| --- | ---: | ---: | --- | --- | --- |",
    ]
    for name, row in rows.iterrows():
        low, high = (_written(row[end], row["unit"]) for end in ("low", "high"))
        source = f"[{row['source']}]({row['address']})" if row["address"] else row["source"]
        verdict = f"apart: {row['apart']}" if row["apart"] else row["verdict"]
        found = _written(row["found"], row["unit"])
        lines.append(f"| {name} | {found} | {low} to {high} | {row['kind']} | {source} | {verdict} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Print the table; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.synthetic.verify.realism", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--seed", type=int, default=constants.DEFAULT_SEED, help="not negative")
    parser.add_argument("--write", type=Path, help="page whose table is written anew")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        parser.error(f"the seed must not be negative, got {options.seed}")
    rows = compare_with_figures(creation.create_world(options.seed))
    width = max(len(name) for name in rows.index)
    for name, row in rows.iterrows():
        found, low, high = (_written(row[column], row["unit"]) for column in ("found", "low", "high"))
        print(f"{name:<{width}}  {found:>8}  {low:>8} to {high:<8} {row['kind']:<9}  {row['verdict']}")
    print(", ".join(f"{number} {verdict}" for verdict, number in rows["verdict"].value_counts().items()))
    if options.write:
        page = options.write.read_text(encoding="utf-8")
        before, rest = page.split(BEGIN)
        after = rest.split(END)[1]
        text = _markdown(rows, f"seed {options.seed}")
        options.write.write_text(before + BEGIN + text + END + after, encoding="utf-8")
    return int(rows["verdict"].isin(("missed", "out of date")).any())


if __name__ == "__main__":
    sys.exit(main())
