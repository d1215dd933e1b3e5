"""Prediction runs of other models, imported; nothing of the project's own model."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from feltline.errors import ShapeError, StoreError
from feltline.store.arrays import pack, unpack
from feltline.store.event_log import EventLog
from feltline.store.integrity import References
from feltline.store.records import PredictionRun
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import imported_predictions, prediction_runs
from feltline.store.transactions import Transaction
from feltline.types import Prediction

_ARRAYS: Final = tuple(f.name for f in fields(Prediction) if f.name != "model_id")


class ImportedRuns(EventLog):
    """Predictions that another model made of the project's tracks."""

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
            there = tx.select(prediction_runs.c.run_id)
            if tx.row(there.where(prediction_runs.c.run_id == run.run_id)) is not None:
                _check_same(tx, run.run_id, sorted(predictions))
                return False
            references = References(tx)
            references.look_up(video_id for video_id, _ in predictions)
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
            return [value_of(PredictionRun, row) for row in tx.rows(asked)]

    def imported_prediction(
        self, run_id: str, video_id: str, track_id: int
    ) -> Prediction | None:
        """What a run says of a found track, None if it says nothing."""
        table = imported_predictions
        with self._reading() as tx:
            asked = tx.select(table.c.arrays).filter_by(
                run_id=run_id, video_id=video_id, track_id=track_id
            )
            blob = tx.value(asked)
        if blob is None:
            return None
        what = f"the prediction of track {track_id} of {video_id} in run {run_id}"
        return Prediction(model_id=run_id, **unpack(blob, what))

    def imported_tracks(self, run_id: str) -> list[tuple[str, int]]:
        """Video and number of every found track that a run speaks of, sorted."""
        with self._reading() as tx:
            return _keys(tx, run_id)


def _keys(tx: Transaction, run_id: str) -> list[tuple[str, int]]:
    table = imported_predictions
    asked = tx.select(table.c.video_id, table.c.track_id)
    found = tx.execute(asked.where(table.c.run_id == run_id))
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
