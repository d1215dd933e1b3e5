"""Lazy greedy search over the tracks of a project.

A choice in one track changes no other track's gains, so a heap of the tracks' best
gains gives the same order as looking at all candidates each time. A track is opened
only when its gain, or a bound of it, is on top (Minoux 1978); its matrices live while
its next few choices are worked out, and only these are kept.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from feltline.fewshot.active.query_track import QueryTracks
from feltline.fewshot.active.reasons import QueryReason
from feltline.fewshot.active.selection import GreedySelector, most_gained

__all__ = ["GreedySearch", "Pick"]

AHEAD: Final = 4
"""Choices of a track that are worked out at once, where several tracks compete."""

FEW_TRACKS: Final = 100
"""Up to so many tracks are looked at in full at once."""
COARSE_CANDIDATES: Final = 30
COARSE_TARGETS: Final = 60
SLACK: Final = 1.3
"""In larger projects a track's first gain is bounded by `SLACK` times that of a coarse
look. On walks and rated clips the full look found at most 1.2 times as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """One frame that is chosen.

    Attributes:
        number: Of its track.
        at: Position in the track.
        gain: Variance that its label would take off the track's frames.
        reason: Why.
    """

    number: int
    at: int
    gain: float
    reason: QueryReason


@dataclass(slots=True)
class _TrackState:
    """What is kept of a track that is not open.

    Attributes:
        taken: Positions chosen so far.
        ahead: The next choices, worked out.
        then: Gain of the choice after these; -inf = there is none.
    """

    taken: list[int] = field(default_factory=list)
    ahead: list[Pick] = field(default_factory=list)
    then: float = np.inf


class GreedySearch:
    """Spends labels one by one on the track where the next one helps most.

    It may go on where it stopped: the first n of more labels are those of n.

    Args:
        tracks: All tracks; opened one at a time.
        numbers: Which of them share the labels.
    """

    def __init__(self, tracks: QueryTracks, numbers: Sequence[int]) -> None:
        self._tracks = tracks
        self._states = {i: _TrackState() for i in numbers}
        self._heap: list[tuple[float, int]] | None = None
        self._made: list[Pick] = []

    def best(self, quota: int) -> list[Pick]:
        """At most `quota` picks, best first; fewer where frames run out."""
        if self._heap is None and quota > 0:
            self._heap = self._first_bounds()
        heap, made = self._heap or [], self._made
        while heap and len(made) < quota:
            _, i = heapq.heappop(heap)
            state = self._states[i]
            if state.ahead:
                pick = state.ahead.pop(0)
                state.taken.append(pick.at)
                made.append(pick)
            else:
                is_alone = len(self._states) == 1
                ahead = quota - len(made) if is_alone else AHEAD
                _bounds(self._tracks, i, state, ahead)
            best = state.ahead[0].gain if state.ahead else state.then
            if best > -np.inf:
                heapq.heappush(heap, (-best, i))
        return made[:quota]

    def _first_bounds(self) -> list[tuple[float, int]]:
        few = len(self._states) <= FEW_TRACKS
        heap = [(-np.inf if few else -_bound(self._tracks, i), i) for i in self._states]
        heapq.heapify(heap)
        return heap


def _bounds(tracks: QueryTracks, number: int, state: _TrackState, n: int) -> None:
    """Open a track and work out its next choices."""
    here = tracks[number]
    selector = GreedySelector.of_track(here.posterior, here.allowed)
    selector.take_positions(state.taken)
    for _ in range(n):
        if not selector.n_open:
            break
        best, gain = selector.best()
        state.ahead.append(
            Pick(
                number=number,
                at=int(selector.candidate[best]),
                gain=gain,
                reason=selector.take(best),
            )
        )
    state.then = selector.best()[1] if selector.n_open else -np.inf


def _bound(tracks: QueryTracks, number: int) -> float:
    """At least the gain of a track's best choice, from a coarse look."""
    here = tracks[number]
    allowed = here.allowed
    if not len(allowed):
        return -np.inf
    return SLACK * most_gained(
        here.posterior,
        allowed,
        candidates=COARSE_CANDIDATES,
        targets=COARSE_TARGETS,
    )
