"""Bases and models that a project has learnt, and which model is in force."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.event_log import EventLog, NewEvent, append_one, latest
from feltline.store.integrity import References
from feltline.store.rows import columns_of, pack, unpack, value_of
from feltline.store.schema import (
    Columns,
    bases,
    basis_videos,
    current_models,
    events,
    judgements,
    models,
)
from feltline.store.transactions import Transaction
from feltline.types import (
    Basis,
    Calibration,
    HyperParameters,
    Model,
    RaterEffect,
    SharedWeights,
)

_EFFECT_ARRAYS: Final = ("bias", "scale", "noise", "accept_noise")

_FORMERLY: Final = {"track_slope": 0.0}
"""What models learnt before the kernel had these terms mean by leaving them out."""


class Models(EventLog):
    """Learnt state; to put a model in force is an event that all see."""

    def save_basis(self, basis: Basis, *, videos: Collection[str]) -> None:
        """Keep a basis of appearance; the same one again writes nothing.

        Args:
            basis: The basis.
            videos: Those whose embeddings it was fitted with; a purge of one of them
                removes it. Empty for one that comes with the program.

        Raises:
            StoreError: A video is not there (any more): fit the basis anew without it.
        """
        arrays = pack({"direction": basis.direction})
        with self._writing() as tx:
            if tx.find(bases, basis_id=basis.basis_id) is not None:
                return
            references = References(tx, videos)
            for video_id in videos:
                references.check_frame(video_id)
            row = {"created_at": datetime.now(tz=UTC), "arrays": arrays}
            tx.insert(bases, [columns_of(basis, bases) | row])
            fitted_with = dict.fromkeys(videos)
            of_basis = {"basis_id": basis.basis_id}
            tx.insert(basis_videos, [of_basis | {"video_id": v} for v in fitted_with])

    def basis(self, basis_id: str) -> Basis:
        """One basis.

        Raises:
            StoreError: There is none of this id (any more).
        """
        with self._reading() as tx:
            row = _kept(tx, bases, "basis", basis_id)
        return Basis(
            basis_id=basis_id,
            encoder_id=row["encoder_id"],
            direction=unpack(row["arrays"], f"basis {basis_id}")["direction"],
        )

    def basis_videos(self, basis_id: str) -> list[str]:
        """Names of the videos that a basis was fitted with."""
        with self._reading() as tx:
            asked = tx.select(basis_videos.c.video_id, basis_id=basis_id)
            return sorted(tx.values(asked))

    def save_model(
        self,
        model: Model,
        *,
        rater: str = "",
        read_at: int | None = None,
        if_none: bool = False,
    ) -> int:
        """Keep a model and put it in force.

        A model that is in force already writes nothing, so two that learn the same at
        once put it in force once. Nor does one that was learnt from less of the log
        than the one in force: whoever learns slower does not win.

        Args:
            model: The model.
            rater: Who had it learnt; empty for feltline itself.
            read_at: The last event of the log when what it learnt from was read; None
                = `model.learnt_from_event`.
            if_none: Whether any model that is in force by then stays so.

        Returns:
            The event that put in force the model that is so from now on: this one, or
            the newer one that stays.

        Raises:
            StoreError: Its basis is not there, or a video was purged after `read_at`:
                it may have learnt from that, so learn anew.
        """
        row = _row(model)
        read_at = model.learnt_from_event if read_at is None else read_at
        with self._writing() as tx:
            current = latest(tx, current_models)
            if current is not None:
                old = _kept(tx, models, "model", current["model_id"])
                is_same = old["model_id"] == model.model_id
                # The default model is learnt from nothing, at whatever event.
                learnt_from = model.learnt_from_event or read_at
                if is_same or if_none or learnt_from < old["learnt_from_event"]:
                    return int(current["event_id"])
            _check_learnt(tx, model, read_at)
            if tx.find(models, model_id=model.model_id) is None:
                tx.insert(models, [row])
            detail = {"model_id": model.model_id}
            return append_one(tx, NewEvent(rater=rater, kind="model", detail=detail))

    def model(self, model_id: str) -> Model:
        """One model.

        Raises:
            StoreError: There is none of this id (any more).
        """
        with self._reading() as tx:
            return _model(_kept(tx, models, "model", model_id))

    def current_model_id(self, at: int | None = None) -> str | None:
        """The model in force, None if none was learnt.

        Args:
            at: As the log stood when this was its last event; None = now.
        """
        with self._reading() as tx:
            current = latest(tx, current_models, at)
        return None if current is None else str(current["model_id"])

    def model_event(self, at: int) -> int:
        """The event that put in force the model that was so after an event.

        Raises:
            StoreError: None was in force then.
        """
        with self._reading() as tx:
            current = latest(tx, current_models, at)
        if current is None:
            raise StoreError(f"no model of this project was in force at event {at}")
        return int(current["event_id"])

    def model_ids(self) -> list[str]:
        """All models that are kept, the one learnt first first."""
        with self._reading() as tx:
            asked = tx.select(models.c.model_id)
            return tx.values(asked.order_by(models.c.created_at, models.c.model_id))


def forget_learnt_with(
    tx: Transaction, video_id: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """Remove what was learnt with a video, whose events must still be there.

    That are bases fitted with its embeddings, models on such a basis, and models
    learnt when there were judgements on it, in force or not.

    Returns:
        Ids of the bases and of the models that went, and the events that had put these
        in force.
    """
    fitted = tx.select(basis_videos.c.basis_id, video_id=video_id)
    lost_bases = sorted(tx.values(fitted))
    judged = tx.values(tx.select(judgements.c.event_id, video_id=video_id))
    is_lost = tx.any_of(models.c.basis_id, lost_bases)
    if judged:
        is_lost |= models.c.learnt_from_event >= min(judged)
    lost_models = sorted(tx.values(tx.select(models.c.model_id).where(is_lost)))
    of_lost = tx.any_of(current_models.c.model_id, lost_models)
    was = sorted(tx.values(tx.select(current_models.c.event_id).where(of_lost)))
    for table in (current_models, models):
        tx.delete(table, tx.any_of(table.c.model_id, lost_models))
    for table in (basis_videos, bases):
        tx.delete(table, tx.any_of(table.c.basis_id, lost_bases))
    return tuple(lost_bases), tuple(lost_models), tuple(was)


def _kept(tx: Transaction, table: sa.Table, what: str, name: str) -> Columns:
    """The row of a basis or model; raise `StoreError` if it is none (any more)."""
    row = tx.find(table, **{f"{what}_id": name})
    if row is None:
        raise StoreError(
            f"there is no {what} {name!r} in this project; it was never learnt here, "
            f"or went when a video it was learnt with was purged"
        )
    return row


def _check_learnt(tx: Transaction, model: Model, read_at: int) -> None:
    """Raise `StoreError` unless all that a model was learnt from is still there."""
    _kept(tx, bases, "basis", model.basis_id)
    purges = tx.values(tx.select(events.c.event_id, kind="purge"))
    if max(purges, default=0) > read_at:
        raise StoreError(
            f"a video was purged (event {max(purges)}) after the judgements for this "
            f"model were read; nothing was saved, learn anew"
        )


def _row(model: Model) -> dict[str, Any]:
    calibration = asdict(model.calibration)
    quantiles = calibration.pop("residual_quantiles")
    arrays = asdict(model.shared) | {"residual_quantiles": quantiles}
    return columns_of(model, models) | {
        "calibration": calibration,
        "created_at": datetime.now(tz=UTC),
        "arrays": pack(arrays),
    }


def _model(row: Columns) -> Model:
    arrays = unpack(row["arrays"], f"model {row['model_id']}")
    quantiles = arrays.pop("residual_quantiles")
    return value_of(
        Model,
        row,
        hyperparameters=tuple(
            HyperParameters(**(_FORMERLY | h)) for h in row["hyperparameters"]
        ),
        shared=SharedWeights(**arrays),
        calibration=Calibration(residual_quantiles=quantiles, **row["calibration"]),
        rater_effects=tuple(_effect(kept) for kept in row["rater_effects"]),
        left_out=tuple(row["left_out"]),
    )


def _effect(kept: Mapping[str, Any]) -> RaterEffect:
    arrays = {name: np.array(kept[name], np.float64) for name in _EFFECT_ARRAYS}
    return RaterEffect(**{**kept, **arrays})
