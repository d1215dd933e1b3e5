"""Labels of a project in and out, and a video out of it."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, learn_if_due, opened
from feltline.cli.show import figures, line, notices, print_json

__all__ = ["LABELS", "export", "purge"]

LABELS: Final = typer.Typer(
    no_args_is_help=True,
    help="Labels from a file into a project.",
    epilog="Example: feltline labels import labels.csv",
)


@LABELS.command("import")
def bring_in(
    file: Annotated[
        Path,
        o.argument(
            "FILE",
            "Labels: a CSV or .xlsx with video, frame (or time_s), and the dimensions "
            "(valence, arousal).",
        ),
    ],
    column: Annotated[
        list[str] | None,
        o.option(
            "Their column is ours of that name; may be repeated. OURS= alone: "
            "the file has none.",
            metavar="OURS=THEIRS",
        ),
    ] = None,
    scale: Annotated[
        list[str] | None,
        o.option(
            "The file's values of a dimension run from LOW to HIGH (9..1: reversed); "
            "may be repeated.",
            metavar="DIMENSION=LOW..HIGH",
        ),
    ] = None,
    video: Annotated[
        list[str] | None,
        o.option(
            "What the file calls THEIRS is the project's VIDEO; may be repeated.",
            metavar="VIDEO=THEIRS",
        ),
    ] = None,
    dry_run: Annotated[
        bool, o.option("Only say what would be brought in.", "--dry-run")
    ] = False,
    project: ProjectFolder = Path(),
    encoding: o.Encoding = None,
    as_json: o.AsJson = False,
) -> None:
    """Bring in the labels of a CSV or Excel file, all of them or none.

    What stands in the project already is not entered twice. A new model is learnt from
    them.
    """
    from feltline.formats import TableMapping
    from feltline.pipeline import import_labels

    with opened(project) as here:
        mapping = TableMapping.parse(
            here.schema,
            columns=column or (),
            scales=scale or (),
            videos=video or (),
            known_videos=here.store.video_names(),
        )
        made = import_labels(
            here, file, encoding=encoding, mapping=mapping, is_trial=dry_run
        )
        learnt = None if dry_run else learn_if_due(here, quiet=as_json)
    if as_json:
        print_json(asdict(made))
        return
    notices(made.notes)
    known = f"; {made.known} were there already" if made.known else ""
    if dry_run:
        line(f"would bring in {made.added} labels{known}; nothing was written")
        return
    line(f"brought in {made.added} labels{known}; next: feltline status")
    if learnt is not None:
        line(f"learnt from {learnt.n_judgements} labels: model {learnt.model_id}")


@o.example(
    "Examples: feltline export labels.parquet; "
    "feltline export mine.csv --layer human --video talk.mp4"
)
def export(
    out: Annotated[
        Path, o.argument("FILE", "Where to write: .csv, .xlsx, .parquet or .jsonl.")
    ],
    layer: Annotated[
        Literal["final", "human", "model"],
        o.option(
            "final: what stands, people's judgements first; human: each rater's own; "
            "model: predictions."
        ),
    ] = "final",
    video: Annotated[
        list[str] | None, o.option("Only this video; may be repeated.")
    ] = None,
    despite_audit: Annotated[
        bool,
        o.option(
            "Export although an audit is overdue; the log keeps that.",
            "--despite-audit",
        ),
    ] = False,
    project: ProjectFolder = Path(),
    force: o.Force = False,
    as_json: o.AsJson = False,
) -> None:
    """Write a row per face and frame: its value, where it comes from, how sure it is.

    Predictions are those of the current model, as on the page; feltline propagate
    learns from labels that came since.
    """
    from feltline.pipeline import export as write_labels
    from feltline.project import find_lost_originals

    with opened(project) as here:
        written, promise = write_labels(
            here,
            out,
            layer=layer,
            videos=video or None,
            force=force,
            despite_audit=despite_audit,
        )
        lost = list(find_lost_originals(here, video or None, is_quick=True))
    notices([f"{why}. The rows written are of the file that was added" for why in lost])
    if as_json:
        document = {"rows": written, "written": [str(out)], **promise}
        print_json(document | ({"files_lost": lost} if lost else {}))
        return
    line(f"wrote {written} rows to {out}")
    if promise:
        sure = f"of errors of at most {promise['tolerance']}, from "
        rows = {
            "confidence": sure + promise["calibration"],
            "threshold": promise["threshold"],
        }
        figures(f"by model {promise['model_id']}", rows)


@o.example("Examples: feltline purge talk.mp4 --yes; feltline purge clips/new.mp4")
def purge(
    video: Annotated[
        str,
        o.argument(
            "VIDEO", "Its name in the project, or a file that was not added to its end."
        ),
    ],
    yes: Annotated[bool, o.option("Do not ask; it cannot be undone.", "--yes")] = False,
    project: ProjectFolder = Path(),
    as_json: o.AsJson = False,
) -> None:
    """Remove a video's faces, embeddings, pictures, labels and log entries for good.

    What was learnt with it goes too, and is learnt anew from the other videos. Comments
    on other videos stay as they are. The video file itself is yours and stays, as does
    what was exported before. If adding a file was interrupted or failed, what is kept
    of its faces is removed.
    """
    from feltline.pipeline import name_of_file, purge_file
    from feltline.pipeline import purge as remove

    with opened(project) as here:
        known = video in here.store.video_names()
        name = video if known else name_of_file(here, video)
        if not yes:
            typer.confirm(
                f"Remove all that is kept of {video}, for good?"
                if name is None
                else f"Remove all that is kept of {name}, its labels too, for good?",
                abort=True,
                err=True,
            )
        made = purge_file(here, video) if name is None else remove(here, name)
    if as_json:
        print_json(asdict(made))
        return
    rows = {table: f"{n} rows" for table, n in made.rows.items() if n}
    rows |= {what: f"{n} bytes" for what, n in made.files.items()}
    if made.models:
        rows["models learnt with it"] = f"{len(made.models)}"
    figures(f"removed of {name or video}", rows)
    if made.model_id is not None:
        line(f"learnt anew from the other videos: model {made.model_id}")
    if made.mentions:
        line(
            f"{made.mentions} comments on other videos name it; nobody's words are "
            f"changed: look for them in feltline export --layer human"
        )
    if "fetched copy" not in made.files:
        line("the video file itself was left where it is")
