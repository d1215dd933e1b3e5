"""`feltline suggest`: which frames to label by hand."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, opened
from feltline.cli.show import figures, line, notices, print_json, progress, table

if TYPE_CHECKING:
    from feltline.fewshot import Outlook, Suggestion


@o.example(
    "Examples: feltline suggest --labels-per-clip 6 (in a project); "
    "feltline suggest talk.mp4 --labels-per-clip 6 --out labels.csv; "
    "feltline suggest clips/*.mp4 --share 6% --out labels.csv; "
    "feltline suggest clips/*.mp4 --total 100 --support labels.csv --out more.csv"
)
def suggest(
    videos: Annotated[
        list[Path] | None,
        o.argument(
            "[VIDEO...]",
            "Videos, pictures, or folders of either; without any, those of the "
            "project.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        o.option(
            "Where to write the CSV or .xlsx to fill in; label takes it as --support. "
            "Of a project, the frames go to the review page as well.",
            show_default=False,
        ),
    ] = None,
    project: ProjectFolder = Path(),
    video: Annotated[
        list[str] | None, o.option("Of the project, only this video; may be repeated.")
    ] = None,
    new_videos: Annotated[
        bool, o.option("Of the project, only videos without any label.", "--new-videos")
    ] = False,
    labels_per_clip: Annotated[
        int | None, o.option("So many frames of each video.", min=1)
    ] = None,
    share: Annotated[
        str | None, o.option("This share of each video's frames: 6% or 0.06.")
    ] = None,
    total: Annotated[
        int | None, o.option("So many frames in all, where they help most.", min=1)
    ] = None,
    among: Annotated[
        Path | None, o.option("Choose only from the frames this CSV or .xlsx names.")
    ] = None,
    support: Annotated[
        Path | None, o.option("Labels already given; ask for others.")
    ] = None,
    selection: Annotated[
        o.SelectionName,
        o.option("engine, or frames chosen more simply to compare with."),
    ] = "engine",
    seed: Annotated[int, o.option("For --selection random and --audit.", min=0)] = 0,
    audit: Annotated[
        float,
        o.option(
            "Share of the frames drawn at random from those that would be "
            "accepted, to check them; needs --support.",
            min=0.0,
            max=0.9,
        ),
    ] = 0.0,
    threshold: o.Threshold = o.DEFAULT_THRESHOLD,
    every: o.Every = "1",
    start: o.Start = None,
    end: o.End = None,
    faces: o.Faces = o.DEFAULT_FACES,
    encoder: o.EncoderName = o.DEFAULT_ENCODER,
    cropped: o.Cropped = False,
    image_rate: o.ImageRate = 25.0,
    encoding: o.Encoding = None,
    force: o.Force = False,
    as_json: o.AsJson = False,
) -> None:
    """Choose the frames that say most about all others, for a person to label.

    Give exactly one of --labels-per-clip, --share and --total.
    """
    from feltline.pipeline import outlook, suggest

    videos = o.found_videos(videos) if videos else None
    given = [v for v in (labels_per_clip, share, total) if v is not None]
    if len(given) != 1:
        raise typer.BadParameter(
            "give exactly one of --labels-per-clip, --share and --total"
        )
    budget: dict[str, Any] = {
        "labels_per_clip": labels_per_clip,
        "share": None if share is None else o.share_of(share),
        "total": total,
    }
    notes: list[str] = []
    if not videos:
        if support is not None or among is not None:
            raise typer.BadParameter(
                "a project has its labels already: --support and --among are for "
                "videos given by name"
            )
        made, expected, threshold = _of_project(
            project,
            out,
            notes,
            force=force,
            videos=video,
            is_new_only=new_videos,
            selection=selection,
            seed=seed,
            audit=audit,
            **budget,
        )
    else:
        if video or new_videos:
            raise typer.BadParameter(
                "--video and --new-videos choose among the videos of a project; leave "
                "them out where videos are given by name"
            )
        if out is None:
            raise typer.BadParameter("say with --out where to write the CSV")
        if audit and support is None:
            raise typer.BadParameter(
                "--audit checks labels made from --support; give it"
            )
        asked = o.extract_options(
            every, start, end, faces, encoder, cropped, image_rate
        )
        o.check_outputs([out], [*videos, support, among], force=force)
        with progress("faces", quiet=as_json) as tell:
            made = suggest(
                videos,
                **budget,
                among=among,
                support=support,
                out=out,
                selection=selection,
                seed=seed,
                audit=audit,
                threshold=threshold,
                extraction=asked,
                encoding=encoding,
                force=force,
                progress=tell,
                note=notes.append,
            )
        expected = outlook(
            videos,
            more=(0, len(made), 2 * len(made)),
            support=support,
            threshold=threshold,
            extraction=asked,
            encoding=encoding,
        )
    if as_json:
        print_json(
            {
                "suggestions": [asdict(s) for s in made],
                "outlook": [_plain(one) for one in expected],
                "notes": notes,
                "written": [] if out is None else [str(out)],
            }
        )
        return
    _show(made, expected, notes, threshold)
    if out is not None:
        line(f"wrote {out}: fill in the values, then")
    if not videos:
        line(
            "  label them on the page of feltline serve"
            if out is None
            else f"  feltline labels import {out}"
        )
        return
    listed = " ".join(f'"{v}"' if " " in str(v) else str(v) for v in videos)
    line(f"  feltline label {listed} --support {out} --out all-labels.csv")


def _show(
    made: "list[Suggestion]",
    expected: "list[Outlook]",
    notes: list[str],
    threshold: float,
) -> None:
    notices(notes)
    table(
        *("video", ">face", ">frame", ">time", ">rank", "why"),
        rows=(
            (s.video_id, s.track_id, s.frame, f"{s.time_s:.2f} s", s.rank, s.reason)
            for s in made
        ),
    )
    figures("expected of the frames without a label", _sentence(expected, threshold))


def _of_project(
    folder: Path,
    out: Path | None,
    notes: list[str],
    *,
    force: bool,
    labels_per_clip: int | None,
    share: float | None,
    total: int | None,
    **how: Any,  # noqa: ANN401 - as suggest_in takes them
) -> "tuple[list[Suggestion], list[Outlook], float]":
    """Frames of a project, what to expect, and the threshold in force."""
    from feltline.fewshot import Budget
    from feltline.formats import check_suggestions_path
    from feltline.pipeline import (
        ProjectTracks,
        outlook_in,
        shortage,
        suggest_in,
        write_suggested,
    )

    budget = Budget(per_clip=labels_per_clip, share=share, total=total)
    with opened(folder) as here:
        if out is not None:  # a refusal must leave the page's list as it is
            check_suggestions_path(out)
            o.check_outputs([out], force=force)
        tracks = ProjectTracks(here)
        made = suggest_in(here, budget, tracks=tracks, **how)
        notes += [lack] if (lack := shortage(budget, made)) else []
        if out is not None:
            write_suggested(out, made, here.locations(), here.schema, force=force)
        more = (0, len(made), 2 * len(made))
        return made, outlook_in(here, more, tracks=tracks), here.threshold


def _plain(one: "Outlook") -> dict[str, Any]:
    arrays = {
        name: getattr(one, name).tolist() for name in ("rmse", "low", "high", "ccc")
    }
    return {
        "more": one.more,
        "left": one.n_left,
        **arrays,
        "accepted": one.accepted,
    }


def _sentence(expected: "list[Outlook]", threshold: float) -> dict[str, str]:
    """When to stop: what error is likely, and what labels bring."""
    rows = {}
    for one in expected:
        when = "now" if not one.more else f"after {one.more} more labels"
        if not one.n_left:
            rows[when] = "then every frame has a label" if one.more else "none is left"
            continue
        error = " / ".join(
            f"{rmse:.2f} ({low:.2f} to {high:.2f})"
            for rmse, low, high in zip(one.rmse, one.low, one.high, strict=True)
        )
        rows[when] = (
            f"error {error} by dimension, {one.accepted:.0%} accepted at confidence "
            f"{threshold:g}"
        )
    return rows
