"""How a world is fitted, what is measured in it, and that a whole one has the printed counts.

A world of full size is made once, at a seed that is neither the shipped one nor one of the calibration.
"""

import copy
import json
from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest
from printed_tables import printed

from vfm.synthetic.verify import calibration, measure
from vfm.synthetic.world import (
    case_mix,
    constants,
    creation,
)
from vfm.synthetic.world.classifications import municipalities
from vfm.synthetic.world.histories import WINDOW_WEEKS

FULL_SEED = 31
FEWEST = 100  # spells of a benchmarked municipality
FIFTHS = np.repeat([1, 2, 3, 4, 5], [18, 18, 18, 19, 19])  # Table 3.2, the best first
LABOUR = list(case_mix.LABOUR_MARKET_TERMS)


@pytest.fixture(scope="module")
def places():
    return municipalities()


@pytest.fixture(scope="module")
def whole():
    """A world of full size and its tables: about ten seconds, the only slow one.

    In a small one the Cox model of 80 terms may have no maximum.
    """
    assert FULL_SEED != constants.DEFAULT_SEED
    made = creation.create_world(FULL_SEED)
    return made, measure.measured_tables(made)


# --- calibration -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted():
    return json.loads(constants.FITTED_FILE.read_text(encoding="utf-8"))


@pytest.fixture
def as_printed(fitted):
    """Fitted numbers with the persons of the reference, and what is found where all is as printed."""
    start = copy.deepcopy(fitted)
    reference = constants.REFERENCE_PERSONS
    start["persons_by_permit_year"] = {
        group: {str(year): reference[group][int(year)] for year in years}
        for group, years in start["persons_by_permit_year"].items()
    }
    target = calibration.printed_targets()
    mean = {name: np.array(value, dtype=float) for name, value in target.items()}
    cells = [(group, year) for group in calibration.GROUPS for year in reference[group]]
    persons = np.array([reference[group][year] for group, year in cells], dtype=float)
    group = np.array([group for group, _ in cells])
    spells = np.append(target["group_total"], target["spells_unknown"])
    in_group = {name: persons[group == name].sum() for name in calibration.GROUPS}
    whole = dict(zip(calibration.GROUPS, spells, strict=True))
    mean["cell_persons"] = persons
    mean["cell_spells"] = np.array([n * whole[g] / in_group[g] for n, g in zip(persons, group, strict=True)])
    # of 2008-2010 somebody is there in 2011-2013, of later years from the year on
    year = np.array([year for _, year in cells])[:, None]
    there = persons[:, None] * ((np.arange(2011, 2016) >= year) & (np.arange(2011, 2016) <= year + 3))
    mean["cell_full_year_persons"] = there * target["full_year_persons"] / there.sum(axis=0)
    mean["term_means"] = np.zeros((2, 80))
    mean["mean_effect"] = 0.0
    return start, mean, target


def test_where_all_is_as_printed_nothing_is_moved(as_printed):
    start, mean, target = as_printed
    before = copy.deepcopy(start)
    new = calibration.next_fitted(start, mean, target, 0.8)
    assert start == before  # a new one is returned
    assert calibration.as_text(new) == calibration.as_text(start)


def moved(as_printed, name, position, factor, size=0.5):
    """What a step adds to each fitted number where one found value is off by a factor."""
    start, mean, target = as_printed
    mean = {key: np.array(value, dtype=float) for key, value in mean.items()}
    if position is None:
        mean[name] = factor
    else:
        mean[name][position] *= factor
    new = calibration.next_fitted(start, mean, target, size)

    def leaves(tree, path=()):
        if not isinstance(tree, dict):
            return {path: tree}
        return {
            key: value for name, part in tree.items() for key, value in leaves(part, (*path, name)).items()
        }

    before, after = leaves(start), leaves(new)
    assert before.keys() == after.keys()
    return {key: after[key] - before[key] for key in before if abs(after[key] - before[key]) > 1e-9}


