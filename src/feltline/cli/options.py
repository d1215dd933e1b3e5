"""Options that several commands share, spelled once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from feltline.errors import InputError
from feltline.settings import COVERAGE, ENCODER, MAX_FACES, THRESHOLD, TOLERANCE

if TYPE_CHECKING:
    from feltline.project import ExtractOptions

__all__ = ["extract_options", "share_of"]


MethodName = Literal["gp", "mt-clar", "linear", "pchip", "nearest", "hold-last"]
"""`feltline.types.Method`, without importing it."""

SelectionName = Literal["engine", "uniform", "random", "k-centre", "first"]
"""`feltline.fewshot.Selection`, without importing it."""

_LOOKING = "Where to look"
_RESULT = "What to promise"

Videos = Annotated[
    list[Path],
    typer.Argument(
        metavar="VIDEO...",
        help="Videos, pictures, or folders of pictures.",
        show_default=False,
    ),
]
Every = Annotated[
    str,
    typer.Option(
        help="Look at each n-th frame (5) or at a rate (2Hz).", rich_help_panel=_LOOKING
    ),
]
Start = Annotated[
    float | None,
    typer.Option(help="From this time on, in seconds.", rich_help_panel=_LOOKING),
]
End = Annotated[
    float | None,
    typer.Option(help="Up to this time, in seconds.", rich_help_panel=_LOOKING),
]
Faces = Annotated[
    int,
    typer.Option(
        min=1,
        max=64,
        help="How many faces to follow at once.",
        rich_help_panel=_LOOKING,
    ),
]
EncoderName = Annotated[
    str,
    typer.Option(
        help="Names of encoders joined by +, or the path of a card (JSON).",
        rich_help_panel=_LOOKING,
    ),
]
Cropped = Annotated[
    bool,
    typer.Option(
        "--cropped", help="Each picture is one face already.", rich_help_panel=_LOOKING
    ),
]
ImageRate = Annotated[
    float,
    typer.Option(
        min=0.001,
        help="Pictures per second of a folder (assumed).",
        rich_help_panel=_LOOKING,
    ),
]
Tolerance = Annotated[
    float,
    typer.Option(
        min=0.01,
        max=2.0,
        help="The error confidence speaks of.",
        rich_help_panel=_RESULT,
    ),
]
Coverage = Annotated[
    float,
    typer.Option(
        min=0.01,
        max=0.99,
        help="Share of intervals meant to hold the label.",
        rich_help_panel=_RESULT,
    ),
]
Threshold = Annotated[
    float,
    typer.Option(
        min=0.0,
        max=1.0,
        help="Confidence that accepts a label.",
        rich_help_panel=_RESULT,
    ),
]
CorpusKind = Annotated[
    str,
    typer.Argument(
        metavar="KIND",
        help="Layout of the corpus: ferplus, affectnet, afew-va, aff-wild2, "
        "aff-wild2-expression, aff-wild2-multi or folder.",
        show_default=False,
    ),
]
CorpusPath = Annotated[
    Path,
    typer.Argument(metavar="PATH", help="Its folder.", show_default=False),
]
FoldsFile = Annotated[
    Path | None,
    typer.Option(
        "--folds",
        help="A file of feltline data split; splits are then its folds, joined by "
        "commas.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON document instead of text.")
]

DEFAULT_TOLERANCE = TOLERANCE
DEFAULT_COVERAGE = COVERAGE
DEFAULT_THRESHOLD = THRESHOLD
DEFAULT_FACES = MAX_FACES
DEFAULT_ENCODER = ENCODER


def extract_options(
    every: str,
    start: float | None,
    end: float | None,
    faces: int,
    encoder: str,
    cropped: bool,
    image_rate: float,
) -> "ExtractOptions":
    """The shared options as the pipeline takes them.

    Raises:
        InputError: `every` is neither a number nor a rate, or the range is empty.
    """
    from feltline.project import ExtractOptions
    from feltline.video import parse_every

    if start is not None and end is not None and end <= start:
        raise InputError(
            f"--end {end:g} is not after --start {start:g}; give a range of time in "
            f"which there are frames"
        )
    return ExtractOptions(
        every=parse_every(every),
        start_s=start,
        end_s=end,
        max_faces=faces,
        encoder=encoder,
        cropped=cropped,
        image_rate_hz=image_rate,
    )


def share_of(text: str) -> float:
    """A share as the user wrote it: `6%` or `0.06`.

    Raises:
        InputError: It is neither, or not in (0, 100 %].
    """
    digits = text.strip().removesuffix("%")
    try:
        value = float(digits) / (100 if digits != text.strip() else 1)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise InputError(f"--share {text} is no share; write 6% or 0.06")
    return value
