"""Which frames to ask a person for.

Greedy reduction of the posterior variance summed over all frames of a track (A-optimal
design; each step is one pivot of a Cholesky factorisation): the frame that says most
about the others comes first, and what it says is taken off before the next is chosen,
so that the choice is diverse by itself. Beside it, evenly spaced and random frames.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from jaxtyping import Bool, Float, Int64

from feltline.errors import InputError
from feltline.fewshot.engine import Posterior, blank, fit
from feltline.fewshot.kernel import HyperParameters, closeness
from feltline.types import Embeddings, FaceTrack, SupportSet

__all__ = ["Budget", "Selection", "Suggestion", "suggest_frames"]

Selection = Literal["engine", "uniform", "random"]

MIN_QUALITY: Final = 0.3
"""Faces below this quality are asked for only where there are no others."""

MOST_CANDIDATES: Final = 600
MOST_TARGETS: Final = 800
"""Long tracks are thinned to this many frames to choose from, and to do well on."""

UNLIKE: Final = 0.3
"""Closeness in time and looks below which two frames say little about each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many frames to ask for: exactly one of the three.

    Attributes:
        per_clip: So many in each video.
        share: This share of each video's frames with a face (at least one frame).
        total: So many over all videos, where they help most.
    """

    per_clip: int | None = None
    share: float | None = None
    total: int | None = None

    def __post_init__(self) -> None:
        given = [v for v in (self.per_clip, self.share, self.total) if v is not None]
        if len(given) != 1 or not given[0] > 0:  # not above 0, or NaN
            raise InputError(
                "a budget is one of labels per clip, a share of the frames or a total, "
                f"above 0; got per_clip={self.per_clip}, share={self.share}, "
                f"total={self.total}"
            )
        if self.share is not None and self.share > 1:
            raise InputError(
                f"a share of the frames is at most 1 (100%), not {self.share}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One frame to label.

    Attributes:
        video_id: Its video.
        track_id: Its face.
        frame: Its 0-based frame number.
        time_s: Its time stamp in seconds.
        rank: 1 = ask for this one first, within its clip or, for a total, the project.
        reason: Why, in words.
    """

    video_id: str
    track_id: int
    frame: int
    time_s: float
    rank: int
    reason: str


@dataclass(slots=True, eq=False)
class _Chooser:
    """The greedy choice within one track.

    Keeps the posterior covariance of candidates with themselves and with targets, and
    takes one rank off both per choice.
    """

    track: FaceTrack
    candidate: Int64[np.ndarray, " c"]
    within: list[Float[np.ndarray, "c c"]]
    across: list[Float[np.ndarray, "c t"]]
    common: Float[np.ndarray, "c c"]
    common_label: Float[np.ndarray, "c k"]
    noise: list[float]
    weight: float
    chosen: list[int] = field(default_factory=list)

    def gains(self) -> Float[np.ndarray, " c"]:
        """Variance each candidate's label would take off all frames of the track."""
        gain = sum(
            (across**2).sum(axis=1) / (np.diag(within) + noise)
            for within, across, noise in zip(
                self.within, self.across, self.noise, strict=True
            )
        )
        gain = np.asarray(gain) * self.weight
        gain[self.chosen] = -np.inf
        return gain

    def choose(self) -> tuple[int, str]:
        """Take the best candidate; return its position in the track and the reason."""
        best = int(self.gains().argmax())
        reason = self._reason(best)
        for j, noise in enumerate(self.noise):
            within, across = self.within[j], self.across[j]
            pivot = within[best, best] + noise
            column, row = within[:, best].copy(), across[best].copy()
            within -= np.outer(column, column) / pivot
            across -= np.outer(column, row) / pivot
        self.chosen.append(best)
        return int(self.candidate[best]), reason

    def _reason(self, best: int) -> str:
        """Why this one, by what it has in common with the ones before."""
        shared = np.concatenate(
            [self.common[best, self.chosen], self.common_label[best]]
        )
        if not len(shared):
            return "most typical: says most about the other frames"
        if shared.max() < UNLIKE:
            return "far from every label in time and looks"
        return "between labels: still the least certain"

    def left(self) -> int:
        """How many candidates are still to be had."""
        return len(self.candidate) - len(self.chosen)


def suggest_frames(  # noqa: PLR0913 - each is a choice of its own
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    budget: Budget,
    *,
    among: Sequence[Bool[np.ndarray, " _"]] | None = None,
    labelled: SupportSet | None = None,
    selection: Selection = "engine",
    rng: np.random.Generator | None = None,
    theta: HyperParameters | None = None,
) -> list[Suggestion]:
    """Choose the frames that a person should label.

    Args:
        tracks: All tracks of the project.
        embeddings: Their embeddings, in the same order.
        budget: How many.
        among: Per track, which frames may be chosen; all of them if absent.
        labelled: Labels already given; their frames are not asked for again.
        selection: `engine` (greedy variance reduction), `uniform` or `random`.
        rng: Source of chance for `random`.
        theta: Log hyper-parameters of the engine; if absent, the shipped ones.

    Returns:
        Suggestions by video in the order of `tracks`, then by rank.
    """
    allowed = [
        _allowed(track, among[i] if among else np.ones(len(track), bool), labelled)
        for i, track in enumerate(tracks)
    ]
    if selection == "engine":
        if labelled is not None and len(labelled):
            known = fit(tracks, embeddings, labelled, around=theta)
        else:
            known = blank(tracks, embeddings, around=theta)
        choosers = [
            _chooser(known, i, track, allowed[i]) for i, track in enumerate(tracks)
        ]
        made = _greedy(tracks, choosers, budget)
    else:
        rng = rng or np.random.default_rng(0)
        made = _plain(tracks, allowed, budget, rng if selection == "random" else None)
    order = {name: at for at, name in enumerate(_clips(tracks))}
    return sorted(made, key=lambda s: (order[s.video_id], s.rank))


