"""Audits: a random check of values that would be accepted."""

import heapq
from typing import Final

import numpy as np

from feltline.fewshot.active.query_track import QueryTracks

__all__ = ["draw_audits"]

MAX_LOOKED_AT: Final = 200
"""Frames of a track whose confidence is looked at."""


def draw_audits(
    tracks: QueryTracks,
    n: int,
    *,
    threshold: float,
    asked: set[tuple[int, int]],
    rng: np.random.Generator,
) -> list[tuple[int, int]]:
    """Draw frames at random from all that would be accepted, in one pass.

    Every acceptable frame of the project is as likely as any other: weighted sampling
    with a reservoir (Efraimidis and Spirakis 2006), where a frame that was looked at
    stands for its share of those of its track.

    Returns:
        (track, position) of at most `n` frames, in the order drawn.
    """
    kept: list[tuple[float, int, int]] = []
    for number in range(len(tracks)):
        here = tracks[number]
        allowed = here.allowed
        if not len(allowed):
            continue
        some = rng.permutation(allowed)[:MAX_LOOKED_AT]
        weight = len(allowed) / len(some)
        key = rng.random(len(some)) ** (1 / weight)
        sure = here.posterior.confidence(some) >= np.float32(threshold)
        rows = [
            (k, number, at)
            for k, at in zip(key[sure].tolist(), some[sure].tolist(), strict=True)
            if (number, at) not in asked
        ]
        kept = heapq.nlargest(n, kept + rows)
    return [(number, at) for _, number, at in kept]
