"""Which frames to ask a person for, over all tracks of a project.

The engine's choice is greedy (`fewshot.active.search`). Beside it, evenly spaced,
random and first frames, and k-centre: the frame least like any chosen one. Tracks are
opened one at a time, so memory does not grow with their number.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from jaxtyping import Int64

from feltline.errors import InputError
from feltline.fewshot.active.audits import draw_audits
from feltline.fewshot.active.query_track import QueryTracks
from feltline.fewshot.active.reasons import REASONS, QueryReason
from feltline.fewshot.active.search import GreedySearch, Pick
from feltline.fewshot.active.selection import thinned
from feltline.fewshot.active.similar import centres

__all__ = ["Budget", "Selection", "Suggestion", "suggest_frames"]

Selection = Literal["engine", "uniform", "random", "k-centre", "first"]

MAX_COMPARED: Final = 20_000
"""Faces that k-centre compares at most; more are thinned, evenly over tracks."""


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
        amounts = [v for v in (self.per_clip, self.share, self.total) if v is not None]
        if len(amounts) != 1 or not amounts[0] > 0:  # not above 0, or NaN
            raise InputError(
                "a budget is one of labels per clip, a share of the frames or a total, "
                f"above 0; got per_clip={self.per_clip}, share={self.share}, "
                f"total={self.total}"
            )
        if self.share is not None and self.share > 1:
            raise InputError(
                f"a share of the frames is at most 1 (100%), not {self.share}"
            )

    def of_clip(self, n_frames: int) -> int:
        """Labels for a clip of so many frames with a face."""
        if self.total is not None:
            return self.total
        if self.per_clip is not None:
            return self.per_clip
        return max(1, round((self.share or 0) * n_frames))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One frame to label.

    Attributes:
        video_id: Its video.
        track_id: Its face.
        frame: Its 0-based frame number.
        time_s: Its time stamp in seconds.
        rank: 1 = ask for this one first, within its clip or, for a total, the project.
        code: Why, one of `QueryReason`.
    """

    video_id: str
    track_id: int
    frame: int
    time_s: float
    rank: int
    code: QueryReason

    @property
    def reason(self) -> str:
        """Why, in words."""
        return REASONS[self.code]


