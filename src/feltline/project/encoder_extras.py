"""What an encoder's network knows beyond embeddings: pairs, and strange faces."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from jaxtyping import Float32, Int64

from feltline.encoder import GEOMETRY, OnnxPairHeads, find_card, typical_of
from feltline.errors import EncoderError
from feltline.fewshot.baselines.mtclar import Compare, Comparison
from feltline.types import Embeddings

__all__ = ["comparison_of", "has_pair_heads", "learnt_view", "strangeness_of"]


def has_pair_heads(encoder: str) -> bool:
    """Whether an encoder, or the part of it that is a network, can compare faces."""
    part = _network_in(encoder)
    return part is not None and find_card(part).pair_heads is not None


def comparison_of(encoder: str, vectors: Float32[np.ndarray, "n d"]) -> Compare:
    """Comparison of faces by their numbers in `vectors`.

    Args:
        encoder: Names of encoders joined by +.
        vectors: What its network sees of the faces (`learnt_view`).

    Raises:
        EncoderError: The encoder cannot compare faces.
    """
    heads = _heads(encoder)

    def compare(
        first: Int64[np.ndarray, " p"], second: Int64[np.ndarray, " p"]
    ) -> Comparison:
        alike, difference = heads.compare(vectors[first], vectors[second])
        return Comparison(alike, difference)

    return compare


def learnt_view(seen: Embeddings) -> Float32[np.ndarray, "n d"]:
    """The part of embeddings that the pair heads take: the network's, which is first.

    A joint encoder lays its parts side by side in the order of its name.
    """
    width = seen.views[0] if seen.views else seen.vector.shape[1]
    return np.ascontiguousarray(seen.vector[:, :width])


def strangeness_of(
    encoder: str, embeddings: Sequence[Embeddings]
) -> list[Float32[np.ndarray, " _"]]:
    """How unlike the faces that the encoder knows each face is; 0 where it cannot say.

    Args:
        encoder: Names of encoders joined by +.
        embeddings: One entry per track.
    """
    typical = typical_of(encoder)
    return [
        np.zeros(len(seen), np.float32)
        if typical is None
        else typical.strangeness(learnt_view(seen))
        for seen in embeddings
    ]


def _network_in(encoder: str) -> str | None:
    first = encoder.split("+")[0]
    return None if first == GEOMETRY else first


@cache
def _heads(encoder: str) -> OnnxPairHeads:
    part = _network_in(encoder)
    if part is None:
        raise EncoderError(
            f"{encoder} does not begin with a network that compares faces; give one "
            f"whose card names pair_heads, such as ferplus-s or ferplus-s+geometry"
        )
    return OnnxPairHeads(find_card(part), threads=1)
