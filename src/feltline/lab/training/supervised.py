"""MT-CLAR + SL: heads fitted to labels on the features of an encoder left as it is.

How good an encoder's features are for a corpus, apart from its own opinion. `mlp` is
the paper's; ridge and logistic regression stand beside it, to show what the depth is
worth.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor, nn
from torch.nn import functional

from feltline.errors import InputError
from feltline.lab.datasets import FaceSet
from feltline.lab.training.evaluate import Progress, encode_faces
from feltline.lab.training.scores import FaceScores, score_faces
from feltline.types import EXPRESSIONS, Encoder

__all__ = [
    "HeadKind",
    "Supervised",
    "evaluate_supervised",
    "fit_heads",
    "fit_supervised",
]

HeadKind = Literal["mlp", "linear"]
"""`mlp` = the paper's; `linear` = ridge for affect, logistic for expressions."""

WIDTHS: Final = (1024, 512, 256, 128)
EPOCHS: Final = 60
BATCH: Final = 256
LEARNING_RATE: Final = 1e-3
STEP_EPOCHS: Final = 15
STEP_FACTOR: Final = 0.1
RIDGES: Final = tuple(10.0**k for k in range(-2, 5))
_TINY: Final = 1e-6
_FEWEST: Final = 2

Vectors = Float32[np.ndarray, "n d"]
Labels = Int64[np.ndarray, " n"]


class HeadOutput(NamedTuple):
    """What heads say of faces; NaN where there was nothing to learn it from."""

    affect: Float32[np.ndarray, "n 2"]
    expression: Float32[np.ndarray, "n 8"]


_Head = Callable[[Vectors], np.ndarray]


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervised:
    """Heads on standardised features.

    Attributes:
        mean: Of the features they were fitted to.
        spread: Standard deviation of the same.
        affect: Gives valence and arousal in [-1, 1]; None without labels.
        expression: Gives a score per expression; None without labels.
    """

    mean: Float32[np.ndarray, " d"]
    spread: Float32[np.ndarray, " d"]
    affect: _Head | None
    expression: _Head | None

    def predict(self, vector: Vectors) -> HeadOutput:
        """What they say of these features."""
        x, n = (vector - self.mean) / self.spread, len(vector)
        affect = np.full((n, 2), np.nan, np.float32)
        expression = np.full((n, len(EXPRESSIONS)), np.nan, np.float32)
        if self.affect is not None:
            affect = np.clip(self.affect(x), -1, 1).astype(np.float32)
        if self.expression is not None:
            expression = self.expression(x).astype(np.float32)
        return HeadOutput(affect, expression)


def fit_supervised(
    kind: HeadKind, vector: Vectors, faces: FaceSet, *, seed: int = 0
) -> Supervised:
    """Fit heads to all labels of a set.

    Args:
        kind: Which heads.
        vector: Features of the faces.
        faces: With the labels.
        seed: Of the start and the order of faces.

    Raises:
        InputError: The set has too few labels of both kinds.
        SetupError: A package is missing.
    """
    heads = fit_heads(kind, vector, faces.affect, faces.expression, seed=seed)
    if heads.affect is None and heads.expression is None:
        raise InputError(
            f"{faces.corpus} {faces.split} has labels of "
            f"{int(faces.has_affect.sum())} faces and no two expressions: nothing to "
            f"fit heads to. Give another --fit-split"
        )
    return heads


def fit_heads(
    kind: HeadKind,
    vector: Vectors,
    affect: Float32[np.ndarray, "n 2"],
    expression: Labels,
    *,
    seed: int = 0,
) -> Supervised:
    """Fit heads to arrays; a head without labels stays None.

    Args:
        kind: Which heads.
        vector: Features of the faces.
        affect: Valence and arousal; NaN = missing.
        expression: Classes; -1 = missing.
        seed: Of the start and the order of faces.
    """
    mean, spread = vector.mean(axis=0), vector.std(axis=0) + _TINY
    x, rated = (vector - mean) / spread, np.isfinite(affect).all(axis=1)
    named = expression >= 0
    make = {"mlp": (_mlp_affect, _mlp_expression), "linear": (_ridge, _logistic)}[kind]
    of_affect, of_expression = None, None
    if rated.sum() >= _FEWEST:
        of_affect = make[0](x[rated], affect[rated], seed)
    if len(np.unique(expression[named])) >= _FEWEST:
        of_expression = make[1](x[named], expression[named], seed)
    return Supervised(
        mean=mean, spread=spread, affect=of_affect, expression=of_expression
    )


