"""Figure of the curves: a panel per track, its dimensions one above the other.

Imports matplotlib at the top; `feltline.render.curves` imports it when it draws.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Bool, Float
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from feltline.render import downsample
from feltline.render.labelled_track import LabelledTrack
from feltline.types import DIMENSIONS, FaceTrack

__all__ = ["Truth", "facts_of", "save"]

Truth = Float[np.ndarray, "_ 2"] | None
"""Known values of each frame of a track, where there are such."""

_WIDTH_IN, _DPI = 10.0, 120

# Heights and margins in inches, from top to bottom of the page and of a panel.
_TOP, _LEGEND, _BOTTOM = 0.14, 0.3, 0.08
_HEADER, _AXES, _BETWEEN, _SECONDS = 0.3, 1.14, 0.1, 0.48
_LEFT, _RIGHT = 0.56, 0.24
_COLUMNS: Final = round((_WIDTH_IN - _LEFT - _RIGHT) * _DPI)

_STYLE: Final = {"svg.fonttype": "none", "svg.hashsalt": "feltline"}
"""SVG text stays text, and equal input gives an equal file."""

_LONGEST_NAME: Final = 40

_COLOURS: Final = ("#0072b2", "#00805c")
"""By dimension: blue and bluish green stay apart for every kind of eye."""
_INK: Final = "#22272e"
_MUTED: Final = "#5b6470"
_GRID: Final = "#e3e6ea"
_DOUBTFUL: Final = "#fde3df"
_KNOWN: Final[dict[str, Any]] = {"color": _INK, "lw": 1.0, "dashes": (4, 2.5)}


def save(
    path: Path,
    labelled: Sequence[LabelledTrack],
    threshold: float,
    known: Sequence[Truth],
) -> None:
    """Draw the page and write it to `path`, as PNG or SVG by its suffix."""
    # A user's own matplotlibrc must not change what a band or a dot looks like.
    with style.context(["default", dict(_STYLE)]), warnings.catch_warnings():
        # Names in scripts the font lacks come out as boxes; that is no news to a user.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        svg = path.suffix.lower() == ".svg"
        _page(labelled, threshold, known).savefig(
            path,
            format="svg" if svg else "png",
            metadata={"Date": None} if svg else None,
            facecolor="white",
        )


def _page(
    labelled: Sequence[LabelledTrack], threshold: float, known: Sequence[Truth]
) -> Figure:
    """The whole page: legend, then a panel per track, at sizes given in inches."""
    m, n = len(DIMENSIONS), len(labelled)
    drawn = m * _AXES + (m - 1) * _BETWEEN
    height = _TOP + _LEGEND + n * (_HEADER + drawn + _SECONDS) + _BOTTOM
    figure = Figure(figsize=(_WIDTH_IN, height), dpi=_DPI)
    handles = _legend_handles(labelled, threshold, known)
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(_LEFT / _WIDTH_IN, 1 - _TOP / height),
        ncols=len(handles),
        frameon=False,
        fontsize=8.5,
        labelcolor=_MUTED,
        borderpad=0.0,
        borderaxespad=0.0,
        handlelength=1.7,
        handletextpad=0.6,
        columnspacing=2.2,
    )
    panels = figure.add_gridspec(
        n,
        left=_LEFT / _WIDTH_IN,
        right=1 - _RIGHT / _WIDTH_IN,
        top=1 - (_TOP + _LEGEND + _HEADER) / height,
        bottom=(_BOTTOM + _SECONDS) / height,
        hspace=(_SECONDS + _HEADER) / drawn,
    )
    for number, (one, truth) in enumerate(zip(labelled, known, strict=True)):
        rows = panels[number].subgridspec(m, 1, hspace=_BETWEEN / _AXES)
        axes = [figure.add_subplot(rows[d], facecolor="none") for d in range(m)]
        span_s = _span(labelled, one.track.video_id)
        _draw_header(axes[0], one, threshold)
        for dimension, ax in enumerate(axes):
            _furnish(ax, dimension, span_s)
            _draw_labels(ax, dimension, one, threshold)
            if truth is not None:
                curve = downsample.line(one.track.time_s, truth[:, dimension])
                ax.plot(*curve, alpha=0.75, zorder=2.4, **_KNOWN)
            ax.tick_params(labelbottom=ax is axes[-1])
        axes[-1].set_xlabel("time (s)", color=_MUTED, fontsize=8, labelpad=2)
    return figure


def _span(labelled: Sequence[LabelledTrack], video_id: str) -> tuple[float, float]:
    """First and last second of the video's faces, with a little air."""
    tracks = [one.track for one in labelled if one.track.video_id == video_id]
    tracks = [track for track in tracks if len(track)]
    first = min((float(t.time_s[0]) for t in tracks), default=0.0)
    last = max((float(t.time_s[-1]) for t in tracks), default=0.0)
    air = 0.01 * (last - first) or 0.5
    return first - air, last + air


def _draw_header(ax: Axes, labelled: LabelledTrack, threshold: float) -> None:
    """Which face this is, and in how many frames it was labelled by whom."""
    track = labelled.track
    name = f"{_plain(track.video_id)} · face {track.track_id}"
    common: dict[str, Any] = {
        "y": 1 + 0.4 * _HEADER / _AXES,
        "pad": 0,
        "fontsize": 9,
        "va": "center",
        "parse_math": False,
    }
    ax.set_title(name, loc="left", color=_INK, fontweight="bold", **common)
    ax.set_title(facts_of(labelled, threshold), loc="right", color=_MUTED, **common)


