"""Agreement of a project that is served: kept per video and by the state of the log.

The ratings of a video are read anew once something happened to it; the figures are
computed when somebody looks at them after that, and are kept until then.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from feltline.pipeline import (
    Agreement,
    RatingTable,
    agreement_of,
    pooled,
    ratings_in,
)
from feltline.review import LiveProject
from feltline.store import StoredJudgement

__all__ = ["AgreementCache", "MeasuredAgreement"]

FEW = 16
"""So many videos are read one by one; more, all at once."""

_State = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredAgreement:
    """Agreement of a project as it stood.

    Attributes:
        agreement: The figures.
        table: Ratings of all videos.
        videos: Ratings by video.
    """

    agreement: Agreement
    table: RatingTable
    videos: Mapping[str, RatingTable]


class AgreementCache:
    """Keeps the agreement of a project; safe under threads.

    Args:
        live: The project as it stands.
    """

    def __init__(self, live: LiveProject) -> None:
        self._live = live
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[object, RatingTable]] = {}
        self._measured: tuple[_State, MeasuredAgreement] | None = None

    def measured(self) -> MeasuredAgreement:
        """The agreement as the project stands; two who ask have it computed once."""
        live = self._live
        with self._lock:
            live.count_judgements()
            # Read before the judgements: what comes meanwhile makes this out of date.
            state = {
                name: (entry.revision, entry.record.content_hash, entry.is_lost)
                for name, entry in list(live.index.videos.items())
                if entry.n_judgements.total()
            }
            if self._measured is not None and self._measured[0] == state:
                return self._measured[1]
            stale = [n for n, now in state.items() if self._state_of(n) != now]
            kept = {name: one for name, one in self._kept.items() if name in state}
            for name, table in self._tables(stale):
                kept[name] = state[name], table
            self._kept = kept
            made = self._measure({name: table for name, (_, table) in kept.items()})
            self._measured = state, made
            return made

    def _state_of(self, video_id: str) -> object:
        return self._kept[video_id][0] if video_id in self._kept else None

    def _tables(self, names: list[str]) -> Iterator[tuple[str, RatingTable]]:
        schema = self._live.project.schema
        for name, judgements in self._judgements(names):
            yield name, ratings_in(judgements, schema)

    def _judgements(
        self, names: list[str]
    ) -> Iterator[tuple[str, Iterable[StoredJudgement]]]:
        """Judgements of videos on tracks as they are now.

        Arrays are opened for videos only whose tracks were edited: of others the tracks
        are those that were found.
        """
        live, store = self._live, self._live.project.store
        edited = {stored.edit.video_id for stored in store.track_edits()}
        as_found: list[str] = []
        for name in names:
            video = live.readable(name) if name in edited else None
            if video is None:
                as_found.append(name)
            else:
                yield name, video.judgements
        if len(as_found) <= FEW:
            for name in as_found:
                yield name, map(_as_found, store.judgements(video_id=name))
            return
        by_video: dict[str, list[StoredJudgement]] = {name: [] for name in as_found}
        for stored in store.judgements():
            if stored.judgement.video_id in by_video:
                by_video[stored.judgement.video_id].append(_as_found(stored))
        yield from by_video.items()

    def _measure(self, videos: Mapping[str, RatingTable]) -> MeasuredAgreement:
        live, schema = self._live, self._live.project.schema
        table = pooled(list(videos.values()), len(schema.dimensions))
        lost = tuple(name for name in live.lost if name in videos)
        made = replace(agreement_of(table, schema), lost_videos=lost)
        return MeasuredAgreement(agreement=made, table=table, videos=videos)


def _as_found(stored: StoredJudgement) -> StoredJudgement:
    said = stored.judgement
    if said.track_id == stored.found_track_id:
        return stored
    return replace(stored, judgement=replace(said, track_id=stored.found_track_id))
