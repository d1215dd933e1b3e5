"""`feltline label`: a labelled video from a few labelled frames."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from feltline.cli import options as o
from feltline.cli.extract import describe
from feltline.cli.show import figures, line, notices, print_json, progress
from feltline.errors import InputError

if TYPE_CHECKING:
    from feltline.pipeline import Summary


@o.example(
    "Examples: feltline label talk.mp4 --support labels.csv --out talk.csv; "
    "feltline label talk.mp4 --support labels.csv --out talk.parquet --plot talk.png "
    "--overlay talk-labelled.mp4"
)
def label(
    videos: o.Videos,
    support: Annotated[
        Path,
        o.option(
            "Your labels: a CSV or .xlsx with video, frame (or time_s), valence, "
            "arousal.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        o.option(
            "Where to write all labels: .csv, .xlsx, .parquet or .jsonl.",
            show_default=False,
        ),
    ],
    method: Annotated[
        o.MethodName,
        o.option(
            "How labels reach other frames: gp by appearance and time, with "
            "confidence; mt-clar by the difference that the encoder's pair heads see "
            "to the latest label; the others by time alone."
        ),
    ] = "gp",
    plot: Annotated[Path | None, o.option("Draw the curves: .png or .svg.")] = None,
    overlay: Annotated[
        Path | None, o.option("Write the video with its labels drawn in.")
    ] = None,
    tolerance: o.Tolerance = o.DEFAULT_TOLERANCE,
    coverage: o.Coverage = o.DEFAULT_COVERAGE,
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
    """Label every frame of a video from a few frames labelled by hand.

    Labels of several videos given together help one another. `feltline suggest` says
    which frames to label.
    """
    from feltline.fewshot import LabelOptions
    from feltline.pipeline import label

    videos = o.found_videos(videos)
    _check_outputs([*videos, support], out, plot, overlay, force=force)
    asked = o.extract_options(every, start, end, faces, encoder, cropped, image_rate)
    with progress("faces", quiet=as_json) as tell:
        made = label(
            videos,
            support=support,
            out=out,
            options=LabelOptions(method=method, tolerance=tolerance, coverage=coverage),
            extraction=asked,
            encoding=encoding,
            force=force,
            progress=tell,
        )
    if plot is not None:
        made.plot(plot, threshold=threshold, force=force)
    if overlay is not None:
        with progress("overlay", quiet=as_json) as tell:
            made.overlay(overlay, threshold=threshold, force=force, progress=tell)
    written = [path for path in (out, plot, overlay) if path is not None]
    summary = made.summary(threshold)
    if as_json:
        print_json(
            {
                **asdict(summary),
                "share_by_hand": summary.share_by_hand,
                "share_accepted": summary.share_accepted,
                "notes": list(made.notes),
                "videos": [describe(e) for e in made.extractions],
                "written": [str(path) for path in written],
            }
        )
        return
    notices(made.notes)
    figures(", ".join(e.video_id for e in made.extractions), rows_of(summary))
    line("wrote " + ", ".join(str(path) for path in written))


def _check_outputs(
    inputs: list[Path],
    out: Path,
    plot: Path | None,
    overlay: Path | None,
    *,
    force: bool,
) -> None:
    """Refuse now what could not be written after the long work.

    Raises:
        InputError: An ending, a missing folder, an input, another result or somebody's
            file that would be overwritten, or an overlay of several videos.
    """
    from feltline.formats import check_table_path
    from feltline.render import check_picture_path
    from feltline.video import check_video_path

    check_table_path(out)
    if plot is not None:
        check_picture_path(plot)
    if overlay is not None:
        check_video_path(overlay)
        if len(inputs) > 2:  # the videos and the support set
            raise InputError(
                f"--overlay shows one video, but {len(inputs) - 1} are given; label "
                f"the one you want to see by itself to get its overlay"
            )
    o.check_outputs((out, plot, overlay), inputs, force=force)


def rows_of(s: "Summary") -> dict[str, str]:
    """A summary in words."""
    rows = {
        "frames": f"{s.frames}",
        "labelled by hand": f"{s.by_hand} ({s.share_by_hand:.1%})",
    }
    if s.accepted is None:
        rows["accepted"] = f"unknown: {s.method} gives no confidence"
    else:
        share = (
            "" if s.share_accepted is None else f" ({s.share_accepted:.0%} of the rest)"
        )
        rows["accepted"] = (
            f"{s.accepted}{share} at confidence {s.threshold:g} and above"
        )
        rows["confidence from"] = s.calibration
    if s.contradictions:
        labels = "1 label" if s.contradictions == 1 else f"{s.contradictions} labels"
        rows["contradictions"] = f"{labels} whose class and quadrant disagree"
    if s.unlabelled_faces:
        rows["left out"] = f"{s.unlabelled_faces} faces without a label of their own"
    return rows
