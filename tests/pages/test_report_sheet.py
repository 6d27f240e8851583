"""The sheet of a municipality answers, others stand beside it as published, and the words are explained."""

import re
from html import unescape

import pytest

from vfm.pages.report.answers import answers
from vfm.pages.report.compare import LETTERS, MOST, compared
from vfm.pages.report.glossary import entries, glossary
from vfm.pages.report.page import CHAPTERS, FILES
from vfm.pages.report.sheet_tables import all_sheets, rows_of_municipalities
from vfm.pages.report.tables import NEEDED, read_results
from vfm.pages.report.words import LANGUAGES, Words, all_texts
from vfm.warehouse import published
from vfm.warehouse.paths import PROJECT

FACTS = {
    "municipalities": "92",
    "minimum_persons": "50",
    "minimum_spells": "100",
    "disclosure_limit": "5",
    "price_year": "2015",
}
ANSWER = {
    "municipality_name": "Horsens", "result_position": "above", "observed_mean_duration_weeks": 112.71,
    "expected_mean_duration_weeks": 127.71, "difference_weeks": 15.0, "difference_weeks_low": 11.22,
    "difference_weeks_high": 18.71, "rank": 3, "rank_low": 1, "rank_high": 14, "expected_dkk": 86000.0,
    "difference_dkk": -6900.0, "difference_dkk_low": -43400.0, "difference_dkk_high": 61000.0,
    "cost_position": "around", "uncertainty_reason": None, "corner": "uncertain",
}  # fmt: skip


@pytest.fixture(scope="module")
def results():
    if not published.results().exists():
        pytest.skip("nothing is published yet")
    return read_results(published.results())


@pytest.fixture(scope="module")
def municipalities(results):
    return rows_of_municipalities(results)


def told(language="en", swings=(), fdr="above", **changed):
    """What the sheet leads with, {heading: sentences}, of Horsens with what is changed."""
    own = {"answer": ANSWER | changed, "indicator": {"position_fdr": fdr}, "swings": list(swings)}
    own["indicator"] = own["indicator"] if own["answer"]["result_position"] else None
    return dict(answers(own, Words(language, FACTS)))


def test_the_sheet_leads_with_weeks_kroner_and_both_with_their_intervals():
    said = told()
    assert list(said) == ["Result", "Cost", "Both together", "What cannot be said"]
    assert said["Result"] == (
        "In Horsens it took 112.7 weeks to a job where 127.7 were expected: 15.0 weeks sooner "
        "(95% interval: 11.2 to 18.7 weeks)."
    )
    assert (
        "from 43,400 less to 61,000 more" in said["Cost"]
        and "cannot be told from the DKK 86,000" in said["Cost"]
    )
    assert "The result differs from what is expected, the expenditure does not" in said["Both together"]
    assert "any from 1 to 14 of 92" in said["What cannot be said"]
    assert told("da")["Resultat"].startswith(
        "I Horsens gik der 112,7 uger til et job, hvor 127,7 var ventet: 15,0 uger"
    )


def test_an_interval_below_what_is_expected_is_told_without_signs_and_the_smaller_end_first():
    later = dict(difference_weeks=-5.0, difference_weeks_low=-8.2, difference_weeks_high=-1.6)
    said = told(result_position="below", **later)["Result"]
    assert "5.0 weeks later (95% interval: 1.6 to 8.2 weeks)" in said
    less = dict(difference_dkk=-20000.0, difference_dkk_low=-30000.0, difference_dkk_high=-8000.0)
    less["corner"] = "high_result_low_cost"
    assert "DKK 20,000 less" in told(cost_position="below", **less)["Cost"]
    assert "8,000 to 30,000 less" in told(cost_position="below", **less)["Cost"]


def test_where_nothing_is_found_the_sheet_says_so_and_shows_no_rank():
    around = dict(result_position="around", difference_weeks_low=-3.0, difference_weeks_high=8.0)
    said = told(rank=float("nan"), rank_low=float("nan"), rank_high=float("nan"), **around)
    assert (
        "No difference was found: it may be anything from 3.0 weeks later to 8.0 weeks sooner"
        in said["Result"]
    )
    assert said["Both together"] == "Neither result nor expenditure can be told from what is expected."
    assert (
        said["What cannot be said"].startswith("There is no rank") and "92" not in said["What cannot be said"]
    )


def test_what_is_missing_is_said():
    nothing = float("nan")
    assert list(told(result_position=None)) == ["Result"]
    assert "not in the benchmark" in told(result_position=None)["Result"]
    assert "cannot be held against" in told(difference_dkk=nothing, corner=None)["Cost"]
    unsure = told(difference_dkk_low=nothing, uncertainty_reason="no_years_that_differ")["Cost"]
    assert "how years scatter is unknown" in unsure and "cannot be said" in unsure
    assert "whether there is a difference cannot be said" in told(difference_weeks_low=nothing)["Result"]
    assert "chance" in told(fdr="around")["What cannot be said"]


def test_large_swings_of_the_expenditure_are_pointed_out():
    swing = ({"year": 2012, "actual_dkk": 124760.1}, {"year": 2013, "actual_dkk": 35679.2})
    assert "from DKK 124,760 in 2012 to 35,679 in 2013" in told(swings=[swing])["Cost"]
    assert "swing" not in told()["Cost"]


