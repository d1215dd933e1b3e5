"""Confusion matrix of expressions as a picture."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from feltline.atomic import replacing
from feltline.render import check_picture_path
from feltline.types import EXPRESSIONS

__all__ = ["draw_confusion"]


def draw_confusion(
    path: Path,
    confusion: Sequence[Sequence[int]],
    *,
    title: str,
) -> None:
    """Draw the confusion matrix: counts by true (row) and predicted (column) class.

    Colour is the share within the row, so that rare expressions can be read too.

    Args:
        path: Picture to write, `.png` or `.svg`; replaced whole or not at all.
        confusion: Counts, (c, c), in the order of `EXPRESSIONS`.
        title: Heading of the picture.

    Raises:
        InputError: Another suffix, or a folder that does not exist.
        SetupError: The disk is full or the folder may not be written to.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_picture_path(path)
    counts = np.asarray(confusion)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(7.5, 6.5), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    places = range(len(EXPRESSIONS))
    axes.set_xticks(places, EXPRESSIONS, rotation=40, ha="right")
    names = [f"{e} ({n})" for e, n in zip(EXPRESSIONS, counts.sum(axis=1), strict=True)]
    axes.set_yticks(places, names)
    axes.set_xlabel("predicted")
    axes.set_ylabel("label (faces)")
    axes.set_title(title)
    for row in places:
        for column in places:
            if counts[row, column]:
                axes.text(
                    column,
                    row,
                    f"{share[row, column]:.0%}",
                    ha="center",
                    va="center",
                    fontsize=9,
                    color="white" if share[row, column] > 0.5 else "black",
                )
    with replacing(path) as scratch:
        figure.savefig(scratch)
