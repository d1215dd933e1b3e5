"""Which frames to ask a person for.

The engine's choice is greedy (`fewshot.active.selection`). Beside it, evenly spaced,
random and first frames, and k-centre: the frame least like any chosen one.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

import numpy as np
from jaxtyping import Bool, Float32, Int64

from feltline.errors import InputError
from feltline.fewshot.active.reasons import REASONS, ReasonCode
from feltline.fewshot.active.selection import Chooser
from feltline.fewshot.active.similar import centres
from feltline.fewshot.calibration import calibrate
from feltline.fewshot.gp.appearance import looks_of
from feltline.fewshot.gp.conditioning import blank, fit
from feltline.fewshot.gp.kernel import HyperParameters
from feltline.fewshot.gp.posterior import Posterior
from feltline.settings import THRESHOLD, TOLERANCE
from feltline.types import Embeddings, FaceTrack, SupportSet

__all__ = ["Budget", "Selection", "Suggestion", "suggest_frames"]

Selection = Literal["engine", "uniform", "random", "k-centre", "first"]

MIN_QUALITY: Final = 0.3
"""Faces below this quality are asked for only where there are no others."""


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
        code: Why, one of `ReasonCode`.
    """

    video_id: str
    track_id: int
    frame: int
    time_s: float
    rank: int
    code: ReasonCode

    @property
    def reason(self) -> str:
        """Why, in words."""
        return REASONS[self.code]


def suggest_frames(  # noqa: PLR0913 - each is a choice of its own
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    budget: Budget,
    *,
    among: Sequence[Bool[np.ndarray, " _"]] | None = None,
    labelled: SupportSet | None = None,
    selection: Selection = "engine",
    rng: np.random.Generator | None = None,
    around: HyperParameters | None = None,
    audit: float = 0.0,
) -> list[Suggestion]:
    """Choose the frames that a person should label.

    Args:
        tracks: All tracks of the project.
        embeddings: Their embeddings, in the same order.
        budget: How many.
        among: Per track, which frames may be chosen; all of them if absent.
        labelled: Labels already given; their frames are not asked for again.
        selection: `engine` (greedy variance reduction), or a baseline.
        rng: Source of chance for `random` and audits.
        around: Hyper-parameters of the engine; if absent, the shipped ones.
        audit: Share of the budget, in [0, 1), that is spent on checking what would be
            accepted; needs labels.

    Returns:
        Suggestions by video in the order of `tracks`, then by rank.

    Raises:
        InputError: There is no such selection, or an audit without labels.
    """
    if selection not in get_args(Selection):
        raise InputError(
            f"there is no selection {selection}; give one of "
            f"{', '.join(get_args(Selection))}"
        )
    rng = rng or np.random.default_rng(0)
    allowed = allowed_frames(tracks, among, labelled)
    confidence = None
    if selection == "engine":
        known, confidence = _known(tracks, embeddings, labelled, around)
        choosers = [
            Chooser.of(
                known,
                i,
                track,
                allowed[i],
                None if confidence is None else confidence[i],
            )
            for i, track in enumerate(tracks)
        ]
        made = _greedy(tracks, choosers, budget)
    else:
        looks = looks_of(embeddings) if selection == "k-centre" else None
        made = _plain(tracks, allowed, budget, _Plain(selection, rng, looks))
    if audit:
        if confidence is None:
            raise InputError(
                "an audit checks what the engine would accept: give labels, and leave "
                "the selection to the engine"
            )
        made = _audited(made, tracks, allowed, confidence, audit, rng)
    order = {name: at for at, name in enumerate(_clips(tracks))}
    return sorted(made, key=lambda s: (order[s.video_id], s.rank))


def _known(
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    labelled: SupportSet | None,
    around: HyperParameters | None,
) -> tuple[Posterior, list[Float32[np.ndarray, " _"]] | None]:
    """The project on its labels, and each frame's confidence once there are any."""
    if labelled is None or not len(labelled):
        return blank(tracks, embeddings, around=around), None
    known = fit(tracks, embeddings, labelled, around=around)
    sure = calibrate(known.residual, len(set(labelled.video_id)))
    return known, [
        sure.confidence(known.predict(i).variance, TOLERANCE)
        for i in range(len(tracks))
    ]


