"""Contact sheets: nearest neighbours and k-centre clusters of faces.

Faces are compared by their appearance features, one track at a time, so that a project
need not fit in memory. A face is a row of (number of its track, position in it).
Nothing here draws lots: equal input, equal result.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, Int64

from feltline.fewshot.active.selection import thinned
from feltline.fewshot.gp.features import TrackFeatures

__all__ = ["centres", "clusters_of", "similar_frames", "spread_out"]

MAX_CLUSTERED: Final = 20_000
"""Faces that are clustered at most; more are thinned, evenly over the pool."""


def similar_frames(
    features: Sequence[TrackFeatures],
    like: tuple[int, int],
    pool: Sequence[Bool[np.ndarray, " _"]],
    *,
    limit: int = 24,
    apart_s: float = 0.5,
) -> Int64[np.ndarray, "m 2"]:
    """The faces most like one face.

    Args:
        features: Of all tracks of the project; each is looked up once.
        like: Number of the face's track, and its position there.
        pool: Per track, which frames may be named.
        limit: At most so many.
        apart_s: Two frames of one track nearer than this show the same face; only the
            more alike is named.

    Returns:
        The most alike first; the face itself is left out.
    """
    wanted = features[like[0]].appearance[like[1]]
    rows: list[tuple[float, int, int]] = []
    for number, some in enumerate(pool):
        at = np.flatnonzero(some)
        if number == like[0]:
            at = at[at != like[1]]
        if not len(at):
            continue
        own = features[number]
        distance = ((own.appearance[at] - wanted) ** 2).sum(axis=1)
        order = np.argsort(distance, kind="stable")
        # Frames hide only their own track's neighbours, so each track can be thinned
        # by itself.
        taken = {number: [float(own.time_s[like[1]])]} if number == like[0] else {}
        moments = ((number, float(t)) for t in own.time_s[at[order]])
        kept = _apart(moments, taken, limit, apart_s)
        rows += [(float(distance[order[k]]), number, int(at[order[k]])) for k in kept]
    rows.sort()
    found = [row[1:] for row in rows[:limit]]
    return np.array(found, np.int64).reshape(-1, 2)


def clusters_of(
    features: Sequence[TrackFeatures],
    pool: Sequence[Bool[np.ndarray, " _"]],
    most: int,
) -> tuple[Int64[np.ndarray, "_ 2"], ...]:
    """Faces in groups that look alike: by k-centre, then to the nearest centre.

    Returns:
        The group of the most typical face first, then those of faces ever less like
        the ones before; in each, its centre first, then the most alike.
    """
    faces = _thinned_pool(pool)
    if not len(faces):
        return ()
    seen = np.concatenate(
        [
            features[number].appearance[faces[faces[:, 0] == number, 1]]
            for number in np.unique(faces[:, 0]).tolist()
        ]
    )
    middle = centres(seen, min(most, len(faces)))
    apart = np.stack([((seen - seen[c]) ** 2).sum(axis=1) for c in middle], axis=1)
    nearest, gap = apart.argmin(axis=1), apart.min(axis=1)
    groups = [np.flatnonzero(nearest == g) for g in range(len(middle))]
    return tuple(
        faces[group[np.argsort(gap[group], kind="stable")]]
        for group in groups
        if len(group)
    )


def spread_out(
    features: Sequence[TrackFeatures],
    faces: Int64[np.ndarray, "m 2"],
    *,
    limit: int,
    apart_s: float,
) -> Int64[np.ndarray, "_ 2"]:
    """The first faces of a list, without those next to an earlier one in time."""
    moments = ((n, float(features[n].time_s[at])) for n, at in faces.tolist())
    return faces[_apart(moments, {}, limit, apart_s)]


def centres(seen: Float32[np.ndarray, "n r"], quota: int) -> Int64[np.ndarray, " q"]:
    """Greedy k-centre (Gonzalez 1985): the typical face, then always the farthest."""
    apart = ((seen - seen.mean(axis=0)) ** 2).sum(axis=1)
    chosen = [int(apart.argmin())]
    nearest = ((seen - seen[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < quota:
        nearest[chosen] = -1
        chosen.append(int(nearest.argmax()))
        gap = ((seen - seen[chosen[-1]]) ** 2).sum(axis=1)
        nearest = np.minimum(nearest, gap)
    return np.array(chosen[:quota], np.int64)


def _apart(
    moments: Iterable[tuple[int, float]],
    taken: dict[int, list[float]],
    limit: int,
    apart_s: float,
) -> list[int]:
    """Which of some moments (track, time) to keep: the first, none near another."""
    kept: list[int] = []
    for row, (number, time_s) in enumerate(moments):
        if len(kept) >= limit:
            break
        near = taken.setdefault(number, [])
        if all(abs(time_s - other) >= apart_s for other in near):
            near.append(time_s)
            kept.append(row)
    return kept


def _thinned_pool(
    pool: Sequence[Bool[np.ndarray, " _"]],
) -> Int64[np.ndarray, "p 2"]:
    """Faces of a pool, at most `MAX_CLUSTERED`."""
    count = [int(np.count_nonzero(some)) for some in pool]
    keep = min(1.0, MAX_CLUSTERED / max(sum(count), 1))
    rows = []
    for number, (some, n) in enumerate(zip(pool, count, strict=True)):
        at = thinned(np.flatnonzero(some), int(np.ceil(n * keep)))
        rows.append(np.stack([np.full(len(at), number), at], axis=1))
    return np.concatenate(rows) if rows else np.empty((0, 2), np.int64)
