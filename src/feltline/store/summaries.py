"""Track summaries: what queue, costs and counts need, without a prediction at hand."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import sqlalchemy as sa

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
from feltline.store.transactions import Transaction

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
            names = tx.any_of(videos.c.video_id, [s.video_id for s in summaries])
            known = set(tx.values(tx.select(videos.c.video_id).where(names)))
            here = [s for s in summaries if s.video_id in known]
            whole = [s.video_id for s in here if s.is_whole]
            tx.upsert(video_summaries, [columns_of(s, video_summaries) for s in here])
            tx.delete(track_summaries, tx.any_of(track_summaries.c.video_id, whole))
            tracks = [_row(s.video_id, track) for s in here for track in s.tracks]
            tx.upsert(track_summaries, tracks)

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


def _row(video_id: str, track: TrackSummary) -> dict[str, Any]:
    return {
        **columns_of(track, track_summaries),
        "video_id": video_id,
        **{n: getattr(track, n).astype(kind).tobytes() for n, kind in _ARRAYS.items()},
    }


def _summary(row: Columns) -> TrackSummary:
    arrays = {name: np.frombuffer(row[name], kind) for name, kind in _ARRAYS.items()}
    return value_of(TrackSummary, row, items=tuple(row["items"]), **arrays)
