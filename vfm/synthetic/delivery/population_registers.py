"""BEF, VNDS, FLYT, DOD, OPHG and DANSKUDD."""

import numpy as np
import pandas as pd

from vfm.synthetic.delivery.parquet import Columns, dates, integers, text
from vfm.synthetic.world import calendar, constants
from vfm.synthetic.world.classifications import read_seed
from vfm.synthetic.world.histories import DEATH, EMIGRATION, NEVER
from vfm.synthetic.world.keys import pnr_codes
from vfm.synthetic.world.population import completed_years
from vfm.synthetic.world.residence import Residence, place_on
from vfm.synthetic.world.streams import stream
from vfm.synthetic.world.world import World

YEARS = np.arange(2008, 2016)
DENMARK = 5100
MARRIED, MARRIED_2015, SINGLE, SINGLE_2015, YOUNG_2015 = 1, 7, 5, 9, 10
WITH_CHILDREN, WITHOUT_CHILDREN = 3, 4


def _presence(world, residence):
    """Persons and the Decembers in which they live in Denmark.

    Returns
    -------
    person, year : (m,) int arrays
    """
    december = calendar.new_years_eve(YEARS)
    entry = world.persons["entry_day"].to_numpy()
    here = (entry[:, None] <= december) & (
        (residence.away_day[:, None] > december) | (residence.return_day[:, None] <= december)
    )
    person, column = np.nonzero(here)
    return person, YEARS[column]


def bef_rows(world: World, residence: Residence) -> pd.DataFrame:
    """Rows of BEF: the persons, their partners and the children who live with them.

    Returns
    -------
    pandas.DataFrame
        The columns of the register, dates as day numbers, municipalities as codes.
    """
    rng = stream(world.seed, "bef")
    persons = world.persons
    person, year = _presence(world, residence)
    december = calendar.new_years_eve(year)
    kom = world.places.code[place_on(residence.periods, person, december)]
    n = len(persons)
    pnr = persons["pnr"].to_numpy()
    woman = persons["is_woman"].to_numpy()
    couple = (persons["partner"] != "none").to_numpy()
    partner_pnr = np.where(couple, pnr_codes(world.seed, "Q partners", n, world.shard), None)
    family = np.where(couple & ~woman, partner_pnr, pnr)
    code = _family_type_codes(rng, persons)
    country = persons["country_code"].to_numpy()

    own = pd.DataFrame(
        {
            "PNR": pnr[person],
            "day": december,
            "KOEN": np.where(woman, 2, 1)[person],
            "FOED_DAG": persons["birth_day"].to_numpy()[person],
            "KOM": kom,
            "OPR_LAND": country[person],
            "IE_TYPE": 2,
            "FAMILIE_ID": family[person],
            "FAMILIE_TYPE": np.where(year >= 2015, code[1][person], code[0][person]),
            "PLADS": np.where(couple & ~woman, 2, 1)[person],
            "E_FAELLE_ID": partner_pnr[person],
        }
    )
    danish = (persons["partner"] == "danish").to_numpy()
    age_gap = np.round(rng.normal(np.where(woman, 4, -3), 4, n)).astype(np.int64)
    birth_year = np.clip(calendar.year_of(persons["birth_day"].to_numpy()) - age_gap, 1935, 1994)
    partner_birth = calendar.new_years_eve(birth_year - 1) + 1 + rng.integers(0, 365, n)
    descendant = (rng.random(n) < 0.3) & (
        persons["residence_ground"] == "family_to_danish_or_nordic"
    ).to_numpy()
    with_partner = couple[person]
    partners = own.assign(
        PNR=partner_pnr[person],
        KOEN=np.where(woman, 1, 2)[person],
        FOED_DAG=partner_birth[person],
        OPR_LAND=np.where(danish, DENMARK, country)[person],
        IE_TYPE=np.where(danish, 1, np.where(descendant, 3, 2))[person],
        PLADS=np.where(woman, 2, 1)[person],
        E_FAELLE_ID=pnr[person],
    )[with_partner]
    children = _children(rng, world, own, person, december, danish, couple)
    rows = pd.concat([own, partners, children], ignore_index=True)
    rows["ALDER"] = completed_years(rows["FOED_DAG"].to_numpy(), rows["day"].to_numpy())
    return rows.rename(columns={"day": "REFERENCETID"})


def _family_type_codes(rng, persons):
    """FAMILIE_TYPE until 2014 and from 2015, when the code for singles and couples changed."""
    kind = persons["family_type"].to_numpy()
    children = persons[["children_0_2", "children_3_6", "children_7_17"]].sum(axis=1).to_numpy()
    together = np.where(children > 0, WITH_CHILDREN, WITHOUT_CHILDREN)
    young = (persons["age"].to_numpy() < 23) & (children == 0) & (rng.random(len(persons)) < 0.5)
    before = np.select([kind == "married", kind == "cohabiting"], [MARRIED, together], SINGLE)
    single = np.where(young, YOUNG_2015, SINGLE_2015)
    after = np.select([kind == "married", kind == "cohabiting"], [MARRIED_2015, together], single)
    return before, after