def facts_of(labelled: LabelledTrack, threshold: float) -> str:
    """Method, frames, and the shares labelled by hand and accepted."""
    n, by_hand = len(labelled.track), int(labelled.is_human.sum())
    facts = [labelled.method, f"{n:,} frame{'' if n == 1 else 's'}"]
    if n:
        facts.append(f"{by_hand:,} labelled by hand ({_percent(by_hand, n)})")
    machine = ~labelled.is_human
    if np.isfinite(labelled.confidence[machine]).any():
        accepted = int((labelled.confidence[machine] >= np.float32(threshold)).sum())
        facts.append(f"{_percent(accepted, int(machine.sum()))} of the rest accepted")
    return "   ·   ".join(facts)


def _percent(part: int, whole: int) -> str:
    """A share in words; never "0 %" of something or "100 %" of less than all."""
    share = 100 * part / whole
    if 0 < share < 1 or 99 < share < 100:
        return f"{min(max(share, 0.1), 99.9):.1f} %"
    return f"{share:.0f} %"


def _plain(name: str) -> str:
    """A name as one printable line, shortened in the middle."""
    line = "".join(letter if letter.isprintable() else "?" for letter in name)
    if len(line) <= _LONGEST_NAME:
        return line
    tail = _LONGEST_NAME // 2 - 1
    return f"{line[: _LONGEST_NAME - tail - 1]}…{line[-tail:]}"


def _furnish(ax: Axes, dimension: int, span_s: tuple[float, float]) -> None:
    """Scales, grid and the name of the dimension."""
    ax.set_xlim(*span_s)
    ax.set_ylim(-1.08, 1.08)
    ax.set_yticks(np.linspace(-1, 1, 5), ["\N{MINUS SIGN}1", "", "0", "", "+1"])
    ax.set_ylabel(
        DIMENSIONS[dimension],
        color=_COLOURS[dimension],
        fontsize=9.5,
        fontweight="bold",
        labelpad=2,
    )
    ax.grid(color=_GRID, linewidth=0.7)
    ax.axhline(0, color="#b9c0c8", linewidth=0.9, zorder=1.2)
    ax.set_axisbelow(True)
    ax.tick_params(length=0, labelsize=8, labelcolor=_MUTED, pad=4)
    ax.spines[:].set_visible(False)


def _draw_labels(
    ax: Axes, dimension: int, labelled: LabelledTrack, threshold: float
) -> None:
    """Doubtful spans shaded, interval as a band, values as a line, hand labels as dots.

    A frame that stands alone gets a bar instead of a band, and a dot instead of a line.
    """
    track, colour = labelled.track, _COLOURS[dimension]
    low, high = labelled.low[:, dimension], labelled.high[:, dimension]
    value, is_human = labelled.value[:, dimension], labelled.is_human
    first_s, last_s = ax.get_xlim()
    column_s = (last_s - first_s) / _COLUMNS
    doubtful = labelled.is_doubtful(threshold)
    spans = downsample.doubtful_spans(doubtful, track.time_s, column_s)
    ax.broken_barh(
        [(begin, end - begin) for begin, end in spans.tolist()],
        (0, 1),
        transform=ax.get_xaxis_transform(),
        facecolor=_DOUBTFUL,
        linewidth=0,
        zorder=0.6,
    )
    band = downsample.band(track.time_s, low, high, column_s)
    if len(band[0]):
        ax.fill_between(*band, color=colour, alpha=0.2, linewidth=0, zorder=1.6)
    lone = _lone(np.isfinite(low) & np.isfinite(high), track)
    ax.vlines(track.time_s[lone], low[lone], high[lone], colour, alpha=0.3, linewidth=3)
    ax.plot(
        *downsample.line(track.time_s, value),
        color=colour,
        linewidth=1.5,
        solid_joinstyle="round",
        solid_capstyle="round",
        zorder=2.2,
    )
    lone = _lone(np.isfinite(value) & ~is_human, track)
    ax.plot(track.time_s[lone], value[lone], "o", markersize=3, color=colour)
    ax.plot(
        track.time_s[is_human],
        value[is_human],
        "o",
        markersize=7.5,
        markeredgewidth=1.4,
        markeredgecolor="white",
        color=colour,
        clip_on=False,  # so that +1 stays round
        zorder=3,
    )


def _lone(keep: Bool[np.ndarray, " n"], track: FaceTrack) -> Bool[np.ndarray, " n"]:
    """Frames with no neighbour to draw a line to."""
    found = downsample.runs(keep, track.time_s, downsample.gap_seconds(track.time_s))
    alone = np.zeros(len(keep), bool)
    alone[found[found[:, 1] - found[:, 0] == 1, 0]] = True
    return alone


def _legend_handles(
    labelled: Sequence[LabelledTrack], threshold: float, known: Sequence[Truth]
) -> list[Line2D | Patch]:
    """One legend entry for each thing that at least one of the panels shows."""
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=_MUTED, linewidth=1.8, label="machine label")
    ]
    coverages = sorted({t.coverage for t in labelled if np.isfinite(t.low).any()})
    if coverages:
        shares = ", ".join(f"{100 * share:.4g} %" for share in coverages)
        label = f"{shares} interval"
        handles.append(Patch(color=_MUTED, alpha=0.25, lw=0, label=label))
    if any(t.is_human.any() for t in labelled):
        handles.append(
            Line2D([], [], ls="none", marker="o", ms=6, color=_MUTED, label="by hand")
        )
    if any(t.is_doubtful(threshold).any() for t in labelled):
        label = f"confidence below {100 * threshold:.4g} %"
        handles.append(Patch(color=_DOUBTFUL, lw=0, label=label))
    if any(curve is not None for curve in known):
        handles.append(Line2D([], [], label="known curve", **_KNOWN))
    return handles
