"""Options that several commands share, spelled once, and how options are written."""

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

import typer

from feltline.cli.show import notice
from feltline.errors import InputError
from feltline.settings import (
    CONSENSUS,
    COVERAGE,
    ENCODER,
    MAX_FACES,
    THRESHOLD,
    TOLERANCE,
    ConsensusPolicy,
)

if TYPE_CHECKING:
    from feltline.project import ExtractOptions

__all__ = [
    "EXAMPLES",
    "argument",
    "check_outputs",
    "example",
    "extract_options",
    "found_videos",
    "option",
    "share_of",
]

_Verb = TypeVar("_Verb", bound=Callable[..., None])

EXAMPLES: Final[dict[Callable[..., None], str]] = {}
"""What stands below the help of each command."""


def example(text: str) -> Callable[[_Verb], _Verb]:
    """Say below the help of a command how it is used."""

    def mark(verb: _Verb) -> _Verb:
        EXAMPLES[verb] = text
        return verb

    return mark


def option(help: str, *names: str, **more: Any) -> Any:  # noqa: A002, ANN401 - typer's
    """An option, its help first."""
    return typer.Option(*names, help=help, **more)


def argument(metavar: str, help: str, **more: Any) -> Any:  # noqa: A002, ANN401
    """An argument by its place, without a default to show."""
    return typer.Argument(metavar=metavar, help=help, **{"show_default": False} | more)


def _looking(help: str, *names: str, **more: Any) -> Any:  # noqa: A002, ANN401
    return option(help, *names, rich_help_panel="Where to look", **more)


def _result(help: str, **more: Any) -> Any:  # noqa: A002, ANN401
    return option(help, rich_help_panel="What to promise", **more)


MethodName = Literal["gp", "mt-clar", "linear", "pchip", "nearest", "hold-last"]
"""`feltline.types.Method`, without importing it."""

SelectionName = Literal["engine", "uniform", "random", "k-centre", "first"]
"""`feltline.fewshot.Selection`, without importing it."""

Videos = Annotated[
    list[Path], argument("VIDEO...", "Videos, pictures, or folders of either.")
]
Every = Annotated[str, _looking("Look at each n-th frame (5) or at a rate (2Hz).")]
Start = Annotated[float | None, _looking("From this time on, in seconds.")]
End = Annotated[float | None, _looking("Up to this time, in seconds.")]
Faces = Annotated[int, _looking("How many faces to follow at once.", min=1, max=64)]
EncoderName = Annotated[
    str, _looking("Names of encoders joined by +, or the path of a card (JSON).")
]
Cropped = Annotated[bool, _looking("Each picture is one face already.", "--cropped")]
ImageRate = Annotated[
    float, _looking("Pictures per second of a folder (assumed).", min=0.001)
]
Tolerance = Annotated[
    float, _result("The error confidence speaks of.", min=0.01, max=2.0)
]
Coverage = Annotated[
    float, _result("Share of intervals meant to hold the label.", min=0.01, max=0.99)
]
Consensus = Annotated[
    ConsensusPolicy, _result("How one value is made of several raters'.")
]
Threshold = Annotated[
    float, _result("Confidence that accepts a label.", min=0.0, max=1.0)
]
CorpusKind = Annotated[
    str,
    argument(
        "KIND",
        "Layout of the corpus: ferplus, affectnet, afew-va, aff-wild2, "
        "aff-wild2-expression, aff-wild2-multi or folder.",
    ),
]
CorpusPath = Annotated[Path, argument("PATH", "Its folder.")]
FoldsFile = Annotated[
    Path | None,
    option(
        "A file of feltline data split; splits are then its folds, joined by commas.",
        "--folds",
    ),
]
Encoding = Annotated[
    str | None,
    option("Encoding of your CSV, such as cp932 or utf-16.", show_default="found out"),
]
Force = Annotated[
    bool,
    option(
        "Where a file stands that feltline did not write, keep it as NAME.bak-1 "
        "(-2, ...) beside the new one.",
        "--force",
    ),
]
AsJson = Annotated[bool, option("Print one JSON document instead of text.", "--json")]

DEFAULT_TOLERANCE = TOLERANCE
DEFAULT_COVERAGE = COVERAGE
DEFAULT_THRESHOLD = THRESHOLD
DEFAULT_CONSENSUS: ConsensusPolicy = CONSENSUS
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

    first = -math.inf if start is None else start
    last = math.inf if end is None else end
    if not first < last:  # nan, too
        raise InputError(
            f"--end {last:g} is not after --start {first:g}; give a range of time in "
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


def found_videos(videos: Sequence[Path]) -> list[Path]:
    """Files and folders of pictures; of other folders, the videos inside.

    What was passed over in them is said once.

    Raises:
        InputError: A file does not exist, or a folder holds no video.
    """
    if not any(video.is_dir() for video in videos):
        return list(videos)
    from feltline.pipeline import find_sources

    found = find_sources([str(video) for video in videos])
    if found.sentence:
        notice(found.sentence)
    return [Path(source) for source in found.sources]


def check_outputs(
    outs: Iterable[Path | None], inputs: Iterable[Path | None] = (), *, force: bool
) -> None:
    """Refuse now what could not be written after the long work.

    Args:
        outs: Results of a command; None = not asked for.
        inputs: What it reads, which is not overwritten even if that is forced.
        force: Whether somebody's file is kept beside the new one, not refused.

    Raises:
        InputError: A missing folder, or an input, another result or somebody's file
            that would be overwritten.
    """
    from feltline.formats import check_replaceable

    taken = {path.resolve() for path in inputs if path is not None}
    for path in outs:
        if path is None:
            continue
        if path.resolve() in taken:
            raise InputError(
                f"{path} would be overwritten: it is an input or another result of "
                f"this command; choose another name"
            )
        taken.add(path.resolve())
        check_replaceable(path, force=force)


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
