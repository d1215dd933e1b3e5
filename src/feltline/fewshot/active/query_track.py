"""One track to ask about: its frames, what is known of it, and what may be asked."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from feltline.fewshot.active.selection import POOR_QUALITY, labelled_positions
from feltline.fewshot.gp.posterior import TrackPosterior
from feltline.types import FaceTrack

__all__ = ["QueryTrack", "QueryTracks"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QueryTrack:
    """One track to ask about.

    Attributes:
        track: Its frames.
        posterior: What is known of it.
        among: Frames that may be asked for; None = all of them. Frames that a judgement
            of value already speaks of are never asked for.
    """

    track: FaceTrack
    posterior: TrackPosterior
    among: Bool[np.ndarray, " n"] | None = None

    @property
    def allowed(self) -> Int64[np.ndarray, " a"]:
        """Positions to choose from: wanted, not labelled yet, good enough to judge."""
        n = len(self.track)
        wanted = np.ones(n, bool) if self.among is None else self.among.copy()
        wanted[labelled_positions(self.posterior)] = False
        good = wanted & (self.track.quality >= POOR_QUALITY)
        return np.flatnonzero(good if good.any() else wanted)


QueryTracks = Sequence[QueryTrack]
"""Tracks of a project. It may open each when it is asked for: no more than one is held
at a time, and each is asked for only a few times."""
