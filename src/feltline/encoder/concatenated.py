"""Concatenation of the embeddings of several encoders."""

from collections.abc import Sequence

import numpy as np

from feltline.errors import EncoderError
from feltline.types import Embeddings, Encoder, FaceBatch

__all__ = ["ConcatenatedEncoder"]


class ConcatenatedEncoder:
    """Embeddings side by side; the zero-shot prediction of the first that has one.

    A learnt view tells expressions apart, a geometric one follows small movements:
    together they place a face between labels better than either (docs/results).
    """

    def __init__(self, parts: Sequence[Encoder]) -> None:
        """Join encoders, of which at most one wants pixels.

        Raises:
            EncoderError: Two of them want crops, or one stands there twice.
        """
        cropping = [part for part in parts if part.crop_size]
        ids = [part.encoder_id for part in parts]
        if len(cropping) > 1 or len(set(ids)) < len(ids):
            raise EncoderError(
                f"{' + '.join(ids)} cannot be joined: join different encoders of which "
                f"one at most looks at pixels, such as affect-s+geometry"
            )
        self._parts = tuple(parts)
        self.encoder_id = "+".join(ids)
        self.crop_size = max((part.crop_size for part in parts), default=0)
        self.crop_margin = cropping[0].crop_margin if cropping else 0.0
        self.crop_lift = cropping[0].crop_lift if cropping else 0.0

    def encode(self, faces: FaceBatch) -> Embeddings:
        """Embeddings of a batch of faces, in its order."""
        seen = [part.encode(faces) for part in self._parts]
        with_affect = [e for e in seen if e.has_zero_shot] or seen
        with_class = [
            e for e in seen if np.isfinite(e.zero_shot_expression).all()
        ] or seen
        return Embeddings(
            encoder_id=self.encoder_id,
            vector=np.concatenate([e.vector for e in seen], axis=1),
            zero_shot_value=with_affect[0].zero_shot_value,
            zero_shot_expression=with_class[0].zero_shot_expression,
            views=tuple(e.vector.shape[1] for e in seen),
        )
