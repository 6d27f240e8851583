"""Worlds that break what the method takes for granted: each differs from the friendly one as it says."""

import numpy as np
import pytest

from vfm.synthetic.verify import adverse, redraws
from vfm.synthetic.world import calendar, creation, histories, truth
from vfm.synthetic.world.disturbance import UNDISTURBED


@pytest.fixture(scope="module")
def made():
    return creation.create_world(4711, 0.04)


def effects(made, kind):
    world, disturbance = adverse.adverse_world(made, kind)
    assert world.persons is made.persons
    assert disturbance == UNDISTURBED
    np.testing.assert_allclose(world.effects.std(), made.effects.std())
    np.testing.assert_allclose(world.effects.mean(), made.effects.mean())
    return world.effects


def test_effects_go_with_the_labour_market_and_with_the_composition(made):
    unemployment = histories.LabourMarket(made.places).values[:-1, :, 0].mean(axis=1)
    assert np.corrcoef(effects(made, "labour_market"), unemployment)[0, 1] < -0.6
    composition = adverse._composition(made)
    assert np.corrcoef(effects(made, "composition"), composition)[0, 1] > 0.6


def test_effects_have_heavy_tails_or_are_alike_within_provinces(made):
    heavy = effects(made, "heavy_tails")
    assert np.abs(heavy - heavy.mean()).max() > 3.5 * heavy.std()
    alike, province = effects(made, "clusters"), made.places.province
    within = sum(
        alike[province == name].var() * (province == name).sum() for name in np.unique(province)
    ) / len(alike)
    assert within < 0.6 * alike.var()


def weeks_of_success(world, group):
    spells = world.history.spells
    own = (world.persons["group"] == group).to_numpy()[spells["person"]] & (spells["outcome"] == "success")
    return (spells["exit"] - spells["start"])[own]


def test_refugees_hazards_are_bent_and_others_are_not(made):
    world, disturbance = adverse.adverse_world(made, "non_proportional")
    friendly, bent = redraws.redraw_histories(made, 1), redraws.redraw_histories(world, 1, disturbance)
    early = [(weeks_of_success(each, "refugee") <= 52).mean() for each in (friendly, bent)]
    assert early[1] < 0.6 * early[0]
    early = [(weeks_of_success(each, "family_reunified") <= 52).mean() for each in (friendly, bent)]
    assert early[1] == pytest.approx(early[0], abs=0.03)


def test_some_move_in_the_weeks_before_their_success(made):
    world, disturbance = adverse.adverse_world(made, "informative_moves")
    friendly, moving = redraws.redraw_histories(made, 1), redraws.redraw_histories(world, 1, disturbance)
    successes, moves = (
        [(each.history.spells[column] == value).sum() for each in (friendly, moving)]
        for column, value in (("outcome", "success"), ("exit_reason", "move"))
    )
    assert 0.85 * successes[0] < successes[1] < 0.97 * successes[0]
    assert moves[1] > moves[0]


def test_every_kind_is_known_and_the_friendly_one_changes_nothing(made):
    for kind in adverse.KINDS:
        adverse.adverse_world(made, kind)
    world, disturbance = adverse.adverse_world(made, adverse.FRIENDLY)
    assert world is made and disturbance == UNDISTURBED


def test_a_follow_up_that_ends_when_no_success_can_begin_loses_none(made):
    whole, followed = (truth.cox_input(made, weeks_not_followed=weeks) for weeks in (0, 12))
    assert followed["is_success"].sum() == whole["is_success"].sum() > 0
    assert len(followed) < len(whole)
    start = made.history.spells["start"].to_numpy()
    assert len(followed) == (start < calendar.DATA_END - 12).sum()
    assert (followed["duration_weeks"] >= 1).all()
