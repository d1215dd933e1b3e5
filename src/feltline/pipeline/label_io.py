"""Labels into a project from a file, and out of it."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from feltline.errors import FacesLostError, NothingToLabelError, StoreError
from feltline.formats import (
    NO_MAPPING,
    FacesOfVideo,
    Layer,
    TableMapping,
    TrackRows,
    check_replaceable,
    check_table_path,
    judgements_of,
    read_support,
    replacing_output,
    write_rows,
)
from feltline.project.annotations import annotate
from feltline.project.audit_schedule import check_audited
from feltline.project.export_rows import (
    final_rows,
    human_rows,
    lost_track,
    microseconds,
    model_rows,
)
from feltline.project.extraction_cache import faces_of
from feltline.project.laying import lay_over
from feltline.project.predicting import Predictor, model_in_force
from feltline.project.project import Project
from feltline.project.snapshot import (
    ProjectLog,
    VideoState,
    lack_of,
    load_video,
)
from feltline.settings import version
from feltline.store import StoredJudgement, VideoRecord

__all__ = ["Export", "Imported", "export", "import_labels"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of the rows of a file.

    Attributes:
        added: Labels that are new.
        known: Rows that say what stood in the project already.
        notes: What the user should know.
    """

    added: int
    known: int
    notes: tuple[str, ...]


def import_labels(
    project: Project,
    path: Path,
    *,
    encoding: str | None = None,
    mapping: TableMapping = NO_MAPPING,
    is_trial: bool = False,
) -> Imported:
    """Bring the labels of a support CSV into a project; all of them or none.

    What stands already is found in the transaction that writes, so two imports at
    once enter each label once.

    Args:
        project: The project.
        path: A CSV or an Excel file (.xlsx).
        encoding: Of the CSV; found out if absent.
        mapping: What its columns, scales and names of videos are.
        is_trial: Only say what would be brought in; nothing is written.

    Raises:
        SupportError: A row cannot be used.
        NothingToLabelError: No row has a label.
        StoreError: The database cannot be written.
    """
    given = read_support(path, project.schema, encoding=encoding, mapping=mapping)
    videos: dict[str, VideoState] = {}

    def found_in(name: str) -> FacesOfVideo:
        video = videos[name] = load_video(project, name)
        return faces_of(video.features, video.tracks)

    judgements, found = judgements_of(path, given.rows, project.locations(), found_in)
    notes = (*given.notes, *found)
    del given  # its rows, of which there may be very many
    new = []
    for judgement in judgements:
        tracks = videos[judgement.video_id]
        track_id = tracks.found_at(judgement.track_id, judgement.first_frame)
        if track_id is None:
            raise AssertionError("a label stands on no track that was found")
        new.append((judgement, track_id, None))
    if is_trial:
        known = project.store.count_known(new)
        return Imported(added=len(new) - known, known=known, notes=notes)
    saved = project.store.give_judgements(new, unless_known=True)
    added = sum(event.is_new for event in saved)
    return Imported(added=added, known=len(saved) - added, notes=notes)


