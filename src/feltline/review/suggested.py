"""Suggested frames: which of the last list nobody has judged yet."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from feltline.project import IGNORED, VideoState, frames_now
from feltline.review.items import Item
from feltline.review.live import LiveProject
from feltline.store import StoredJudgement, Suggested
from feltline.types import Judgement

__all__ = ["SuggestedFrames"]


FEW: Final = 20
"""Judgements of so many videos are read video by video."""


class SuggestedFrames:
    """The last list of suggested frames, by the faces that they show now.

    They are judged blind: what the model learns from should not be its own prediction.
    Those of faces that are left out now do not count. Nothing but judgements is read,
    save of videos whose tracks were edited.

    Args:
        live: The project.
    """

    def __init__(self, live: LiveProject) -> None:
        self._live = live
        self._known: dict[str, tuple[object, list[tuple[Suggested, bool]]]] = {}
        """Per video: of which state; its frames, and whether each is dealt with."""

    def items(self) -> tuple[list[Item], int, int]:
        """Items still open by rank, how many are done, and how many there are."""
        rows = self._rows()
        items = [
            Item.of_frame(
                "suggested",
                s.video_id,
                s.track_id,
                s.frame,
                "audit" if s.is_audit else s.reason,
            )
            for s, is_done in sorted(rows, key=lambda row: row[0].rank)
            if not is_done
        ]
        return items, len(rows) - len(items), len(rows)

    def _rows(self) -> list[tuple[Suggested, bool]]:
        by_video: dict[str, list[Suggested]] = defaultdict(list)
        for suggested in self._live.project.store.suggestions():
            by_video[suggested.video_id].append(suggested)
        videos = self._live.index.videos
        for name in self._live.lost:
            by_video.pop(name, None)
        missing = [n for n in by_video if n in videos and self._state(n, by_video[n])]
        self._look(missing, by_video)
        return [row for name in by_video for row in self._known.get(name, (0, []))[1]]

    def _state(self, name: str, batch: list[Suggested]) -> object:
        """What a video's rows depend on; None if they are known."""
        state = batch[0].batch, self._live.entry(name).revision
        known = self._known.get(name)
        return None if known is not None and known[0] == state else state

    def _look(self, names: list[str], by_video: dict[str, list[Suggested]]) -> None:
        """Find out anew what is dealt with in some videos."""
        if not names:
            return
        store, few = self._live.project.store, len(names) < FEW
        states = {name: self._state(name, by_video[name]) for name in names}
        stored = (
            [s for n in names for s in store.judgements(video_id=n)]
            if few
            else (store.judgements())
        )
        own: dict[str, list[StoredJudgement]] = defaultdict(list)
        for one in stored:
            own[one.judgement.video_id].append(one)
        for name in names:
            if self._live.entry(name).has_edits:
                if (video := self._live.readable(name)) is None:
                    continue
                rows = _edited(video, by_video[name])
            else:
                rows = [(s, _is_reviewed(s, own[name])) for s in by_video[name]]
            self._known[name] = states[name], rows


def _edited(video: VideoState, batch: list[Suggested]) -> list[tuple[Suggested, bool]]:
    """Frames by the numbers that their faces have after track edits."""
    edits = [e.edit for e in video.edits]
    numbers = frames_now(video.found, edits, [(s.track_id, s.frame) for s in batch])
    moved = [
        replace(s, track_id=number)
        for s, number in zip(batch, numbers, strict=True)
        if number != IGNORED
    ]
    return [(s, _is_reviewed(s, video.judgements)) for s in moved]


def _is_reviewed(suggested: Suggested, judgements: Iterable[StoredJudgement]) -> bool:
    """Whether a person dealt with a frame; see `feltline.project.annotate`."""
    return any(
        s.judgement.track_id == suggested.track_id
        and _is_review(s.judgement)
        and s.judgement.reviewed[0] <= suggested.frame <= s.judgement.reviewed[1]
        for s in judgements
    )


def _is_review(judgement: Judgement) -> bool:
    """Whether a judgement deals with single frames: no skip, no label of a clip."""
    gives = judgement.has_value or judgement.expression is not None
    return judgement.decision != "skip" and not (gives and judgement.scope == "clip")