def _children(rng, world, own, person, december, danish, couple):
    """Rows of the children: those of the case mix, and some born later."""
    persons = world.persons
    ages = persons["child_ages"].to_numpy()
    parent = np.repeat(np.arange(len(persons)), [len(a) for a in ages])
    age = np.array([a for row in ages for a in row], dtype=np.int64)
    birth_year = persons["reference_year"].to_numpy()[parent] - age
    later = np.flatnonzero(couple & (rng.random(len(persons)) < constants.LATER_CHILD_SHARE))
    later_year = persons["reference_year"].to_numpy()[later] + rng.integers(1, 5, len(later))
    parent, birth_year = np.concatenate([parent, later]), np.concatenate([birth_year, later_year])
    order = np.argsort(parent, kind="stable")
    parent, birth_year = parent[order], birth_year[order]
    birth = calendar.new_years_eve(birth_year - 1) + 1 + rng.integers(0, 365, len(parent))
    pnr = pnr_codes(world.seed, "R children", len(parent), world.shard)
    koen = rng.integers(1, 3, len(parent))

    first = np.searchsorted(parent, np.arange(len(persons)))
    count = np.bincount(parent, minlength=len(persons))
    row = np.repeat(np.arange(len(person)), count[person])
    offset = np.arange(len(row)) - np.repeat(np.cumsum(count[person]) - count[person], count[person])
    child = first[person[row]] + offset
    alive = birth[child] <= december[row]
    grown = completed_years(birth[child], december[row]) > 24
    row, child = row[alive & ~grown], child[alive & ~grown]
    country = np.where(danish, DENMARK, persons["country_code"].to_numpy())
    born_here = birth[child] > persons["entry_day"].to_numpy()[parent[child]]
    return own.iloc[row].assign(
        PNR=pnr[child],
        KOEN=koen[child],
        FOED_DAG=birth[child],
        OPR_LAND=country[parent[child]],
        IE_TYPE=np.where(danish[parent[child]], 1, np.where(born_here, 3, 2)),
        PLADS=3,
        E_FAELLE_ID=None,
    )


def bef_columns(rows: pd.DataFrame) -> Columns:
    """The register BEF, sorted by person and date."""
    rows = rows.sort_values(["PNR", "REFERENCETID"], kind="stable")
    return {
        "PNR": text(rows["PNR"]),
        "REFERENCETID": dates(rows["REFERENCETID"]),
        "KOEN": integers(rows["KOEN"], 16),
        "ALDER": integers(rows["ALDER"], 16),
        "FOED_DAG": dates(rows["FOED_DAG"]),
        "KOM": text(rows["KOM"].astype(str)),
        "OPR_LAND": text(rows["OPR_LAND"].astype(str)),
        "IE_TYPE": integers(rows["IE_TYPE"], 16),
        "FAMILIE_ID": text(rows["FAMILIE_ID"]),
        "FAMILIE_TYPE": integers(rows["FAMILIE_TYPE"], 16),
        "PLADS": integers(rows["PLADS"], 16),
        "E_FAELLE_ID": text(rows["E_FAELLE_ID"]),
    }


def vnds_rows(world: World, residence: Residence) -> pd.DataFrame:
    """Rows of VNDS, exact duplicates included: PNR, INDUD_KODE, HAEND_DATO (day number)."""
    rng = stream(world.seed, "vnds")
    pnr = world.persons["pnr"].to_numpy()
    out = (world.history.fates.leave_kind == EMIGRATION) & (residence.away_day < NEVER)
    back = residence.return_day < NEVER
    rows = pd.concat(
        [
            pd.DataFrame(
                {"PNR": pnr, "INDUD_KODE": "I", "HAEND_DATO": world.persons["entry_day"].to_numpy()}
            ),
            pd.DataFrame({"PNR": pnr[out], "INDUD_KODE": "U", "HAEND_DATO": residence.away_day[out]}),
            pd.DataFrame({"PNR": pnr[back], "INDUD_KODE": "I", "HAEND_DATO": residence.return_day[back]}),
        ],
        ignore_index=True,
    )
    return pd.concat([rows, rows[rng.random(len(rows)) < constants.DUPLICATE_SHARE]], ignore_index=True)


def vnds_columns(rows: pd.DataFrame) -> Columns:
    """The register VNDS, sorted by person and date."""
    rows = rows.sort_values(["PNR", "HAEND_DATO", "INDUD_KODE"], kind="stable")
    return {
        "PNR": text(rows["PNR"]),
        "INDUD_KODE": text(rows["INDUD_KODE"]),
        "HAEND_DATO": dates(rows["HAEND_DATO"]),
    }


def flyt_columns(world: World, residence: Residence) -> Columns:
    """The register FLYT, sorted by person and date."""
    moves = residence.moves
    code = world.places.code.astype(str)
    return {
        "PNR": text(world.persons["pnr"].to_numpy()[moves["person"]]),
        "HAEND_DATO": dates(moves["day"]),
        "KOM": text(code[moves["destination"]]),
        "GL_KOM": text(code[moves["origin"]]),
    }


