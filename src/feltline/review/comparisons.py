"""Pairwise audit: pairs of faces to compare, and how comparisons and curves agree.

A pair says something if a person can tell which face is higher, and if the curve could
have it wrong: the two values differ by about twice the tolerance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from feltline.agreement.comparing import PairScore, score_pairs
from feltline.errors import FacesLostError
from feltline.review.live import LiveProject
from feltline.review.places import current_track
from feltline.review.rater_view import RaterView
from feltline.review.track_view import Key, TrackView
from feltline.store import Comparison

__all__ = ["DimensionScore", "Pair", "PairFace", "next_pair", "score_comparisons"]

LEAST: Final = 1.0
"""Faces of a pair differ by at least so many tolerances: less cannot be told."""
BEST: Final = 2.0
MOST: Final = 4.0
"""Differing by more, nobody could have them wrong."""
MAX_TRACKS: Final = 6
"""So many tracks are looked at for one pair."""
OF_TRACK: Final = 6
"""So many frames of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFace:
    """One face of a pair.

    Attributes:
        video_id: Its video.
        track_id: Its number now.
        frame: Its frame.
        time_s: Time stamp of that.
        value: On the scale [-1, 1], in the dimension that is compared.
    """

    video_id: str
    track_id: int
    frame: int
    time_s: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two faces to compare in one dimension."""

    dimension: str
    first: PairFace
    second: PairFace


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionScore:
    """How far comparisons and curves agree in one dimension.

    Attributes:
        dimension: Its name.
        score: The agreement.
        n_cannot: Comparisons that could not be judged.
    """

    dimension: str
    score: PairScore
    n_cannot: int


def next_pair(
    live: LiveProject, rater_id: str, seen: RaterView | None = None
) -> Pair | None:
    """The next pair for a rater, always the same until it is compared.

    Args:
        live: The project.
        rater_id: The rater.
        seen: What the rater sees; None = all.

    Returns:
        None where no two faces differ enough, or where blind assignments come first:
        pairs are chosen by what the model says.
    """
    names = live.project.schema.dimension_names
    if not names or (seen is not None and seen.is_blind):
        return None
    own = live.project.store.comparisons(rater=rater_id)
    who = f"{live.project.settings.project_id}\0{rater_id}"
    rng = np.random.default_rng([len(own), *who.encode()])
    dimension = len(own) % len(names)
    faces = list(_faces(live, dimension, rng))
    compared = {_seen_faces(one.comparison) for one in own}
    tolerance = live.project.settings.tolerance
    ranked = sorted(
        (abs(np.log(abs(a.value - b.value) / (BEST * tolerance))), n, a, b)
        for n, (a, b) in enumerate(combinations(faces, 2))
        if LEAST * tolerance <= abs(a.value - b.value) <= MOST * tolerance
        and frozenset(map(_place, (a, b))) not in compared
    )
    if not ranked:
        return None
    _, _, first, second = ranked[0]
    if rng.random() < 0.5:
        first, second = second, first
    return Pair(dimension=names[dimension], first=first, second=second)


def _faces(
    live: LiveProject, dimension: int, rng: np.random.Generator
) -> Iterator[PairFace]:
    """Faces of a few tracks that have values, evenly spread over those."""
    keys = [
        (name, summary.track_id)
        for name in sorted(live.index.videos)
        for summary in live.index.summaries(name)
    ]
    order = rng.permutation(len(keys))[:MAX_TRACKS].tolist()
    for key in (keys[i] for i in order):
        view = _view(live, key)
        if view is None:
            continue
        # Not what stands: that shows what others said.
        value = view.prediction.value[:, dimension].astype(np.float64)
        known = np.flatnonzero(np.isfinite(value))
        if not len(known):
            continue
        ranked = known[np.argsort(value[known], kind="stable")]
        steps = np.linspace(0, len(ranked) - 1, min(OF_TRACK, len(ranked)))
        for at in ranked[np.round(steps).astype(np.int64)].tolist():
            yield PairFace(
                video_id=key[0],
                track_id=key[1],
                frame=int(view.track.frame[at]),
                time_s=float(view.track.time_s[at]),
                value=float(value[at]),
            )


def score_comparisons(live: LiveProject) -> list[DimensionScore]:
    """How far comparisons in force agree with what stands now, by dimension."""
    found = live.project.store.comparisons()
    made = []
    for at, name in enumerate(live.project.schema.dimension_names):
        own = [one.comparison for one in found if one.comparison.dimension == name]
        made.append(
            DimensionScore(
                dimension=name,
                score=score_pairs(
                    _differences(live, own, at),
                    [one.answer for one in own],
                    tolerance=live.project.settings.tolerance,
                ),
                n_cannot=sum(one.answer == "cannot" for one in own),
            )
        )
    return made


def _differences(
    live: LiveProject, compared: Sequence[Comparison], dimension: int
) -> np.ndarray:
    """Value of each first face less that of the second; NaN where either has none."""
    values: dict[tuple[str, int, int], float] = {}
    for one in compared:
        for face in _both(one):
            if face not in values:
                values[face] = _value_at(live, face, dimension)
    return np.array(
        [values[a] - values[b] for a, b in map(_both, compared)], np.float64
    )


def _value_at(live: LiveProject, face: tuple[str, int, int], dimension: int) -> float:
    video_id, found_track_id, frame = face
    try:
        place = current_track(live.tracks_of(video_id), found_track_id, frame)
    except (KeyError, FacesLostError):
        return float("nan")
    view = None if place is None else _view(live, (video_id, place[0]))
    if view is None:
        return float("nan")
    return float(_unit(live, view)[view.at(frame), dimension])


def _view(live: LiveProject, key: Key) -> TrackView | None:
    try:
        return live.view(*key)
    except (KeyError, FacesLostError):
        return None


def _unit(live: LiveProject, view: TrackView) -> np.ndarray:
    return np.asarray(live.project.schema.to_unit(view.rows.value.astype(np.float64)))


def _place(face: PairFace) -> tuple[str, int, int]:
    return face.video_id, face.track_id, face.frame


def _seen_faces(one: Comparison) -> frozenset[tuple[str, int, int]]:
    """Both faces, by the numbers that the rater saw."""
    other = one.other_video_id, one.other_track_id, one.other_frame
    return frozenset(((one.video_id, one.track_id, one.frame), other))


def _both(one: Comparison) -> tuple[tuple[str, int, int], tuple[str, int, int]]:
    return (
        (one.video_id, one.found_track_id, one.frame),
        (one.other_video_id, one.other_found_track_id, one.other_frame),
    )
