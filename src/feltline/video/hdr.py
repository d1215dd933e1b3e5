"""Tone mapping: HDR pictures (PQ, HLG) as a screen of standard range shows them.

The same steps as FFmpeg's usual filter chain (`zscale=t=linear:npl=100`, `tonemap=
hable:desat=0`, `zscale=t=bt709`), computed once into a table of colours, since PyAV's
FFmpeg has no zscale.
"""

import tempfile
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.filter import Graph
from av.video.reformatter import VideoReformatter
from jaxtyping import Float64

__all__ = ["ToneMap", "is_hdr"]

_PQ: Final = 16
_HLG: Final = 18
_BT2020: Final = 9
_UNKNOWN: Final = (0, 2)
_BT709: Final = 1
_FULL_RANGE: Final = 2

_SIDE: Final = 33
"""Colours along each side of the table."""
_WHITE_NITS: Final = 100.0
_HLG_NITS: Final = 1000.0
_PEAK: Final = 10.0
"""What becomes white, in units of `_WHITE_NITS`: 1000 nits, as most HDR is graded."""

_TO_BT709: Final = np.array(
    [
        [1.660491, -0.587641, -0.072850],
        [-0.124550, 1.132900, -0.008349],
        [-0.018151, -0.100579, 1.118730],
    ]
)
"""Linear BT.2020 to linear BT.709 (ITU-R BT.2087)."""

Colours = Float64[np.ndarray, "n 3"]


def is_hdr(frame: av.VideoFrame) -> bool:
    """Whether a frame's transfer characteristics are those of PQ or HLG."""
    return frame.color_trc in (_PQ, _HLG)


class ToneMap:
    """Applies the table of colours; keeps what is costly to set up."""

    def __init__(self) -> None:
        self._graph: tuple[tuple[int, int, int], Graph] | None = None

    def apply(
        self, frame: av.VideoFrame, reformatter: VideoReformatter
    ) -> av.VideoFrame:
        """The frame in standard range, as planar RGB of 10 bit."""
        space = int(frame.colorspace)
        rgb = reformatter.reformat(
            frame,
            format="gbrp10le",
            src_colorspace=_BT2020 if space in _UNKNOWN else space,
            dst_color_range=_FULL_RANGE,
        )
        key = (frame.width, frame.height, int(frame.color_trc))
        if self._graph is None or self._graph[0] != key:
            self._graph = key, _graph_for(rgb, int(frame.color_trc))
        graph = self._graph[1]
        rgb.pts, rgb.time_base = None, Fraction(1, 1)
        graph.vpush(rgb)
        mapped = graph.vpull()
        mapped.color_trc = mapped.color_primaries = _BT709
        return mapped


def _graph_for(rgb: av.VideoFrame, transfer: int) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=rgb.width, height=rgb.height, format=rgb.format, time_base=Fraction(1, 1)
    )
    with tempfile.TemporaryDirectory() as folder:
        cube = Path(folder) / "table.cube"
        cube.write_text(_cube(transfer), encoding="ascii")
        # Within a filter's arguments, a name is quoted twice over.
        name = str(cube).replace("\\", "/").replace(":", "\\:")
        table = graph.add("lut3d", f"file='{name}':interp=tetrahedral")
        sink = graph.add("buffersink")
        graph.link_nodes(source, table, sink)
        graph.configure()
    return graph


@lru_cache(maxsize=2)
def _cube(transfer: int) -> str:
    """The table as an Adobe `.cube` file."""
    level = np.linspace(0.0, 1.0, _SIDE)
    blue, green, red = np.meshgrid(level, level, level, indexing="ij")
    signal = np.stack([red, green, blue], axis=-1).reshape(-1, 3)
    mapped = tone_mapped(signal, transfer)
    rows = "\n".join(f"{r:.5f} {g:.5f} {b:.5f}" for r, g, b in mapped)
    return f"LUT_3D_SIZE {_SIDE}\n{rows}\n"


def tone_mapped(signal: Colours, transfer: int) -> Colours:
    """BT.2020 colours of an HDR signal, 0-1, as BT.709 colours, 0-1."""
    nits = _pq_nits(signal) if transfer == _PQ else _hlg_nits(signal)
    linear = np.maximum((nits / _WHITE_NITS) @ _TO_BT709.T, 0.0)
    # Of the brightest part of a colour, so that its hue stays.
    most = np.maximum(linear.max(axis=1, keepdims=True), 1e-6)
    linear *= _hable(most) / _hable(np.array(_PEAK)) / most
    return _display_signal(np.clip(linear, 0.0, 1.0))


def _pq_nits(signal: Colours) -> Colours:
    """SMPTE ST 2084: light of a screen in candela per square metre."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = signal ** (1 / m2)
    return np.asarray(
        10_000.0 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1)
    )


def _hlg_nits(signal: Colours) -> Colours:
    """ITU-R BT.2100 HLG on a screen of 1000 nits: system gamma 1.2, of each colour."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    return np.asarray(_HLG_NITS * scene**1.2)


def _hable(x: Float64[np.ndarray, "..."]) -> Float64[np.ndarray, "..."]:
    """The filmic curve of J. Hable (Uncharted 2, GDC 2010), as in FFmpeg."""
    a, b, c, d, e, f = 0.15, 0.50, 0.10, 0.20, 0.02, 0.30
    return np.asarray((x * (x * a + b * c) + d * e) / (x * (x * a + b) + d * f) - e / f)


def _display_signal(linear: Colours) -> Colours:
    """ITU-R BT.1886: the signal for this light on a screen of standard range."""
    return np.asarray(linear ** (1 / 2.4))