def suggest_frames(  # noqa: PLR0913 - keyword-only, each a choice of its own
    tracks: QueryTracks,
    budget: Budget,
    *,
    videos: Sequence[tuple[str, int]] | None = None,
    selection: Selection = "engine",
    rng: np.random.Generator | None = None,
    audit: float = 0.0,
    threshold: float = 1.0,
    search: GreedySearch | None = None,
) -> list[Suggestion]:
    """Choose the frames that a person should label.

    Args:
        tracks: All tracks of the project; opened one at a time.
        budget: How many.
        videos: Video and number of frames of each track, where they are known without
            opening it.
        selection: `engine` (greedy variance reduction), or a baseline.
        rng: Source of chance for `random` and audits.
        audit: Share of the budget, in [0, 1), that is spent on checking what would be
            accepted; needs labels.
        threshold: Confidence from which a prediction is accepted; confidence speaks of
            the tolerance of the tracks' model.
        search: Of all tracks, where it goes on elsewhere; used for a total.

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
    if videos is None:
        videos = [(one.track.video_id, len(one.track)) for one in tracks]
    made: list[Pick] = []
    group_of: dict[int, int] = {}
    for group, numbers in enumerate(_groups(videos, budget)):
        group_of |= dict.fromkeys(numbers, group)
        quota = budget.of_clip(sum(videos[i][1] for i in numbers))
        if selection == "engine":
            own = search if budget.total is not None else None
            picks = (own or GreedySearch(tracks, numbers)).best(quota)
            made += picks
        else:
            made += _baseline(tracks, numbers, quota, selection, rng)
    if audit:
        if selection != "engine" or not _has_labels(tracks):
            raise InputError(
                "an audit checks what the engine would accept: give labels, and leave "
                "the selection to the engine"
            )
        made = _with_audits(made, group_of, tracks, audit, threshold, rng)
    return _suggestions(made, group_of, tracks, [name for name, _ in videos])


def _groups(videos: Sequence[tuple[str, int]], budget: Budget) -> list[list[int]]:
    """Numbers of the tracks that share a budget: of a video, or all."""
    if budget.total is not None:
        return [list(range(len(videos)))]
    groups: dict[str, list[int]] = {}
    for number, (name, _) in enumerate(videos):
        groups.setdefault(name, []).append(number)
    return list(groups.values())


def _has_labels(tracks: QueryTracks) -> bool:
    """Whether the model, or any track, has a judgement to rest on."""
    return any(
        one.posterior.model.n_judgements or one.posterior.observations for one in tracks
    )


def _ranks(made: Sequence[Pick], group_of: Mapping[int, int]) -> list[int]:
    """Rank of each in its group, from 1."""
    counts = Counter[int]()
    ranks = []
    for pick in made:
        counts[group_of[pick.number]] += 1
        ranks.append(counts[group_of[pick.number]])
    return ranks


def _with_audits(
    made: list[Pick],
    group_of: Mapping[int, int],
    tracks: QueryTracks,
    share: float,
    threshold: float,
    rng: np.random.Generator,
) -> list[Pick]:
    """Exchange the last suggestions of all, which say least, for audits.

    An audit ranks last in its own group: its video's, or the project's for a total.
    """
    drawn = draw_audits(
        tracks,
        round(share * len(made)),
        threshold=threshold,
        asked={(pick.number, pick.at) for pick in made},
        rng=rng,
    )
    order = np.argsort(_ranks(made, group_of), kind="stable")
    kept = np.sort(order[: len(made) - len(drawn)]).tolist()
    audits = [Pick(number=n, at=at, gain=0.0, reason="audit") for n, at in drawn]
    return [made[row] for row in kept] + audits


def _suggestions(
    made: Sequence[Pick],
    group_of: Mapping[int, int],
    tracks: QueryTracks,
    names: Sequence[str],
) -> list[Suggestion]:
    """With ranks, by video in the order of `tracks`; each track is opened once."""
    ranked: dict[int, list[tuple[int, Pick]]] = {}
    for rank, pick in zip(_ranks(made, group_of), made, strict=True):
        ranked.setdefault(pick.number, []).append((rank, pick))
    found = []
    for number in sorted(ranked):
        track = tracks[number].track
        found += [
            Suggestion(
                video_id=track.video_id,
                track_id=track.track_id,
                frame=int(track.frame[pick.at]),
                time_s=float(track.time_s[pick.at]),
                rank=rank,
                code=pick.reason,
            )
            for rank, pick in ranked[number]
        ]
    place = {name: at for at, name in enumerate(dict.fromkeys(names))}
    return sorted(found, key=lambda s: (place[s.video_id], s.rank))


BASELINE_REASONS: Final[dict[Selection, QueryReason]] = {
    "uniform": "evenly",
    "random": "random",
    "k-centre": "unlike",
    "first": "first",
}


def _baseline(
    tracks: QueryTracks,
    numbers: Sequence[int],
    quota: int,
    selection: Selection,
    rng: np.random.Generator,
) -> list[Pick]:
    """Frames that a baseline chooses of some tracks."""
    pool, seen = _pool(tracks, numbers, with_appearance=selection == "k-centre")
    n, quota = len(pool), min(quota, len(pool))
    if not quota:
        return []
    if selection == "random":
        rows = rng.choice(n, quota, replace=False)
    elif selection == "first":
        rows = np.arange(quota)
    elif selection == "k-centre":
        rows = centres(seen, quota)
    else:
        rows = ((np.arange(quota) + 0.5) * n / quota).astype(np.int64)
    reason = BASELINE_REASONS[selection]
    chosen = pool[rows].tolist()
    return [Pick(number=n, at=at, gain=0.0, reason=reason) for n, at in chosen]


def _pool(
    tracks: QueryTracks, numbers: Sequence[int], *, with_appearance: bool
) -> tuple[Int64[np.ndarray, "p 2"], np.ndarray]:
    """Frames that may be asked for, (track, position), and their appearance."""
    most = max(1, MAX_COMPARED // max(len(numbers), 1))
    rows, seen = [np.empty((0, 2), np.int64)], []
    for number in numbers:
        here = tracks[number]
        at = here.allowed
        if with_appearance:
            at = thinned(at, most)
            seen.append(here.posterior.features.appearance[at])
        rows.append(np.stack([np.full(len(at), number), at], axis=1))
    return np.concatenate(rows), np.concatenate(seen) if seen else np.empty((0, 0))
