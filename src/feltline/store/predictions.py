"""What models say: imported prediction runs, summaries of tracks, suggested frames."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from feltline.errors import ShapeError, StoreError
from feltline.store.event_log import EventLog
from feltline.store.integrity import References
from feltline.store.log_rules import CHANGES, UNDO
from feltline.store.records import PredictionRun, Suggested, TrackSummary, VideoSummary
from feltline.store.rows import columns_of, pack, unpack, value_of
from feltline.store.schema import (
    Columns,
    events,
    imported_predictions,
    prediction_runs,
    projects,
    suggestions,
    track_summaries,
    video_summaries,
    videos,
)
from feltline.store.transactions import Transaction
from feltline.types import Prediction

_ARRAYS: Final = tuple(f.name for f in fields(Prediction) if f.name != "model_id")
_COUNTS: Final = {
    "confidence_counts": np.dtype("<i8"),
    "error_sums": np.dtype("<f8"),
    "second_counts": np.dtype("<i8"),
}


class Predictions(EventLog):
    """Runs of other models, and what is derived from those of the project.

    What is derived writes no events, and is thrown away at will.
    """

    def save_prediction_run(
        self, run: PredictionRun, predictions: Mapping[tuple[str, int], Prediction]
    ) -> bool:
        """Keep a run with all its predictions, in one transaction.

        Args:
            run: The run.
            predictions: By video and found track; their `model_id` is the `run_id`.

        Returns:
            Whether it was new. The same run again writes nothing.

        Raises:
            ShapeError: A prediction is of another run.
            StoreError: There is a run of this id for other tracks, or no such video.
        """
        # Packed before the lock is taken, as that takes longest.
        rows = [_row(run, *one) for one in predictions.items()]
        with self._writing() as tx:
            if tx.find(prediction_runs, run_id=run.run_id) is not None:
                _check_same(tx, run.run_id, sorted(predictions))
                return False
            references = References(tx, (video_id for video_id, _ in predictions))
            for key in predictions:
                references.check_track(*key)
            number = tx.next_number("last_prediction_run")
            own = columns_of(run, prediction_runs)
            tx.insert(prediction_runs, [{"number": number, **own}])
            tx.insert(imported_predictions, rows)
        return True

    def prediction_runs(self) -> list[PredictionRun]:
        """All imported runs, in the order in which they were saved."""
        with self._reading() as tx:
            asked = tx.select(prediction_runs).order_by(prediction_runs.c.number)
            return tx.read(PredictionRun, asked)

    def imported_prediction(
        self, run_id: str, video_id: str, track_id: int
    ) -> Prediction | None:
        """What a run says of a found track, None if it says nothing."""
        key = {"run_id": run_id, "video_id": video_id, "track_id": track_id}
        with self._reading() as tx:
            row = tx.find(imported_predictions, **key)
        if row is None:
            return None
        what = f"the prediction of track {track_id} of {video_id} in run {run_id}"
        return Prediction(model_id=run_id, **unpack(row["arrays"], what))

    def imported_tracks(self, run_id: str) -> list[tuple[str, int]]:
        """Video and number of every found track that a run speaks of, sorted."""
        with self._reading() as tx:
            return _keys(tx, run_id)

    def save_summaries(self, summaries: Sequence[VideoSummary]) -> None:
        """Keep summaries in place of older ones, in one transaction.

        Those of videos that were purged meanwhile are passed over.
        """
        with self._writing() as tx:
            names = tx.any_of(videos.c.video_id, [s.video_id for s in summaries])
            known = set(tx.values(tx.select(videos.c.video_id).where(names)))
            here = [s for s in summaries if s.video_id in known]
            whole = [s.video_id for s in here if s.is_whole]
            tx.upsert(video_summaries, [columns_of(s, video_summaries) for s in here])
            tx.delete(track_summaries, tx.any_of(track_summaries.c.video_id, whole))
            tx.upsert(
                track_summaries,
                [_summary_row(s.video_id, track) for s in here for track in s.tracks],
            )

    def summaries(self, video_id: str | None = None) -> list[VideoSummary]:
        """Summaries of all videos, or of one, by name; two statements."""
        with self._reading() as tx:
            rows = tx.rows(tx.select(video_summaries, video_id=video_id))
            of_tracks = tx.select(track_summaries, video_id=video_id)
            tracks: defaultdict[str, list[TrackSummary]] = defaultdict(list)
            for row in tx.rows(of_tracks.order_by(track_summaries.c.track_id)):
                tracks[row["video_id"]].append(_summary(row))
        return [
            value_of(
                VideoSummary, row, tracks=tuple(tracks[row["video_id"]]), is_whole=True
            )
            for row in sorted(rows, key=lambda row: str(row["video_id"]))
        ]

    def stale_summaries(self, *, model_id: str, threshold: float) -> list[str]:
        """Videos without summaries that hold: those changed last come first.

        Args:
            model_id: The model in force.
            threshold: The threshold in force.
        """
        with self._reading() as tx:
            return tx.values(_stale(tx, model_id, threshold))

    def save_suggestions(self, suggested: Sequence[Suggested]) -> int:
        """Keep a list in place of the last; returns the number of its batch.

        Raises:
            StoreError: There is no such video or frame.
        """
        with self._writing() as tx:
            batch = tx.next_number("last_batch")
            references = References(tx, (one.video_id for one in suggested))
            for one in suggested:
                references.check_frame(one.video_id, one.frame)
            tx.delete(suggestions)
            tx.insert(
                suggestions,
                (
                    columns_of(one, suggestions) | {"position": i, "batch": batch}
                    for i, one in enumerate(suggested)
                ),
            )
        return batch

    def suggestions(self) -> list[Suggested]:
        """The list that was saved last, by rank."""
        with self._reading() as tx:
            latest = tx.select(projects.c.last_batch).scalar_subquery()
            asked = tx.select(suggestions).where(suggestions.c.batch == latest)
            listed = asked.order_by(suggestions.c.rank, suggestions.c.position)
            return tx.read(Suggested, listed)


def _keys(tx: Transaction, run_id: str) -> list[tuple[str, int]]:
    table = imported_predictions.c
    found = tx.execute(tx.select(table.video_id, table.track_id, run_id=run_id))
    return sorted((row.video_id, row.track_id) for row in found)


def _check_same(tx: Transaction, run_id: str, keys: list[tuple[str, int]]) -> None:
    there = _keys(tx, run_id)
    if there != keys:
        raise StoreError(
            f"there is a run {run_id} already, for {len(there)} tracks rather than "
            f"{len(keys)}; a run is never replaced, make one of another id"
        )


def _row(
    run: PredictionRun, key: tuple[str, int], prediction: Prediction
) -> dict[str, Any]:
    if prediction.model_id != run.run_id:
        raise ShapeError(
            f"the prediction of track {key[1]} of {key[0]} is of run "
            f"{prediction.model_id}, not {run.run_id}"
        )
    return {
        "run_id": run.run_id,
        "video_id": key[0],
        "track_id": key[1],
        "arrays": pack({name: getattr(prediction, name) for name in _ARRAYS}),
    }


def _stale(tx: Transaction, model_id: str, threshold: float) -> sa.Select[tuple[str]]:
    """Videos of another model or threshold, or changed since; one statement."""
    changed = (
        tx.select(events.c.video_id)
        .add_columns(sa.func.max(events.c.event_id).label("last"))
        .where(events.c.kind.in_((*CHANGES, UNDO)))
        .group_by(events.c.video_id)
        .subquery()
    )
    summary = video_summaries.c
    return (
        tx.select(videos.c.video_id)
        .outerjoin_from(videos, video_summaries)
        .outerjoin(changed, changed.c.video_id == videos.c.video_id)
        .where(
            sa.or_(
                summary.model_id.is_(None),
                summary.model_id != model_id,
                summary.threshold != threshold,
                changed.c.last > summary.revision,
            )
        )
        .order_by(sa.func.coalesce(changed.c.last, 0).desc(), videos.c.video_id)
    )


def _summary_row(video_id: str, track: TrackSummary) -> dict[str, Any]:
    return {
        **columns_of(track, track_summaries),
        "video_id": video_id,
        **{n: getattr(track, n).astype(kind).tobytes() for n, kind in _COUNTS.items()},
    }


def _summary(row: Columns) -> TrackSummary:
    arrays = {name: np.frombuffer(row[name], kind) for name, kind in _COUNTS.items()}
    return value_of(TrackSummary, row, items=tuple(row["items"]), **arrays)
