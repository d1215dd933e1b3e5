"""Figure of the curves: layout of title, legend, headers and panels.

Imports matplotlib at the top; `feltline.render.curves` imports it when it draws.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from feltline.render.labelled_track import LabelledTrack
from feltline.render.track_plot import INK, MUTED, Panel, draw_panel, legend_handles
from feltline.types import LabelSchema

__all__ = ["panels_of", "save"]

_WIDTH_IN, _DPI = 10.0, 120

# Heights and margins in inches, from top to bottom of the page and of a panel.
_TOP, _TITLE, _LEGEND, _BOTTOM = 0.14, 0.32, 0.3, 0.08
_HEADER, _AXES, _BETWEEN, _SECONDS = 0.3, 1.14, 0.1, 0.48
_LEFT, _RIGHT = 0.56, 0.24

_STYLE: Final = {"svg.fonttype": "none", "svg.hashsalt": "feltline"}
"""SVG text stays text, and equal input gives an equal file."""

_LONGEST_NAME: Final = 40


def panels_of(
    labelled: Sequence[LabelledTrack],
    threshold: float,
    schema: LabelSchema,
    known: Sequence[Float[np.ndarray, "_ m"] | None],
) -> list[Panel]:
    """What to draw in each panel; `known` has one entry per track."""
    return [
        Panel(
            labelled=one,
            schema=schema,
            threshold=threshold,
            truth=curve,
            span_s=_span(labelled, one.track.video_id),
            columns=round((_WIDTH_IN - _LEFT - _RIGHT) * _DPI),
        )
        for one, curve in zip(labelled, known, strict=True)
    ]


def _span(labelled: Sequence[LabelledTrack], video_id: str) -> tuple[float, float]:
    """First and last second of the video's faces, with a little air."""
    tracks = [one.track for one in labelled if one.track.video_id == video_id]
    tracks = [track for track in tracks if len(track)]
    first = min((float(t.time_s[0]) for t in tracks), default=0.0)
    last = max((float(t.time_s[-1]) for t in tracks), default=0.0)
    air = 0.01 * (last - first) or 0.5
    return first - air, last + air


def save(path: Path, shown: list[Panel], title: str | None) -> None:
    """Draw the page and write it to `path`, as PNG or SVG by its suffix."""
    # A user's own matplotlibrc must not change what a band or a dot looks like.
    with style.context(["default", dict(_STYLE)]), warnings.catch_warnings():
        # Names in scripts the font lacks come out as boxes; that is no news to a user.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = _page(shown, title)
        svg = path.suffix.lower() == ".svg"
        figure.savefig(
            path,
            format="svg" if svg else "png",
            metadata={"Date": None} if svg else None,
            facecolor="white",
        )


def _page(shown: list[Panel], title: str | None) -> Figure:
    """The whole page, laid out from top to bottom."""
    top = _TOP + (_TITLE if title else 0.0)
    height = top + _LEGEND + sum(map(_height, shown)) + _BOTTOM
    figure = Figure(figsize=(_WIDTH_IN, height), dpi=_DPI)
    left = _LEFT / _WIDTH_IN
    if title:
        heading: dict[str, Any] = {
            "fontsize": 13,
            "fontweight": "bold",
            "color": INK,
            "va": "top",
        }
        figure.text(
            left, 1 - _TOP / height, _plain(title, 90), parse_math=False, **heading
        )
    handles = legend_handles(shown)
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(left, 1 - top / height),
        ncols=len(handles),
        frameon=False,
        fontsize=8.5,
        labelcolor=MUTED,
        borderpad=0.0,
        borderaxespad=0.0,
        handlelength=1.7,
        handletextpad=0.6,
        columnspacing=2.2,
    )
    below = height - top - _LEGEND
    for panel in shown:
        _place(figure, panel, below)
        below -= _height(panel)
    return figure


def _height(panel: Panel) -> float:
    """Height of a panel in inches."""
    n = len(panel.schema.dimensions)
    return _HEADER + n * _AXES + (n - 1) * _BETWEEN + _SECONDS


def _place(figure: Figure, panel: Panel, top_in: float) -> None:
    """Put a panel's header and axes below `top_in` inches from the page's bottom."""
    height = figure.get_figheight()
    left, width = _LEFT / _WIDTH_IN, 1 - (_LEFT + _RIGHT) / _WIDTH_IN
    line = (top_in - 0.6 * _HEADER) / height
    name, facts = header(panel)
    common: dict[str, Any] = {"fontsize": 9, "va": "center", "parse_math": False}
    figure.text(left, line, name, color=INK, fontweight="bold", **common)
    figure.text(left + width, line, facts, color=MUTED, ha="right", **common)

    def axes(bottom_in: float) -> Axes:
        return figure.add_axes(
            (left, bottom_in / height, width, _AXES / height), facecolor="none"
        )

    below = top_in - _HEADER - _AXES
    steps = range(len(panel.schema.dimensions))
    draw_panel([axes(below - n * (_BETWEEN + _AXES)) for n in steps], panel)


def header(panel: Panel) -> tuple[str, str]:
    """Which face this is, and in how many frames it was labelled by whom."""
    labelled, track = panel.labelled, panel.labelled.track
    name = f"{_plain(track.video_id, _LONGEST_NAME)} · face {track.track_id}"
    by_hand = int(labelled.is_human.sum())
    facts = [labelled.method, f"{len(track):,} frame{'' if len(track) == 1 else 's'}"]
    if len(track):
        facts.append(f"{by_hand:,} labelled by hand ({_percent(by_hand, len(track))})")
    machine = labelled.confidence[~labelled.is_human]
    if np.isfinite(machine).any():
        accepted = int((machine >= np.float32(panel.threshold)).sum())
        facts.append(f"{_percent(accepted, len(machine))} of the rest accepted")
    return name, "   ·   ".join(facts)


def _percent(part: int, whole: int) -> str:
    """A share in words; never "0 %" of something or "100 %" of less than all."""
    share = 100 * part / whole
    if 0 < share < 1 or 99 < share < 100:
        return f"{min(max(share, 0.1), 99.9):.1f} %"
    return f"{share:.0f} %"


def _plain(name: str, longest: int) -> str:
    """A name as one printable line, shortened in the middle."""
    line = "".join(letter if letter.isprintable() else "?" for letter in name)
    if len(line) <= longest:
        return line
    tail = longest // 2 - 1
    return f"{line[: longest - tail - 1]}…{line[-tail:]}"
