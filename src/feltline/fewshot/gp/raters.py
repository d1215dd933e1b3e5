"""How raters differ: bias, scale and noise of each, and what their accepts are worth.

    value = b_r + (1 + s_r) * (rule + noise of r)      for a judgement of rater r

The rule is the consensus: b and s sum to zero over raters and are Gaussian around none,
so they are one more block of shared features, with the covariance of independent
effects less their mean, variance * (I - 1 1' / R). The product with the curve is taken
at its present posterior mean (one step of iterated linearisation); noise by
expectation-maximisation over blind judgements, with a prior of a few. With one rater
there is no bias and no scale: that rater is the rule.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.fewshot.gp.kernel import prior_mean, shared_features
from feltline.fewshot.gp.observed import Observed, RaterTerm, calibrating, same_frame
from feltline.fewshot.gp.shipped import ACCEPT_NOISE, NOISE_FLOOR
from feltline.fewshot.gp.solve import (
    Block,
    Shared,
    block_covariance,
    block_of,
    factored,
    noise_covariance,
    noise_variance,
    precision_diagonal,
    shared_of,
    weights_of,
)
from feltline.types import HyperParameters, RaterEffect

__all__ = ["accept_terms", "as_effects", "rater_terms", "repeated_variance"]

BIAS_VARIANCE: Final = 0.1**2
SCALE_VARIANCE: Final = 0.15**2
"""How far raters are expected to differ before any judgement."""

ROUNDS: Final = 4
"""Rounds of effects and noise; from then on they hardly move."""

NOISE_COUNTS: Final = 10.0
"""How many repeated judgements the shipped noise of a rater is worth."""

ACCEPT_COUNTS: Final = 3.0
"""How many comparisons the shipped noise of accepts is worth."""
LEAST_ACCEPT: Final = 0.3
"""Least noise of accepts, as a share of the shipped one: an accepted value need not be
better than good enough."""
CARELESS_NOISE: Final = 0.05
"""Variance that the accepts of a rater have more who accepts whatever is shown."""


def rater_terms(
    stretches: Sequence[Observed],
    hypers: Sequence[HyperParameters],
    terms: Mapping[str, RaterTerm],
) -> dict[str, RaterTerm]:
    """Bias, scale and noise of each rater, at these hyper-parameters."""
    raters = sorted({o.rater for own in stretches for o in own.observations})
    found = {r: terms.get(r, RaterTerm.none(len(hypers))) for r in raters}
    if len(raters) < 2:
        return found
    for _ in range(ROUNDS):
        read = [own.with_terms(found) for own in stretches]
        made = [_effects(read, h, j, raters) for j, h in enumerate(hypers)]
        bias, scale, factor = (
            np.array([one[part] for one in made]).T for part in range(3)
        )
        found = {
            r: replace(found[r], bias=bias[i], scale=scale[i], noise_factor=factor[i])
            for i, r in enumerate(raters)
        }
    return found


def _effects(
    stretches: Sequence[Observed],
    hyper: HyperParameters,
    dimension: int,
    raters: Sequence[str],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bias, scale and noise factor per rater in one dimension."""
    n = len(raters)
    some = [own for own in stretches if len(own.rows_with(dimension))]
    if not some:
        return np.zeros(n), np.ones(n), np.ones(n)
    contrast = np.eye(n) - 1 / n  # its square is itself: variance * (I - 11'/R)
    blocks = [block_of(hyper, own, dimension) for own in some]
    shared = shared_of(blocks, blocks[0].features.shape[1])
    with_raters = [
        _with_raters(hyper, own, dimension, (block, shared), raters)
        for own, block in zip(some, blocks, strict=True)
    ]
    both = shared_of(with_raters, blocks[0].features.shape[1] + 2 * n)
    bias = np.sqrt(BIAS_VARIANCE) * contrast @ both.mean[-2 * n : -n]
    scale = 1 + np.sqrt(SCALE_VARIANCE) * contrast @ both.mean[-n:]
    factor = _noise_factors(hyper, some, dimension, (with_raters, both), raters)
    return bias, scale, factor


