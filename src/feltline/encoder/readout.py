"""Readout: valence and arousal by ridge regression on an encoder's embedding.

A network's own valence and arousal come from what it was trained on. A linear map from
its embedding and class probabilities to ratings of faces as they are in use (a linear
probe; Alain and Bengio 2017) is learnt in closed form, from photos and video together,
so it can be learnt anew without some person, or with the labels of a project, in no
time. For that it keeps, beside its weights, the sufficient statistics of the photos: a
sum over thousands of faces, from which none can be had back.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Float, Float32, Float64

from feltline.encoder.side_arrays import UNREADABLE, check_shapes, read_arrays
from feltline.errors import EncoderError, ShapeError

__all__ = ["Readout", "readout_inputs"]


def readout_inputs(
    vector: Float[np.ndarray, "n d"], probability: Float[np.ndarray, "n c"]
) -> Float64[np.ndarray, "n f"]:
    """What a readout looks at: embedding, class probabilities if any, and 1.

    Args:
        vector: Embeddings of the network itself, no other view beside them.
        probability: Of each class; columns that hold NaN are left out.
    """
    known = probability[:, np.isfinite(probability).all(axis=0)]
    one = np.ones((len(vector), 1))
    return np.hstack([vector.astype(np.float64), known.astype(np.float64), one])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Readout:
    """Ridge regression in information form (Bishop 2006, section 3.3). f = inputs.

    Attributes:
        information: X'X of what it was learnt from, the penalty not included.
        projection: X'Y, for valence and arousal.
        penalty: Added to the diagonal of the information; 0 for the constant.
        weight: What follows: (X'X + penalty)^-1 X'Y.
    """

    information: Float64[np.ndarray, "f f"]
    projection: Float64[np.ndarray, "f 2"]
    penalty: Float64[np.ndarray, " f"]
    weight: Float64[np.ndarray, "f 2"]

    @classmethod
    def of(
        cls,
        inputs: Float64[np.ndarray, "n f"],
        value: Float[np.ndarray, "n 2"],
        *,
        strength: float,
    ) -> "Readout":
        """From rated faces.

        Args:
            inputs: `readout_inputs` of them.
            value: Their valence and arousal.
            strength: Penalty of an input whose variance over these faces is 1; others
                are penalised in proportion, as if they had been standardised.
        """
        penalty = strength * inputs.var(axis=0)
        return cls._solved(inputs.T @ inputs, inputs.T @ value, penalty)

    @classmethod
    def _solved(
        cls,
        information: Float64[np.ndarray, "f f"],
        projection: Float64[np.ndarray, "f 2"],
        penalty: Float64[np.ndarray, " f"],
    ) -> "Readout":
        # An input that never varies, but for the constant, has neither information nor
        # penalty: the least penalty there is leaves its weight at 0.
        least = np.where(np.arange(len(penalty)) < len(penalty) - 1, 1e-9, 0.0)
        root = information + np.diag(np.maximum(penalty, least))
        return cls(
            information=information,
            projection=projection,
            penalty=penalty,
            weight=np.linalg.solve(root, projection),
        )

    def learning(
        self,
        inputs: Float64[np.ndarray, "n f"],
        value: Float[np.ndarray, "n 2"],
    ) -> "Readout":
        """The same having seen more rated faces.

        Args:
            inputs: `readout_inputs` of them.
            value: Their valence and arousal.

        Raises:
            ShapeError: They are of another encoder.
        """
        self._check(inputs)
        return self._solved(
            self.information + inputs.T @ inputs,
            self.projection + inputs.T @ value,
            self.penalty,
        )

    def value(
        self,
        vector: Float32[np.ndarray, "n d"],
        probability: Float32[np.ndarray, "n c"],
    ) -> Float32[np.ndarray, "n 2"]:
        """Valence and arousal of faces, within [-1, 1].

        Raises:
            ShapeError: They are of another encoder.
        """
        inputs = readout_inputs(vector, probability)
        self._check(inputs)
        return np.asarray(np.clip(inputs @ self.weight, -1, 1), np.float32)

    def _check(self, inputs: Float64[np.ndarray, "n f"]) -> None:
        if inputs.shape[1] != len(self.penalty):
            raise ShapeError(
                f"a readout of {len(self.penalty) - 1} numbers per face cannot read "
                f"{inputs.shape[1] - 1}; it belongs to another encoder"
            )

    def with_statistics_of(self, photos: "Readout") -> "Readout":
        """These weights beside the statistics of photos alone, as it is kept."""
        return replace(
            self, information=photos.information, projection=photos.projection
        )

    def of_statistics(self) -> "Readout":
        """The readout that follows from the statistics alone."""
        return self._solved(self.information, self.projection, self.penalty)

    def write(self, path: Path) -> None:
        """Keep it as arrays; of the symmetric information, the lower half."""
        half = self.information[np.tril_indices(len(self.penalty))]
        with path.open("wb") as file:  # numpy would add its suffix to another name
            self._save(file, half)

    def _save(self, file: BinaryIO, half: Float64[np.ndarray, " h"]) -> None:
        np.savez(
            file,
            weight=self.weight.astype(np.float32),
            information=half.astype(np.float32),
            projection=self.projection.astype(np.float32),
            penalty=self.penalty.astype(np.float32),
        )

    @classmethod
    def read(cls, path: Path) -> "Readout":
        """What `write` kept.

        Raises:
            EncoderError: The file cannot be read, or holds something else.
        """
        try:
            arrays = _arrays(path)
            f = len(arrays["penalty"])
            lower = np.zeros((f, f))
            lower[np.tril_indices(f)] = arrays["information"]
            return cls(
                information=lower + np.tril(lower, -1).T,
                projection=arrays["projection"],
                penalty=arrays["penalty"],
                weight=arrays["weight"],
            )
        except UNREADABLE as error:
            raise EncoderError(
                f"{path} does not hold the readout of an encoder ({error}); correct "
                f"`readout` in the card"
            ) from error


def _arrays(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a kept readout; the sizes are known before a square is made of them."""
    arrays = read_arrays(path, ("information", "projection", "penalty", "weight"))
    f = arrays["penalty"].size
    wanted: dict[str, tuple[int, ...]] = {
        "information": (f * (f + 1) // 2,),
        "projection": (f, 2),
        "penalty": (f,),
        "weight": (f, 2),
    }
    check_shapes(arrays, wanted)
    return arrays
