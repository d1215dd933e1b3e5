"""Pair heads and out-of-distribution scores of an encoder's network."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from jaxtyping import Float32, Int64

from feltline.encoder import (
    GEOMETRY,
    OnnxPairHeads,
    encoder_parts,
    find_card,
    reference_distribution_of,
)
from feltline.errors import EncoderError
from feltline.fewshot.baselines import Compare, Comparison
from feltline.types import Embeddings

__all__ = ["comparison_of", "has_pair_heads", "learnt_view", "ood_score_of"]


def has_pair_heads(encoder: str) -> bool:
    """Whether an encoder, or the part of it that is a network, can compare faces."""
    part = _network_in(encoder)
    return part is not None and find_card(part).pair_heads is not None


def comparison_of(encoder: str, vectors: Float32[np.ndarray, "n d"]) -> Compare:
    """Comparison of faces by their numbers in `vectors`.

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

    A concatenated encoder lays its parts side by side in the order of its name.
    """
    width = seen.views[0] if seen.views else seen.vector.shape[1]
    return np.ascontiguousarray(seen.vector[:, :width])


def ood_score_of(
    encoder: str, vector: Float32[np.ndarray, "n d"], views: Sequence[int]
) -> Float32[np.ndarray, " n"]:
    """Out-of-distribution score of faces; 0 where the encoder has no reference.

    Returns:
        Distance from the faces that the network knows; 1 = the edge of these.
    """
    reference = reference_distribution_of(encoder)
    if reference is None or not len(vector):
        return np.zeros(len(vector), np.float32)
    return reference.ood_score(vector[:, : views[0]] if views else vector)


def _network_in(encoder: str) -> str | None:
    first = encoder_parts(encoder)[0]
    return None if first == GEOMETRY else first


@cache
def _heads(encoder: str) -> OnnxPairHeads:
    part = _network_in(encoder)
    if part is None:
        raise EncoderError(
            f"{encoder} does not begin with a network that compares faces; give one "
            f"whose card names pair_heads, such as affect-s or affect-s+geometry"
        )
    return OnnxPairHeads(find_card(part), threads=1)