def test_every_combination_of_positions_has_its_sentence():
    corners = {("above", "below"): "high_result_low_cost", ("above", "above"): "high_result_high_cost"}
    corners |= {("below", "below"): "low_result_low_cost", ("below", "above"): "low_result_high_cost"}
    for language in LANGUAGES:
        said = set()
        for result in ("above", "around", "below"):
            for cost in ("above", "around", "below"):
                corner = corners.get((result, cost), "uncertain")
                found = told(language, result_position=result, cost_position=cost, corner=corner)
                assert len(found) == 4
                said.add(list(found.values())[2])
        assert len(said) == 7


def test_of_every_sheet_the_lead_is_that_of_the_published_answers(results, municipalities):
    words = Words("en", FACTS)
    told_of = {sheet["code"]: dict(sheet["answers"]) for sheet in all_sheets(municipalities, words)}
    swings = 0
    for row in results["report.municipal_answers"].to_dict("records"):
        said = told_of[row["municipality_code"]]
        if isinstance(row["result_position"], str):
            assert (
                words.number(abs(row["difference_weeks"]), 1) in said["Result"]
                or row["result_position"] == "around"
            )
            assert ("There is no rank" in said["What cannot be said"]) == (row["result_position"] == "around")
            assert ("Large swings" in said["Cost"]) == (row["expenditure_swings"] > 0)
            swings += "Large swings" in said["Cost"]
        else:
            assert list(said) == ["Result"]
    assert swings > 0


def test_peers_and_groups_stand_on_the_sheet_of_every_municipality_of_the_benchmark(results, municipalities):
    words = Words("en", FACTS)
    sheets = {sheet["code"]: sheet for sheet in all_sheets(municipalities, words)}
    peers = results["benchmark.municipal_peers"].groupby("municipality_code")
    assert len(peers) > 80
    for code, rows in peers:
        blocks = {block["name"]: block for block in sheets[code]["blocks"]}
        shown = blocks["peers"]["rows"][1:]
        assert [line[0] for line in shown] == rows.sort_values("place")["peer_municipality_name"].tolist()
        better = (rows["joint_peer_position"] == "above").sum()
        assert [line[3] for line in shown].count("better") == better
        assert f"margin of error: {better})" in blocks["peers"]["title"]
        assert len(blocks["groups"]["rows"]) == 4
    outside = set(sheets) - set(peers.groups)
    assert all(
        {block["name"] for block in sheets[code]["blocks"]}.isdisjoint({"peers", "groups"})
        for code in outside
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_side_by_side_stand_published_numbers_and_who_does_better(results, municipalities, language):
    side = compared(results, municipalities, Words(language, FACTS))
    assert side["most"] == MOST == 6
    assert set(side["cells"]) == set(municipalities)
    assert {len(cells) for cells in side["cells"].values()} == {len(side["labels"])}
    turned = {letter: positions for positions, letter in LETTERS.items()}
    pairs = results["benchmark.municipal_pairs"]
    assert len(pairs) == len(side["benchmarked"]) * (len(side["benchmarked"]) - 1)
    for row in pairs.sample(500, random_state=1).itertuples():
        letter = side["pairs"][row.municipality_code][side["benchmarked"].index(row.other_municipality_code)]
        assert turned[letter] == (row.other_position, row.joint_other_position)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_that_can_be_taken_away_is_published(results, report_folder, language):
    values = {
        f"{float(value):.10g}"
        for name in [*NEEDED, "report.comparison_summary"]
        for column in results[name].select_dtypes("number")
        for value in results[name][column].dropna().unique()
    }
    taken = set(
        re.findall(r'data-n="([^"]+)"', (report_folder / FILES[language]).read_text(encoding="utf-8"))
    )
    assert len(taken) > 1000 and taken - values == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_says_in_a_sentence_what_it_shows_and_in_another_how_to_read_it(language):
    for name in [name for names in CHAPTERS.values() for name in names] + ["sensitivity"]:
        for kind in ("alt", "read"):
            sentence = all_texts()[f"figure_{kind}_{name}"][language]
            assert sentence.endswith(".") and not re.search(r"[.!?] [A-ZÆØÅ]", sentence), sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_names_municipalities_and_gives_no_codes(report_folder, municipalities, language):
    text = (report_folder / FILES[language]).read_text(encoding="utf-8")
    text = unescape(re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", text, flags=re.DOTALL))
    found = [
        code
        for code in municipalities
        if re.search(rf"\({code}\)|(kommune|municipality) {code}\b", text, re.I)
    ]
    assert found == []


def glossary_texts():
    """Entries of docs/glossary.md, {name: text as a page shows it}."""
    page = (PROJECT / "docs/glossary.md").read_text(encoding="utf-8")
    found = re.findall(
        r"^- \*\*(.+?)\*\*(?: \(.*?\))?: (.*?)(?=\n- \*\*|\n\n|\Z)", page, re.MULTILINE | re.DOTALL
    )
    return {name: " ".join(text.split()).replace("`", "") for name, text in found}


def test_the_words_of_the_page_are_those_of_the_glossary():
    texts = glossary_texts()
    for entry in entries().values():
        assert entry["en"]["text"] == texts[entry["en"]["name"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_of_a_word_stands_for_one_entry(language):
    forms = [form.lower() for entry in glossary(language) for form in entry["forms"]]
    assert len(forms) == len(set(forms))
    needed = {
        "da": {"alle på én gang", "tragtplot", "trukket mod gennemsnittet", "hazardratio"},
        "en": {"all at once", "funnel plot", "hazard ratio"},
    }
    assert needed[language] <= set(forms)
