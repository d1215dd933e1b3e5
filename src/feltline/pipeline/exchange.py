"""Labels into a project from a file, and out of it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from feltline.formats import (
    FacesOfVideo,
    Layer,
    TrackRows,
    check_table_path,
    read_support,
    support_of,
    write_rows,
)
from feltline.pipeline.label import version
from feltline.pipeline.layers import final_rows, human_rows, model_rows
from feltline.pipeline.project import Project
from feltline.pipeline.propagate import current_run
from feltline.pipeline.state import ProjectState, VideoState, load_state
from feltline.store import Run
from feltline.types import EXPRESSIONS, HumanLabel, SupportSet

__all__ = ["Export", "Imported", "export", "import_labels"]


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
    state = load_state(project)
    support, notes = support_of(path, rows, [_faces_of(v) for v in state.videos])
    videos = {v.video.video_id: v for v in state.videos}
    known = {
        _said(s.label)
        for v in state.videos
        for s in project.store.labels(video_id=v.video.video_id)
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

        Args:
            project: The project.
            layer: `final`, `human` or `model`.
            videos: Only these; all of them if absent.

        Raises:
            StoreError: There is no such video.
            InputError: What was extracted from a video is no longer kept.
        """
        names = project.store.video_names()
        for name in () if videos is None else videos:
            if name not in names:
                project.store.video(name)  # raises
        at = project.store.last_event_id()
        return cls(
            project=project,
            layer=layer,
            videos=tuple(names if videos is None else videos),
            at=at,
            run=None if layer == "human" else current_run(project, at=at),
        )

    def rows(self) -> Iterator[TrackRows]:
        """Labels track by track, one video in memory at a time."""
        for name in self.videos:
            state = load_state(self.project, videos=[name], at=self.at)
            yield from _rows_of(self, state)

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


def _rows_of(begun: Export, state: ProjectState) -> Iterator[TrackRows]:
    (video,) = state.videos
    store, run, layer = begun.project.store, begun.run, begun.layer
    name, at = video.video.video_id, begun.at
    given_at = {s.event_id: s.at for s in store.labels(at=at, video_id=name)}
    given_at |= {s.event_id: s.at for s in store.reviews(at=at, video_id=name)}
    run_at = datetime.now(tz=UTC) if run is None else run.created_at
    for track, said in zip(video.tracks, video.judged, strict=True):
        machine = None
        if run is not None:
            machine = store.estimate(run.run_id, name, track.track_id)
        if layer == "human":
            yield from human_rows(track, said, given_at=given_at)
        elif layer == "final":
            yield final_rows(track, said, machine, given_at=given_at, run_at=run_at)
        elif machine is not None:
            yield model_rows(track, machine, run_at)
