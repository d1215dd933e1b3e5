"""A project's labels carried to all its frames, and kept as a run."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from feltline.errors import InputError, NothingToLabelError
from feltline.fewshot import Filling, LabelOptions, fill
from feltline.fewshot.gp.kernel import HyperParameters
from feltline.project.project import Project
from feltline.project.snapshot import ProjectState, lack_of_faces, load_state
from feltline.settings import version
from feltline.store import Run
from feltline.types import Estimate, SupportSet

__all__ = [
    "PRIOR",
    "Propagated",
    "current_run",
    "fill_state",
    "find_run",
    "keep_run",
    "left_out_of",
    "propagate",
    "rebuild",
]

PRIOR: Final = "prior"
"""In the place of a run: the shipped hyper-parameters, before any label was learnt."""

_CHANGING: Final = frozenset({"label", "track-edit", "undo", "video-added", "purge"})
"""Kinds of events after which a run no longer tells how a project stands."""

LEFT_OUT: Final = "left_out"
"""Among a run's options: names of the videos that it has nothing of, for their faces
were lost."""

UNFILLED: Final = "unfilled"
"""Likewise: video and number of each track that could not be filled. Runs of before
this was kept lack it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Propagated:
    """A run and what it came from.

    Attributes:
        run: The run, as it is kept.
        state: The project that it was made of.
        estimates: Per track of `state.tracks`; None where nothing could be filled.
    """

    run: Run
    state: ProjectState
    estimates: tuple[Estimate | None, ...]


def propagate(project: Project, *, at: int | None = None) -> Propagated:
    """Carry the labels of a project to all its frames, and keep the result.

    Args:
        project: The project.
        at: The labels in force after this event; now if absent.

    Raises:
        NothingToLabelError: The project has no face, or no label.
        InputError: What was extracted from all videos is no longer kept; one or the
            other without is left out, with a warning in the log.
        StoreError: The database cannot be written.
    """
    event_id = project.store.last_event_id() if at is None else at
    state = load_state(project, at=event_id)
    if not state.tracks:
        raise NothingToLabelError(
            "there is no face in this project yet: add videos with feltline add"
        )
    if not len(state.support):
        raise NothingToLabelError(
            "there is no label in this project yet: label some frames (feltline "
            "suggest says which, feltline serve opens the page), or bring labels with "
            "feltline labels import"
        )
    filling = fill_state(project, state)
    estimates = [filling.estimate(i) for i in range(len(state.tracks))]
    run = keep_run(project, filling, estimates, event_id, left_out=state.left_out)
    return Propagated(run=run, state=state, estimates=tuple(estimates))


def keep_run(
    project: Project,
    filling: Filling,
    estimates: Sequence[Estimate | None],
    event_id: int,
    *,
    left_out: Sequence[str] = (),
) -> Run:
    """Keep what a filling says of every track; the same labels give the same run.

    Args:
        project: The project.
        filling: Made by `fill_state`.
        estimates: What it says of each of its tracks.
        event_id: The labels in force after this event went into it.
        left_out: Names of the videos that are not in the filling, for their faces are
            lost.
    """
    keys = [(t.video_id, t.track_id) for t in filling.tracks]
    made = {k: e for k, e in zip(keys, estimates, strict=True) if e is not None}
    lacks = {
        LEFT_OUT: list(left_out),
        UNFILLED: [list(key) for key in keys if key not in made],
    }
    run = Run(
        run_id=filling.run_id,
        event_id=event_id,
        base_run_id=None,
        created_at=datetime.now(tz=UTC),
        method="gp",
        options=asdict(options_of(project)) | lacks,
        n_labels=len(filling.support),
        calibration=filling.calibration.words,
        origin="model",
        encoder_id=project.encoder_id,
    )
    before = find_run(project, run.run_id)
    if before is not None:
        return before
    if not project.store.save_run(run, made):
        return project.store.run(run.run_id)  # another has kept it meanwhile
    project.store.note(
        "run",
        rater=project.settings.rater,
        detail={"run_id": run.run_id, "labels": run.n_labels},
    )
    return run


def find_run(project: Project, run_id: str) -> Run | None:
    """A run by its id; None if there is none."""
    return next((r for r in project.store.runs() if r.run_id == run_id), None)


