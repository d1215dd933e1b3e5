"""The commands on a project as a whole, and what they share: opening it, learning."""

import uuid
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from feltline.cli import options as o
from feltline.cli.rater_names import rater_names
from feltline.cli.show import figures, line, print_json, progress, table

if TYPE_CHECKING:
    from feltline.project import Project
    from feltline.review import LiveProject, ModelState, Status
    from feltline.types import Model

__all__ = [
    "ProjectFolder",
    "init",
    "learn_if_due",
    "opened",
    "propagate",
    "status",
    "threshold",
]

SHOWN: Final = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
"""Thresholds whose costs are printed."""

ProjectFolder = Annotated[
    Path,
    o.option(
        "The project's folder, or one inside it.",
        "--project",
        show_default="where you are",
    ),
]


def opened(folder: Path) -> "Project":
    """Open the project that a folder lies in.

    Raises:
        InputError: There is none, or its settings cannot be used.
        StoreError: Its database cannot be opened.
    """
    from feltline.project import Project, find_project

    with progress("former extractions:", quiet=False, unit="videos") as tell:
        return Project.open(find_project(folder), progress=tell)


def learn_if_due(project: "Project", *, quiet: bool) -> "Model | None":
    """Learn a new model where labels or videos have changed enough.

    Returns:
        The model that was learnt; None if none was due.

    Raises:
        StoreError: The database cannot be written.
    """
    from feltline.project import is_due, learn

    if not is_due(project):
        return None
    with progress("learning", quiet=quiet, unit="videos") as tell:
        return learn(project, progress=tell)


@o.example(
    "Examples: feltline init study; feltline init study --name 'Pilot study' "
    "--rater anna; feltline init study --database postgresql://localhost/feltline; "
    "feltline init talks --schema tension.json"
)
def init(
    folder: Annotated[Path, o.argument("FOLDER", "Where to make it.")],
    name: Annotated[
        str | None, o.option("What to call it.", show_default="the folder's name")
    ] = None,
    rater: Annotated[str, o.option("Who labels here.")] = "r1",
    database: Annotated[
        str,
        o.option(
            "A postgresql:// URL; FELTLINE_DATABASE overrides it, which keeps a "
            "password out of the file.",
            show_default="SQLite in the folder",
        ),
    ] = "",
    schema: Annotated[
        Path | None,
        o.option(
            "Dimensions and classes to label in, as JSON; they stay as they are.",
            metavar="FILE",
            show_default="valence, arousal and eight expressions",
        ),
    ] = None,
    every: o.Every = "1",
    faces: o.Faces = o.DEFAULT_FACES,
    encoder: o.EncoderName = o.DEFAULT_ENCODER,
    tolerance: o.Tolerance = o.DEFAULT_TOLERANCE,
    coverage: o.Coverage = o.DEFAULT_COVERAGE,
    threshold: o.Threshold = o.DEFAULT_THRESHOLD,
    consensus: o.Consensus = o.DEFAULT_CONSENSUS,
    as_json: o.AsJson = False,
) -> None:
    """Make a project: a folder with its settings, its labels, and what is extracted."""
    from feltline.formats import read_schema
    from feltline.project import Project, ProjectSettings
    from feltline.types import DEFAULT_SCHEMA

    settings = ProjectSettings(
        project_id=uuid.uuid4().hex,
        name=name or folder.resolve().name,
        rater=rater,
        database=database,
        encoder=encoder,
        every=every,
        faces=faces,
        tolerance=tolerance,
        coverage=coverage,
        threshold=threshold,
        consensus=consensus,
    )
    labelled_in = DEFAULT_SCHEMA if schema is None else read_schema(schema)
    Project.init(folder, settings, labelled_in).close()
    if as_json:
        print_json({"project": str(folder), "project_id": settings.project_id})
        return
    line(f"made the project {settings.name} in {folder}; next:")
    line(f"  cd {folder}")
    line("  feltline add VIDEO...")


@o.example("Example: feltline propagate")
def propagate(project: ProjectFolder = Path(), as_json: o.AsJson = False) -> None:
    """Learn from the labels of the project, and put the new model in force.

    Page, export, status and suggestions go by it from then on. The server does this by
    itself once a tenth of the labels have changed.
    """
    from feltline.pipeline import propagate as learn_and_compare

    with opened(project) as here, progress("predicting", quiet=as_json) as tell:
        made = learn_and_compare(here, progress=tell)
    model = made.model
    if as_json:
        print_json(
            {
                "model_id": model.model_id,
                "model_before": made.before_id,
                "labels": model.n_judgements,
                "frames": made.frames,
                "share_accepted": made.accepted,
                "share_accepted_before": made.accepted_before,
                "moved": made.moved,
                "threshold": made.threshold,
                "tolerance": model.tolerance,
                "calibration": model.calibration.source,
                "disagreeing_raters": list(made.disagreeing),
            }
        )
        return
    rows = {
        "frames": made.frames,
        "labels used": model.n_judgements,
        "accepted": f"{made.accepted:.0%} of the rest at confidence {made.threshold:g} "
        f"and above",
        "confidence from": model.calibration.source,
        "changed": f"values moved by {made.moved:.3f}; accepted before: "
        f"{made.accepted_before:.0%}"
        if model.model_id != made.before_id
        else "nothing: the labels are those that the model was learnt from",
    }
    if made.disagreeing:
        rows["look at"] = (
            f"{', '.join(made.disagreeing)}: what they accept disagrees with what they "
            f"say unseen"
        )
    figures(f"model {model.model_id}", rows)


