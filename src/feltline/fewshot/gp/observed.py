"""Observations of a block as arrays: which frames they weigh, values, noise.

An observation is a linear functional of the curves, y = W f + noise, so it needs of the
kernel what a frame needs, weighed: W K W' among observations, K W' with frames
(Rasmussen and Williams 2006, section 9.4, of derivatives; any linear map is alike).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from feltline.errors import InputError
from feltline.fewshot.gp.features import TrackFeatures
from feltline.fewshot.gp.kernel import Distances, distances
from feltline.fewshot.gp.shipped import ACCEPT_NOISE, EXTRA_NOISE, UNSURE
from feltline.types import Observation

__all__ = [
    "Observed",
    "RaterTerm",
    "frames_weighed",
    "in_stretches",
    "observed",
    "same_frame",
]

MOST_IN_BLOCK = 2000
"""Observations that are solved together. A track with more is cut into stretches of
time that share only what tracks share; its observations are so dense that those beyond
the cut hardly matter. A block of several tracks cannot be cut, and is refused."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RaterTerm:
    """How one rater's values are read: value = bias + scale * (rule + noise).

    Attributes:
        bias: On the unit scale.
        scale: 1 = none.
        noise_factor: Noise of a blind judgement in units of the hyper-parameter.
        accept_noise: Variance that an accepted value has beyond a blind one.
    """

    bias: Float64[np.ndarray, " m"]
    scale: Float64[np.ndarray, " m"]
    noise_factor: Float64[np.ndarray, " m"]
    accept_noise: Float64[np.ndarray, " m"]

    @classmethod
    def none(cls, m: int) -> "RaterTerm":
        """A rater of whom nothing is known."""
        return cls(
            bias=np.zeros(m),
            scale=np.ones(m),
            noise_factor=np.ones(m),
            accept_noise=np.full(m, ACCEPT_NOISE),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """Observations of a block, or of a stretch of a track. k of them weigh u frames.

    Attributes:
        observations: In order of their middle frames.
        features: The frames that they weigh, each once.
        weight: Weight of each frame in each observation; None = each observation is one
            frame of the one track, and no frame twice (k = u).
        apart: Distances of the frames from one another.
        value: As given, on the unit scale; NaN in dimensions that were not given.
        target: What it says of the curve: `value` without its rater's bias and scale.
        noise_factor: Its noise in units of the hyper-parameter `noise`.
        extra_noise: Variance that it has beyond that.
        trace: Event of the trace that it is a stretch of, -1 = of none.
        trace_time_s: Its time in that trace, 0 = of none.
    """

    observations: tuple[Observation, ...]
    features: TrackFeatures
    weight: Float64[np.ndarray, "k u"] | None
    apart: Distances
    value: Float64[np.ndarray, "k m"]
    target: Float64[np.ndarray, "k m"]
    noise_factor: Float64[np.ndarray, "k m"]
    extra_noise: Float64[np.ndarray, "k m"]
    trace: Int64[np.ndarray, " k"]
    trace_time_s: Float64[np.ndarray, " k"]

    def __len__(self) -> int:
        return len(self.observations)

    def rows_with(self, dimension: int) -> Int64[np.ndarray, " g"]:
        """Rows of the observations that say something of a dimension."""
        return np.flatnonzero(np.isfinite(self.value[:, dimension]))

    def weigh(
        self, rows: Int64[np.ndarray, " g"], per_frame: Float[np.ndarray, "..."]
    ) -> Float[np.ndarray, "..."]:
        """W X: a quantity (u, ...) of the frames, for some observations (g, ...)."""
        if self.weight is None:
            return per_frame if len(rows) == len(self) else per_frame[rows]
        return np.asarray(self.weight[rows] @ per_frame)

    def total_weight(self, rows: Int64[np.ndarray, " g"]) -> Float64[np.ndarray, " g"]:
        """Sum of each observation's weights: 1 for a mean, 0 for a difference."""
        if self.weight is None:
            return np.ones(len(rows))
        return np.asarray(self.weight[rows].sum(axis=1))

    def with_terms(self, terms: Mapping[str, RaterTerm]) -> "Observed":
        """The same, read with other rater terms; raters without one have none."""
        m = self.value.shape[1]
        none = RaterTerm.none(m)
        mine = [terms.get(one.rater, none) for one in self.observations]
        bias, scale, factor = (
            np.array([getattr(t, name) for t in mine]).reshape(-1, m)
            for name in ("bias", "scale", "noise_factor")
        )
        unsure = [UNSURE if one.unsure else 1.0 for one in self.observations]
        extra = [
            t.accept_noise
            if one.noise == "accept"
            else np.full(m, EXTRA_NOISE[one.noise])
            for t, one in zip(mine, self.observations, strict=True)
        ]
        total = self.total_weight(np.arange(len(self)))[:, None]
        return replace(
            self,
            target=(self.value - bias * total) / scale,
            noise_factor=factor * np.array(unsure)[:, None],
            extra_noise=np.array(extra).reshape(-1, m),
        )

    def some(self, rows: Int64[np.ndarray, " g"]) -> "Observed":
        """Some of the observations, by their rows."""
        kept = np.arange(len(self.features))
        weight = None
        if self.weight is None:
            kept = rows
        else:
            kept = np.flatnonzero(np.abs(self.weight[rows]).sum(axis=0))
            weight = self.weight[np.ix_(rows, kept)]
        square = np.ix_(kept, kept)
        return replace(
            self,
            observations=tuple(self.observations[i] for i in rows),
            features=self.features.at(kept),
            weight=weight,
            apart=Distances(self.apart.time_s[square], self.apart.appearance[square]),
            value=self.value[rows],
            target=self.target[rows],
            noise_factor=self.noise_factor[rows],
            extra_noise=self.extra_noise[rows],
            trace=self.trace[rows],
            trace_time_s=self.trace_time_s[rows],
        )


def observed(
    features: TrackFeatures,
    observations: Sequence[Observation],
    terms: Mapping[str, RaterTerm],
) -> Observed:
    """Observations of a block as arrays, in order of their middle frames."""
    own = tuple(sorted(observations, key=lambda one: (one.middle, one.judgement_id)))
    position, weight = frames_weighed(features, own)
    some = features.at(position)
    value = np.array([one.value for one in own], np.float64)
    value = value.reshape(len(own), features.zero_shot.shape[2])
    return Observed(
        observations=own,
        features=some,
        weight=weight,
        apart=distances(some, some, np.float64),
        value=value,
        target=value,
        noise_factor=np.ones_like(value),
        extra_noise=np.zeros_like(value),
        trace=np.array([-1 if o.trace is None else o.trace for o in own], np.int64),
        trace_time_s=np.array([o.time_s or 0.0 for o in own], np.float64),
    ).with_terms(terms)


def frames_weighed(
    features: TrackFeatures, observations: Sequence[Observation]
) -> tuple[Int64[np.ndarray, " u"], Float64[np.ndarray, "k u"] | None]:
    """Frames of a block that observations weigh, and the weights; None = one to one."""
    if not observations:
        return np.empty(0, np.int64), None
    every = np.concatenate([one.position for one in observations])
    plain = all(len(one.weight) == 1 and one.weight[0] == 1 for one in observations)
    if features.track is not None:
        number = np.concatenate([one.track_number for one in observations])
        every = every + np.searchsorted(features.track, number)
    elif plain and (np.diff(every) > 0).all():
        return every, None
    position, column = np.unique(every, return_inverse=True)
    row = np.repeat(
        np.arange(len(observations)), [len(one.position) for one in observations]
    )
    weight = np.zeros((len(observations), len(position)))
    np.add.at(weight, (row, column), np.concatenate([o.weight for o in observations]))
    return position, weight


def in_stretches(
    features: TrackFeatures,
    observations: Sequence[Observation],
    terms: Mapping[str, RaterTerm],
) -> Iterator[Observed]:
    """A block's observations of values, at most `MOST_IN_BLOCK` together.

    Raises:
        InputError: A block of several tracks has more.
    """
    valued = [one for one in observations if np.isfinite(one.value).any()]
    if not valued:
        return
    valued.sort(key=lambda one: (one.middle, one.judgement_id))
    parts = -(-len(valued) // MOST_IN_BLOCK)
    if parts > 1 and features.track is not None:
        raise InputError(
            f"{features.track[-1] + 1} tracks that comparisons connect have "
            f"{len(valued)} judgements of value, of which at most {MOST_IN_BLOCK} are "
            f"solved together; take comparisons off until fewer tracks hang together"
        )
    for rows in np.array_split(np.arange(len(valued)), parts):
        yield observed(features, [valued[i] for i in rows], terms)


def same_frame(own: Observed, rows: Int64[np.ndarray, " g"]) -> list[np.ndarray]:
    """Rows that calibrate, grouped with all others of the same single frame.

    A stretch of a trace speaks of no frame by itself, however few it has.

    Returns:
        Per frame that was judged blind, places in `rows` of its observations.
    """
    frames: dict[tuple[int, int], list[int]] = {}
    for at, row in enumerate(rows):
        one = own.observations[row]
        if len(one.position) == 1 and one.trace is None:
            frames.setdefault((one.tracks[0], one.middle), []).append(at)
    blind = calibrating(own)[rows]
    return [np.array(some) for some in frames.values() if blind[some].any()]


def calibrating(own: Observed) -> Bool[np.ndarray, " k"]:
    """Which observations may serve calibration."""
    return np.array([one.calibrates for one in own.observations], bool)