def rebuild(project: Project, run_id: str) -> Filling:
    """What a run, or a re-fill of the review page, was made of, made again.

    Args:
        project: The project.
        run_id: Of a run; or `<run>+<event>`, the hyper-parameters of that run with the
            labels in force after that event; or `prior+<event>`, the shipped ones.

    Raises:
        InputError: There is no such run.
        NothingToLabelError: There was no face then.
    """
    base, _, event = run_id.partition("+")
    around = names = None
    if base != PRIOR:
        run = find_run(project, base)
        if run is None:
            raise InputError(f"there is no run {base} in this project")
        left_out = left_out_of(run)
        names = [n for n in project.store.video_names() if n not in left_out]
        then = load_state(project, videos=names, at=run.event_id)
        learnt = fill_state(project, then)
        if not event:
            return learnt
        around = learnt.posterior.hyperparameters
    if not event.isdecimal():
        raise InputError(f"{run_id} names no run: it should end in +<event>")
    state = load_state(project, videos=names, at=int(event))
    return fill_state(project, state, around=around, run_id=run_id)


def current_run(project: Project, *, at: int | None = None) -> Run | None:
    """The run that tells how the project stands, made anew if need be.

    Args:
        project: The project.
        at: The state after this event; now if absent.

    Returns:
        None where there is no face or no label yet.
    """
    event_id = project.store.last_event_id() if at is None else at
    last = project.store.latest_run()
    # Another thread may have made it after the event that is asked for.
    if (
        last is not None
        and _is_as_promised(project, last)
        and not _changes_between(
            project, min(last.event_id, event_id), max(last.event_id, event_id)
        )
    ):
        return last
    try:
        return propagate(project, at=event_id).run
    except NothingToLabelError:
        return None


def left_out_of(run: Run | None) -> frozenset[str]:
    """Names of the videos that a run has nothing of, for their faces were lost."""
    return frozenset(() if run is None else run.options.get(LEFT_OUT, ()))


def _is_as_promised(project: Project, run: Run) -> bool:
    """Whether a run was made as `feltline.toml` says now, of all that can be read."""
    promised = {k: v for k, v in run.options.items() if k not in (LEFT_OUT, UNFILLED)}
    if promised != asdict(options_of(project)):
        return False
    if run.encoder_id != project.encoder_id:
        return False
    videos = project.store.videos()
    # Older feltlines could be killed between adding a video and saying so in the log.
    if any(video.added_at > run.created_at for video in videos):
        return False
    again = {video.video_id for video in videos} & left_out_of(run)
    return all(lack_of_faces(project, name) is not None for name in again)


def _changes_between(project: Project, first: int, last: int) -> bool:
    """Whether an event after the first, up to the last, makes a run out of date."""
    while first < last:
        events = project.store.events(after=first, limit=1000)
        if any(e.kind in _CHANGING and e.event_id <= last for e in events):
            return True
        first = events[-1].event_id if events else last
    return False


def options_of(project: Project) -> LabelOptions:
    """What the project's settings promise of its labels."""
    return LabelOptions(
        tolerance=project.settings.tolerance, coverage=project.settings.coverage
    )


def fill_state(
    project: Project,
    state: ProjectState,
    *,
    around: HyperParameters | None = None,
    run_id: str | None = None,
) -> Filling:
    """Condition a project on its labels, or without any on the encoder's opinion.

    Args:
        project: The project.
        state: How it stands.
        around: Hyper-parameters to use as they are.
        run_id: Name of the result; if absent, hyper-parameters are learnt from the
            labels and the name follows from what went in.
    """
    options = options_of(project)
    return fill(
        state.tracks,
        state.embeddings,
        state.support,
        options,
        run_id=run_id or _run_id(state, options),
        around=around,
        strangeness=ood_scores_of(project.settings.encoder, state.embeddings),
        choices=state.choices,
        learn=run_id is None,
    )


def _run_id(state: ProjectState, options: LabelOptions) -> str:
    """The same tracks, labels, settings and version give the same id."""
    said: list[Any] = [version(), asdict(options)]
    whole = hashlib.sha256()
    for video in state.videos:
        record = video.video
        # Purged and added again, it is another one: its estimates went with it.
        added_at = record.added_at.isoformat()
        said.append([record.content_hash, record.encoder_id, added_at])
        for track in video.tracks:
            whole.update(track.frame.tobytes())
            whole.update(track.box_xyxy.tobytes())  # two faces may change places
            said.append([track.video_id, track.track_id])
    said.append(_spelled(state.support))
    told = state.choices
    arrays = (told.track_id, told.frame, told.expression)
    said.append([told.video_id, *(a.tolist() for a in arrays)])
    whole.update(json.dumps(said).encode())
    return whole.hexdigest()[:12]


def _spelled(support: SupportSet) -> list[Any]:
    arrays: Sequence[np.ndarray] = (
        support.track_id,
        support.frame,
        support.affect,
        support.expression,
    )
    return [support.video_id, support.rater, *(a.tolist() for a in arrays)]