MEN, WOMEN = 0, 1
TOO_FEW = {  # found too few or too low -> what rises, what does not move
    "successes of men": ("sex_success", MEN, ("baseline_log_level", "men"), ("baseline_log_level", "women")),
    "successes of women": (
        "sex_success", WOMEN, ("baseline_log_level", "women"), ("baseline_log_level", "men"),
    ),
    "spells of men": ("sex_total", MEN, ("men_share", "refugee"), ("risk_tilt", "refugee")),
    "weeks to success of men": ("success_weeks", MEN, ("baseline_slope", "men"), ("baseline_slope", "women")),
    "women who leave": ("sex_left", WOMEN, ("leave_rate", "women", "refugee"), ("baseline_slope", "women")),
    "reunified who leave": (
        "group_left", 1, ("leave_rate", "men", "family_reunified"), ("leave_rate", "men", "refugee"),
    ),
    "successes of refugees": (
        "group_success", 0, ("risk_tilt", "refugee"), ("risk_tilt", "family_reunified"),
    ),
    "successes of the reunified": (
        "group_success", 1, ("risk_tilt", "family_reunified"), ("risk_tilt", "refugee"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TOO_FEW)
def test_a_step_goes_towards_the_print(as_printed, what):
    name, position, rises, rests = TOO_FEW[what]
    up, down = (moved(as_printed, name, position, factor) for factor in (0.8, 1.25))
    assert up[rises] > 0 > down[rises]
    assert rests not in up and rests not in down
    longer = moved(as_printed, name, position, 0.8, size=1.0)
    assert longer[rises] > 1.5 * up[rises]


def test_full_year_persons_come_from_the_years_that_give_them(as_printed):
    start, mean, target = as_printed
    fewer = mean["cell_full_year_persons"].copy()
    fewer[:, 4] *= 0.9  # 2015
    new = calibration.next_fitted(start, {**mean, "cell_full_year_persons": fewer}, target, 1.0)
    change = {
        year: sum(
            new["persons_by_permit_year"][g][year] - start["persons_by_permit_year"][g][year]
            for g in ("refugee", "family_reunified")
        )
        for year in ("2008", "2009", "2015")
    }
    assert change["2015"] > 50 and change["2008"] + change["2009"] < 0  # the spells stay as many


def test_effects_that_are_positive_on_average_become_part_of_the_level(as_printed):
    change = moved(as_printed, "mean_effect", None, 0.1)
    assert change == {("baseline_log_level", sex): pytest.approx(0.05) for sex in ("men", "women")}


def test_a_coefficient_that_is_found_too_low_is_raised_and_the_labour_market_left_alone(as_printed, fitted):
    start, mean, target = as_printed
    names = case_mix.term_names()
    assert list(fitted["hazard_correction"]["men"]) == names or set(
        fitted["hazard_correction"]["men"]
    ) <= set(names)
    found = mean["coefficients"] - 0.2
    new = calibration.next_fitted(start, {**mean, "coefficients": found}, target, 0.5)
    for sex in ("men", "women"):
        for term, value in new["hazard_correction"][sex].items():
            rise = 0.0 if term in LABOUR else 0.1
            assert value - start["hazard_correction"][sex][term] == pytest.approx(rise, abs=1e-9), term
    # those who are used have the term on average: the level goes down as much
    means = np.zeros((2, 80))
    means[0, names.index("children_0_2")] = 0.5
    new = calibration.next_fitted(start, {**mean, "coefficients": found, "term_means": means}, target, 0.5)
    assert new["baseline_log_level"]["men"] - start["baseline_log_level"]["men"] == pytest.approx(-0.05)


def test_corrections_are_in_the_order_of_the_terms(fitted):
    # a step goes through both side by side
    names = case_mix.term_names()
    for sex in ("men", "women"):
        assert list(fitted["hazard_correction"][sex]) == names
        assert all(fitted["hazard_correction"][sex][term] == 0 for term in LABOUR)


def test_targets_are_the_printed_numbers():
    target = calibration.printed_targets()
    by_sex = {(r["sex"], r["outcome"]): int(r["spells"]) for r in printed("table_2_1")}
    by_ground = {(r["residence_ground"], r["outcome"]): int(r["spells"]) for r in printed("table_2_2")}
    for outcome in ("success", "left", "total"):
        assert target[f"sex_{outcome}"].tolist() == [by_sex[sex, outcome] for sex in ("men", "women")]
        grounds = ("refugee", "family_reunified")
        assert target[f"group_{outcome}"].tolist() == [by_ground[ground, outcome] for ground in grounds]
    assert target["spells_unknown"] == 36_583 - 19_820 - 16_291
    weeks = {r["sex"]: float(r["mean_weeks_successes_only"]) for r in printed("table_2_1_durations")}
    later = constants.WEEKS_TOWARDS_TABLE_3_1
    assert target["success_weeks"].tolist() == [weeks["men"] + later, weeks["women"] + later]
    mean = {r["year"]: float(r["mean_dkk"]) for r in printed("table_4_3")}
    paid = {
        r["year"]: float(r["million_dkk_2015_prices"])
        for r in printed("table_4_1")
        if r["scope"] == "programme" and r["line"] == "gross_net_of_payments"
    }
    persons = [
        constants.FULL_YEAR_PERSONS_SHARE * 1e6 * paid[str(y)] / mean[str(y)] for y in range(2011, 2016)
    ]
    assert target["full_year_persons"] == pytest.approx(persons, rel=1e-12)
    beta = {(r["sex"], r["term"]): r["coefficient"] for r in printed("appendix_table_6_1")}
    wanted = [[float(beta[sex, term]) for term in case_mix.term_names()] for sex in ("men", "women")]
    assert target["coefficients"].tolist() == wanted


def test_the_fitted_file_is_as_the_calibration_writes_it(fitted):
    text = constants.FITTED_FILE.read_text(encoding="utf-8")
    assert calibration.as_text(fitted) == text
    assert json.loads(calibration.as_text(fitted)) == fitted
    assert json.loads(calibration.as_text({"a": {"b": 1.234567, "c": 7}})) == {"a": {"b": 1.2346, "c": 7}}


def test_fitted_numbers_are_used_and_can_be_given_back(fitted):
    def state():
        names = [name.upper() for name in fitted]
        beta = case_mix.hazard_coefficients()
        return {name: copy.deepcopy(getattr(constants, name)) for name in names}, beta["men"].tolist()

    before = state()
    other = copy.deepcopy(fitted)
    other["persons_by_permit_year"]["refugee"]["2012"] += 100
    other["hazard_correction"]["men"]["children_0_2"] += 0.5
    other["risk_tilt"]["refugee"] += 1.0
    try:
        constants.use_fitted(other)
        used, beta = state()
        assert (
            used["PERSONS_BY_PERMIT_YEAR"]["refugee"][2012]
            == before[0]["PERSONS_BY_PERMIT_YEAR"]["refugee"][2012] + 100
        )
        assert used["RISK_TILT"]["refugee"] == before[0]["RISK_TILT"]["refugee"] + 1.0
        unchanged = set(used) - {"PERSONS_BY_PERMIT_YEAR", "RISK_TILT", "HAZARD_CORRECTION"}
        assert all(used[name] == before[0][name] for name in unchanged)
        difference = dict(zip(case_mix.term_names(), np.subtract(beta, before[1]), strict=True))
        assert difference.pop("children_0_2") == pytest.approx(0.5)
        assert not any(difference.values())
    finally:
        constants.use_fitted(fitted)
    assert state() == before


# --- what is measured in a world -------------------------------------------------------------------------


def recount(made):
    """Tables of a world by loops over its spells."""
    counts, weeks, by_place, curves = {}, {}, {}, {}
    persons = made.persons[["is_woman", "group", "start_week"]].to_dict("records")
    for spell in made.history.spells.itertuples():
        by_place.setdefault(spell.place, []).append(spell)
    for spells in by_place.values():
        for spell in spells:
            person = persons[spell.person]
            length = max(spell.exit - spell.start, 1)
            counted = length
            if spell.exit_reason == "data_end":
                counted = person["start_week"] + WINDOW_WEEKS - spell.start
            groups = [("2_1", "women" if person["is_woman"] else "men"), ("2_2", person["group"])]
            for key in [*groups, ("2_1", "all"), ("2_2", "all")]:
                for outcome in (spell.outcome, "total"):
                    counts[(*key, outcome)] = counts.get((*key, outcome), 0) + 1
                if len(spells) >= FEWEST:
                    weeks.setdefault(key, []).append(
                        (counted, length if spell.outcome == "success" else None)
                    )
    for place, spells in by_place.items():
        if len(spells) >= FEWEST:
            over = Counter(max(s.exit - s.start, 1) for s in spells)
            jobs = Counter(max(s.exit - s.start, 1) for s in spells if s.outcome == "success")
            there, alive, area = len(spells), 1.0, 1.0
            for week in range(1, WINDOW_WEEKS):
                alive *= 1 - jobs[week] / there if there else 1
                there -= over[week]
                area += alive
            curves[place] = area
    return SimpleNamespace(counts=counts, weeks=weeks, by_place=by_place, curves=curves)


def test_the_measured_tables_are_a_recount(whole):
    made, tables = whole
    plain = recount(made)
    for key, number in tables.counts["spells"].items():
        assert number == plain.counts.get(key, 0), key
    for key, row in tables.durations.iterrows():
        pairs = plain.weeks[key]
        assert row["weeks"] == pytest.approx(np.mean([counted for counted, _ in pairs])), key
        assert row["success_weeks"] == pytest.approx(np.mean([w for _, w in pairs if w is not None])), key
    assert len(tables.municipalities) == len(plain.by_place)
    for place, spells in plain.by_place.items():
        row = tables.municipalities.loc[str(made.places.code[place])]
        assert (row["spells"], row["successes"]) == (len(spells), sum(s.outcome == "success" for s in spells))
        assert np.isfinite(row["indicator"]) == (len(spells) >= FEWEST)
        if place in plain.curves:
            assert row["observed"] == pytest.approx(plain.curves[place])
            assert row["indicator"] == pytest.approx(row["expected"] / plain.curves[place])
    assert len(tables.coefficients) == 160


# --- a whole world ---------------------------------------------------------------------------------------


def test_a_whole_world_has_the_printed_counts(whole, places):
    made, tables = whole
    found = tables.municipalities.set_index(tables.municipalities.index.astype(int)).reindex(places.code)
    assert (found["spells"].to_numpy() == places.full_spells).all()
    share = (found["successes"] / found["spells"]).to_numpy()
    assert np.abs(share - places.success_share)[places.full_spells >= FEWEST].max() < 0.04
    for table, column in (("2_1", "sex"), ("2_2", "residence_ground")):
        for row in printed(f"table_{table}"):
            number, wanted = (
                tables.counts.loc[(table, row[column], row["outcome"]), "spells"],
                int(row["spells"]),
            )
            assert abs(number - wanted) <= max(15, 0.02 * wanted), (table, row)


def test_a_whole_world_has_the_fifths_of_table_3_2(whole):
    _, tables = whole
    ordered = tables.municipalities["indicator"].dropna().sort_values(ascending=False)
    assert len(ordered) == 92
    assert ordered.index[0] == str(constants.OUTLIER_MUNICIPALITY)
    for row in printed("table_3_2"):
        mean = ordered[int(row["quintile"]) == FIFTHS].mean()
        assert mean == pytest.approx(float(row["benchmark_indicator"]), abs=0.015), row["quintile"]
