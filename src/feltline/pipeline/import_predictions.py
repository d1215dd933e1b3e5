"""Another model's predictions, taken in row by row and kept as a run of their own."""

import codecs
import hashlib
import json
import math
import unicodedata
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from feltline.errors import InputError, NothingToLabelError
from feltline.project.project import Project
from feltline.project.snapshot import feature_file_of
from feltline.store import PredictionRun
from feltline.types import FaceTrack, Prediction

__all__ = ["LONGEST_ROW", "PredictionRows"]

LONGEST_ROW: Final = 10_000
"""Bytes."""
_PLACE = ("video_id", "track_id", "frame")
_MAY = ("confidence", "expression", "time_s")


@dataclass(slots=True, eq=False)
class _Columns:
    """Rows of one track: frame, class, then value and confidence side by side."""

    frame: "array[int]" = field(default_factory=lambda: array("q"))
    value: "array[float]" = field(default_factory=lambda: array("d"))
    expression: "array[int]" = field(default_factory=lambda: array("q"))


class PredictionRows:
    """Gathers rows of JSON Lines, then keeps them.

    A row has `video_id`, `track_id`, `frame` and the dimensions of the label schema (in
    its units), and may have `confidence` (in [0, 1]) and `expression` (a name). Tracks
    are those that were found; frames without a row stay missing.

    Args:
        project: Where they go.
    """

    def __init__(self, project: Project) -> None:
        self._project, self._schema = project, project.schema
        self._of: dict[tuple[str, int], _Columns] = {}
        # By their composed names: those of a Mac may come in pieces.
        self._known = {
            unicodedata.normalize("NFC", name): name
            for name in project.store.video_names()
        }
        self._needed = (*_PLACE, *self._schema.dimension_names)
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
                f"row {self._row} of the predictions cannot be used: {fault}; nothing "
                f"was kept"
            ) from fault
        self._hash.update(line.strip() + b"\n")
        self.count += 1

    def _take(self, line: bytes) -> None:
        if len(line) > LONGEST_ROW:
            raise ValueError(f"it has {len(line)} bytes, more than {LONGEST_ROW}")
        row = json.loads(line.removeprefix(codecs.BOM_UTF8), object_pairs_hook=_once)
        if not isinstance(row, dict):
            raise TypeError("it is no JSON object")
        for name in self._needed:
            if name not in row:
                raise ValueError(f"{name} is missing")
        if unknown := sorted(set(row) - {*self._needed, *_MAY}):
            raise ValueError(f"there is no column {unknown[0][:40]!r}")
        given = row["video_id"]
        name = self._known.get(unicodedata.normalize("NFC", str(given)), "")
        if not name:
            raise ValueError(f"there is no video {str(given)[:80]!r} in this project")
        frame = _whole(row["frame"], "frame")
        values = [
            _within(row[d.name], d.name, d.low, d.high) for d in self._schema.dimensions
        ]
        sure = row.get("confidence")
        values.append(
            math.nan if sure is None else _within(sure, "confidence", 0.0, 1.0)
        )
        chosen = self._schema.class_index(row.get("expression"))
        key = name, _whole(row["track_id"], "track_id")
        columns = self._of.setdefault(key, _Columns())
        columns.frame.append(frame)
        columns.value.extend(values)
        columns.expression.append(chosen)

    def keep(self, *, method: str, rater: str) -> PredictionRun:
        """Keep what was gathered as a run.

        Args:
            method: Name of the model.
            rater: Who brings it in, as the log names them.

        Raises:
            InputError: A row's track or frame is not there, or a frame comes twice.
            NothingToLabelError: There was no row.
        """
        if not self.count:
            raise NothingToLabelError("there is no row among the predictions")
        store = self._project.store
        run = PredictionRun(
            run_id=self._run_id(method),
            event_id=store.last_event_id(),
            created_at=datetime.now(tz=UTC),
            method=method,
            options={},
        )
        for known in store.prediction_runs():
            if known.run_id == run.run_id:
                return known
        named = self._named
        videos = [v for v in store.videos() if v.video_id in named]
        files = {v.video_id: feature_file_of(self._project, v) for v in videos}
        made = {}
        for (name, number), columns in self._of.items():
            if name not in files or number >= files[name].n_tracks:
                raise InputError(
                    f"{name} has no face {number}, for which there are predictions; "
                    f"nothing was kept"
                )
            track = files[name].tracks[number]
            made[name, number] = self._prediction(track, columns, run.run_id)
        store.save_prediction_run(run, made)
        store.note(
            "predictions-in",
            rater=rater,
            detail={"run_id": run.run_id, "rows": self.count, "method": method},
        )
        return run

    @property
    def _named(self) -> set[str]:
        return {name for name, _ in self._of}

    def _run_id(self, method: str) -> str:
        """The same rows of a model for the same videos give the same id.

        A video that was purged and added again is another one: what was kept of it is
        gone.
        """
        named, videos = self._named, self._project.store.videos()
        added = [
            [v.video_id, v.added_at.isoformat()] for v in videos if v.video_id in named
        ]
        whole = self._hash.copy()
        whole.update(json.dumps([method, added]).encode())
        return whole.hexdigest()[:12]

    def _prediction(
        self, track: FaceTrack, columns: _Columns, run_id: str
    ) -> Prediction:
        frame = np.array(columns.frame, np.int64)
        at = np.searchsorted(track.frame, frame)
        here = np.isin(frame, track.frame)
        where = f"face {track.track_id} of {track.video_id}"
        if not here.all():
            raise InputError(
                f"{where} is not seen in frame {frame[~here][0]}, for which there is a "
                f"prediction; nothing was kept"
            )
        if len(np.unique(frame)) < len(frame):
            raise InputError(
                f"a frame of {where} comes twice among the predictions; nothing was "
                f"kept"
            )
        n, m, c = len(track), len(self._schema.dimensions), len(self._schema.classes)
        given = np.array(columns.value).reshape(-1, m + 1)
        value = np.full((n, m), np.nan, np.float32)
        value[at] = self._schema.to_unit(given[:, :m])
        confidence = np.full(n, np.nan, np.float32)
        confidence[at] = given[:, m]
        expression = np.full((n, c), np.nan, np.float32)
        chosen = np.array(columns.expression, np.int64)
        expression[at[chosen >= 0]] = np.eye(c)[chosen[chosen >= 0]]
        return Prediction(
            model_id=run_id,
            value=value,
            low=np.full((n, m), np.nan, np.float32),
            high=np.full((n, m), np.nan, np.float32),
            confidence=confidence,
            class_probability=expression,
            evidence=np.empty((n, 0), np.int32),
            is_observed=np.zeros(n, bool),
        )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different.

    Raises:
        ValueError: A name comes twice, so that one of its values would be lost.
    """
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name[:40]!r} is in it twice")
        found[name] = value
    return found


def _whole(value: Any, name: str) -> int:  # noqa: ANN401 - what JSON gave
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**31:
        raise ValueError(f"{name} must be a whole number from 0, not {value!r:.40}")
    return value


def _within(value: Any, name: str, low: float, high: float) -> float:  # noqa: ANN401
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value <= high:
        raise ValueError(f"{name} must be from {low:g} to {high:g}, not {value!r:.40}")
    return float(value)
