"""Exact Gaussian-process algebra for one dimension of a whole project.

The covariance of all observations is a block per track plus a product of a few shared
features: K = B + F F'. So nothing larger than one track's observations is ever factored
(Woodbury identity, Rasmussen and Williams 2006, eq. A.9), the cost is linear in the
number of tracks, and one more observation touches its own track and a matrix of the
shared features' size.

Letters: **k** observations of a block, **r** shared features. With B = L L' per block:

    A = I + F' B^-1 F        precision of the shared weights (eq. 2.8, unit prior)
    beta = A^-1 F' B^-1 y    their mean
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64
from scipy.linalg import solve_triangular

from feltline.fewshot.gp.features import TrackFeatures
from feltline.fewshot.gp.kernel import (
    Matrix,
    local_variance,
    own_covariance,
    own_features,
    prior_mean,
    shared_features,
)
from feltline.fewshot.gp.observed import Observed, calibrating, same_frame
from feltline.fewshot.gp.shipped import TRACE_TIME_S, TRACE_VARIANCE
from feltline.types import HyperParameters

__all__ = ["Block", "Shared", "block_of", "factored", "shared_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """One block, factored.

    Attributes:
        rows: Which of the stretch's observations say something of this dimension.
        inverse_root: L^-1.
        features: L^-1 F.
        target: L^-1 y, where y is what observations add to the prior mean.
        log_det: Of L.
    """

    rows: Int64[np.ndarray, " k"]
    inverse_root: Float64[np.ndarray, "k k"]
    features: Float64[np.ndarray, "k r"]
    target: Float64[np.ndarray, " k"]
    log_det: float


def noise_variance(
    hyper: HyperParameters, own: Observed, rows: Int64[np.ndarray, " g"], dimension: int
) -> Float64[np.ndarray, " g"]:
    """Variance that each observation has by itself about what its frames deserve."""
    by_rater = hyper.noise * own.noise_factor[rows, dimension]
    return np.asarray(by_rater + own.extra_noise[rows, dimension])


def noise_covariance(
    hyper: HyperParameters, own: Observed, rows: Int64[np.ndarray, " g"], dimension: int
) -> Float64[np.ndarray, "g g"]:
    """Covariance of observations about what their frames deserve.

    Stretches of one trace share their rater's wandering error, an Ornstein-Uhlenbeck
    process (Rasmussen and Williams 2006, eq. B.28); all others err independently.
    """
    noise = np.diag(noise_variance(hyper, own, rows, dimension))
    trace, time_s = own.trace[rows], own.trace_time_s[rows]
    if (trace >= 0).any():
        same = np.equal.outer(trace, trace) & (trace >= 0)
        apart = np.abs(np.subtract.outer(time_s, time_s))
        noise += same * (TRACE_VARIANCE * np.exp(-apart / TRACE_TIME_S))
    return noise


def block_covariance(
    hyper: HyperParameters, own: Observed, rows: Int64[np.ndarray, " g"], dimension: int
) -> Float64[np.ndarray, "g g"]:
    """Covariance of observations, their noise included, the shared part apart.

    Label ambiguity belongs to a frame: raters who judge the same frame share it.
    """
    cov = own_covariance(hyper, own.features, own.apart)
    ambiguity = hyper.ambiguity * own.features.ambiguity[:, dimension]
    np.fill_diagonal(cov, cov.diagonal() + ambiguity)
    if len(rows) < len(own) and own.weight is None:
        cov = cov[np.ix_(rows, rows)]
    elif own.weight is not None:
        cov = own.weigh(rows, own.weigh(rows, cov).T)
    return np.asarray(cov + noise_covariance(hyper, own, rows, dimension))


def block_of(hyper: HyperParameters, own: Observed, dimension: int) -> Block:
    """Factor the observations of one block."""
    rows = own.rows_with(dimension)
    features = shared_features(hyper, own.features, dimension).astype(np.float64)
    mean = own.weigh(rows, prior_mean(hyper, own.features, dimension))
    return factored(
        rows,
        block_covariance(hyper, own, rows, dimension),
        own.weigh(rows, features),
        own.target[rows, dimension] - mean,
    )


def factored(
    rows: Int64[np.ndarray, " k"],
    covariance: Float64[np.ndarray, "k k"],
    features: Float64[np.ndarray, "k r"],
    rest: Float64[np.ndarray, " k"],
) -> Block:
    """A block from its parts: B, F and y."""
    root = np.linalg.cholesky(covariance)
    inverse_root = solve_triangular(root, np.eye(len(root)), lower=True)
    return Block(
        rows=rows,
        inverse_root=inverse_root,
        features=inverse_root @ features,
        target=inverse_root @ rest,
        log_det=float(np.log(np.diag(root)).sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shared:
    """The weights of the shared features after the observations.

    Attributes:
        information: F' B^-1 F, summed over blocks.
        projection: F' B^-1 y, summed over blocks.
        mean: beta.
        inverse_root: Of A's Cholesky factor; its squared columns sum to the variances.
    """

    information: Float64[np.ndarray, "r r"]
    projection: Float64[np.ndarray, " r"]
    mean: Float64[np.ndarray, " r"]
    inverse_root: Float64[np.ndarray, "r r"]

    @classmethod
    def of(
        cls,
        information: Float64[np.ndarray, "r r"],
        projection: Float64[np.ndarray, " r"],
    ) -> "Shared":
        """From the sums over blocks."""
        root = np.linalg.cholesky(np.eye(len(information)) + information)
        inverse_root = solve_triangular(root, np.eye(len(root)), lower=True)
        mean = inverse_root.T @ (inverse_root @ projection)
        return cls(
            information=information,
            projection=projection,
            mean=mean,
            inverse_root=inverse_root,
        )

    def exchanged(self, old: Sequence[Block], new: Sequence[Block]) -> "Shared":
        """With other blocks in the place of some."""
        information, projection = self.information.copy(), self.projection.copy()
        for sign, blocks in ((-1, old), (1, new)):
            for block in blocks:
                information += sign * block.features.T @ block.features
                projection += sign * block.features.T @ block.target
        return Shared.of(information, projection)


def shared_of(blocks: Sequence[Block], width: int) -> Shared:
    """The shared weights given all blocks; `width` = r."""
    return Shared.of(np.zeros((width, width)), np.zeros(width)).exchanged([], blocks)


def weights_of(block: Block, shared: Shared) -> Float64[np.ndarray, " k"]:
    """K^-1 y of this block: what each observation pulls its track by."""
    return np.asarray(
        block.inverse_root.T @ (block.target - block.features @ shared.mean)
    )


def precision_of(
    block: Block, shared: Shared, at: Int64[np.ndarray, " g"] | slice = slice(None)
) -> Float64[np.ndarray, "g g"]:
    """This block of K^-1, the inverse of the whole covariance (eq. A.9), or some."""
    root = block.inverse_root[:, at]
    carried = root.T @ block.features @ shared.inverse_root.T
    return np.asarray(root.T @ root - carried @ carried.T)


def precision_diagonal(block: Block, shared: Shared) -> Float64[np.ndarray, " k"]:
    """The diagonal of `precision_of`, which itself costs the cube of k."""
    carried = block.inverse_root.T @ (block.features @ shared.inverse_root.T)
    own = (block.inverse_root**2).sum(axis=0)
    return np.asarray(own - (carried**2).sum(axis=1))


def leave_one_out(
    own: Observed, block: Block, shared: Shared
) -> Float64[np.ndarray, " k"]:
    """Standardised residual of each frame judged blind, predicted without it.

    Closed form (Rasmussen and Williams 2006, eqs. 5.10 to 5.12): with the inverse
    covariance P and w = P y, residual w_i / P_ii, variance 1 / P_ii. Where several
    judged a frame all of it is left out, P_GG^-1 w_G and P_GG^-1 (by the inverse of a
    partitioned matrix, eq. A.12), and the residual is that of the blind ones' mean.

    Returns:
        One residual per observation of the block, NaN for what does not calibrate; a
        frame with several has it at the first.
    """
    weights, diagonal = weights_of(block, shared), precision_diagonal(block, shared)
    out = np.full(len(weights), np.nan)
    blind = calibrating(own)[block.rows]
    for group in same_frame(own, block.rows):
        if len(group) == 1:
            out[group] = weights[group] / np.sqrt(diagonal[group])
            continue
        covariance = np.linalg.inv(precision_of(block, shared, group))
        mine = np.flatnonzero(blind[group])
        residual = (covariance @ weights[group])[mine].mean()
        out[group[mine[0]]] = residual / np.sqrt(covariance[np.ix_(mine, mine)].mean())
    return out


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Carriers:
    """What turns covariances with observations into predictions of any frame.

    Columns are laid side by side because two products of matrices are faster than six.

    Attributes:
        shared: Of the shared features: what is left open of them, and their mean.
        own: Of covariances with the track's own observations: what they explain of the
            own part, what they close of the shared part, and what they pull by; empty
            without observations.
    """

    shared: Float32[np.ndarray, "r r+1"]
    own: Float32[np.ndarray, "k k+r+1"]


def carriers_of(shared: Shared, block: Block | None) -> Carriers:
    """The carriers of a track with these observations, or none."""
    left = shared.inverse_root.T
    both = np.column_stack([left, shared.mean]).astype(np.float32)
    if block is None:
        return Carriers(shared=both, own=np.empty((0, both.shape[1]), np.float32))
    root = block.inverse_root.T
    own = np.column_stack(
        [root, root @ (block.features @ left), weights_of(block, shared)]
    )
    return Carriers(shared=both, own=own.astype(np.float32))


def cross_covariance(
    hyper: HyperParameters,
    features: TrackFeatures,
    local: Matrix,
    own: Observed,
    block: Block,
) -> Float[np.ndarray, "a k"]:
    """Own covariance of frames with the observations of a dimension, (a, k)."""
    lines = own_features(hyper, features)
    theirs = own_features(hyper, own.features)
    if own.weight is None:
        part = local if len(block.rows) == len(own) else local[:, block.rows]
        return np.asarray(part + lines @ theirs[block.rows].T)
    weight = own.weight[block.rows].astype(local.dtype)
    first = own.features.of_first
    weighed = weight[:, first] @ theirs[first]
    return np.asarray(local @ weight.T + lines @ weighed.T)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Latent:
    """The curve at some frames of one track, conditioned; noise apart.

    Attributes:
        mean: Expected value (Rasmussen and Williams 2006, eqs. 2.25 and 2.41).
        own: `own_features`: the track's offset and slopes, not conditioned.
        explained: What the track's own observations explain of its own part; its
            squared rows are variances.
        open_shared: What is left open of the shared part; likewise (eq. 2.42).
    """

    mean: Float32[np.ndarray, " a"]
    own: Float32[np.ndarray, "a s"]
    explained: Float32[np.ndarray, "a k"]
    open_shared: Float32[np.ndarray, "a r"]

    def at(self, index: Int64[np.ndarray, " b"]) -> "Latent":
        """The chosen frames."""
        return Latent(
            mean=self.mean[index],
            own=self.own[index],
            explained=self.explained[index],
            open_shared=self.open_shared[index],
        )


def latent_of(
    hyper: HyperParameters,
    features: TrackFeatures,
    dimension: int,
    carriers: Carriers,
    cross: Matrix | None,
) -> Latent:
    """Condition frames of one track on all observations of the project.

    `cross` is the own covariance of the frames with the track's own observations of
    this dimension, if it has any.
    """
    known: np.ndarray = shared_features(hyper, features, dimension) @ carriers.shared
    explained: np.ndarray = np.zeros((len(features), 0), np.float32)
    if cross is not None:
        carried: np.ndarray = cross @ carriers.own
        k = carried.shape[1] - known.shape[1]
        explained = carried[:, :k]
        known[:, -1] += carried[:, -1]
        known[:, :-1] -= carried[:, k:-1]
    mean = prior_mean(hyper, features, dimension) + known[:, -1]
    return Latent(
        mean=mean.astype(np.float32),
        own=own_features(hyper, features),
        explained=explained,
        open_shared=known[:, :-1],
    )


def variance_of(hyper: HyperParameters, known: Latent) -> Float32[np.ndarray, " a"]:
    """Variance of the curve at each frame."""
    explained = np.einsum("ak,ak->a", known.explained, known.explained)
    shared = np.einsum("ar,ar->a", known.open_shared, known.open_shared)
    own = local_variance(hyper) + np.einsum("as,as->a", known.own, known.own)
    rest = np.maximum(own - explained, 0)
    return np.asarray(rest + shared, np.float32)


def covariance_of(
    local: Matrix, known_a: Latent, known_b: Latent
) -> Float[np.ndarray, "a b"]:
    """Covariance of two groups of frames of one track after the observations.

    Args:
        local: `local_covariance` of the two groups.
        known_a: The curve at the first.
        known_b: The curve at the second.
    """
    return np.asarray(
        local
        + known_a.own @ known_b.own.T
        - known_a.explained @ known_b.explained.T
        + known_a.open_shared @ known_b.open_shared.T
    )
