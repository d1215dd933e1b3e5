"""Learn a project's model, and say what changed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from feltline.errors import FacesLostError, NothingToLabelError
from feltline.fewshot import disagreeing_raters
from feltline.project.laying import FinalRows, lay_over
from feltline.project.learning import learn
from feltline.project.predicting import Predictor
from feltline.project.project import Project
from feltline.project.snapshot import ProjectLog
from feltline.types import Model, Progress

__all__ = ["Propagated", "propagate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Propagated:
    """A model put in force, and what it says of the project.

    Attributes:
        model: The model.
        before_id: The model in force before; the same if there was nothing to learn.
        frames: Frames that have a value.
        accepted: Share of the machine's values that no person dealt with, at or above
            the threshold; 1 without any.
        accepted_before: The same by the model before.
        moved: Root mean square of how far the machine's values moved, on the unit
            scale; 0 if nothing was learnt.
        threshold: On confidence.
        disagreeing: Raters whose accepts disagree with their blind judgements.
    """

    model: Model
    before_id: str
    frames: int
    accepted: float
    accepted_before: float
    moved: float
    threshold: float
    disagreeing: tuple[str, ...]


def propagate(project: Project, *, progress: Progress | None = None) -> Propagated:
    """Learn from the judgements in force, and put the model in force.

    Raises:
        NothingToLabelError: The project has no face, or no judgement to learn from.
        StoreError: The database cannot be written.
    """
    before = Predictor(project, is_pass=True)  # raises where there is no face
    model = learn(project, progress=progress)
    if not model.n_judgements:
        raise NothingToLabelError(
            "there is no label in this project yet: label some frames (feltline "
            "suggest says which, feltline serve opens the page), or bring labels with "
            "feltline labels import"
        )
    frames = 0
    machine = np.zeros((2, 2))  # now and before: accepted, and all that are to be
    moved = square = 0.0
    unit, threshold = project.schema.to_unit, project.threshold
    reopened = project.reopened
    for name, *both in _both(project, model, before, progress):
        least = max(threshold, reopened.get(name, 0.0))
        frames += int(np.isfinite(both[0].value).any(axis=1).sum())
        for row, rows in zip(machine, both, strict=True):
            accepted = rows.is_accepted(least).sum()
            row += accepted, accepted + rows.is_pending(least).sum()
        now, was = (unit(rows.value.astype(np.float64)) for rows in both)
        square += float(np.nansum((now - was) ** 2))
        moved += float(np.isfinite(now - was).sum())
    share = [a / n if n else 1.0 for a, n in machine.tolist()]
    return Propagated(
        model=model,
        before_id=before.model.model_id,
        frames=frames,
        accepted=share[0],
        accepted_before=share[1],
        moved=math.sqrt(square / moved) if moved else 0.0,
        threshold=threshold,
        disagreeing=disagreeing_raters(model),
    )


def _both(
    project: Project, model: Model, old: Predictor, progress: Progress | None
) -> Iterator[tuple[str, FinalRows, FinalRows]]:
    """Video of each track, and what stands in it by a model and by the one before."""
    log, videos = ProjectLog(project), project.store.videos()
    new = Predictor(project, model, is_pass=True)
    for done, record in enumerate(videos, start=1):
        if progress is not None:
            progress("videos", done, len(videos))
        try:
            video = log.load(record)
        except FacesLostError:
            continue
        for track in video.tracks:
            number = track.track_id
            rows = lay_over(*new.annotated(video, number), project.schema)
            if model.model_id == old.model.model_id:
                yield record.video_id, rows, rows
                continue
            yield (
                record.video_id,
                rows,
                lay_over(*old.annotated(video, number), project.schema),
            )
