"""Bases and models that a project has learnt, and which model is in force."""

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

from feltline.errors import StoreError
from feltline.store.arrays import pack, unpack
from feltline.store.event_log import EventLog, NewEvent, append_one
from feltline.store.integrity import References
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import (
    Columns,
    bases,
    basis_videos,
    current_models,
    events,
    judgements,
    models,
)
from feltline.store.transactions import Transaction, in_chunks
from feltline.types import (
    Basis,
    Calibration,
    HyperParameters,
    Model,
    RaterEffect,
    SharedWeights,
)

_EFFECT_ARRAYS: Final = ("bias", "scale", "noise", "accept_noise")


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
            if _one(tx, bases, bases.c.basis_id == basis.basis_id) is not None:
                return
            References(tx).check_videos(videos)
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
            row = _one(tx, bases, bases.c.basis_id == basis_id)
        if row is None:
            raise _gone("basis", basis_id)
        return Basis(
            basis_id=basis_id,
            encoder_id=row["encoder_id"],
            direction=unpack(row["arrays"], f"basis {basis_id}")["direction"],
        )

    def basis_videos(self, basis_id: str) -> list[str]:
        """Names of the videos that a basis was fitted with."""
        with self._reading() as tx:
            asked = tx.select(basis_videos.c.video_id)
            return sorted(tx.values(asked.where(basis_videos.c.basis_id == basis_id)))

    def save_model(
        self, model: Model, *, rater: str = "", read_at: int | None = None
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
            latest = _latest(tx)
            if latest is not None and (
                latest["model_id"] == model.model_id
                # The default model is learnt from nothing, at whatever event.
                or (model.learnt_from_event or read_at) < _learnt_from(tx, latest)
            ):
                return int(latest["event_id"])
            _check_learnt(tx, model, read_at)
            if _one(tx, models, models.c.model_id == model.model_id) is None:
                tx.insert(models, [row])
            event = NewEvent(rater=rater, kind="model")
            return append_one(tx, event, {"model_id": model.model_id})

    def model(self, model_id: str) -> Model:
        """One model.

        Raises:
            StoreError: There is none of this id (any more).
        """
        with self._reading() as tx:
            row = _one(tx, models, models.c.model_id == model_id)
        if row is None:
            raise _gone("model", model_id)
        return _model(row)

    def current_model_id(self, at: int | None = None) -> str | None:
        """The model in force, None if none was learnt.

        Args:
            at: As the log stood when this was its last event; None = now.
        """
        with self._reading() as tx:
            latest = _latest(tx, at)
        return None if latest is None else str(latest["model_id"])

    def model_event(self, at: int) -> int:
        """The event that put in force the model that was so after an event.

        Raises:
            StoreError: None was in force then.
        """
        with self._reading() as tx:
            latest = _latest(tx, at)
        if latest is None:
            raise StoreError(f"no model of this project was in force at event {at}")
        return int(latest["event_id"])

    def model_ids(self) -> list[str]:
        """All models that are kept, the one learnt first first."""
        with self._reading() as tx:
            asked = tx.select(models.c.model_id)
            return tx.values(asked.order_by(models.c.created_at, models.c.model_id))


def forget_learnt_with(
    tx: Transaction, video_id: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Remove what was learnt with a video, whose events must still be there.

    That are bases fitted with its embeddings, models on such a basis, and models
    learnt when there were judgements on it, in force or not.

    Returns:
        Ids of the bases and of the models that went.
    """
    fitted = tx.select(basis_videos.c.basis_id)
    lost_bases = sorted(tx.values(fitted.where(basis_videos.c.video_id == video_id)))
    judged = judgements.c
    first = tx.select(judged.event_id).where(judged.video_id == video_id)
    since = tx.value(first.order_by(judged.event_id).limit(1))
    learnt = (models.c.model_id, models.c.basis_id, models.c.learnt_from_event)
    lost_models = sorted(
        row.model_id
        for row in tx.execute(tx.select(*learnt))
        if row.basis_id in lost_bases
        or (since is not None and since <= row.learnt_from_event)
    )
    for some in in_chunks(lost_models):
        for table in (current_models, models):
            tx.delete(table, table.c.model_id.in_(some))
    for some in in_chunks(lost_bases):
        for table in (basis_videos, bases):
            tx.delete(table, table.c.basis_id.in_(some))
    return tuple(lost_bases), tuple(lost_models)


def _gone(what: str, name: str) -> StoreError:
    return StoreError(
        f"there is no {what} {name!r} in this project; it was never learnt here, or "
        f"went when a video it was learnt with was purged"
    )


def _one(
    tx: Transaction, table: sa.Table, where: sa.ColumnElement[bool]
) -> Columns | None:
    return tx.row(tx.select(table).where(where))


def _latest(tx: Transaction, at: int | None = None) -> Columns | None:
    asked = tx.select(current_models)
    if at is not None:
        asked = asked.where(current_models.c.event_id <= at)
    return tx.row(asked.order_by(current_models.c.event_id.desc()).limit(1))


def _learnt_from(tx: Transaction, latest: Columns) -> int:
    """Last event that the model in force was learnt from."""
    asked = tx.select(models.c.learnt_from_event)
    return int(tx.value(asked.where(models.c.model_id == latest["model_id"])) or 0)


def _check_learnt(tx: Transaction, model: Model, read_at: int) -> None:
    """Raise unless all that a model was learnt from is still there.

    Raises:
        StoreError: Its basis is gone, or a video was purged after `read_at`.
    """
    if _one(tx, bases, bases.c.basis_id == model.basis_id) is None:
        raise _gone("basis", model.basis_id)
    purges = tx.select(events.c.event_id).where(
        events.c.kind == "purge", events.c.event_id > read_at
    )
    number = tx.value(purges.order_by(events.c.event_id.desc()))
    if number is not None:
        raise StoreError(
            f"a video was purged (event {number}) after the judgements for this model "
            f"were read; nothing was saved, learn anew"
        )


def _row(model: Model) -> dict[str, Any]:
    calibration = asdict(model.calibration)
    quantiles = calibration.pop("residual_quantiles")
    return {
        **columns_of(model, models),
        "hyperparameters": [asdict(h) for h in model.hyperparameters],
        "calibration": calibration,
        "rater_effects": [
            asdict(effect) | {n: getattr(effect, n).tolist() for n in _EFFECT_ARRAYS}
            for effect in model.rater_effects
        ],
        "created_at": datetime.now(tz=UTC),
        "arrays": pack(
            {
                "information": model.shared.information,
                "projection": model.shared.projection,
                "residual_quantiles": quantiles,
            }
        ),
    }


def _model(row: Columns) -> Model:
    arrays = unpack(row["arrays"], f"model {row['model_id']}")
    quantiles = arrays.pop("residual_quantiles")
    return value_of(
        Model,
        row,
        hyperparameters=tuple(HyperParameters(**h) for h in row["hyperparameters"]),
        shared=SharedWeights(**arrays),
        calibration=Calibration(residual_quantiles=quantiles, **row["calibration"]),
        rater_effects=tuple(_effect(kept) for kept in row["rater_effects"]),
        left_out=tuple(row["left_out"]),
    )


def _effect(kept: Mapping[str, Any]) -> RaterEffect:
    arrays = {name: np.array(kept[name], np.float64) for name in _EFFECT_ARRAYS}
    return RaterEffect(**{**kept, **arrays})
