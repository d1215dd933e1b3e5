"""Shipped hyper-parameters, by dimension, and the noise of each kind of judgement."""

from typing import Final

from feltline.types import HyperParameters, NoiseKind

__all__ = [
    "ACCEPT_NOISE",
    "EXTRA_NOISE",
    "NEUTRAL",
    "NOISE_FLOOR",
    "TRACE_TIME_S",
    "TRACE_VARIANCE",
    "UNSURE",
    "shipped_hyperparameters",
]

NOISE_FLOOR: Final = 0.05**2
"""Least variance of one rater's label. A rater who judges the same frame again differs
by about 0.07, so no label is exact, however well one clip's labels happen to agree."""

ACCEPT_NOISE: Final = 0.02
"""Variance that an accepted value has beyond a blind one, before a rater's accepts have
been compared with what the same rater then said blind."""

EXTRA_NOISE: Final[dict[NoiseKind, float]] = {
    "blind": 0.0,
    "span": 0.005,
    "clip": 0.01,
    "edit": 0.005,
    "accept": ACCEPT_NOISE,
    "trace": 0.0,
}
"""Variance that a judgement of each kind has beyond a blind one of a frame: the mean of
a span is judged at a glance, a moved value stays near where it was shown. The errors of
a trace go on from one stretch to the next, so what it has beyond is `TRACE_VARIANCE`;
in traces of real raters no error was left that a stretch of half a second had alone."""

TRACE_VARIANCE: Final = 0.09
TRACE_TIME_S: Final = 9.0
"""Variance of the wandering error of a trace about its rater's bias, and the time after
which it is forgotten (to 1 / e). Geometric means over four sets of traces of real
raters, from .021 and 25 s (three trained raters) to .19 and 17 s; by
`benchmarks/trace_noise.py`."""

UNSURE: Final = 4.0
"""Factor on the noise of a rater who says to be unsure."""


def _column(*values: float) -> HyperParameters:
    """From values in the order of `HyperParameters.names`."""
    return HyperParameters(**dict(zip(HyperParameters.names(), values, strict=True)))


# fmt: off
NEUTRAL: Final = _column(
    0.03, 0.03, 0.02, 1.0, 0.06, 0.7, 0.03, 0.02, 0.03, 0.004, 0.03, 0.3, 0.7, 0.0
)
"""Where learning starts when the shipped values may not be used, as in a benchmark on
the clips that these were learnt from."""

_WITH_ZERO_SHOT: Final = {
    "valence": _column(0.0202, 0.0730, 0.0042, 3.21, 0.0116, 0.90, 0.0017, 0.0181,
                       0.0256, 0.0025, 0.0144, 0.370, 0.559, 0.064),
    "arousal": _column(0.0043, 0.0058, 0.0011, 3.10, 0.0075, 1.14, 0.0020, 0.0188,
                       0.0271, 0.0025, 0.0070, 0.527, 0.282, 0.185),
}
"""Learnt from the 34 rated clips as the default encoder sees them, each person read by
a readout that has not seen them; by `benchmarks/defaults.py`."""

_WITHOUT: Final = {
    "valence": _column(0.0226, 0.03, 0.0034, 1.13, 0.0098, 0.92, 0.0275, 0.0218,
                       0.03, 0.0025, 0.03, 0.3, 0.3, 0.2),
    "arousal": _column(0.0128, 0.03, 0.0029, 1.55, 0.0182, 1.04, 0.0271, 0.0200,
                       0.03, 0.0025, 0.03, 0.3, 0.3, 0.2),
}
"""The same where the encoder has no zero-shot prediction and labels alone carry it;
learnt from five of these clips as the geometry encoder sees them (slopes, ambiguity and
weights, which then multiply nothing, are where learning starts)."""
# fmt: on


def shipped_hyperparameters(name: str, *, has_zero_shot: bool) -> HyperParameters:
    """The default of one dimension.

    Args:
        name: Of the dimension. One that nothing shipped was learnt for takes what was
            learnt for valence without a zero-shot prediction, the widest of all.
        has_zero_shot: Whether the encoder says something of it.
    """
    shipped = _WITH_ZERO_SHOT if has_zero_shot else _WITHOUT
    return shipped.get(name, _WITHOUT["valence"])
