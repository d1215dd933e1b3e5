"""Another model's estimates, taken in row by row and kept as a run of their own."""

import hashlib
import json
import math
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from feltline.errors import InputError, NothingToLabelError
from feltline.project.prediction_runs import find_run
from feltline.project.project import Project
from feltline.store import Run
from feltline.types import EXPRESSIONS, Estimate, FaceTrack

__all__ = ["LONGEST_ROW", "EstimateRows"]

LONGEST_ROW: Final = 10_000
"""Bytes."""
_NEEDED = ("video_id", "track_id", "frame", "valence", "arousal")
_MAY = ("confidence", "expression", "time_s")


@dataclass(slots=True, eq=False)
class _Columns:
    """Rows of one track."""

    frame: "array[int]" = field(default_factory=lambda: array("q"))
    value: "array[float]" = field(default_factory=lambda: array("f"))
    expression: "array[int]" = field(default_factory=lambda: array("b"))


class EstimateRows:
    """Gathers rows of JSON Lines, then keeps them.

    A row has `video_id`, `track_id`, `frame`, `valence` and `arousal` (both in [-1, 1])
    and may have `confidence` (in [0, 1]) and `expression` (a name). Tracks are those
    that were found; frames without a row stay missing.

    Args:
        project: Where they go.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._of: dict[tuple[str, int], _Columns] = {}
        self._known = set(project.store.video_names())
        self._hash = hashlib.sha256()
        self._row = 0
        self.count = 0

    def add(self, line: bytes) -> None:
        """Take in one row; blank lines are passed over.

        Raises:
            InputError: The row is none; the message names it.
        """
        self._row += 1
        if not line.strip():
            return
        try:
            self._take(line)
        except (ValueError, TypeError, RecursionError) as fault:
            raise InputError(
                f"row {self._row} of the estimates cannot be used: {fault}; nothing "
                f"was kept"
            ) from fault
        self._hash.update(line.strip() + b"\n")
        self.count += 1

    def _take(self, line: bytes) -> None:
        if len(line) > LONGEST_ROW:
            raise ValueError(f"it has {len(line)} bytes, more than {LONGEST_ROW}")
        said = json.loads(line)
        if not isinstance(said, dict):
            raise TypeError("it is no JSON object")
        for name in _NEEDED:
            if name not in said:
                raise ValueError(f"{name} is missing")
        if unknown := sorted(set(said) - {*_NEEDED, *_MAY}):
            raise ValueError(f"there is no column {unknown[0][:40]!r}")
        name, track_id, frame = said["video_id"], said["track_id"], said["frame"]
        if name not in self._known:
            raise ValueError(f"there is no video {str(name)[:80]!r} in this project")
        track_id, frame = _whole(track_id, "track_id"), _whole(frame, "frame")
        values = (
            _within(said["valence"], "valence", -1.0),
            _within(said["arousal"], "arousal", -1.0),
            math.nan
            if said.get("confidence") is None
            else _within(said["confidence"], "confidence", 0.0),
        )
        chosen = said.get("expression")
        if chosen is not None and chosen not in EXPRESSIONS:
            raise ValueError(f"there is no expression {str(chosen)[:40]!r}")
        columns = self._of.setdefault((name, track_id), _Columns())
        columns.frame.append(frame)
        columns.value.extend(values)
        columns.expression.append(-1 if chosen is None else EXPRESSIONS.index(chosen))

    def keep(self, *, method: str) -> Run:
        """Keep what was gathered as a run.

        Args:
            method: Name of the model.

        Raises:
            InputError: A row's track or frame is not there, or a frame comes twice.
            NothingToLabelError: There was no row.
        """
        if not self.count:
            raise NothingToLabelError("there is no row among the estimates")
        store, settings = self._project.store, self._project.settings
        run = Run(
            run_id=self._run_id(method),
            event_id=store.last_event_id(),
            base_run_id=None,
            created_at=datetime.now(tz=UTC),
            method=method,
            options={},
            n_labels=0,
            calibration=f"as given by {method}; not calibrated by feltline",
            origin="import",
            encoder_id="",
        )
        known = find_run(self._project, run.run_id)
        if known is not None:
            return known
        made = {
            key: self._estimate(key, columns, run) for key, columns in self._of.items()
        }
        store.save_run(run, made)
        store.note(
            "estimates-in",
            rater=settings.rater,
            detail={"run_id": run.run_id, "rows": self.count, "method": method},
        )
        return run

    def _run_id(self, method: str) -> str:
        """The same rows of a model for the same videos give the same id.

        A video that was purged and added again is another one: what was kept of it is
        gone.
        """
        named = {name for name, _ in self._of}
        added = [
            [video.video_id, video.added_at.isoformat()]
            for video in self._project.store.videos()
            if video.video_id in named
        ]
        whole = self._hash.copy()
        whole.update(json.dumps([method, added]).encode())
        return whole.hexdigest()[:12]

    def _estimate(self, key: tuple[str, int], columns: _Columns, run: Run) -> Estimate:
        track = self._track(key)
        frame = np.array(columns.frame, np.int64)
        at = np.searchsorted(track.frame, frame)
        here = (at < len(track)) & (
            track.frame[np.minimum(at, len(track) - 1)] == frame
        )
        if not here.all():
            raise InputError(
                f"face {key[1]} is not seen in frame {frame[~here][0]} of {key[0]}, "
                f"for which there is an estimate; nothing was kept"
            )
        if len(np.unique(frame)) < len(frame):
            raise InputError(
                f"a frame of face {key[1]} in {key[0]} comes twice among the "
                f"estimates; nothing was kept"
            )
        n = len(track)
        value = np.full((n, 3), np.nan, np.float32)
        value[at] = np.array(columns.value, np.float32).reshape(-1, 3)
        expression = np.full((n, len(EXPRESSIONS)), np.nan, np.float32)
        chosen = np.array(columns.expression, np.int64)
        expression[at[chosen >= 0]] = np.eye(len(EXPRESSIONS))[chosen[chosen >= 0]]
        none = np.full((n, 2), np.nan, np.float32)
        return Estimate(
            run_id=run.run_id,
            method="import",
            affect=value[:, :2].copy(),
            low=none,
            high=none,
            coverage=self._project.settings.coverage,
            tolerance=self._project.settings.tolerance,
            confidence=value[:, 2].copy(),
            expression=expression,
            is_human=np.zeros(n, bool),
            evidence=np.empty((n, 0), np.int32),
            calibration=run.calibration,
        )

    def _track(self, key: tuple[str, int]) -> FaceTrack:
        for track in self._project.store.found_tracks(key[0]):
            if track.track_id == key[1]:
                return track
        raise InputError(
            f"{key[0]} has no face {key[1]}, for which there are estimates; nothing "
            f"was kept"
        )


def _whole(value: Any, name: str) -> int:  # noqa: ANN401 - what JSON gave
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError(f"{name} must be a whole number from 0, not {value!r:.40}")
    return value


def _within(value: Any, name: str, low: float) -> float:  # noqa: ANN401
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= 1:
        raise ValueError(f"{name} must be from {low:g} to 1, not {value!r:.40}")
    return float(value)
