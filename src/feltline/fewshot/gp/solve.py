"""Exact Gaussian-process algebra for one dimension of a whole project.

The covariance of all labels is a block per track plus a product of a few shared
features: K = B + F F'. So nothing larger than one track's labels is ever factored
(Woodbury), the cost is linear in the number of tracks, and one more label touches its
own track and a matrix of the shared features' size.

Letters: **k** labels of a block, **r** shared features. With B = L L' per block:

    A = I + F' B^-1 F        precision of the shared weights after the labels
    beta = A^-1 F' B^-1 y    their mean
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64
from scipy.linalg import solve_triangular

from feltline.fewshot.gp.features import Points
from feltline.fewshot.gp.kernel import (
    Matrix,
    Pairs,
    Theta,
    expected,
    label_noise,
    own_covariance,
    own_variance,
    pair_up,
    shared_features,
    with_offset,
)

__all__ = ["Block", "Labelled", "Shared", "block_of", "shared_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Labelled:
    """Labelled frames of one track, or of a stretch of it, in order of time.

    Attributes:
        points: The frames, no frame twice.
        affect: Their valence and arousal: the mean of the raters.
        raters: How many raters that is the mean of.
        pairs: Distances between the frames.
    """

    points: Points
    affect: Float64[np.ndarray, "k 2"]
    raters: Float64[np.ndarray, " k"]
    pairs: Pairs

    def __len__(self) -> int:
        return len(self.affect)


def labelled(
    points: Points,
    affect: Float64[np.ndarray, "k 2"],
    raters: Float64[np.ndarray, " k"],
) -> Labelled:
    """Labelled frames with the distances between them."""
    pairs = pair_up(points, points, np.float64)
    return Labelled(points=points, affect=affect, raters=raters, pairs=pairs)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """One block, factored.

    Attributes:
        inverse_root: L^-1.
        features: L^-1 F.
        target: L^-1 y, where y is what the labels add to the opinion.
        log_det: Of L.
    """

    inverse_root: Float64[np.ndarray, "k k"]
    features: Float64[np.ndarray, "k r"]
    target: Float64[np.ndarray, " k"]
    log_det: float


def block_of(theta: Theta, own: Labelled, dimension: int) -> Block:
    """Factor the labels of one block."""
    noise = label_noise(theta, own.points, dimension, own.raters)
    cov = own_covariance(theta, own.pairs) + np.diag(noise)
    root = np.linalg.cholesky(cov)
    inverse_root = solve_triangular(root, np.eye(len(root)), lower=True)
    features = shared_features(theta, own.points, dimension).astype(np.float64)
    rest = own.affect[:, dimension] - expected(theta, own.points, dimension)
    return Block(
        inverse_root=inverse_root,
        features=inverse_root @ features,
        target=inverse_root @ rest,
        log_det=float(np.log(np.diag(root)).sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shared:
    """The weights of the shared features after the labels.

    Attributes:
        known: F' B^-1 F, summed over blocks.
        told: F' B^-1 y, summed over blocks.
        mean: beta.
        inverse_root: Of A's Cholesky factor; its squared columns sum to the variances.
    """

    known: Float64[np.ndarray, "r r"]
    told: Float64[np.ndarray, " r"]
    mean: Float64[np.ndarray, " r"]
    inverse_root: Float64[np.ndarray, "r r"]

    @classmethod
    def of(
        cls, known: Float64[np.ndarray, "r r"], told: Float64[np.ndarray, " r"]
    ) -> "Shared":
        """From the sums over blocks."""
        root = np.linalg.cholesky(np.eye(len(known)) + known)
        inverse_root = solve_triangular(root, np.eye(len(root)), lower=True)
        mean = inverse_root.T @ (inverse_root @ told)
        return cls(known=known, told=told, mean=mean, inverse_root=inverse_root)

    def exchanged(self, old: Sequence[Block], new: Sequence[Block]) -> "Shared":
        """With other blocks in the place of some."""
        known, told = self.known.copy(), self.told.copy()
        for sign, blocks in ((-1, old), (1, new)):
            for block in blocks:
                known += sign * block.features.T @ block.features
                told += sign * block.features.T @ block.target
        return Shared.of(known, told)


def shared_of(blocks: Sequence[Block], width: int) -> Shared:
    """The shared weights given all blocks; `width` = r."""
    return Shared.of(np.zeros((width, width)), np.zeros(width)).exchanged([], blocks)


def weights_of(block: Block, shared: Shared) -> Float64[np.ndarray, " k"]:
    """What each label of a block pulls its track by, beyond the shared part."""
    return np.asarray(
        block.inverse_root.T @ (block.target - block.features @ shared.mean)
    )


def precision_of(block: Block, shared: Shared) -> Float64[np.ndarray, "k k"]:
    """This block of the inverse of the whole covariance."""
    carried = block.inverse_root.T @ block.features @ shared.inverse_root.T
    return np.asarray(block.inverse_root.T @ block.inverse_root - carried @ carried.T)


def leave_one_out(block: Block, shared: Shared) -> Float64[np.ndarray, " k"]:
    """Standardised residual of each label, predicted from all the others.

    Closed form (Rasmussen and Williams 2006, eq. 5.12): with the inverse covariance P
    and w = P y, residual w_i / P_ii, variance 1 / P_ii.
    """
    # The diagonal of `precision_of`, which itself would cost the cube of the labels.
    carried = block.inverse_root.T @ (block.features @ shared.inverse_root.T)
    precision = (block.inverse_root**2).sum(axis=0) - (carried**2).sum(axis=1)
    return np.asarray(weights_of(block, shared) / np.sqrt(precision))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What turns covariances with labels into predictions, for any frame of a track.

    Columns are laid side by side because two products of matrices are faster than six.

    Attributes:
        shared: Of the shared features: what is left open of them, and their mean.
        own: Of covariances with the track's own labels: what they explain of the own
            part, what they close of the shared part, and what they pull by; empty
            without labels.
    """

    shared: Float32[np.ndarray, "r r+1"]
    own: Float32[np.ndarray, "k k+r+1"]


