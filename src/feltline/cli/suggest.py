"""`feltline suggest`: which frames to label by hand."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from feltline.cli import options as o
from feltline.cli.show import figures, line, print_json, progress

if TYPE_CHECKING:
    from feltline.fewshot import Outlook, Suggestion

NAME: Final = "suggest"
EXAMPLE: Final = (
    "Examples: feltline suggest talk.mp4 --labels-per-clip 6 --out labels.csv; "
    "feltline suggest clips/*.mp4 --share 6% --out labels.csv; "
    "feltline suggest clips/*.mp4 --total 100 --support labels.csv --out more.csv"
)


def run(
    videos: o.Videos,
    out: Annotated[
        Path,
        typer.Option(
            help="Where to write the CSV to fill in; label takes it as --support.",
            show_default=False,
        ),
    ],
    labels_per_clip: Annotated[
        int | None, typer.Option(min=1, help="So many frames of each video.")
    ] = None,
    share: Annotated[
        str | None, typer.Option(help="This share of each video's frames: 6% or 0.06.")
    ] = None,
    total: Annotated[
        int | None,
        typer.Option(min=1, help="So many frames in all, where they help most."),
    ] = None,
    among: Annotated[
        Path | None, typer.Option(help="Choose only from the frames this CSV names.")
    ] = None,
    support: Annotated[
        Path | None, typer.Option(help="Labels already given; ask for others.")
    ] = None,
    selection: Annotated[
        o.SelectionName,
        typer.Option(help="engine, or frames chosen more simply to compare with."),
    ] = o.SelectionName.ENGINE,
    seed: Annotated[
        int, typer.Option(min=0, help="For --selection random and --audit.")
    ] = 0,
    audit: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=0.9,
            help="Share of the frames drawn at random from those that would be "
            "accepted, to check them; needs --support.",
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
    as_json: o.AsJson = False,
) -> None:
    """Choose the frames that say most about all others, for a person to label.

    Give exactly one of --labels-per-clip, --share and --total.
    """
    from feltline.pipeline import outlook, suggest

    given = [v for v in (labels_per_clip, share, total) if v is not None]
    if len(given) != 1:
        raise typer.BadParameter(
            "give exactly one of --labels-per-clip, --share and --total"
        )
    if audit and support is None:
        raise typer.BadParameter("--audit checks labels made from --support; give it")
    asked = o.extract_options(every, start, end, faces, encoder, cropped, image_rate)
    with progress("faces", quiet=as_json) as tell:
        made = suggest(
            videos,
            labels_per_clip=labels_per_clip,
            share=None if share is None else o.share_of(share),
            total=total,
            among=among,
            support=support,
            out=out,
            selection=selection.value,
            seed=seed,
            audit=audit,
            extraction=asked,
            progress=tell,
        )
    expected = outlook(
        videos,
        more=(0, len(made), 2 * len(made)),
        support=support,
        threshold=threshold,
        extraction=asked,
    )
    if as_json:
        print_json(
            {
                "suggestions": [asdict(s) for s in made],
                "outlook": [_plain(one) for one in expected],
                "written": [str(out)],
            }
        )
        return
    _print_table(made)
    figures("expected of the frames without a label", _in_words(expected, threshold))
    line(f"wrote {out}: fill in valence and arousal (-1 to 1), then")
    listed = " ".join(str(v) for v in videos)
    line(f"  feltline label {listed} --support {out} --out all-labels.csv")


def _plain(one: "Outlook") -> dict[str, Any]:
    return {
        "more": one.more,
        "rmse": one.rmse.tolist(),
        "low": one.low.tolist(),
        "high": one.high.tolist(),
        "ccc": one.ccc.tolist(),
        "accepted": one.accepted,
    }


def _in_words(expected: "list[Outlook]", threshold: float) -> dict[str, str]:
    """When to stop: what error is likely, and what labels bring."""
    rows = {}
    for one in expected:
        when = "now" if not one.more else f"after {one.more} more labels"
        error = " / ".join(
            f"{rmse:.2f} ({low:.2f} to {high:.2f})"
            for rmse, low, high in zip(one.rmse, one.low, one.high, strict=True)
        )
        rows[when] = (
            f"error {error} in valence / arousal, {one.accepted:.0%} accepted at "
            f"confidence {threshold:g}"
        )
    return rows


def _print_table(made: "list[Suggestion]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None)
    for name, side in (
        ("video", "left"),
        ("face", "right"),
        ("frame", "right"),
        ("time", "right"),
        ("rank", "right"),
        ("why", "left"),
    ):
        table.add_column(name, justify=side)  # type: ignore[arg-type]
    for s in made:
        table.add_row(
            s.video_id,
            str(s.track_id),
            str(s.frame),
            f"{s.time_s:.2f} s",
            str(s.rank),
            s.reason,
        )
    Console().print(table)
