"""One track of a project that is worked in, as it stands."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from feltline.fewshot import ReviewPlan
from feltline.project import Judged
from feltline.types import Estimate, FaceTrack

__all__ = ["View"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """One track as it stands. n = its frames.

    Attributes:
        track: The track.
        judged: People's word on it.
        estimate: The machine's; None where nothing could be filled.
        plan: What to ask a person for; None where there is no estimate.
    """

    track: FaceTrack
    judged: Judged
    estimate: Estimate | None
    plan: ReviewPlan | None

    def pending(self, threshold: float) -> Bool[np.ndarray, " n"]:
        """Frames under the threshold that nobody has dealt with."""
        if self.estimate is None:
            return np.zeros(len(self.track), bool)
        under = self.estimate.confidence < np.float32(threshold)
        return np.asarray(under & ~self.judged.dealt_with)

    def accepted(self, threshold: float) -> Bool[np.ndarray, " n"]:
        """Frames at or above the threshold whose value is the machine's."""
        if self.estimate is None:
            return np.zeros(len(self.track), bool)
        sure = self.estimate.confidence >= np.float32(threshold)
        return np.asarray(sure & ~self.judged.dealt_with)
