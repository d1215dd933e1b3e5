"""Learning: an event of the log that makes a new model the current one."""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Final

from feltline import fewshot
from feltline.fewshot import TrackFeatures
from feltline.project.basis import fitted_basis, is_outgrown
from feltline.project.predicting import features_of, unlearnt_model
from feltline.project.project import Project
from feltline.project.snapshot import ProjectLog, lack_of
from feltline.project.trace_lags import keep_raters_lags
from feltline.settings import version
from feltline.store import Store, VideoRecord
from feltline.types import Basis, Model, Observation, Progress

__all__ = [
    "DUE_SHARE",
    "changed_since",
    "is_due",
    "keep_default_model",
    "learn",
    "learnt_model",
]

logger = logging.getLogger(__name__)

DUE_SHARE: Final = 0.1
"""A model is learnt anew once judgements differ by more than this share."""


def is_due(project: Project) -> bool:
    """Whether a new model would be worth learning.

    Judgements in force differ by more than 10 %, and by at least one, from those that
    the current model was learnt from; or there are faces and no model yet, or half as
    many tracks more than its basis was fitted with; or features that were lost when it
    was learnt are there again.
    """
    store = project.store
    model_id = store.current_model_id()
    if model_id is None:
        return bool(store.found_tracks())
    model = store.model(model_id)
    changed = changed_since(project, model)
    if changed > DUE_SHARE * model.n_judgements or _can_read_more(project, model):
        return True
    return is_outgrown(project, store.basis(model.basis_id))


def changed_since(project: Project, model: Model) -> int:
    """How many judgements and traces came and went since a model was learnt.

    A trace counts as one, however long. Judgements that teach nothing are not counted:
    skips, what could not be judged, and what was judged for practice or as a test.
    """
    store, then = project.store, model.learnt_from_event
    delta = store.judgement_delta(then)
    judged = sum(
        stored.judgement.decision not in ("skip", "cannot") and stored.judgement.teaches
        for stored in (*delta.added, *delta.removed)
    )
    return judged + len(_traces_at(store, then) ^ _traces_at(store, None))


def _traces_at(store: Store, at: int | None) -> set[int]:
    """Traces in force after an event that the engine learns from; None = now."""
    return {h.event_id for h in store.trace_heads(at=at) if h.mode == "bounded"}


def keep_default_model(project: Project) -> None:
    """Put the default model in force if there are faces and no model is.

    Without it each reader would fit the basis of the default model for itself.
    """
    store = project.store
    if store.current_model_id() is None and store.found_tracks():
        event_id = store.last_event_id()
        basis, fitted_with = fitted_basis(project)
        store.save_basis(basis, videos=fitted_with)
        store.save_model(
            unlearnt_model(project, basis),
            rater=project.settings.rater,
            read_at=event_id,
            if_none=True,  # another process may have learnt one meanwhile
        )


def learn(
    project: Project, *, rater: str | None = None, progress: Progress | None = None
) -> Model:
    """Learn a model from the judgements and traces in force, and put it in force.

    Before that, reaction lags of traces are found against those of other raters. Only
    labelled tracks are read. The basis of appearance is fitted anew where there is none
    yet, or when the number of tracks has grown by half since. Without a judgement or
    trace it is the default model.

    Args:
        project: The project.
        rater: Who asked for it, as the log names them; the project's rater if absent.
        progress: Told how far it is.

    Returns:
        The model in force from then on; what it would learn again is learnt already,
        and writes nothing. One that another learnt meanwhile from more stays in force.

    Raises:
        NothingToLabelError: No video of the project shows a face.
        StoreError: The database cannot be written, or a video that went in was purged
            meanwhile.
    """
    store = project.store
    keep_raters_lags(project)
    event_id, current_id = store.last_event_id(), store.current_model_id()
    current = None if current_id is None else store.model(current_id)
    basis = None if current is None else store.basis(current.basis_id)
    if basis is None or is_outgrown(project, basis):
        basis, fitted_with = fitted_basis(project)
        store.save_basis(basis, videos=fitted_with)
    elif current is not None and _is_learnt_from(project, current, event_id):
        return current
    model = learnt_model(project, basis, at=event_id, progress=progress)
    if model.model_id != current_id:
        asker = project.settings.rater if rater is None else rater
        store.save_model(model, rater=asker, read_at=event_id)
    in_force = store.current_model_id()
    return model if in_force in (None, model.model_id) else store.model(in_force)


def _is_learnt_from(project: Project, model: Model, event_id: int) -> bool:
    """Whether a model says what would be learnt from the log after an event."""
    store, settings, then = project.store, project.settings, model.learnt_from_event
    promise = settings.tolerance, settings.coverage
    if (model.tolerance, model.coverage) != promise or model.code_version != version():
        return False
    delta = store.judgement_delta(min(then, event_id), max(then, event_id))
    if delta.added or delta.removed or _can_read_more(project, model):
        return False
    if _is_read_again(project, since=then):
        return False
    if _traces_at(store, then) != _traces_at(store, event_id):
        return False
    if store.trace_lags(at=then) != store.trace_lags(at=event_id):
        return False
    return store.track_edits(at=then) == store.track_edits(at=event_id)


def _is_read_again(project: Project, *, since: int) -> bool:
    """Whether a video was read again after an event: its features may be others."""
    last = since
    while some := project.store.events(after=last):
        if any(event.kind == "video-read-again" for event in some):
            return True
        last = some[-1].event_id
    return False


def _can_read_more(project: Project, model: Model) -> bool:
    """Whether features that were lost when a model was learnt are there again."""
    return bool(model.left_out) and any(
        lack_of(project, video) is None
        for video in project.store.videos()
        if video.video_id in model.left_out
    )


def learnt_model(
    project: Project,
    basis: Basis,
    *,
    at: int,
    left_out: Collection[str] | None = None,
    progress: Progress | None = None,
) -> Model:
    """The model that the judgements in force after an event teach; it is not kept.

    Args:
        project: The project.
        basis: Of its appearance features.
        at: The event.
        left_out: Videos to leave out; None = those whose features are lost.
        progress: Told how far it is.

    Raises:
        FacesLostError: The features of a video that is not left out are lost.
    """
    log, prior = ProjectLog(project, at=at), unlearnt_model(project, basis)
    videos = {v.video_id: v for v in project.store.videos()}
    labelled = [videos[name] for name in log.labelled if name in videos]
    if left_out is None:
        lacking = {v.video_id: lack_of(project, v) for v in labelled}
        left_out = [name for name, error in lacking.items() if error is not None]
        for name in left_out:
            logger.warning("%s is left out: %s", name, lacking[name])
    model = fewshot.learn(
        _tracks(
            log, [v for v in labelled if v.video_id not in left_out], basis, progress
        ),
        replace(prior, left_out=tuple(left_out)),
        schema=project.schema,
        learnt_from_event=at,
    )
    return model if model.n_judgements else prior


def _tracks(
    log: ProjectLog,
    videos: Sequence[VideoRecord],
    basis: Basis,
    progress: Progress | None,
) -> Iterator[tuple[TrackFeatures, Sequence[Observation], str]]:
    """Features and observations of each track that was labelled, and its video."""
    for done, record in enumerate(videos, start=1):
        if progress is not None:
            progress("labelled videos", done, len(videos))
        video = log.load(record)
        for number in video.labelled_tracks:
            if observations := video.observations_of(number):
                yield features_of(video, number, basis), observations, record.video_id