def _settled(project: "Project", *, quiet: bool) -> "LiveProject":
    """The project with all its tracks predicted by the model in force."""
    from feltline.review import LiveProject

    live = LiveProject(project)
    with progress("predicting", quiet=quiet, unit="videos") as tell:
        live.settle(tell)
    return live


def _provisional(model: "ModelState") -> str:
    """Whether predictions are provisional, and why; as the page says it."""
    why = {
        "no-labels": "no label was learnt from yet",
        "few-labels": f"learnt from {model.n_judgements} labels only",
        "older-labels": f"{model.n_since} judgements came or went since",
    }
    said = ", ".join(why[reason] for reason in model.reasons)
    return f" (provisional: {said})" if said else ""


def _audit_rows(s: "Status") -> dict[str, str]:
    rows: dict[str, str] = {}
    if s.audits_right is not None:
        audits = "1 audit" if s.audits == 1 else f"{s.audits} audits"
        rows["audits"] = f"{s.audits_right:.0%} of {audits} right"
    if s.audit_overdue:
        rows["next audit"] = "overdue: see feltline audit"
    if s.reopened:
        rows["reopened"] = f"{s.reopened} videos, by an audit: see feltline audit"
    return rows


@o.example("Example: feltline status")
def status(
    project: ProjectFolder = Path(),
    check: Annotated[
        bool,
        o.option("Look the whole database and the folders over as well.", "--check"),
    ] = False,
    as_json: o.AsJson = False,
) -> None:
    """Show how far the project is: videos, labels, what is accepted, what is left."""
    from feltline.formats import shortened
    from feltline.review import status_of

    with opened(project) as here:
        s = status_of(_settled(here, quiet=as_json), check=check)
        names = {} if as_json else rater_names(here)
    if as_json:
        print_json(s.document)
        return
    who = ", ".join(names.get(rater, rater) for rater in s.raters) or "nobody yet"
    length = f"{s.hours:.1f} hours" if s.hours >= 1 else f"{s.hours * 60:.1f} minutes"
    rows: dict[str, Any] = {
        "videos": f"{s.videos}, {length}",
        "faces": f"{s.tracks} tracks, {s.frames} frames",
        "labels": f"{s.labels} in force, by {who}",
        "reviewed": f"{s.reviewed} frames by people",
        "accepted": f"{s.accepted} frames at confidence {s.threshold:g} and above",
        "to review": f"{s.pending} frames: about {s.items_left} decisions, "
        f"{s.minutes_left:.0f} min",
    }
    if len(s.work) > 1:
        rows["raters"] = "; ".join(
            f"{names.get(one.rater, one.rater)}: {one.judgements} judgements, "
            f"{one.blind} blind, {one.active_minutes:.0f} min"
            for one in s.work
        )
        rows["their consensus"] = f"{s.consensus}; feltline agree says how they agree"
    if s.decisions:
        rows["decisions"] = f"{s.decisions} without a value or class"
    if s.active_minutes:
        rows["spent"] = f"{s.active_minutes:.0f} min of judging that was timed"
    if s.traced_minutes:
        rows["rated live"] = f"{s.traced_minutes:.1f} min of video, by all raters"
    rows |= _audit_rows(s)
    if s.model_id:
        rows["model"] = f"{s.model_id}{_provisional(s.model)}"
        rows["confidence from"] = s.model.calibration
    if s.suggestions_left:
        rows["suggested"] = f"{s.suggestions_left} frames wait for a label"
    if s.lost:
        rows["lost"] = (
            f"{', '.join(shortened(s.lost))}: give feltline add the videos again"
        )
    if check:
        rows["database and folders"] = (
            "; ".join(shortened(s.problems)) or "nothing is wrong"
        )
    figures(s.name, rows)


@o.example("Examples: feltline threshold; feltline threshold 0.85")
def threshold(
    value: Annotated[
        float | None,
        o.argument(
            "[VALUE]", "Put this one in force.", min=0.0, max=1.0, show_default=True
        ),
    ] = None,
    project: ProjectFolder = Path(),
    as_json: o.AsJson = False,
) -> None:
    """Show what thresholds cost and save, or put one in force.

    Machine labels at or above the threshold are accepted; a person looks at the rest.
    """
    from feltline.review import Queue, costs_of

    with opened(project) as here:
        if value is not None:
            here.store.set_threshold(round(value, 2), rater=here.settings.rater)
        live = _settled(here, quiet=as_json)
        now, totals = live.threshold, live.index.totals()
        seconds_each = Queue(live).seconds_per_item()
        costs = costs_of(totals, totals.items_per_piece, seconds_each)
    if as_json:
        print_json({"threshold": now, "points": [asdict(c) for c in costs]})
        return
    table(
        *(">threshold", ">frames to people", ">share", ">decisions", ">minutes"),
        ">accepted but wrong",
        rows=(
            (
                f"{c.threshold:g}{'*' if c.threshold == round(now, 2) else ' '}",
                *(c.frames, f"{c.share:.0%}", f"{c.items:.0f}", f"{c.minutes:.0f}"),
                f"{c.wrong:.1%}",
            )
            for c in costs
            if c.threshold in {*SHOWN, round(now, 2)}
        ),
    )
    line(f"in force: {now:g}")
