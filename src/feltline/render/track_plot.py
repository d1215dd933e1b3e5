"""Plot of one track: its dimensions one above the other, over the same seconds.

Imports matplotlib at the top; `feltline.render.curves` imports it when it draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from feltline.render import downsample
from feltline.render.labelled_track import LabelledTrack
from feltline.types import Dimension, FaceTrack, LabelSchema

__all__ = ["INK", "MUTED", "Panel", "draw_panel", "legend_handles"]

COLOURS: Final = ("#0072b2", "#00805c", "#b35806", "#8a4f9e")
"""By dimension, then from the first again: blue and bluish green stay apart for every
kind of eye."""

INK: Final = "#22272e"
MUTED: Final = "#5b6470"
_GRID: Final = "#e3e6ea"
_DOUBTFUL: Final = "#fde3df"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What one panel shows.

    Attributes:
        labelled: The face and its labels.
        schema: What the values mean.
        threshold: Confidence below which a frame is doubtful.
        truth: Known values of each frame, where there is such a thing.
        span_s: First and last second of the time axis.
        columns: Width of the picture in columns worth telling apart.
    """

    labelled: LabelledTrack
    schema: LabelSchema
    threshold: float
    truth: Float[np.ndarray, "n m"] | None
    span_s: tuple[float, float]
    columns: int

    @property
    def track(self) -> FaceTrack:
        """The face."""
        return self.labelled.track

    @property
    def column_s(self) -> float:
        """Seconds per picture column."""
        return (self.span_s[1] - self.span_s[0]) / self.columns


def draw_panel(axes: Sequence[Axes], panel: Panel) -> None:
    """Draw each dimension into axes of its own, from the top one down."""
    for number, (ax, dimension) in enumerate(
        zip(axes, panel.schema.dimensions, strict=True)
    ):
        _furnish(ax, dimension, colour_of(number), panel.span_s)
        _draw_doubtful(ax, panel)
        _draw_band(ax, panel, number)
        _draw_curve(ax, panel, number)
        _draw_truth(ax, panel, number)
        _draw_human(ax, panel, number)
        ax.tick_params(labelbottom=ax is axes[-1])
    axes[-1].set_xlabel("time (s)", color=MUTED, fontsize=8, labelpad=2)


def colour_of(number: int) -> str:
    """Colour of a dimension by its place in the schema."""
    return COLOURS[number % len(COLOURS)]


def _furnish(
    ax: Axes, dimension: Dimension, colour: str, span_s: tuple[float, float]
) -> None:
    """Scales, grid and the name of the dimension."""
    low, high = dimension.low, dimension.high
    middle, air = (low + high) / 2, 0.04 * (high - low)
    ax.set_xlim(*span_s)
    ax.set_ylim(low - air, high + air)
    sign = "+" if low < 0 else ""
    names = [f"{low:g}", "", f"{middle:g}", "", f"{high:{sign}g}"]
    minus = [name.replace("-", "\N{MINUS SIGN}") for name in names]
    ax.set_yticks(np.linspace(low, high, 5), minus)
    ax.set_ylabel(
        dimension.name, color=colour, fontsize=9.5, fontweight="bold", labelpad=2
    )
    ax.grid(color=_GRID, linewidth=0.7)
    ax.axhline(middle, color="#b9c0c8", linewidth=0.9, zorder=1.2)
    ax.set_axisbelow(True)
    ax.tick_params(length=0, labelsize=8, labelcolor=MUTED, pad=4)
    for side in ax.spines.values():
        side.set_visible(False)


def _draw_doubtful(ax: Axes, panel: Panel) -> None:
    """Shade the spans where the machine is not sure enough."""
    doubtful = panel.labelled.is_doubtful(panel.threshold)
    spans = downsample.doubtful_spans(doubtful, panel.track.time_s, panel.column_s)
    if len(spans):
        ax.broken_barh(
            [(begin, end - begin) for begin, end in spans.tolist()],
            (0, 1),
            transform=ax.get_xaxis_transform(),
            facecolor=_DOUBTFUL,
            linewidth=0,
            zorder=0.6,
        )


