"""Worlds that break what the method takes for granted, beside the friendly one, for make recovery.

Each kind keeps the persons of a world, where they settled and the size of the municipal effects, and changes
one thing. What the intervals hold there is shown beside the friendly world; it is not asked of them.
"""

import dataclasses

import numpy as np

from vfm.synthetic.world.case_mix import linear_predictor
from vfm.synthetic.world.disturbance import UNDISTURBED, Disturbance
from vfm.synthetic.world.histories import LabourMarket
from vfm.synthetic.world.streams import stream
from vfm.synthetic.world.truth import true_case_mix
from vfm.synthetic.world.world import World

FRIENDLY = "friendly"
SHARE = 0.8  # correlation of the effects with what they go with
KINDS = {
    FRIENDLY: "as simulated",
    "labour_market": "effects go with the unemployment of the commuting area (correlation 0.8)",
    "composition": "effects go with the intake's own speed (correlation 0.8)",
    "heavy_tails": "effects are Student's t with 3 degrees of freedom",
    "clusters": "effects are alike within provinces (correlation 0.64)",
    "non_proportional": "refugees' hazard is half until week 52 and double after it",
    "informative_moves": "one in ten of those about to find work moves in the four weeks before",
}
DISTURBANCES = {
    "non_proportional": Disturbance(refugee_hazard=(52, 0.5, 2.0)),
    "informative_moves": Disturbance(moves_before_success=0.1),
}


def _standardised(values):
    return (values - values.mean()) / values.std()


def _composition(world):
    """Mean linear predictor of the spells of each municipality."""
    spells = world.history.spells
    person = spells["person"].to_numpy()
    terms = true_case_mix(world).drop(columns=["person_id", "spell_number"])
    predictor = linear_predictor(terms, world.persons["is_woman"].to_numpy()[person])
    place, size = spells["place"].to_numpy(), len(world.effects)
    counts = np.bincount(place, minlength=size)
    return np.bincount(place, predictor, size) / np.maximum(counts, 1)


def adverse_world(world: World, kind: str) -> tuple[World, Disturbance]:
    """A world with other municipal effects, and what else is to be disturbed when its histories are drawn.

    Parameters
    ----------
    world : world.World
    kind : str
        One of `KINDS`.

    Returns
    -------
    world : world.World
        Its history is still that of the given world: `redraws.redraw_histories` draws another.
    disturbance : histories.Disturbance
    """
    size = len(world.effects)
    rng = stream(world.seed, "adverse", kind)
    own, rest = world.effects, np.sqrt(1 - SHARE**2)
    if kind == "labour_market":
        unemployment = LabourMarket(world.places).values[:-1, :, 0].mean(axis=1)
        own = -SHARE * _standardised(unemployment) + rest * rng.standard_normal(size)
    elif kind == "composition":
        own = SHARE * _standardised(_composition(world)) + rest * rng.standard_normal(size)
    elif kind == "heavy_tails":
        own = rng.standard_t(3, size)
    elif kind == "clusters":
        names, province = np.unique(world.places.province, return_inverse=True)
        own = SHARE * rng.standard_normal(len(names))[province] + rest * rng.standard_normal(size)
    if own is not world.effects:
        own = _standardised(own) * world.effects.std() + world.effects.mean()
        world = dataclasses.replace(world, municipal=dataclasses.replace(world.municipal, effects=own))
    return world, DISTURBANCES.get(kind, UNDISTURBED)
