"""The panel of one track: valence above arousal, over the same seconds.

Imports matplotlib at the top; `feltline.render.curves` imports it when it draws.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from feltline.render import downsample as thinning
from feltline.render.drawn_values import DrawnValues
from feltline.types import DIMENSIONS, FaceTrack

__all__ = ["INK", "MUTED", "Panel", "doubtful", "draw_panel", "legend_handles"]

COLOURS: Final = ("#0072b2", "#00805c")
"""Valence and arousal: blue and bluish green stay apart for every kind of eye."""

INK: Final = "#22272e"
MUTED: Final = "#5b6470"
_GRID: Final = "#e3e6ea"
_DOUBT: Final = "#fde3df"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """What one panel shows.

    Attributes:
        track: The face.
        values: Its labels, as many as the track has frames.
        threshold: Confidence below which a frame is doubtful.
        truth: Known valence and arousal of each frame, where there is such a thing.
        span_s: First and last second of the time axis.
        columns: Width of the picture in columns worth telling apart.
    """

    track: FaceTrack
    values: DrawnValues
    threshold: float
    truth: Float[np.ndarray, "n 2"] | None
    span_s: tuple[float, float]
    columns: int

    @property
    def column_s(self) -> float:
        """Seconds per picture column."""
        return (self.span_s[1] - self.span_s[0]) / self.columns


def doubtful(values: DrawnValues, threshold: float) -> Bool[np.ndarray, " n"]:
    """Machine labels with a confidence below `threshold`; never a person's own."""
    return (values.confidence < threshold) & ~values.is_human


def draw_panel(axes: tuple[Axes, Axes], panel: Panel) -> None:
    """Draw valence into the first and arousal into the second axes."""
    for dimension, ax in enumerate(axes):
        _furnish(ax, DIMENSIONS[dimension], COLOURS[dimension], panel.span_s)
        _draw_doubt(ax, panel)
        _draw_band(ax, panel, dimension)
        _draw_curve(ax, panel, dimension)
        _draw_truth(ax, panel, dimension)
        _draw_human(ax, panel, dimension)
    axes[0].tick_params(labelbottom=False)
    axes[1].set_xlabel("time (s)", color=MUTED, fontsize=8, labelpad=2)


def _furnish(ax: Axes, name: str, colour: str, span_s: tuple[float, float]) -> None:
    """Scales, grid and the name of the dimension."""
    ax.set_xlim(*span_s)
    ax.set_ylim(-1.08, 1.08)
    ax.set_yticks([-1.0, -0.5, 0.0, 0.5, 1.0], ["\N{MINUS SIGN}1", "", "0", "", "+1"])
    ax.set_ylabel(name, color=colour, fontsize=9.5, fontweight="bold", labelpad=2)
    ax.grid(color=_GRID, linewidth=0.7)
    ax.axhline(0.0, color="#b9c0c8", linewidth=0.9, zorder=1.2)
    ax.set_axisbelow(True)
    ax.tick_params(length=0, labelsize=8, labelcolor=MUTED, pad=4)
    for side in ax.spines.values():
        side.set_visible(False)


def _draw_doubt(ax: Axes, panel: Panel) -> None:
    """Shade the spans where the machine is not sure enough."""
    spans = thinning.doubtful_spans(
        doubtful(panel.values, panel.threshold), panel.track.time_s, panel.column_s
    )
    if len(spans):
        ax.broken_barh(
            [(begin, end - begin) for begin, end in spans.tolist()],
            (-1.08, 2.16),
            facecolor=_DOUBT,
            linewidth=0,
            zorder=0.6,
        )


def _draw_band(ax: Axes, panel: Panel, dimension: int) -> None:
    """Shade the interval; a frame that stands alone gets a bar instead of an area."""
    low, high = panel.values.low[:, dimension], panel.values.high[:, dimension]
    colour = COLOURS[dimension]
    time_s, lowest, highest = thinning.band(
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
    value = panel.values.value[:, dimension]
    ax.plot(
        *thinning.line(panel.track.time_s, value, panel.column_s),
        color=COLOURS[dimension],
        linewidth=1.5,
        solid_joinstyle="round",
        solid_capstyle="round",
        zorder=2.2,
    )
    lone = _lone(np.isfinite(value) & ~panel.values.is_human, panel.track)
    ax.plot(
        panel.track.time_s[lone],
        value[lone],
        linestyle="none",
        marker="o",
        markersize=3,
        color=COLOURS[dimension],
    )


def _draw_truth(ax: Axes, panel: Panel, dimension: int) -> None:
    """The known curve, where there is one."""
    if panel.truth is not None:
        ax.plot(
            *thinning.line(
                panel.track.time_s, panel.truth[:, dimension], panel.column_s
            ),
            color=INK,
            linewidth=1.0,
            dashes=(4, 2.5),
            alpha=0.75,
            zorder=2.4,
        )


def _draw_human(ax: Axes, panel: Panel, dimension: int) -> None:
    """Dots for the labels that people gave; not clipped, so that +1 stays round."""
    is_human = panel.values.is_human
    ax.plot(
        panel.track.time_s[is_human],
        panel.values.value[is_human, dimension],
        linestyle="none",
        marker="o",
        markersize=7.5,
        markeredgewidth=1.4,
        markeredgecolor="white",
        color=COLOURS[dimension],
        clip_on=False,
        zorder=3,
    )


def _lone(keep: Bool[np.ndarray, " n"], track: FaceTrack) -> Bool[np.ndarray, " n"]:
    """Frames with no neighbour to draw a line to."""
    found = thinning.runs(keep, track.time_s, thinning.gap_seconds(track.time_s))
    alone = np.zeros(len(keep), bool)
    alone[found[found[:, 1] - found[:, 0] == 1, 0]] = True
    return alone


def legend_handles(panels: list[Panel]) -> list[Line2D | Patch]:
    """One legend entry for each thing that at least one of the panels shows."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=MUTED, linewidth=1.8, label="machine label")
    ]
    coverages = sorted(
        {p.values.coverage for p in panels if np.isfinite(p.values.low).any()}
    )
    if coverages:
        shares = ", ".join(f"{100 * share:.4g} %" for share in coverages)
        handles.append(Patch(color=MUTED, alpha=0.25, lw=0, label=f"{shares} interval"))
    if any(p.values.is_human.any() for p in panels):
        handles.append(
            Line2D([], [], ls="none", marker="o", ms=6, color=MUTED, label="by hand")
        )
    if any(doubtful(p.values, p.threshold).any() for p in panels):
        label = f"confidence below {100 * panels[0].threshold:.4g} %"
        handles.append(Patch(color=_DOUBT, lw=0, label=label))
    if any(p.truth is not None for p in panels):
        handles.append(
            Line2D([], [], color=INK, lw=1.0, dashes=(4, 2.5), label="known curve")
        )
    return handles
