"""The synthetic world keeps within the public figures, and a world that does not is caught."""

from dataclasses import replace

import numpy as np
import pytest

from vfm.synthetic.verify import realism
from vfm.synthetic.world import creation
from vfm.warehouse.paths import PROJECT

SEED, SCALE = 1, 0.1


@pytest.fixture(scope="module")
def made():
    return creation.create_world(SEED, SCALE)


@pytest.fixture(scope="module")
def rows(made):
    return realism.compare_with_figures(made)


def test_no_band_is_missed(rows):
    # whether a reason is out of date is for the full world to say
    missed = rows[rows["verdict"] == "missed"]
    assert missed.empty, missed[["found", "low", "high"]]


def test_bands_are_bands_with_a_source():
    bands = realism.public_figures()
    assert bands.index.is_unique
    assert (bands["low"] < bands["high"]).all()
    assert set(bands["kind"]) == {"public", "report", "plausible"}
    assert (bands["source"] != "").all()
    assert bands.loc[bands["kind"] == "public", "address"].str.match("https?://").all()


def test_the_page_shows_every_quantity():
    page = (PROJECT / "docs/synthetic.md").read_text(encoding="utf-8")
    shown = page.split(realism.BEGIN)[1].split(realism.END)[0]
    assert [line.split(" | ")[0][2:] for line in shown.splitlines()[4:]] == list(
        realism.public_figures().index
    )


def _changed(made, **columns):
    return replace(made, persons=made.persons.assign(**columns))


WRONG = {
    "older by ten years": (
        lambda made: _changed(made, age=made.persons["age"] + 10),
        "median age of refugees",
    ),
    "sexes exchanged": (
        lambda made: _changed(made, is_woman=~made.persons["is_woman"]),
        "men among the reunified",
    ),
    "Syrians from the beginning": (
        lambda made: _changed(made, country_code=realism.SYRIA),
        "Syria among refugees, permits 2008-2011",
    ),
    "all came in 2014": (
        lambda made: _changed(made, permit_year=2014),
        "refugees, permits 2015",
    ),
    "schooled like students": (
        lambda made: _changed(made, danish_education="3"),
        "Danish education 3 among refugees placed",
    ),
    "all alone": (
        lambda made: _changed(made, family_type="single"),
        "reunified who live with a partner",
    ),
    "all in one municipality": (
        lambda made: _changed(made, place=0),
        "refugees in Copenhagen and surroundings",
    ),
    "everybody moves": (
        lambda made: _with_fates(made, move_week=np.repeat(_start(made)[:, None] + 5, 3, axis=1)),
        "moves of refugees a year",
    ),
    "half as many persons": (
        lambda made: replace(made, scale=2 * made.scale),
        "spells per 1,000 inhabitants, median municipality",
    ),
}


def _start(made):
    return made.persons["start_week"].to_numpy()


def _with_fates(made, **fates):
    return replace(made, history=replace(made.history, fates=replace(made.history.fates, **fates)))


@pytest.mark.filterwarnings("ignore:(invalid value|divide by zero|Mean of empty)")
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_world_is_caught(made, wrong):
    change, quantity = WRONG[wrong]
    assert realism.compare_with_figures(change(made)).loc[quantity, "verdict"] == "missed"


def test_a_reason_that_no_longer_holds_is_told(made, monkeypatch):
    bands = realism.public_figures()
    bands.loc["median age of refugees", "apart"] = "they are too old"
    bands.loc["men among refugees", ["low", "high", "apart"]] = [0.0, 0.1, "they are not"]
    monkeypatch.setattr(realism, "public_figures", bands.copy)
    verdict = realism.compare_with_figures(made)["verdict"]
    assert verdict["median age of refugees"] == "out of date"
    assert verdict["men among refugees"] == "apart"


def test_a_band_without_a_quantity_is_refused(made, monkeypatch):
    bands = realism.public_figures().rename(index={"deaths a year": "births a year"})
    monkeypatch.setattr(realism, "public_figures", bands.copy)
    with pytest.raises(KeyError, match="births a year, deaths a year"):
        realism.compare_with_figures(made)