@dataclass(frozen=True, kw_only=True)
class Export:
    """Labels on their way out, all as they stood at one event of the log.

    Attributes:
        project: The project.
        layer: `final`, `human` or `model`.
        videos: The videos.
        at: The event.
        predictor: Whose predictions the machine's values are; None where there are
            none.
        learnt_at: When its model was put in force, in microseconds since 1970; of the
            default model, when the last video was added.
        threshold: On confidence, as it was then.
        reopened: Least confidence of videos that an audit reopened.
    """

    project: Project
    layer: Layer
    videos: tuple[VideoRecord, ...]
    at: int
    predictor: Predictor | None
    learnt_at: int
    threshold: float
    reopened: Mapping[str, float]

    @classmethod
    def begin(
        cls, project: Project, *, layer: Layer, videos: Sequence[str] | None = None
    ) -> "Export":
        """Decide what is exported.

        What people said needs no features. Of a video whose features were lost nothing
        else can be exported: if it is not named, it is left out with a warning in the
        log.

        Args:
            project: The project.
            layer: `final`, `human` or `model`.
            videos: Only these; all of them if absent.

        Raises:
            StoreError: There is no such video.
            FacesLostError: What was extracted from a video that was named, or from all
                of them, is no longer kept.
        """
        store = project.store
        at = store.last_event_id()
        asked = store.videos() if videos is None else [store.video(v) for v in videos]
        kept: list[VideoRecord] = []
        lost: list[FacesLostError] = []
        for video in asked:
            lack = None if layer == "human" else lack_of(project, video)
            if lack is None:
                kept.append(video)
            elif videos is not None:
                raise lack
            else:
                logger.warning("%s is not in this export: %s", video.video_id, lack)
                lost.append(lack)
        if lost and not kept:
            raise lost[0]
        predictor, learnt_at = None, 0
        with suppress(NothingToLabelError):  # there is no face yet
            if layer != "human":
                used = model_in_force(project, at=at)
                predictor = Predictor(project, *used, is_pass=True)
                learnt_at = _put_in_force(project, at)
        return cls(
            project=project,
            layer=layer,
            videos=tuple(kept),
            at=at,
            predictor=predictor,
            learnt_at=learnt_at,
            threshold=project.threshold,
            reopened={
                name: least
                for name, least in project.reopened.items()
                if name in {video.video_id for video in kept}
            },
        )

    def rows(self) -> Iterator[TrackRows]:
        """Labels track by track, one video in memory at a time.

        Raises:
            StoreError: A video was purged meanwhile.
        """
        log = ProjectLog(self.project, at=self.at)
        for record in self.videos:
            try:
                video = log.load(record)
            except FacesLostError:
                if self.layer != "human":
                    raise
                yield from self._lost_rows(record)
                continue
            yield from self._rows_of(video)
        # What was purged meanwhile may lack values by now; it must not look whole.
        names = {video.video_id for video in self.videos}
        for name in names - set(self.project.store.video_names()):
            raise StoreError(
                f"{name} was purged while it was exported, and what was written of it "
                f"is not whole; delete that and export again"
            )

    def _rows_of(self, video: VideoState) -> Iterator[TrackRows]:
        schema = self.project.schema
        given_at = {s.event_id: microseconds(s.at) for s in video.judgements}
        for track in video.tracks:
            number = track.track_id
            policy = self.project.settings.consensus
            annotations = video.annotations_of(number, policy)
            if self.layer == "human":
                own = video.judgements_of(number)
                yield from human_rows(track, annotations, own, schema)
                continue
            prediction = None
            if self.predictor is not None:
                annotations, prediction = self.predictor.annotated(video, number)
            if self.layer == "final":
                rows = lay_over(annotations, prediction, schema)
                yield final_rows(
                    track, rows, given_at=given_at, learnt_at=self.learnt_at
                )
            elif prediction is not None:
                yield model_rows(track, prediction, schema, self.learnt_at)

    def _lost_rows(self, video: VideoRecord) -> Iterator[TrackRows]:
        """What people said of a video whose features are lost, without times."""
        schema = self.project.schema
        by_track: dict[int, list[StoredJudgement]] = {}
        name = video.video_id
        for stored in self.project.store.judgements(video_id=name, at=self.at):
            by_track.setdefault(stored.judgement.track_id, []).append(stored)
        for _, own in sorted(by_track.items()):
            track = lost_track(own)
            annotations = annotate(track.frame, own, schema)
            yield from human_rows(track, annotations, own, schema)

    @cached_property
    def promise(self) -> dict[str, str]:
        """What a final export must name: model, threshold, tolerance, calibration."""
        if self.predictor is None:
            return {}
        model = self.predictor.model
        reopened = {"reopened": json.dumps(self.reopened)} if self.reopened else {}
        return reopened | {
            "model_id": model.model_id,
            "threshold": f"{self.threshold:g}",
            "tolerance": f"{model.tolerance:g}",
            "coverage": f"{model.coverage:g}",
            "calibration": model.calibration.source,
            "encoder_id": model.encoder_id,
        }

    def metadata(self) -> dict[str, str]:
        """What a Parquet file says of how its rows came about."""
        dimensions = self.project.schema.dimensions
        return {
            "program": f"feltline {version()}",
            "value_range": json.dumps({d.name: [d.low, d.high] for d in dimensions}),
            "label_schema": json.dumps(self.project.schema.to_json()),
            "sha256": json.dumps({v.video_id: v.content_hash for v in self.videos}),
            "time_base": json.dumps({v.video_id: v.time_base for v in self.videos}),
            **self.promise,
        }


def export(
    project: Project,
    out: Path,
    *,
    layer: Layer = "final",
    videos: Sequence[str] | None = None,
    force: bool = False,
    despite_audit: bool = False,
) -> tuple[int, dict[str, str]]:
    """Write a project's labels, the machine's by the current model.

    Args:
        project: The project.
        out: Where to; its ending chooses CSV, Excel, Parquet or JSON Lines.
        layer: `final`, `human` or `model`.
        videos: Only these; all of them if absent.
        force: Whether a file at `out` that feltline did not write is kept beside it
            as `NAME.bak-N`, not refused.
        despite_audit: Whether to, also where an audit is overdue and blocks this.

    Returns:
        How many rows were written, and model, threshold, tolerance and calibration that
        they rest on (empty for the layer `human`).

    Raises:
        InputError: The ending, the folder, a file at `out` that feltline did not
            write, or a video that is not in the project.
        AuditOverdueError: An audit is overdue, and blocks this.
        SetupError: No room or no permission to write.
    """
    check_table_path(out)
    check_replaceable(out, force=force)
    despite = check_audited(project, layer=layer, despite=despite_audit)
    begun = Export.begin(project, layer=layer, videos=videos)
    with replacing_output(out, force=force):
        written = write_rows(out, begun.rows(), begun.metadata(), project.schema)
    project.store.note(
        "export",
        rater=project.settings.rater,
        detail={"layer": layer, "rows": written, "file": out.name, **begun.promise}
        | ({"despite_audit": True} if despite else {}),
    )
    return written, begun.promise


def _put_in_force(project: Project, at: int) -> int:
    """When the model in force was put in force; the default one: the last video."""
    store = project.store
    if store.current_model_id(at=at) is None:
        return max(microseconds(video.added_at) for video in store.videos())
    return microseconds(store.event(store.model_event(at)).at)
