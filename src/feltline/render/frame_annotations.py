"""Annotations of the faces of one frame: place, value, interval and trail.

Arrays in, values out; nothing is drawn here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from jaxtyping import Float32

from feltline.render.downsample import runs
from feltline.render.labelled_track import LabelledTrack

__all__ = ["AnnotatedTrack", "FaceAnnotation", "Origin", "display_slots"]

_BRIDGE_S: Final = 1.0
"""Between samples further apart than this a face is not taken to be there."""

_TRAIL_S: Final = 1.5

Origin = Literal["human", "accepted", "doubtful", "unrated"]
"""Who vouches for a value; `unrated` = a machine label without confidence."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FaceAnnotation:
    """One face at one frame.

    Attributes:
        track_id: Number of the face in the video.
        box_xyxy: Face box in pixels, possibly outside the picture or not finite.
        origin: Who vouches for the value.
        confidence: In [0, 1], NaN where there is none.
        value: Valence and arousal, or NaN.
        low: Lower end of the interval, NaN where there is none.
        high: Upper end of the interval.
        trail: Values of the last 1.5 seconds, oldest first, this one last.
        age: How old each of them is, from 1 (1.5 s) to 0 (now).
    """

    track_id: int
    box_xyxy: Float32[np.ndarray, " 4"]
    origin: Origin
    confidence: float
    value: Float32[np.ndarray, " 2"]
    low: Float32[np.ndarray, " 2"]
    high: Float32[np.ndarray, " 2"]
    trail: Float32[np.ndarray, "t 2"]
    age: Float32[np.ndarray, " t"]


class AnnotatedTrack:
    """One labelled track, asked frame by frame."""

    def __init__(self, labelled: LabelledTrack, threshold: float) -> None:
        track = labelled.track
        self._track, self._labelled = track, labelled
        self._is_doubtful = labelled.is_doubtful(threshold)
        steps = np.diff(track.frame)
        # Seconds per frame and frames per sample, as this track has them.
        pace = float(np.median(np.diff(track.time_s) / steps)) if len(steps) else 1.0
        stride = float(np.median(steps)) if len(steps) else 1.0
        self._hold = math.ceil(min(stride, max(1.0, _BRIDGE_S / pace))) - 1
        bridge_s = _BRIDGE_S + pace / 2
        self._bridged = np.diff(track.time_s) <= bridge_s
        self._run_start = np.zeros(len(track), np.int64)
        for first, last in runs(np.ones(len(track), bool), track.time_s, bridge_s):
            self._run_start[first:last] = first

    @property
    def first_frame(self) -> int:
        """Frame at which the face first shows."""
        return int(self._track.frame[0])

    @property
    def last_frame(self) -> int:
        """Last frame at which the face still shows."""
        return int(self._track.frame[-1]) + self._hold

    def at(self, frame: int) -> FaceAnnotation | None:
        """The face at this frame, or None where it is away.

        Between samples up to a second apart the box moves evenly while the value of
        the earlier sample stays: a value in between would be nobody's labelled. Before
        a longer gap, and at the end, a sample lasts as long as the samples are apart,
        at most a second.
        """
        row = int(np.searchsorted(self._track.frame, frame, side="right")) - 1
        if row < 0:
            return None
        passed = frame - int(self._track.frame[row])
        if row < len(self._bridged) and self._bridged[row]:
            apart = int(self._track.frame[row + 1] - self._track.frame[row])
            return self._annotation(row, passed / apart)
        return self._annotation(row, 0.0) if passed <= self._hold else None

    def _annotation(self, row: int, onward: float) -> FaceAnnotation:
        """The values of a row, its box moved `onward` (0 to 1) to the next one."""
        track, labelled = self._track, self._labelled
        box = track.box_xyxy[row]
        if onward > 0:
            box = box + np.float32(onward) * (track.box_xyxy[row + 1] - box)
        now = track.time_s[row]
        start = int(np.searchsorted(track.time_s, now - _TRAIL_S))
        recent = slice(max(start, int(self._run_start[row])), row + 1)
        return FaceAnnotation(
            track_id=track.track_id,
            box_xyxy=box,
            origin=self._origin(row),
            confidence=float(labelled.confidence[row]),
            value=labelled.value[row],
            low=labelled.low[row],
            high=labelled.high[row],
            trail=labelled.value[recent],
            age=((now - track.time_s[recent]) / _TRAIL_S).astype(np.float32),
        )

    def _origin(self, row: int) -> Origin:
        """Who vouches for the value of a row."""
        if self._labelled.is_human[row]:
            return "human"
        if np.isnan(self._labelled.confidence[row]):
            return "unrated"
        return "doubtful" if self._is_doubtful[row] else "accepted"


def display_slots(tracks: Sequence[AnnotatedTrack]) -> list[int]:
    """A place from 0 for each face, held for as long as it shows.

    Faces that show at the same time never share a place; one that comes after another
    has left takes the lowest that is free.
    """
    free_from: list[int] = []
    taken = [0] * len(tracks)
    for number in sorted(range(len(tracks)), key=lambda i: (tracks[i].first_frame, i)):
        track = tracks[number]
        open_slots = [i for i, f in enumerate(free_from) if f < track.first_frame]
        slot = open_slots[0] if open_slots else len(free_from)
        free_from[slot : slot + 1] = [track.last_frame]
        taken[number] = slot
    return taken
