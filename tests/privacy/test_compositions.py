"""The rule of the composition: no group of few persons follows from the shares that are given."""

from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from vfm.privacy import compositions
from vfm.warehouse import dbt_sql
from vfm.warehouse.paths import PROJECT
from vfm.warehouse.yaml_files import read_yaml

FAMILIES = {
    "danish_education": (
        "everybody",
        ["danish_education_unknown", "danish_education_1", "danish_education_2"],
    ),
    "under_25": ("everybody", ["under_25"]),
    "refugees": ("everybody", ["refugees"]),
    "world_region": ("everybody", ["europe_outside_eu28", "africa", "asia"]),
    "share_asia": ("share_asia", ["syria", "iran_afghanistan"]),
}
WEIGHTS = {
    "share_danish_education_1": 30_000.0,
    "share_under_25": 28_000.0,
    "share_refugees": 54_000.0,
    "share_europe_outside_eu28": -34_000.0,
    "share_asia": -20_000.0,
    "share_syria": -58_000.0,
    "constant": 60_000.0,
    "year_2012": -5_000.0,
}
COEFFICIENTS = pd.DataFrame({"term": list(WEIGHTS), "coefficient_dkk": list(WEIGHTS.values())})
DAYS = 250
LIMIT = 5


def composition(counts, place="101", year=2012, limit=LIMIT):
    """Rows of int_composition_groups of one place; counts of persons by group, each of 250 days."""
    everybody, rows = counts["everybody"], []
    for family, (whole, names) in FAMILIES.items():
        size = everybody if whole == "everybody" else counts["asia"]
        groups = {f"share_{name}": counts[name] for name in names}
        if family != "danish_education":
            groups[f"rest_of_{family}"] = size - sum(groups.values())
        else:
            groups["share_danish_education_3"] = size - sum(groups.values())
        for term, persons in groups.items():
            assert persons >= 0
            few = limit > 1 and min(persons, everybody - persons) < limit
            rows.append([place, year, False, everybody, everybody * DAYS, family, whole, term, persons])
            rows[-1] += [persons / everybody, few, 0.02 if everybody < 150 else 0.01]
    columns = ["municipality_code", "year", "place_is_withheld", "persons", "person_days", "family", "whole"]
    return pd.DataFrame(rows, columns=[*columns, "term", "group_persons", "share", "is_few", "step"])


def expectation(groups):
    """The exact expectation of the place."""
    shares = groups.set_index("term").share
    told = sum(shares.get(term, 0.0) * weight for term, weight in WEIGHTS.items())
    told += WEIGHTS["constant"] + WEIGHTS["year_2012"]
    return pd.DataFrame(
        {
            "municipality_code": ["101"],
            "year": [2012],
            "actual_dkk": [0.9 * told],
            "expected_dkk": [told],
            "expenditure_indicator": [0.9],
        }
    )


def attacked(groups, table, expected_dkk):
    """Least and greatest number of persons of every group, by programs of their own: {term: (low, high)}."""
    place = groups.iloc[0]
    shown = table.set_index("term")
    terms = groups.term.tolist()
    box = []
    for row in groups.itertuples():
        share = shown.share.get(row.term, np.nan)
        reason = shown.withheld_reason.get(row.term)
        few = (LIMIT - 1) * 366 / place.person_days
        if not np.isnan(share):
            box.append((max(share - row.step / 2, 0), min(share + row.step / 2, 1)))
        elif reason == "few_persons":
            box.append((0, few) if row.group_persons < LIMIT else (1 - few, 1))
        else:
            box.append((0, 1))
    left, right = [], []
    for family, (whole, _) in FAMILIES.items():
        line = [float(groups.family[k] == family) for k in range(len(terms))]
        if whole != "everybody":
            line[terms.index(whole)] = -1.0
        left.append(line)
        right.append(float(whole == "everybody"))
    weights = np.array([WEIGHTS.get(term, 0.0) for term in terms]) / 1e4
    rest = (round(expected_dkk, -2) - WEIGHTS["constant"] - WEIGHTS["year_2012"]) / 1e4
    found = {}
    for k, term in enumerate(terms):
        goal = np.eye(len(terms))[k]
        ends = [
            linprog(
                sign * goal,
                np.vstack([weights, -weights]),
                [rest + 0.0051, 0.0051 - rest],
                left,
                right,
                bounds=[(low - 1e-9, high + 1e-9) for low, high in box],
            ).x[k]
            for sign in (1, -1)
        ]
        found[term] = ends[0] * place.persons, ends[1] * place.persons
    return found