def _allowed(
    track: FaceTrack, among: Bool[np.ndarray, " n"], labelled: SupportSet | None
) -> Int64[np.ndarray, " c"]:
    """Positions to choose from: wanted, not labelled yet, good enough to judge."""
    wanted = among.copy()
    if labelled is not None:
        wanted &= ~np.isin(track.frame, labelled.frame[labelled.of_track(track)])
    good = wanted & (track.quality >= MIN_QUALITY)
    return np.flatnonzero(good if good.any() else wanted)


def _chooser(
    known: Posterior,
    number: int,
    track: FaceTrack,
    allowed: Int64[np.ndarray, " c"],
) -> _Chooser:
    candidate = _thinned(allowed, MOST_CANDIDATES)
    target = _thinned(np.arange(len(track)), MOST_TARGETS)
    points = known.points[number]
    labelled = known.frames.at[known.frames.track == number]
    theta = known.hyperparameters
    c = points.at(candidate)
    return _Chooser(
        track=track,
        candidate=candidate,
        within=[known.covariance(number, candidate, candidate, j) for j in range(2)],
        across=[known.covariance(number, candidate, target, j) for j in range(2)],
        common=closeness(theta, c, c),
        common_label=closeness(theta, c, points.at(labelled)),
        # Not the encoder's doubt of a frame: that would ask for none but the faces
        # that it finds easy, and their labels say nothing of the others.
        noise=[known.rater_noise(j) for j in range(2)],
        weight=len(track) / max(len(target), 1),
    )


def _thinned(position: Int64[np.ndarray, " m"], most: int) -> Int64[np.ndarray, " c"]:
    """At most so many of them, evenly spread."""
    if len(position) <= most:
        return position
    return position[np.linspace(0, len(position) - 1, most).round().astype(np.int64)]


def _clips(tracks: Sequence[FaceTrack]) -> dict[str, list[int]]:
    """Numbers of the tracks of each video, in the order given."""
    clips: dict[str, list[int]] = {}
    for number, track in enumerate(tracks):
        clips.setdefault(track.video_id, []).append(number)
    return clips


def _quota(budget: Budget, n_frames: int) -> int:
    """Labels for a clip of so many frames with a face (not for a total)."""
    if budget.per_clip is not None:
        return budget.per_clip
    return max(1, round((budget.share or 0) * n_frames))


def _greedy(
    tracks: Sequence[FaceTrack], choosers: Sequence[_Chooser], budget: Budget
) -> list[Suggestion]:
    if budget.total is not None:
        return _best_first(choosers, range(len(tracks)), budget.total)
    made = []
    for numbers in _clips(tracks).values():
        quota = _quota(budget, sum(len(tracks[i]) for i in numbers))
        made += _best_first(choosers, numbers, quota)
    return made


def _best_first(
    choosers: Sequence[_Chooser], numbers: Sequence[int], quota: int
) -> list[Suggestion]:
    """Spend the quota one by one on the track where the next label helps most.

    A choice in one track changes no other track's gains, so a queue of the tracks' best
    gains gives the same order as looking at all candidates each time.
    """
    queue = [
        (-float(choosers[i].gains().max()), i) for i in numbers if choosers[i].left()
    ]
    heapq.heapify(queue)
    made: list[Suggestion] = []
    while queue and len(made) < quota:
        _, i = heapq.heappop(queue)
        chooser = choosers[i]
        at, reason = chooser.choose()
        made.append(_suggestion(chooser.track, at, len(made) + 1, reason))
        if chooser.left():
            heapq.heappush(queue, (-float(chooser.gains().max()), i))
    return made


def _suggestion(track: FaceTrack, at: int, rank: int, reason: str) -> Suggestion:
    return Suggestion(
        video_id=track.video_id,
        track_id=track.track_id,
        frame=int(track.frame[at]),
        time_s=float(track.time_s[at]),
        rank=rank,
        reason=reason,
    )


def _plain(
    tracks: Sequence[FaceTrack],
    allowed: Sequence[Int64[np.ndarray, " _"]],
    budget: Budget,
    rng: np.random.Generator | None,
) -> list[Suggestion]:
    """Evenly spaced frames, or random ones, of each clip (or of the whole project)."""
    groups = list(_clips(tracks).values())
    if budget.total is not None:
        groups = [[i for numbers in groups for i in numbers]]
    made = []
    for numbers in groups:
        pool = [(i, int(at)) for i in numbers for at in allowed[i]]
        frames = sum(len(tracks[i]) for i in numbers)
        quota = min(budget.total or _quota(budget, frames), len(pool))
        if rng is None:
            picked = ((np.arange(quota) + 0.5) * len(pool) / max(quota, 1)).astype(int)
            reason = "evenly spaced"
        else:
            picked = rng.choice(len(pool), quota, replace=False)
            reason = "random"
        made += [
            _suggestion(tracks[pool[p][0]], pool[p][1], rank, reason)
            for rank, p in enumerate(picked, start=1)
        ]
    return made
