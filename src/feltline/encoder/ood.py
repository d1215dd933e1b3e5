"""Out-of-distribution score of a face: how unlike those that an encoder knows.

The Mahalanobis distance of its embedding to those of a set of ordinary faces: the
leading directions by their own variances, what lies outside them by one variance for
all the rest (a factor model; Tipping and Bishop 1999). Divided by the distance that 99
in 100 of these faces do not exceed, so 1 is the edge of the ordinary.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

from feltline.encoder.side_arrays import UNREADABLE, check_shapes, read_arrays
from feltline.errors import EncoderError

__all__ = ["ReferenceDistribution"]

N_DIRECTIONS: Final = 64
EDGE: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReferenceDistribution:
    """Embeddings of ordinary faces, in few numbers. d = width, r = directions.

    Attributes:
        mean: Their mean.
        direction: Their leading directions.
        variance: Along these.
        rest: Mean variance along all others.
        edge: Distance that 99 in 100 of them do not exceed.
    """

    mean: Float32[np.ndarray, " d"]
    direction: Float32[np.ndarray, "d r"]
    variance: Float32[np.ndarray, " r"]
    rest: float
    edge: float

    @classmethod
    def of(cls, vector: Float32[np.ndarray, "n d"]) -> "ReferenceDistribution":
        """From embeddings of ordinary faces, more of them than numbers in one."""
        whole = vector.astype(np.float64)
        mean = whole.mean(axis=0)
        variance, direction = np.linalg.eigh(np.cov(whole.T))
        variance, direction = variance[::-1], direction[:, ::-1]
        made = cls(
            mean=mean.astype(np.float32),
            direction=np.ascontiguousarray(direction[:, :N_DIRECTIONS], np.float32),
            variance=variance[:N_DIRECTIONS].astype(np.float32),
            rest=float(variance[N_DIRECTIONS:].mean()),
            edge=1.0,
        )
        return replace(made, edge=float(np.quantile(made.ood_score(vector), EDGE)))

    def ood_score(
        self, vector: Float32[np.ndarray, "n d"]
    ) -> Float32[np.ndarray, " n"]:
        """Distance of each face from the ordinary; 1 is its edge."""
        away = vector.astype(np.float64) - self.mean
        along = away @ self.direction.astype(np.float64)
        outside = np.maximum((away**2).sum(axis=1) - (along**2).sum(axis=1), 0)
        squares = (along**2 / self.variance).sum(axis=1) + outside / self.rest
        distance: Float64[np.ndarray, " n"] = np.sqrt(squares)
        return np.asarray(distance / self.edge, np.float32)

    def write(self, path: Path) -> None:
        """Keep it, as float32 arrays."""
        np.savez(
            path,
            mean=self.mean,
            direction=self.direction,
            variance=self.variance,
            scalars=np.array([self.rest, self.edge]),
        )

    @classmethod
    def read(cls, path: Path) -> "ReferenceDistribution":
        """What `write` kept.

        Raises:
            EncoderError: The file cannot be read, or holds something else.
        """
        try:
            arrays = read_arrays(path, ("mean", "direction", "variance", "scalars"))
            d, r = arrays["mean"].size, arrays["variance"].size
            shapes = {"mean": (d,), "direction": (d, r), "variance": (r,)}
            check_shapes(arrays, shapes | {"scalars": (2,)})
            rest, edge = arrays["scalars"].tolist()
            if min(arrays["variance"].min(initial=np.inf), rest, edge) <= 0:
                raise ValueError("a variance or the edge is not positive")
            return cls(
                mean=arrays["mean"].astype(np.float32),
                direction=arrays["direction"].astype(np.float32),
                variance=arrays["variance"].astype(np.float32),
                rest=rest,
                edge=edge,
            )
        except UNREADABLE as error:
            raise EncoderError(
                f"{path} does not hold the reference distribution of an encoder "
                f"({error}); correct `reference_distribution` in the card"
            ) from error