def _draw_band(ax: Axes, panel: Panel, dimension: int) -> None:
    """Shade the interval; a frame that stands alone gets a bar instead of an area."""
    low, high = panel.labelled.low[:, dimension], panel.labelled.high[:, dimension]
    colour = colour_of(dimension)
    time_s, lowest, highest = downsample.band(
        panel.track.time_s, low, high, panel.column_s
    )
    if len(time_s) == 0:
        return
    ax.fill_between(
        time_s, lowest, highest, color=colour, alpha=0.2, linewidth=0, zorder=1.6
    )
    lone = _lone(np.isfinite(low) & np.isfinite(high), panel.track)
    ax.vlines(
        panel.track.time_s[lone], low[lone], high[lone], colour, alpha=0.3, linewidth=3
    )


def _draw_curve(ax: Axes, panel: Panel, dimension: int) -> None:
    """The labels themselves; a frame that stands alone gets a dot."""
    value = panel.labelled.value[:, dimension]
    ax.plot(
        *downsample.line(panel.track.time_s, value),
        color=colour_of(dimension),
        linewidth=1.5,
        solid_joinstyle="round",
        solid_capstyle="round",
        zorder=2.2,
    )
    lone = _lone(np.isfinite(value) & ~panel.labelled.is_human, panel.track)
    ax.plot(
        panel.track.time_s[lone],
        value[lone],
        linestyle="none",
        marker="o",
        markersize=3,
        color=colour_of(dimension),
    )


def _draw_truth(ax: Axes, panel: Panel, dimension: int) -> None:
    """The known curve, where there is one."""
    if panel.truth is not None:
        ax.plot(
            *downsample.line(panel.track.time_s, panel.truth[:, dimension]),
            color=INK,
            linewidth=1.0,
            dashes=(4, 2.5),
            alpha=0.75,
            zorder=2.4,
        )


def _draw_human(ax: Axes, panel: Panel, dimension: int) -> None:
    """Dots for the labels that people gave; not clipped, so that +1 stays round."""
    is_human = panel.labelled.is_human
    ax.plot(
        panel.track.time_s[is_human],
        panel.labelled.value[is_human, dimension],
        linestyle="none",
        marker="o",
        markersize=7.5,
        markeredgewidth=1.4,
        markeredgecolor="white",
        color=colour_of(dimension),
        clip_on=False,
        zorder=3,
    )


def _lone(keep: Bool[np.ndarray, " n"], track: FaceTrack) -> Bool[np.ndarray, " n"]:
    """Frames with no neighbour to draw a line to."""
    found = downsample.runs(keep, track.time_s, downsample.gap_seconds(track.time_s))
    alone = np.zeros(len(keep), bool)
    alone[found[found[:, 1] - found[:, 0] == 1, 0]] = True
    return alone


def legend_handles(panels: list[Panel]) -> list[Line2D | Patch]:
    """One legend entry for each thing that at least one of the panels shows."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=MUTED, linewidth=1.8, label="machine label")
    ]
    coverages = sorted(
        {p.labelled.coverage for p in panels if np.isfinite(p.labelled.low).any()}
    )
    if coverages:
        shares = ", ".join(f"{100 * share:.4g} %" for share in coverages)
        handles.append(Patch(color=MUTED, alpha=0.25, lw=0, label=f"{shares} interval"))
    if any(p.labelled.is_human.any() for p in panels):
        handles.append(
            Line2D([], [], ls="none", marker="o", ms=6, color=MUTED, label="by hand")
        )
    if any(p.labelled.is_doubtful(p.threshold).any() for p in panels):
        label = f"confidence below {100 * panels[0].threshold:.4g} %"
        handles.append(Patch(color=_DOUBTFUL, lw=0, label=label))
    if any(p.truth is not None for p in panels):
        handles.append(
            Line2D([], [], color=INK, lw=1.0, dashes=(4, 2.5), label="known curve")
        )
    return handles