def _with_raters(
    hyper: HyperParameters,
    own: Observed,
    dimension: int,
    known: tuple[Block, Shared],
    raters: Sequence[str],
) -> Block:
    """A block of the values as given, with raters' effects as shared features."""
    block, shared = known
    rows, n = block.rows, len(raters)
    # The curve where it was judged: target less the expected noise, N K^-1 y.
    noise = noise_covariance(hyper, own, rows, dimension)
    curve = own.target[rows, dimension] - noise @ weights_of(block, shared)
    who = np.array([raters.index(own.observations[i].rater) for i in rows])
    contrast = (np.eye(n) - 1 / n)[who]
    total = own.total_weight(rows)[:, None]
    features = np.column_stack(
        [
            own.weigh(rows, shared_features(hyper, own.features, dimension)),
            np.sqrt(BIAS_VARIANCE) * total * contrast,
            np.sqrt(SCALE_VARIANCE) * curve[:, None] * contrast,
        ]
    )
    mean = own.weigh(rows, prior_mean(hyper, own.features, dimension))
    covariance = block_covariance(hyper, own, rows, dimension)
    rest = own.value[rows, dimension] - mean
    return factored(rows, covariance, features.astype(np.float64), rest)


def _noise_factors(
    hyper: HyperParameters,
    stretches: Sequence[Observed],
    dimension: int,
    known: tuple[Sequence[Block], Shared],
    raters: Sequence[str],
) -> Float64[np.ndarray, " raters"]:
    """One step of expectation-maximisation of each rater's noise.

    Of y = f + e with e of variance v, the posterior of e has mean v (K^-1 y) and
    variance v - v^2 (K^-1)_ii.
    """
    counts = np.full(len(raters), NOISE_COUNTS)
    squares = NOISE_COUNTS * np.ones(len(raters))
    for own, block in zip(stretches, known[0], strict=True):
        v = noise_variance(hyper, own, block.rows, dimension)
        mean = v * weights_of(block, known[1])
        left = v - v**2 * precision_diagonal(block, known[1])
        blind = calibrating(own)[block.rows]
        for at in np.flatnonzero(blind):
            who = raters.index(own.observations[block.rows[at]].rater)
            counts[who] += 1
            squares[who] += (mean[at] ** 2 + left[at]) / hyper.noise
    least = min(NOISE_FLOOR / hyper.noise, 1.0)
    return np.asarray(np.maximum(squares / counts, least))


def repeated_variance(
    stretches: Sequence[Observed], hypers: Sequence[HyperParameters]
) -> list[float | None]:
    """Variance of one rater's label, from frames that several judged blind.

    Shrunk towards the given noise, which few repeated labels hardly change; None in
    dimensions where no frame was judged twice.
    """
    found: list[float | None] = []
    for j, hyper in enumerate(hypers):
        squares, repeated = 0.0, 0
        for own in stretches:
            rows = own.rows_with(j)
            blind = calibrating(own)[rows]
            for group in same_frame(own, rows):
                mine = rows[group[blind[group]]]
                factor, target = own.noise_factor[mine, j], own.target[mine, j]
                # About the mean weighed by precision E sum (off^2 / factor) is
                # (n - 1) times the variance; about the plain one it is more, the
                # more raters are unlike.
                off = target - np.average(target, weights=1 / factor)
                squares += float((off**2 / factor).sum())
                repeated += len(mine) - 1
        shipped = NOISE_COUNTS * max(hyper.noise, NOISE_FLOOR)
        whole = (shipped + squares) / (NOISE_COUNTS + repeated)
        found.append(whole if repeated else None)
    return found


