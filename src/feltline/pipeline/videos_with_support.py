"""Videos that are in no project, and their support set, as the engine takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import numpy as np

from feltline.fewshot import observations_of
from feltline.formats import judgements_of, read_support
from feltline.pipeline.extraction import crowd_note, extract_all
from feltline.project.extraction_cache import Extraction, ExtractOptions
from feltline.store import StoredJudgement
from feltline.types import (
    DEFAULT_SCHEMA,
    Embeddings,
    FaceTrack,
    Judgement,
    Observation,
    Progress,
)

__all__ = ["Videos", "VideosWithSupport"]

Videos = Path | str | Sequence[Path | str]
"""One or more videos."""


@dataclass(frozen=True, kw_only=True)
class VideosWithSupport:
    """The tracks of some videos with what was judged of them, all in one order.

    Attributes:
        extractions: The faces of each video.
        judgements: Of the support set, in the order of its rows.
        notes: What the user should know about the support set.
    """

    extractions: tuple[Extraction, ...]
    judgements: tuple[Judgement, ...]
    notes: tuple[str, ...]

    @classmethod
    def read(
        cls,
        videos: Videos,
        support: Path | str | None,
        extraction: ExtractOptions | None,
        *,
        cache: Path | None,
        progress: Progress | None,
        encoding: str | None = None,
    ) -> "VideosWithSupport":
        """Extract the videos, and find what each row of the support set speaks of.

        `encoding` is that of the support set; found out if absent.

        Raises:
            VideoError: A video cannot be read.
            SupportError: A row of the support set cannot be used.
            NothingToLabelError: The support set has no label.
        """
        listed = [videos] if isinstance(videos, Path | str) else list(videos)
        # Faults of the file are told before the long work, not after it.
        given = None
        if support is not None:
            given = read_support(Path(support), encoding=encoding)
        found = extract_all(listed, extraction, cache=cache, progress=progress)
        judgements: list[Judgement] = []
        notes: list[str] = []
        crowds = [note for e in found if (note := crowd_note(e.features))]
        if given is not None and any(e.features.n_tracks for e in found):
            faces = {e.video_id: e.faces for e in found}
            judgements, moved = judgements_of(
                Path(str(support)),
                given.rows,
                {e.video_id: e.location for e in found},
                faces.__getitem__,
            )
            notes = [*given.notes, *moved]
        return cls(
            extractions=found, judgements=tuple(judgements), notes=(*crowds, *notes)
        )

    @cached_property
    def tracks(self) -> list[FaceTrack]:
        """All tracks, by video and face."""
        return [track for e in self.extractions for track in e.tracks]

    @cached_property
    def embeddings(self) -> list[Embeddings]:
        """What the encoder sees in each."""
        return [seen for e in self.extractions for seen in e.embeddings]

    @cached_property
    def ood_score(self) -> list[np.ndarray]:
        """How unlike known faces each is, by frame."""
        return [
            np.array(e.features.faces["ood_score"][e.features.rows(track.track_id)])
            for e in self.extractions
            for track in e.tracks
        ]

    @cached_property
    def stored(self) -> list[list[StoredJudgement]]:
        """The judgements of each, numbered in the order of the file."""
        now = datetime.now(tz=UTC)
        by: dict[tuple[str, int], list[StoredJudgement]] = {}
        for number, judgement in enumerate(self.judgements, start=1):
            numbered = StoredJudgement(
                event_id=number,
                at=now,
                found_track_id=judgement.track_id,
                judgement=judgement,
            )
            by.setdefault((judgement.video_id, judgement.track_id), []).append(numbered)
        return [by.get((track.video_id, track.track_id), []) for track in self.tracks]

    @cached_property
    def observations(self) -> list[list[Observation]]:
        """The same as observations."""
        return [
            observations_of(track, own, DEFAULT_SCHEMA)
            for track, own in zip(self.tracks, self.stored, strict=True)
        ]
