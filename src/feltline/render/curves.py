"""Curves: one picture of the labels of one or more tracks, over time."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from feltline.atomic import check_folder, replacing
from feltline.errors import InputError, NothingToLabelError, ShapeError
from feltline.render.labelled_track import LabelledTrack

if TYPE_CHECKING:
    from feltline.render.figure import Truth

__all__ = ["check_picture_path", "draw_curves"]

_SUFFIXES: Final = (".png", ".svg")
_MOST_TRACKS: Final = 100
"""A taller picture than this many panels opens in few viewers."""


def draw_curves(
    path: Path,
    labelled: Sequence[LabelledTrack],
    *,
    threshold: float,
    truth: "Sequence[Truth] | None" = None,
) -> None:
    """Draw valence and arousal of every track over time, 1200 px wide.

    Each track gets one panel: the labels as lines, broken where the face was away for
    more than a second; their intervals as bands; labels given by hand as dots; spans
    of doubtful frames shaded. Tracks of one video share their time axis.

    Args:
        path: Picture to write, `.png` or `.svg`; replaced whole or not at all.
        labelled: Tracks with their labels.
        threshold: Confidence in [0, 1] below which a machine label is doubtful.
        truth: Known values, one array or None per track; drawn dashed.

    Raises:
        InputError: Another suffix, too many tracks for one picture, or a folder that
            does not exist.
        NothingToLabelError: There is no track, or no track has frames.
        ShapeError: Lengths of tracks, labels and known curves differ.
        SetupError: The disk is full or the folder may not be written to.
    """
    check_picture_path(path)
    known = [None] * len(labelled) if truth is None else list(truth)
    _check(path, labelled, known)
    # Imported here because matplotlib takes a while, which every command would pay.
    from feltline.render.figure import save

    with replacing(path) as scratch:
        save(scratch, labelled, threshold, known)


def check_picture_path(path: Path) -> None:
    """Raise now if `draw_curves` could not write there later.

    Raises:
        InputError: Another suffix than `.png` or `.svg`, or the folder is missing.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(
            f"cannot draw {path}: a picture of the curves is PNG or SVG; give a name "
            f"that ends in .png or .svg"
        )
    check_folder(path)


def _check(
    path: Path, labelled: Sequence[LabelledTrack], known: "Sequence[Truth]"
) -> None:
    """Raise unless there is something to draw and it fits together."""
    if not any(len(one.track) for one in labelled):
        raise NothingToLabelError(
            f"cannot draw {path}: there is no face in what was to be drawn"
        )
    if len(labelled) > _MOST_TRACKS:
        raise InputError(
            f"cannot draw {path}: {len(labelled)} faces do not fit one picture; draw "
            f"at most {_MOST_TRACKS} at a time"
        )
    if len(known) != len(labelled):
        raise ShapeError(
            f"truth must have one entry per track ({len(labelled)}), but has "
            f"{len(known)}"
        )
    for one, curve in zip(labelled, known, strict=True):
        if curve is not None and curve.shape != one.value.shape:
            raise ShapeError(
                f"track {one.track.track_id} of {one.track.video_id} has labels of "
                f"shape {one.value.shape}, but {len(curve)} known values of shape "
                f"{curve.shape}"
            )
