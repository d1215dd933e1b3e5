"""Regression imputation: valence and arousal where nobody rated them.

Of most photos of a corpus only class votes are known. What raters of valence and
arousal would say of them is predicted by kernel ridge regression (Saunders et al., ICML
1998) from the votes and from what an encoder sees, learnt on the photos that were
rated. The result is a weak label still, but nearer to ratings than the places of the
classes that were voted for: on the rated test photos of FER+, which it has not seen,
`feltline evaluate` has the figures in the card of the shipped encoder.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.errors import InputError
from feltline.lab.datasets import FaceSet
from feltline.lab.training.evaluate import Progress, encode_faces
from feltline.types import Encoder

__all__ = ["with_imputed_affect"]

PENALTY: Final = 0.2
"""Of the kernel ridge regression, where the kernel of a face with itself is 1."""
WIDTH: Final = 0.7
"""Of its squared exponential kernel, in root mean squared standardised features."""
VOTE_SCALE: Final = 5.0
"""Votes' shares are multiplied by this to count beside standardised features."""
_FEWEST: Final = 100
_AT_ONCE: Final = 2000


def with_imputed_affect(
    faces: FaceSet, encoder: Encoder, *, progress: Progress | None = None
) -> FaceSet:
    """The same set, weak labels of valence and arousal predicted from rated faces.

    Args:
        faces: Some of them rated, some with weak labels or none.
        encoder: Looks at the faces.
        progress: Told faces done and faces in all.

    Raises:
        InputError: Too few faces are rated.
        EncoderError: The encoder looks at meshes, which a corpus does not have.
    """
    from sklearn.kernel_ridge import KernelRidge

    rated = faces.has_affect & ~faces.is_weak
    if rated.sum() < _FEWEST:
        raise InputError(
            f"{faces.corpus} {faces.split} has {int(rated.sum())} faces whose valence "
            f"and arousal were rated directly; imputing the others takes at least "
            f"{_FEWEST}. Put affect.csv beside the corpus, or leave --impute-with out"
        )
    x = _inputs(faces, encoder, progress)
    mean = faces.affect[rated].mean(axis=0)
    gamma = 1 / (2 * WIDTH**2 * x.shape[1])
    fitted = KernelRidge(alpha=PENALTY, kernel="rbf", gamma=gamma)
    fitted.fit(x[rated], faces.affect[rated] - mean)
    affect, open_rows = faces.affect.copy(), np.flatnonzero(~rated)
    for rows in np.array_split(open_rows, -(-len(open_rows) // _AT_ONCE) or 1):
        if len(rows):
            affect[rows] = np.clip(fitted.predict(x[rows]) + mean, -1, 1)
    return replace(faces, affect=affect, is_weak=~rated)


def _inputs(
    faces: FaceSet, encoder: Encoder, progress: Progress | None
) -> Float64[np.ndarray, "n f"]:
    """Standardised features of the encoder beside the votes; none where unknown."""
    seen = encode_faces(encoder, faces, progress=progress)
    whole = np.hstack([seen.vector, seen.expression, seen.affect]).astype(np.float64)
    whole = (whole - whole.mean(axis=0)) / (whole.std(axis=0) + 1e-6)
    votes = np.nan_to_num(faces.votes.astype(np.float64))
    return np.hstack([whole, VOTE_SCALE * votes])