def dod_rows(world: World) -> pd.DataFrame:
    """Rows of DOD: PNR, DODDATO (day number)."""
    fates = world.history.fates
    dead = (fates.leave_kind == DEATH) & (fates.leave_day < NEVER)
    return pd.DataFrame({"PNR": world.persons["pnr"].to_numpy()[dead], "DODDATO": fates.leave_day[dead]})


def dod_columns(rows: pd.DataFrame) -> Columns:
    """The register DOD, sorted by person."""
    rows = rows.sort_values("PNR", kind="stable")
    return {"PNR": text(rows["PNR"]), "DODDATO": dates(rows["DODDATO"])}


def _permit_codes():
    """KATEGORI, GRUNDLAG and FORKLAR by residence ground or English label, without leading zeros."""
    grounds = read_seed("classifications/residence_grounds")
    grounds = grounds[grounds["valid_from"] == ""]  # those of the report's years
    names = np.where(grounds["is_qualifying"] == "true", grounds["residence_ground"], grounds["label_en"])
    codes = grounds[["permit_category", "permit_basis", "permit_explanation"]]
    return {
        name: tuple(str(int(code)) for code in row)
        for name, row in zip(names, codes.itertuples(index=False), strict=True)
    }


def ophg_rows(world: World) -> pd.DataFrame:
    """Rows of OPHG: PNR, TILLADELSESDATO (day number), KATEGORI, GRUNDLAG, FORKLAR.

    Besides the permit that counts: later ones on another qualifying ground, and earlier ones that do not
    qualify (work, study, humanitarian).
    """
    rng = stream(world.seed, "ophg")
    persons = world.persons
    pnr, ground = persons["pnr"].to_numpy(), persons["residence_ground"].to_numpy().astype(object)
    day = persons["permit_day"].to_numpy()
    second = np.where(ground == "refugee_b_status", "refugee_convention", "family_to_foreigner").astype(
        object
    )
    second = np.where(ground == "refugee_convention", "refugee_b_status", second)
    again = np.flatnonzero(
        (rng.random(len(persons)) < constants.SECOND_PERMIT_SHARE)
        & (ground != "unknown")
        & (second != ground)
    )
    before = np.flatnonzero(
        (rng.random(len(persons)) < constants.EARLIER_PERMIT_SHARE) & ~persons["earlier_stay"]
    )
    other = np.array(["humanitarian permit, s. 9b, not in the population", "EU or EEA citizen"], dtype=object)
    stay = np.flatnonzero(persons["earlier_stay"])
    kinds = np.array(["wage work", "study"], dtype=object)
    parts = [
        (pnr, day, ground),
        (pnr[again], day[again] + rng.integers(30, 700, len(again)), second[again]),
        (
            pnr[before],
            day[before] - rng.integers(10, 200, len(before)),
            other[rng.integers(0, 2, len(before))],
        ),
        (
            pnr[stay],
            persons["entry_day"].to_numpy()[stay] - rng.integers(0, 30, len(stay)),
            kinds[rng.integers(0, 2, len(stay))],
        ),
    ]
    frames = [pd.DataFrame({"PNR": a, "TILLADELSESDATO": b, "name": c}) for a, b, c in parts]
    return with_permit_codes(pd.concat(frames, ignore_index=True))


def with_permit_codes(rows: pd.DataFrame) -> pd.DataFrame:
    """Replace the column `name` by the three code columns of OPHG."""
    codes = _permit_codes()
    triples = [codes[name] for name in rows["name"]]
    for position, column in enumerate(("KATEGORI", "GRUNDLAG", "FORKLAR")):
        rows[column] = [triple[position] for triple in triples]
    return rows.drop(columns="name")


def ophg_columns(rows: pd.DataFrame) -> Columns:
    """The register OPHG, sorted by person and date."""
    rows = rows.sort_values(["PNR", "TILLADELSESDATO", "KATEGORI", "GRUNDLAG", "FORKLAR"], kind="stable")
    return {
        "PNR": text(rows["PNR"]),
        "TILLADELSESDATO": dates(rows["TILLADELSESDATO"]),
        "KATEGORI": text(rows["KATEGORI"]),
        "GRUNDLAG": text(rows["GRUNDLAG"]),
        "FORKLAR": text(rows["FORKLAR"]),
    }


def danskudd_columns(world: World) -> Columns:
    """The register DANSKUDD; persons without a placement are absent."""
    rng = stream(world.seed, "danskudd")
    start = world.persons["programme_day"].to_numpy() + rng.integers(5, 90, len(world.persons))
    placed = (world.persons["danish_education"] != "unknown").to_numpy()
    return {
        "PNR": text(world.persons["pnr"].to_numpy()[placed]),
        "UUDDNR": text(world.persons["danish_education"].to_numpy()[placed]),
        "STARTDATO": dates(start[placed]),
    }