def reading_of(shared: Shared, block: Block | None) -> Reading:
    """The reading of a track with these labels, or none."""
    left = shared.inverse_root.T
    both = np.column_stack([left, shared.mean]).astype(np.float32)
    if block is None:
        return Reading(shared=both, own=np.empty((0, both.shape[1]), np.float32))
    root = block.inverse_root.T
    own = np.column_stack(
        [root, root @ (block.features @ left), weights_of(block, shared)]
    )
    return Reading(shared=both, own=own.astype(np.float32))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Latent:
    """What is known of some frames of one track, noise apart.

    Attributes:
        mean: Expected label.
        explained: What the track's own labels explain of its own part; its squared
            rows are variances.
        open_shared: What is left open of the shared part; likewise.
    """

    mean: Float32[np.ndarray, " a"]
    explained: Float32[np.ndarray, "a k"]
    open_shared: Float32[np.ndarray, "a r"]

    def at(self, index: Int64[np.ndarray, " b"]) -> "Latent":
        """The chosen frames."""
        return Latent(
            mean=self.mean[index],
            explained=self.explained[index],
            open_shared=self.open_shared[index],
        )


def latent_of(
    theta: Theta,
    points: Points,
    dimension: int,
    reading: Reading,
    part: Matrix | None,
) -> Latent:
    """Condition frames of one track on all labels of the project.

    Args:
        theta: Hyper-parameters of this dimension.
        points: The frames.
        dimension: 0 = valence, 1 = arousal.
        reading: What the labels say.
        part: `telling` of the frames and the track's own labels, if it has any.
    """
    known: np.ndarray = shared_features(theta, points, dimension) @ reading.shared
    explained: np.ndarray = np.zeros((len(points), 0), np.float32)
    if part is not None:
        read: np.ndarray = with_offset(theta, part) @ reading.own
        k = read.shape[1] - known.shape[1]
        explained = read[:, :k]
        known[:, -1] += read[:, -1]
        known[:, :-1] -= read[:, k:-1]
    mean = expected(theta, points, dimension) + known[:, -1]
    return Latent(
        mean=mean.astype(np.float32),
        explained=explained,
        open_shared=known[:, :-1],
    )


def variance_of(theta: Theta, known: Latent) -> Float32[np.ndarray, " a"]:
    """Variance of each frame's label, noise apart."""
    rest = own_variance(theta) - np.einsum("ak,ak->a", known.explained, known.explained)
    shared = np.einsum("ar,ar->a", known.open_shared, known.open_shared)
    return np.asarray(np.maximum(rest, 0) + shared, np.float32)


def covariance_of(
    theta: Theta, a: Points, b: Points, known_a: Latent, known_b: Latent
) -> Float[np.ndarray, "a b"]:
    """Covariance of two groups of frames of one track after the labels."""
    own = own_covariance(theta, pair_up(a, b))
    return np.asarray(
        own
        - known_a.explained @ known_b.explained.T
        + known_a.open_shared @ known_b.open_shared.T
    )
