"""The synthetic world as data: the municipalities and everything that is true of the population."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from vfm.synthetic.world.classifications import Municipalities
from vfm.synthetic.world.histories import History


@dataclass(frozen=True)
class MunicipalTruth:
    """What is true of the municipalities, whoever settles in them.

    It is small, so that one process can hand it to another.

    Attributes
    ----------
    seed : int
        Of the world it was tuned in.
    scale : float
        Of that world.
    effects : (98,) float array
        True municipal effects on the log hazard.
    intake : (98,) float array
        What a municipality adds to the log risk of those who are planned to settle in it.
    crowd : (98,) float array
        Persons settled for each that is expected to be needed.
    likings : dict
        See `settlement.draw_likings`.
    """

    seed: int
    scale: float
    effects: np.ndarray
    intake: np.ndarray
    crowd: np.ndarray
    likings: dict


@dataclass
class World:
    """Everything that is true of the synthetic population.

    Attributes
    ----------
    seed : int
    scale : float
    places : Municipalities
    persons : DataFrame
        Index 0..n-1 in the order of pnr; see `population.draw_persons`, with pnr and place.
    terms : DataFrame
        Person-level covariates, same index.
    health_events : DataFrame
    history : History
    municipal : MunicipalTruth
    shard : int
        Number of the world among those that make a larger one; it keeps the ids of their persons apart.
    """

    seed: int
    scale: float
    places: Municipalities
    persons: pd.DataFrame
    terms: pd.DataFrame
    health_events: pd.DataFrame
    history: History
    municipal: MunicipalTruth
    shard: int = 0

    @property
    def effects(self) -> np.ndarray:
        """True municipal effects on the log hazard; (98,) float array."""
        return self.municipal.effects
