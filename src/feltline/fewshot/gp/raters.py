"""How raters differ: bias, scale and noise of each, and what their accepts are worth.

    value = b_r + (1 + s_r) * (rule + noise of r)      for a judgement of rater r

The rule is the consensus: b and s sum to zero over raters and are Gaussian around none,
so they are one more block of shared features, with the covariance of independent
effects less their mean, variance * (I - 1 1' / R). The product with the curve is taken
at its present posterior mean (one step of iterated linearisation); noise by
expectation-maximisation with a prior of a few judgements. With one rater there is no
bias and no scale: that rater is the rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
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
MOST_COMPARED: Final = 32
"""Blind judgements, nearest in position, that an accept is compared with."""


def rater_terms(
    stretches: Sequence[Observed],
    hypers: Sequence[HyperParameters],
    terms: Mapping[str, RaterTerm],
) -> dict[str, RaterTerm]:
    """Bias, scale and noise of each rater, at these hyper-parameters.

    Args:
        stretches: All observations of the project.
        hypers: Per dimension.
        terms: What is known so far, accepts included.
    """
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
    some = [own for own in stretches if len(own.given(dimension))]
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
    noise = noise_variance(hyper, own, rows, dimension)
    curve = own.target[rows, dimension] - noise * weights_of(block, shared)
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
            rows = own.given(j)
            blind = calibrating(own)[rows]
            for group in same_frame(own, rows):
                mine = rows[group[blind[group]]]
                off = own.target[mine, j] - own.target[mine, j].mean()
                squares += float((off**2 / own.noise_factor[mine, j]).sum())
                repeated += len(mine) - 1
        shipped = NOISE_COUNTS * max(hyper.noise, NOISE_FLOOR)
        whole = (shipped + squares) / (NOISE_COUNTS + repeated)
        found.append(whole if repeated else None)
    return found


def accept_terms(
    stretches: Sequence[Observed],
    hypers: Sequence[HyperParameters],
    shared: Sequence[Shared],
    terms: Mapping[str, RaterTerm],
) -> dict[str, RaterTerm]:
    """The same terms with what each rater's accepts turned out to be worth.

    A value that was accepted agrees with what was judged before, since the machine's
    value was made from it. So each is compared with what the same rater said blind
    afterwards, of the same frame or else of the same track: d is how far it lies from
    what that predicts, with variance s^2, and E d^2 = s^2 + noise of a judgement +
    noise of an accept. Moments, weighted by how much a comparison says, are shrunk
    towards the shipped value, in one ratio for all dimensions.
    """
    ratio: dict[str, list[float]] = {}
    for own in stretches:
        for row, one in enumerate(own.observations):
            if one.noise != "accept" and one.accepted is None:
                continue
            seen = ratio.setdefault(one.rater, [ACCEPT_COUNTS, ACCEPT_COUNTS])
            for j, hyper in enumerate(hypers):
                if one.accepted is not None:
                    weight, excess = _repeated(hyper, own, row, j)
                else:
                    weight, excess = _compared(hyper, own, row, j, shared[j])
                seen[0] += weight * excess / ACCEPT_NOISE / len(hypers)
                seen[1] += weight / len(hypers)
    return dict(terms) | {
        rater: replace(
            terms.get(rater, RaterTerm.none(len(hypers))),
            accept_noise=np.full(
                len(hypers), ACCEPT_NOISE * max(total / count, LEAST_ACCEPT)
            ),
        )
        for rater, (total, count) in ratio.items()
    }


def _repeated(
    hyper: HyperParameters, own: Observed, row: int, dimension: int
) -> tuple[float, float]:
    """What a blind repeat of an accepted frame says: weight, and noise of accepts."""
    one = own.observations[row]
    if one.accepted is None or not np.isfinite(one.accepted[dimension]):
        return 0.0, 0.0
    noise = hyper.noise * float(own.noise_factor[row, dimension])
    weight = (ACCEPT_NOISE / (ACCEPT_NOISE + 2 * noise)) ** 2
    off = float(one.accepted[dimension] - own.value[row, dimension])
    return weight, off**2 - 2 * noise


def _compared(
    hyper: HyperParameters, own: Observed, row: int, dimension: int, shared: Shared
) -> tuple[float, float]:
    """What one accept says of the noise of accepts: weight, and that noise."""
    one = own.observations[row]
    later = [
        i
        for i in own.given(dimension)
        if own.observations[i].calibrates
        and own.observations[i].rater == one.rater
        and own.observations[i].judgement_id > one.judgement_id
    ]
    if not later or not np.isfinite(own.value[row, dimension]):
        return 0.0, 0.0
    later.sort(key=lambda i: abs(own.observations[i].middle - one.middle))
    rows = np.array([row, *later[:MOST_COMPARED]])
    # Joint covariance of the accept and what came later; the shared part as it is
    # known by now, so that tracks do not start from nothing.
    pair = own.some(np.sort(rows))
    rows = np.searchsorted(np.sort(rows), rows)
    every = np.arange(len(pair))
    features = pair.weigh(every, shared_features(hyper, pair.features, dimension))
    spread = features @ shared.inverse_root.T
    cov = block_covariance(hyper, pair, every, dimension) + spread @ spread.T
    mean = pair.weigh(every, prior_mean(hyper, pair.features, dimension))
    rest = pair.target[:, dimension] - mean - features @ shared.mean
    at, others = rows[0], rows[1:]
    cross = np.linalg.solve(cov[np.ix_(others, others)], cov[others, at])
    off = rest[at] - cross @ rest[others]
    noise = float(pair.extra_noise[at, dimension])  # of accepts, as supposed so far
    spread_of = float(cov[at, at] - cross @ cov[others, at]) - noise
    weight = (ACCEPT_NOISE / (ACCEPT_NOISE + spread_of)) ** 2
    return weight, float(off**2) - spread_of


def as_effects(
    terms: Mapping[str, RaterTerm],
    hypers: Sequence[HyperParameters],
    stretches: Sequence[Observed],
    tolerance: float,
) -> tuple[RaterEffect, ...]:
    """Rater terms as the model keeps them."""
    judgements: dict[str, set[int]] = {}
    apart: dict[str, list[float]] = {}
    for own in stretches:
        for one in own.observations:
            judgements.setdefault(one.rater, set()).add(one.judgement_id)
            if one.accepted is not None and np.isfinite(one.accepted).any():
                largest = float(np.nanmax(np.abs(one.accepted - one.value)))
                apart.setdefault(one.rater, []).append(largest)
    noise = np.array([hyper.noise for hyper in hypers])
    return tuple(
        RaterEffect(
            rater=rater,
            bias=terms[rater].bias,
            scale=terms[rater].scale,
            noise=terms[rater].noise_factor * noise,
            accept_noise=terms[rater].accept_noise,
            n_judgements=len(judgements[rater]),
            n_repeated_accepts=len(apart.get(rater, [])),
            n_unlike_accepts=sum(off > tolerance for off in apart.get(rater, [])),
        )
        for rater in sorted(judgements)
    )
