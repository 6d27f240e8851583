"""What a world may break of what the method assumes."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Disturbance:
    """What the method assumes and a world may break. The shipped world breaks none of it.

    Attributes
    ----------
    refugee_hazard : tuple of int and two floats, optional
        Week, and what the refugees' hazard is multiplied by until that week of a spell and after it:
        hazards are not proportional then.
    moves_before_success : float
        Share of those about to find work who move in one of the four weeks before it: leaving a municipality
        tells of the hazard then.
    """

    refugee_hazard: tuple[int, float, float] | None = None
    moves_before_success: float = 0.0

    def bent(self, hazard: np.ndarray) -> np.ndarray:
        """The refugees' cumulative hazard H(0), H(1), ..., from the one of everybody; where there is one."""
        week, before, after = self.refugee_hazard
        weeks = np.arange(1, len(hazard))
        return np.concatenate([[0.0], np.cumsum(np.diff(hazard) * np.where(weeks <= week, before, after))])


UNDISTURBED = Disturbance()
