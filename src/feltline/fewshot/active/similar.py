"""Faces that look alike: side by side, one word can label many.

Faces are compared by `looks_of`; a `Filling` holds them as `looks`. A face is a row of
(number of its track, position in it). Nothing here draws lots: equal input, equal
result.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float32, Int64

from feltline.types import FaceTrack

__all__ = ["centres", "clusters_of", "similar_frames", "spread_out"]


def similar_frames(
    tracks: Sequence[FaceTrack],
    looks: Sequence[Float32[np.ndarray, "_ r"]],
    like: tuple[int, int],
    pool: Sequence[Bool[np.ndarray, " _"]],
    *,
    limit: int = 24,
    apart_s: float = 0.5,
) -> Int64[np.ndarray, "m 2"]:
    """The faces most like one face.

    Args:
        tracks: All tracks of the project.
        looks: Their looks, in the same order.
        like: Number of the face's track, and its position there.
        pool: Per track, which frames may be named.
        limit: At most so many.
        apart_s: Two frames of one track nearer than this show the same face; only the
            more alike is named.

    Returns:
        The most alike first; the face itself is left out.
    """
    faces, seen = _of_pool(looks, pool)
    apart = ((seen - looks[like[0]][like[1]]) ** 2).sum(axis=1)
    other = (faces != like).any(axis=1)
    order = np.argsort(apart[other], kind="stable")
    row = np.array([like], np.int64)
    listed = np.concatenate([row, faces[other][order]])
    return spread_out(tracks, listed, limit=limit + 1, apart_s=apart_s)[1:]


def clusters_of(
    looks: Sequence[Float32[np.ndarray, "_ r"]],
    pool: Sequence[Bool[np.ndarray, " _"]],
    most: int,
) -> tuple[Int64[np.ndarray, "_ 2"], ...]:
    """Faces in groups that look alike: by k-centre, then to the nearest centre.

    Args:
        looks: Looks of all tracks of the project.
        pool: Per track, which frames to group.
        most: At most so many groups.

    Returns:
        The group of the most typical face first, then those of faces ever less like
        the ones before; in each, its centre first, then the most alike.
    """
    faces, seen = _of_pool(looks, pool)
    if not len(faces):
        return ()
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
    tracks: Sequence[FaceTrack],
    faces: Int64[np.ndarray, "m 2"],
    *,
    limit: int,
    apart_s: float,
) -> Int64[np.ndarray, "_ 2"]:
    """The first faces of a list, without those next to an earlier one in time.

    Args:
        tracks: All tracks of the project.
        faces: In the order in which they are wanted.
        limit: At most so many.
        apart_s: Two frames of one track nearer than this show the same face.
    """
    taken: dict[int, list[float]] = {}
    kept: list[int] = []
    for row, (number, at) in enumerate(faces.tolist()):
        if len(kept) >= limit:
            break
        time_s = float(tracks[number].time_s[at])
        near = taken.setdefault(number, [])
        if all(abs(time_s - other) >= apart_s for other in near):
            near.append(time_s)
            kept.append(row)
    return faces[kept]


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


def _of_pool(
    looks: Sequence[Float32[np.ndarray, "_ r"]],
    pool: Sequence[Bool[np.ndarray, " _"]],
) -> tuple[Int64[np.ndarray, "m 2"], Float32[np.ndarray, "m r"]]:
    """Faces of a pool, and their looks."""
    at = [np.flatnonzero(some) for some in pool]
    number = np.repeat(np.arange(len(at)), [len(some) for some in at])
    seen = [look[some] for look, some in zip(looks, at, strict=True)]
    return (
        np.stack([number, np.concatenate(at)], axis=1),
        np.concatenate(seen),
    )