def _audited(
    made: list[Suggestion],
    tracks: Sequence[FaceTrack],
    allowed: Sequence[Int64[np.ndarray, " _"]],
    confidence: Sequence[Float32[np.ndarray, " _"]],
    share: float,
    rng: np.random.Generator,
) -> list[Suggestion]:
    """Some suggestions, the least telling ones, exchanged for audits."""
    asked = {(s.video_id, s.track_id, s.frame) for s in made}
    pool = [
        (track, int(at))
        for track, some, sure in zip(tracks, allowed, confidence, strict=True)
        for at in some
        if sure[at] >= THRESHOLD
        and (track.video_id, track.track_id, int(track.frame[at])) not in asked
    ]
    n = min(round(share * len(made)), len(pool))
    last = sorted(range(len(made)), key=lambda i: made[i].rank)[len(made) - n :]
    out = list(made)
    for i, p in zip(last, rng.choice(len(pool), n, replace=False), strict=True):
        track, at = pool[p]
        out[i] = _suggestion(track, at, made[i].rank, "audit")
    renumbered: dict[str, int] = {}
    for i in sorted(range(len(out)), key=lambda i: out[i].rank):
        name = out[i].video_id
        renumbered[name] = renumbered.get(name, 0) + 1
        out[i] = replace(out[i], rank=renumbered[name])
    return out


def allowed_frames(
    tracks: Sequence[FaceTrack],
    among: Sequence[Bool[np.ndarray, " _"]] | None,
    labelled: SupportSet | None,
) -> list[Int64[np.ndarray, " _"]]:
    """Positions that may be asked for in each track."""
    return [
        _allowed(track, among[i] if among else np.ones(len(track), bool), labelled)
        for i, track in enumerate(tracks)
    ]


def _allowed(
    track: FaceTrack, among: Bool[np.ndarray, " n"], labelled: SupportSet | None
) -> Int64[np.ndarray, " c"]:
    """Positions to choose from: wanted, not labelled yet, good enough to judge."""
    wanted = among.copy()
    if labelled is not None:
        wanted &= ~np.isin(track.frame, labelled.frame[labelled.of_track(track)])
    good = wanted & (track.quality >= MIN_QUALITY)
    return np.flatnonzero(good if good.any() else wanted)


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
    tracks: Sequence[FaceTrack], choosers: Sequence[Chooser], budget: Budget
) -> list[Suggestion]:
    if budget.total is not None:
        return best_first(tracks, choosers, range(len(tracks)), budget.total)
    made = []
    for numbers in _clips(tracks).values():
        quota = _quota(budget, sum(len(tracks[i]) for i in numbers))
        made += best_first(tracks, choosers, numbers, quota)
    return made


def best_first(
    tracks: Sequence[FaceTrack],
    choosers: Sequence[Chooser],
    numbers: Sequence[int],
    quota: int,
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
        at, code = chooser.choose()
        made.append(_suggestion(tracks[i], at, len(made) + 1, code))
        if chooser.left():
            heapq.heappush(queue, (-float(chooser.gains().max()), i))
    return made


def _suggestion(track: FaceTrack, at: int, rank: int, code: ReasonCode) -> Suggestion:
    return Suggestion(
        video_id=track.video_id,
        track_id=track.track_id,
        frame=int(track.frame[at]),
        time_s=float(track.time_s[at]),
        rank=rank,
        code=code,
    )


PLAIN: Final[dict[Selection, ReasonCode]] = {
    "uniform": "evenly",
    "random": "random",
    "k-centre": "unlike",
    "first": "first",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Plain:
    """A baseline that knows nothing of the engine."""

    selection: Selection
    rng: np.random.Generator
    looks: Sequence[Float32[np.ndarray, "_ r"]] | None

    def pick(
        self, pool: Sequence[tuple[int, int]], quota: int
    ) -> Int64[np.ndarray, " q"]:
        """Which of a pool of frames (track, position)."""
        n = len(pool)
        if self.selection == "random":
            return self.rng.choice(n, quota, replace=False)
        if self.selection == "first":
            return np.arange(quota)
        if self.looks is not None:
            faces = np.stack([self.looks[i][at] for i, at in pool])
            return centres(faces, quota)
        return np.asarray((np.arange(quota) + 0.5) * n / max(quota, 1), np.int64)


def _plain(
    tracks: Sequence[FaceTrack],
    allowed: Sequence[Int64[np.ndarray, " _"]],
    budget: Budget,
    how: _Plain,
) -> list[Suggestion]:
    """A baseline's frames of each clip (or of the whole project)."""
    groups = list(_clips(tracks).values())
    if budget.total is not None:
        groups = [[i for numbers in groups for i in numbers]]
    made = []
    for numbers in groups:
        pool = [(i, int(at)) for i in numbers for at in allowed[i]]
        frames = sum(len(tracks[i]) for i in numbers)
        quota = min(budget.total or _quota(budget, frames), len(pool))
        picked = how.pick(pool, quota) if quota else np.empty(0, np.int64)
        made += [
            _suggestion(tracks[pool[p][0]], pool[p][1], rank, PLAIN[how.selection])
            for rank, p in enumerate(picked, start=1)
        ]
    return made