def evaluate_supervised(
    encoder: Encoder,
    kind: HeadKind,
    *,
    fit: FaceSet,
    faces: FaceSet,
    seed: int = 0,
    progress: Progress | None = None,
) -> FaceScores:
    """Fit heads on the features of one set and score them on another.

    Raises:
        InputError: See `fit_supervised`.
        EncoderError: See `encode_faces`.
    """
    of = len(fit) + len(faces)

    def tell(done: int, _of: int) -> None:
        if progress is not None:
            progress(done, of)

    known = encode_faces(encoder, fit, progress=tell)
    heads = fit_supervised(kind, known.vector, fit, seed=seed)
    seen = encode_faces(
        encoder, faces, progress=lambda done, _of: tell(len(fit) + done, of)
    )
    said = heads.predict(seen.vector)
    return score_faces(
        affect=said.affect,
        told_affect=faces.affect,
        expression=said.expression,
        told_expression=faces.expression,
    )


def _mlp_affect(x: Vectors, affect: Float32[np.ndarray, "n 2"], seed: int) -> _Head:
    torch.manual_seed(seed)
    network = nn.Sequential(_body(x.shape[1], affect.shape[1]), nn.Tanh())
    even = np.full(len(x), 1 / len(x))
    return _trained(network, functional.mse_loss, x, affect, even, seed)


def _mlp_expression(
    x: Vectors, expression: Int64[np.ndarray, " n"], seed: int
) -> _Head:
    torch.manual_seed(seed)
    network = _body(x.shape[1], len(EXPRESSIONS))
    share = 1 / np.bincount(expression, minlength=len(EXPRESSIONS))[expression]
    return _trained(
        network, functional.cross_entropy, x, expression, share / share.sum(), seed
    )


def _body(width: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for wide in WIDTHS:
        layers += [nn.Linear(width, wide), nn.ReLU()]
        width = wide
    return nn.Sequential(*layers, nn.Linear(width, outputs))


def _trained(
    network: nn.Module,
    loss_of: Any,  # noqa: ANN401 - torch's functions share no type
    x: Vectors,
    labels: np.ndarray,
    share: np.ndarray,
    seed: int,
) -> _Head:
    """Fit a network as the paper does; `share` is how often each face is drawn."""
    rng = np.random.default_rng(seed)
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    falling = torch.optim.lr_scheduler.StepLR(optimizer, STEP_EPOCHS, STEP_FACTOR)
    faces, told = torch.from_numpy(x), torch.from_numpy(labels)
    is_even = bool(np.allclose(share, share[0]))
    for _ in range(EPOCHS):
        order = (
            rng.permutation(len(x))
            if is_even
            else rng.choice(len(x), size=len(x), p=share)
        )
        for start in range(0, len(order), BATCH):
            rows = torch.from_numpy(order[start : start + BATCH])
            optimizer.zero_grad(set_to_none=True)
            loss: Tensor = loss_of(network(faces[rows]), told[rows])
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        falling.step()

    def predict(vector: Vectors) -> np.ndarray:
        with torch.inference_mode():
            said: Tensor = network(torch.from_numpy(np.float32(vector)))
        return np.asarray(said.numpy())

    return predict


def _ridge(x: Vectors, affect: Float32[np.ndarray, "n 2"], _seed: int) -> _Head:
    from sklearn.linear_model import RidgeCV

    fitted = RidgeCV(alphas=RIDGES, alpha_per_target=True).fit(x, affect)
    return lambda vector: np.asarray(fitted.predict(vector))


def _logistic(x: Vectors, expression: Int64[np.ndarray, " n"], _seed: int) -> _Head:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(max_iter=1000).fit(x, expression)

    def predict(vector: Vectors) -> np.ndarray:
        every = np.zeros((len(vector), len(EXPRESSIONS)))
        every[:, fitted.classes_] = fitted.predict_proba(vector)
        return every

    return predict
