"""Track summaries: what queue, costs and counts need, without a prediction at hand."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from feltline.store.event_log import EventLog
from feltline.store.log_rules import CHANGES, UNDO
from feltline.store.records import TrackSummary, VideoSummary
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import (
    Columns,
    events,
    track_summaries,
    video_summaries,
    videos,
)
from feltline.store.transactions import Transaction, in_chunks

_ARRAYS: Final = {
    "confidence_counts": np.dtype("<i8"),
    "error_sums": np.dtype("<f8"),
    "second_counts": np.dtype("<i8"),
}


class Summaries(EventLog):
    """Summaries of predictions: derived, so no events; thrown away at will."""

    def save_summaries(self, summaries: Sequence[VideoSummary]) -> None:
        """Keep summaries in place of older ones, in one transaction.

        Those of videos that were purged meanwhile are passed over.
        """
        with self._writing() as tx:
            known = _known_videos(tx, [s.video_id for s in summaries])
            here = [s for s in summaries if s.video_id in known]
            _upsert(
                tx,
                video_summaries,
                ("video_id",),
                [columns_of(s, video_summaries) for s in here],
            )
            for names in in_chunks([s.video_id for s in here if s.is_whole]):
                tx.delete(track_summaries, track_summaries.c.video_id.in_(names))
            _upsert(
                tx,
                track_summaries,
                ("video_id", "track_id"),
                [_row(s.video_id, track) for s in here for track in s.tracks],
            )

    def summaries(self, video_id: str | None = None) -> list[VideoSummary]:
        """Summaries of all videos, or of one, by name; two statements."""
        with self._reading() as tx:
            of_videos = tx.select(video_summaries)
            of_tracks = tx.select(track_summaries).order_by(track_summaries.c.track_id)
            if video_id is not None:
                of_videos = of_videos.filter_by(video_id=video_id)
                of_tracks = of_tracks.filter_by(video_id=video_id)
            rows = tx.rows(of_videos)
            tracks: defaultdict[str, list[TrackSummary]] = defaultdict(list)
            for row in tx.execute(of_tracks).mappings():
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


def _stale(tx: Transaction, model_id: str, threshold: float) -> sa.Select[tuple[str]]:
    """Videos of another model or threshold, or changed since; one statement."""
    changed = (
        sa.select(events.c.video_id, sa.func.max(events.c.event_id).label("last"))
        .where(tx.of(events, events.c.kind.in_((*CHANGES, UNDO))))
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


def _known_videos(tx: Transaction, names: Sequence[str]) -> set[str]:
    asked = tx.select(videos.c.video_id)
    return {
        name
        for some in in_chunks(names)
        for name in tx.values(asked.where(videos.c.video_id.in_(some)))
    }


def _upsert(
    tx: Transaction,
    table: sa.Table,
    key: tuple[str, ...],
    rows: Sequence[dict[str, Any]],
) -> None:
    """Insert rows, in place of those of the same key; one statement."""
    if not rows:
        return
    is_file = tx.connection.dialect.name == "sqlite"
    insert = sqlite.insert(table) if is_file else postgresql.insert(table)
    keys = ("project_id", *key)
    statement = insert.on_conflict_do_update(
        index_elements=keys,
        set_={name: insert.excluded[name] for name in rows[0] if name not in keys},
    )
    tx.connection.execute(
        statement, [{"project_id": tx.project_id, **row} for row in rows]
    )


def _row(video_id: str, track: TrackSummary) -> dict[str, Any]:
    return {
        **columns_of(track, track_summaries),
        "video_id": video_id,
        "items": list(track.items),
        **{n: getattr(track, n).astype(kind).tobytes() for n, kind in _ARRAYS.items()},
    }


def _summary(row: Columns) -> TrackSummary:
    arrays = {name: np.frombuffer(row[name], kind) for name, kind in _ARRAYS.items()}
    return value_of(TrackSummary, row, items=tuple(row["items"]), **arrays)