def accept_terms(
    stretches: Sequence[Observed],
    hypers: Sequence[HyperParameters],
    terms: Mapping[str, RaterTerm],
) -> dict[str, RaterTerm]:
    """The same terms with what each rater's accepts turned out to be worth.

    A value that was accepted agrees with what the machine knew before, whoever accepts
    it, so nearby judgements say nothing of it. Two things do. Where the rater judged
    the same frame blind later, E (difference)^2 is twice the noise of a judgement plus
    the noise of an accept; these moments are shrunk towards the shipped value, in one
    ratio for all dimensions. And who accepts more than confidence leads to expect has
    accepted that share of the values that an honest rater would have moved.
    """
    counts = _accepts(stretches, hypers)
    return dict(terms) | {
        rater: replace(
            terms.get(rater, RaterTerm.none(len(hypers))),
            accept_noise=np.full(
                len(hypers),
                ACCEPT_NOISE * max(one.ratio, LEAST_ACCEPT)
                + CARELESS_NOISE * one.careless_share,
            ),
        )
        for rater, one in counts.items()
    }


@dataclass(slots=True)
class _Accepts:
    """How one rater answered shown values, and what was said blind of accepted ones."""

    n_shown: int = 0
    n_accepted: int = 0
    expected: float = 0.0
    variance: float = 0.0
    n_repeated: int = 0
    squares: float = 0.0
    apart: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Noise of accepts in units of the shipped one, by repeats."""
        return (ACCEPT_COUNTS + self.squares) / (ACCEPT_COUNTS + self.n_repeated)

    @property
    def careless_share(self) -> float:
        """Share accepted of what an honest rater would have moved, shrunk to none."""
        moved = self.n_shown - self.expected
        return max(self.n_accepted - self.expected, 0.0) / (moved + ACCEPT_COUNTS)

    @property
    def excess(self) -> float:
        """Standard score of the number of accepts."""
        return (self.n_accepted - self.expected) / math.sqrt(1 + self.variance)


def _accepts(
    stretches: Sequence[Observed], hypers: Sequence[HyperParameters]
) -> dict[str, _Accepts]:
    """Counts of each rater who was shown something, or repeated an accept."""
    found: dict[str, _Accepts] = {}
    noise = np.array([h.noise for h in hypers])
    for own in stretches:
        moved = {o.judgement_id for o in own.observations if o.noise == "edit"}
        done: set[int] = set()
        for row, one in enumerate(own.observations):
            if one.accepted is not None:
                mine = found.setdefault(one.rater, _Accepts())
                off = (one.accepted - one.value) ** 2
                excess = off - 2 * noise * own.noise_factor[row]
                there = np.isfinite(off)
                if there.any():
                    mine.n_repeated += 1
                    mine.squares += float(excess[there].mean()) / ACCEPT_NOISE
                    mine.apart.append(float(np.sqrt(off[there].max())))
            p = one.shown_confidence
            if one.noise not in ("accept", "edit") or one.judgement_id in done:
                continue
            mine = found.setdefault(one.rater, _Accepts())
            if p is not None and np.isfinite(p):
                done.add(one.judgement_id)
                mine.n_shown += 1
                mine.n_accepted += one.judgement_id not in moved
                mine.expected += p
                mine.variance += p * (1 - p)
    return found


def as_effects(
    terms: Mapping[str, RaterTerm],
    hypers: Sequence[HyperParameters],
    stretches: Sequence[Observed],
    tolerance: float,
) -> tuple[RaterEffect, ...]:
    """Rater terms as the model keeps them."""
    judgements: dict[str, set[int]] = {}
    for own in stretches:
        for one in own.observations:
            judgements.setdefault(one.rater, set()).add(one.judgement_id)
    noise, counts = np.array([h.noise for h in hypers]), _accepts(stretches, hypers)
    made = []
    for rater in sorted(judgements):
        term, accepts = terms[rater], counts.get(rater, _Accepts())
        made.append(
            RaterEffect(
                rater=rater,
                bias=term.bias,
                scale=term.scale,
                noise=term.noise_factor * noise,
                accept_noise=term.accept_noise,
                n_judgements=len(judgements[rater]),
                n_repeated_accepts=accepts.n_repeated,
                n_unlike_accepts=sum(off > tolerance for off in accepts.apart),
                accept_excess=float(accepts.excess),
            )
        )
    return tuple(made)
