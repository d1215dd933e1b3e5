"""Labels into a project from a file, and out of it."""

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from feltline.errors import StoreError
from feltline.formats import (
    FacesOfVideo,
    Layer,
    TrackRows,
    check_table_path,
    read_support,
    support_of,
    write_rows,
)
from feltline.project.annotations import Judged
from feltline.project.export_rows import final_rows, human_rows, model_rows
from feltline.project.prediction_runs import UNFILLED, current_run, left_out_of
from feltline.project.project import Project
from feltline.project.snapshot import VideoState, lack_of_faces, load_video
from feltline.settings import version
from feltline.store import Run
from feltline.types import EXPRESSIONS, FaceTrack, HumanLabel, SupportSet

__all__ = ["Export", "Imported", "export", "import_labels"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of the rows of a file.

    Attributes:
        added: Labels that are new.
        known: Rows that say what the project knew already.
        notes: What the user should know.
    """

    added: int
    known: int
    notes: tuple[str, ...]


def import_labels(project: Project, path: Path) -> Imported:
    """Bring the labels of a support CSV into a project; all of them or none.

    Raises:
        SupportError: A row cannot be used.
        NothingToLabelError: No row has a label.
        StoreError: The database cannot be written.
    """
    rows = read_support(path)
    names = project.store.video_names()
    videos = {name: load_video(project, name, with_faces=False) for name in names}
    support, notes = support_of(path, rows, [_faces_of(v) for v in videos.values()])
    known = {
        _said(s.label) for name in names for s in project.store.labels(video_id=name)
    }
    given = list(_labels_of(support, videos))
    new = [(label, found) for label, found in given if _said(label) not in known]
    if new:
        project.store.give_labels(new)
    return Imported(added=len(new), known=len(given) - len(new), notes=tuple(notes))


def _labels_of(
    support: SupportSet, videos: dict[str, VideoState]
) -> Iterator[tuple[HumanLabel, int]]:
    """Each label, with the found track that it stands on."""
    for k in range(len(support)):
        video = videos[support.video_id[k]]
        track_id, frame = int(support.track_id[k]), int(support.frame[k])
        found = video.found_at(track_id, frame)
        valence, arousal = (round(float(v), 6) for v in support.affect[k])
        chosen = int(support.expression[k])
        label = HumanLabel(
            video_id=video.video.video_id,
            track_id=track_id,
            scope="frame",
            first_frame=frame,
            last_frame=frame,
            valence=valence,
            arousal=arousal,
            expression=EXPRESSIONS[chosen] if chosen >= 0 else None,
            rater=support.rater[k],
            active_s=None,
            shown_run_id=None,
            origin="import",
        )
        if found is None:
            raise AssertionError("a label stands on no track that was found")
        yield label, found


def _said(label: HumanLabel) -> tuple[object, ...]:
    return (
        *(label.video_id, label.track_id, label.first_frame, label.last_frame),
        *(label.valence, label.arousal, label.expression, label.rater),
    )


def _faces_of(video: VideoState) -> FacesOfVideo:
    record = video.video
    return FacesOfVideo(
        video_id=record.video_id,
        n_frames=record.n_frames,
        frame=record.looked_at,
        time_s=record.time_s[record.looked_at],
        tracks=video.tracks,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """Labels on their way out, all as they stood at one event of the log.

    Attributes:
        project: The project.
        layer: `final`, `human` or `model`.
        videos: Names of the videos.
        at: The event.
        run: Whose values the machine's are; None where there are none.
    """

    project: Project
    layer: Layer
    videos: tuple[str, ...]
    at: int
    run: Run | None

    @classmethod
    def begin(
        cls, project: Project, *, layer: Layer, videos: Sequence[str] | None = None
    ) -> "Export":
        """Fill the project in anew if its last run is out of date.

        What people said needs no faces. Of a video whose faces were lost before it
        could be filled in nothing else can be exported: if it is not named, it is left
        out with a warning in the log.

        Args:
            project: The project.
            layer: `final`, `human` or `model`.
            videos: Only these; all of them if absent.

        Raises:
            StoreError: There is no such video.
            FacesLostError: What was extracted from a video that was named, or from all
                of them, is no longer kept.
        """
        names = project.store.video_names()
        for name in () if videos is None else videos:
            if name not in names:
                project.store.video(name)  # raises
        at = project.store.last_event_id()
        run = None if layer == "human" else current_run(project, at=at)
        left_out = left_out_of(run)
        asked = names if videos is None else videos
        for name in asked:
            lack = lack_of_faces(project, name) if name in left_out else None
            if lack is not None and videos is not None:
                raise lack
            if lack is not None:
                logger.warning("%s is not in this export: %s", name, lack)
        kept = tuple(name for name in asked if name not in left_out)
        return cls(project=project, layer=layer, videos=kept, at=at, run=run)

    def rows(self) -> Iterator[TrackRows]:
        """Labels track by track, one video in memory at a time.

        Raises:
            StoreError: A video is gone, or the run lacks the estimate of a track that
                it filled.
        """
        for name in self.videos:
            video = load_video(self.project, name, at=self.at, with_faces=False)
            yield from _rows_of(self, video)
        # What was purged meanwhile may lack values by now; it must not look whole.
        for name in set(self.videos) - set(self.project.store.video_names()):
            raise StoreError(
                f"{name} was purged while it was exported, and what was written of it "
                f"is not whole; delete that and export again"
            )

    def metadata(self) -> dict[str, str]:
        """What a Parquet file says of how its rows came about."""
        project, run = self.project, self.run
        videos = project.store.videos()
        said = {
            "program": f"feltline {version()}",
            "value_range": "-1..1",
            "tolerance": f"{project.settings.tolerance:g}",
            "coverage": f"{project.settings.coverage:g}",
            "threshold": f"{project.threshold:g}",
            "sha256": json.dumps({v.video_id: v.content_hash for v in videos}),
            "time_base": json.dumps({v.video_id: v.time_base for v in videos}),
        }
        if run is not None:
            said |= {
                "run_id": run.run_id,
                "method": run.method,
                "calibration": run.calibration,
                "encoder_id": run.encoder_id,
            }
        return said


def export(
    project: Project,
    out: Path,
    *,
    layer: Layer = "final",
    videos: Sequence[str] | None = None,
) -> int:
    """Write a project's labels, filled in anew if the last run is out of date.

    Args:
        project: The project.
        out: Where to; its ending chooses CSV, Parquet or JSON Lines.
        layer: `final`, `human` or `model`.
        videos: Only these; all of them if absent.

    Returns:
        How many rows were written.

    Raises:
        InputError: The ending, the folder, or a video that is not in the project.
        SetupError: No room or no permission to write.
    """
    check_table_path(out)
    begun = Export.begin(project, layer=layer, videos=videos)
    written = write_rows(out, begun.rows(), begun.metadata())
    project.store.note(
        "export",
        rater=project.settings.rater,
        detail={"layer": layer, "rows": written, "file": out.name},
    )
    return written


def _rows_of(begun: Export, video: VideoState) -> Iterator[TrackRows]:
    store, run, layer = begun.project.store, begun.run, begun.layer
    name, at = video.video.video_id, begun.at
    given_at = {s.event_id: s.at for s in store.labels(at=at, video_id=name)}
    given_at |= {s.event_id: s.at for s in store.reviews(at=at, video_id=name)}
    run_at = datetime.now(tz=UTC) if run is None else run.created_at
    for track, said in zip(video.tracks, video.judged, strict=True):
        number = track.track_id
        if layer == "human":
            labels = [s for s in video.labels if s.label.track_id == number]
            reviews = [s for s in video.reviews if s.review.track_id == number]
            yield from human_rows(track, said, labels, reviews)
            continue
        machine = None
        if run is not None:
            machine = store.estimate(run.run_id, name, number)
            if machine is None:
                _check_unfilled(run, track, said)
        if layer == "final":
            yield final_rows(track, said, machine, given_at=given_at, run_at=run_at)
        elif machine is not None:
            yield model_rows(track, machine, run_at)


def _check_unfilled(run: Run, track: FaceTrack, said: Judged) -> None:
    """Raise where a run lacks what it filled: rows would be left out and no one know.

    Raises:
        StoreError: The track is none of those that the run could not fill.
    """
    unfilled = run.options.get(UNFILLED)
    if unfilled is None:  # of an older feltline; a track with values was always filled
        was_filled = len(said.support) > 0
    else:
        was_filled = [track.video_id, track.track_id] not in unfilled
    if was_filled:
        raise StoreError(
            f"run {run.run_id} has no estimate of face {track.track_id} of "
            f"{track.video_id}, which it filled; nothing was exported. Look the "
            f"database over with feltline status --check; any new label makes another "
            f"run"
        )
