"""Suggested frames: which of the last list nobody has judged yet."""

from collections import Counter, defaultdict
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

    def n_open(self) -> Counter[str]:
        """How many are still open, by video."""
        return Counter(s.video_id for s, is_done in self._rows() if not is_done)

    def _rows(self) -> list[tuple[Suggested, bool]]:
        by_video: dict[str, list[Suggested]] = defaultdict(list)
        for suggested in self._live.project.store.suggestions():
            by_video[suggested.video_id].append(suggested)
        states: dict[str, object] = {
            name: (batch[0].batch, entry.revision)
            for name, batch in by_video.items()
            if (entry := self._live.index.videos.get(name)) and not entry.is_lost
        }
        known = self._known
        missing = [n for n, s in states.items() if n not in known or known[n][0] != s]
        for name, own in self._judgements(missing).items():
            rows = self._looked_up(name, by_video[name], own)
            known.pop(name, None)
            if rows is not None:
                known[name] = states[name], rows
        return [row for name in states if name in known for row in known[name][1]]

    def _judgements(self, names: list[str]) -> dict[str, list[StoredJudgement]]:
        """Judgements in force of some videos: all in a few statements if many."""
        store = self._live.project.store
        if len(names) < FEW:
            return {name: store.judgements(video_id=name) for name in names}
        own: dict[str, list[StoredJudgement]] = {name: [] for name in names}
        for one in store.judgements():
            if one.judgement.video_id in own:
                own[one.judgement.video_id].append(one)
        return own

    def _looked_up(
        self, name: str, batch: list[Suggested], own: list[StoredJudgement]
    ) -> list[tuple[Suggested, bool]] | None:
        """Which frames of a video are dealt with; None if its features are lost."""
        if not self._live.entry(name).has_edits:
            return [(s, _is_reviewed(s, own)) for s in batch]
        video = self._live.readable(name)
        return None if video is None else _edited(video, batch)


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
    is_of_frames = not (gives and judgement.scope == "clip")
    return judgement.decision != "skip" and is_of_frames and judgement.teaches