@st.composite
def counts(draw):
    everybody = draw(st.integers(51, 400))
    small = st.integers(0, 8)
    education = [draw(small), draw(st.one_of(small, st.integers(5, 20))), draw(st.integers(5, 20))]
    syria, iran, other = draw(small), draw(st.one_of(small, st.integers(5, 10))), draw(small)
    regions = [draw(small), draw(small), syria + iran + other]
    return {
        "everybody": everybody,
        **dict(zip(FAMILIES["danish_education"][1], education, strict=True)),
        "under_25": draw(st.integers(0, everybody)),
        "refugees": draw(st.integers(0, everybody)),
        **dict(zip(FAMILIES["world_region"][1], regions, strict=True)),
        "syria": syria,
        "iran_afghanistan": iran,
    }


@settings(max_examples=25, deadline=None)
@given(counts())
def test_every_number_of_few_persons_stays_possible(drawn):
    groups = composition(drawn)
    expected = expectation(groups)
    table = compositions.withheld_shares(groups, COEFFICIENTS, expected, LIMIT)
    own = groups.set_index("term").loc[table.term].reset_index()
    assert (table.withheld_reason.notna() == table.share.isna()).all()
    assert ((table.withheld_reason == "few_persons") == own.is_few).all()
    given_shares = table.share.notna()
    assert ((table.share - own.share).abs()[given_shares] <= own.step[given_shares] / 2 + 1e-9).all()
    bounds = attacked(groups, table, expected.expected_dkk[0])
    for row in groups[groups.is_few].itertuples():
        low, high = bounds[row.term]
        if row.group_persons >= LIMIT:
            low, high = row.persons - high, row.persons - low
        assert low <= 1e-4 and high >= LIMIT - 1 - 1e-4, (row.term, row.group_persons, low, high)


LARGE = {
    "everybody": 400,
    "danish_education_unknown": 20,
    "danish_education_1": 100,
    "danish_education_2": 150,
    "under_25": 90,
    "refugees": 280,
    "europe_outside_eu28": 30,
    "africa": 110,
    "asia": 200,
    "syria": 100,
    "iran_afghanistan": 60,
}


def shown(changes, **limit):
    groups = composition(LARGE | changes, **limit)
    return compositions.withheld_shares(
        groups, COEFFICIENTS, expectation(groups), limit.get("limit", LIMIT)
    ).set_index("term")


def test_where_all_groups_are_large_every_share_is_given_to_a_percent():
    table = shown({})
    assert table.withheld_reason.isna().all()
    assert (
        table.share["share_refugees"] == 0.7 and table.share["share_under_25"] == 0.22
    )  # 0.225, to the even


def test_the_rest_of_a_family_is_a_group_too():
    """Two of 60 persons are of no named region: the smallest region is withheld with them."""
    changes = {"everybody": 60, "refugees": 30, "under_25": 20, "africa": 20, "asia": 24, "syria": 9}
    changes |= {
        "europe_outside_eu28": 14,
        "danish_education_1": 10,
        "danish_education_2": 15,
        "iran_afghanistan": 7,
    }
    table = shown(changes)
    assert table.withheld_reason["share_europe_outside_eu28"] == "protects_another_cell"
    assert table.withheld_reason[["share_refugees", "share_under_25", "share_asia"]].isna().all()


@pytest.mark.parametrize("limit", [0, 1])
def test_a_limit_of_none_or_one_withholds_no_share(limit):
    assert shown({"danish_education_unknown": 1}, limit=limit).withheld_reason.isna().all()


def test_a_place_whose_persons_are_withheld_gives_no_share():
    groups = composition(LARGE).assign(place_is_withheld=True)
    table = compositions.withheld_shares(groups, COEFFICIENTS, expectation(groups), LIMIT)
    assert table.share.isna().all()


def test_without_a_cost_need_model_shares_are_protected_from_each_other():
    groups = composition(
        LARGE
        | {
            "everybody": 52,
            "refugees": 26,
            "under_25": 20,
            "europe_outside_eu28": 8,
            "africa": 12,
            "asia": 24,
        }
        | {"danish_education_unknown": 3, "danish_education_1": 20, "danish_education_2": 20}
        | {"syria": 10, "iran_afghanistan": 8}
    )
    nothing = expectation(groups).iloc[:0]
    table = compositions.withheld_shares(groups, COEFFICIENTS.iloc[:0], nothing, LIMIT).set_index("term")
    assert table.withheld_reason["share_danish_education_unknown"] == "few_persons"
    assert (table.withheld_reason == "protects_another_cell").sum() == 1


def test_the_steps_are_those_of_the_macro():
    step = dbt_sql.environment().globals["share_step"]
    for persons, wanted in ((149, 0.02), (150, 0.01)):
        assert duckdb.sql(f"select {step(str(persons))}").fetchone() == (Decimal(str(wanted)),)


def test_an_expectation_is_given_as_the_rule_counts_on():
    path = PROJECT / "models/marts/expenditure/expenditure_need.yml"
    [model] = read_yaml(path)["models"]
    columns = {each["name"]: each["config"]["meta"]["precision"] for each in model["columns"]}
    assert columns["expected_dkk"] == "hundreds" and columns["expenditure_indicator"] == "3 decimals"
    assert columns["actual_dkk"] == "exact"
