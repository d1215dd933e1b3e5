"""Blocks of connected tracks: what observations of several tracks tie together.

A difference of two frames of two tracks makes their curves depend on one another, and
on whatever else is compared with either. Tracks that observations connect, at once or
by way of others, are therefore one **block**: the frames of its tracks one after the
other. A track that no such observation speaks of is a block of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from feltline.errors import ShapeError
from feltline.fewshot.gp.features import TrackFeatures
from feltline.types import Observation

__all__ = ["ObservedTrack", "connected", "joined"]

ObservedTrack = tuple[TrackFeatures, Sequence[Observation]]
"""A track, or a block of tracks, with what was observed of it."""


def joined(tracks: Sequence[ObservedTrack]) -> ObservedTrack:
    """Tracks as one block; one track alone stays as it is.

    Args:
        tracks: Each with its observations. Those of several tracks may stand with any
            of these; they number the tracks in this order.

    Raises:
        ShapeError: An observation weighs a frame that is not there.
    """
    if len(tracks) == 1 and all(one.track is None for one in tracks[0][1]):
        return tracks[0]
    each = [features for features, _ in tracks]
    said = [
        one
        if one.track is not None
        else replace(one, track=np.full_like(one.position, number))
        for number, (_, observations) in enumerate(tracks)
        for one in observations
    ]
    length = np.array([len(features) for features in each])
    for one in said:
        number = one.track_number
        if number.max() >= len(each) or (one.position >= length[number]).any():
            raise ShapeError(
                f"judgement {one.judgement_id} weighs positions {one.position} of "
                f"tracks {number}, but is given with {len(each)} of {length} frames; "
                f"give all tracks that it weighs, in the order of its numbers"
            )
    columns = {
        f.name: np.concatenate([getattr(features, f.name) for features in each])
        for f in fields(TrackFeatures)
        if f.name not in ("track", "has_zero_shot")
    }
    block = TrackFeatures(
        track=np.repeat(np.arange(len(each)), length),
        has_zero_shot=np.all([features.has_zero_shot for features in each], axis=0),
        **columns,
    )
    return block, said


def connected(
    tracks: Iterable[tuple[TrackFeatures, Sequence[Observation], str]],
    pairs: Sequence[Observation],
) -> Iterator[tuple[ObservedTrack, tuple[str, ...]]]:
    """Blocks of a project, each with the clips of its tracks.

    Args:
        tracks: Features, observations and clip of each; read once. Only those that
            `pairs` connect are kept, and come last.
        pairs: Observations of several tracks, which number them in that order.

    Raises:
        ShapeError: A pair weighs a frame, or a track, that is not there.
    """
    block_of = _components(pairs)
    said: dict[int, list[Observation]] = {}
    for one in pairs:
        said.setdefault(block_of[one.tracks[0]], []).append(one)
    members: dict[int, dict[int, tuple[ObservedTrack, str]]] = {b: {} for b in said}
    n = 0
    for n, (features, observations, clip) in enumerate(tracks, start=1):
        if n - 1 in block_of:
            members[block_of[n - 1]][n - 1] = (features, observations), clip
        else:
            yield joined([(features, observations)]), (clip,)
    if block_of and max(block_of) >= n:
        raise ShapeError(f"pairs weigh track {max(block_of)}, but there are {n} tracks")
    for block, kept in members.items():
        some, clips = zip(*kept.values(), strict=True)
        both = [
            replace(one, track=np.searchsorted(list(kept), one.track_number))
            for one in said[block]
        ]
        (features, alone), *others = some
        yield joined([(features, [*alone, *both]), *others]), clips


def _components(pairs: Sequence[Observation]) -> dict[int, int]:
    """Of each track that pairs weigh, which connected component it is in."""
    if not pairs:
        return {}
    ends = np.array([(one.tracks[0], end) for one in pairs for end in one.tracks])
    graph = coo_array((np.ones(len(ends)), ends.T), shape=(ends.max() + 1,) * 2)
    _, component = connected_components(graph, directed=False)
    return {number: int(component[number]) for number in np.unique(ends).tolist()}
