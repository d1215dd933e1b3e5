"""The Siamese multi-task network: a shared encoder, single-face and pair heads.

After MT-CLAR (Parameshwara et al., ACM MM 2023). A Siamese encoder gives an embedding
per face; a pair of embeddings is fused and feeds three heads: whether the expressions
are alike, and how far valence and arousal differ. Beside them two linear heads read
valence, arousal and expression off a single embedding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from feltline.lab.training.backbones import make_backbone
from feltline.types import EXPRESSIONS

__all__ = [
    "NARROW",
    "PAPER_WIDTHS",
    "AffectNetwork",
    "FaceOutput",
    "Fusion",
    "NetworkOptions",
    "PairHeads",
    "PairOutput",
]

Fusion = Literal["concat", "absolute", "multiply"]
"""How two embeddings become one input of the pair heads."""
PAPER_WIDTHS: Final = (2048, 1024, 512, 128)
NARROW: Final = (128, 64)
_LARGEST_DIFFERENCE: Final = 2.0

Embedding = Float[Tensor, "b d"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOptions:
    """The shape of a network.

    Attributes:
        backbone: `small`, or `timm:NAME` or `torchvision:NAME` where installed.
        size: Side of the faces it sees, in pixels.
        channels: 1 = grey, 3 = colour.
        embedding: Width of the embedding.
        fusion: How the embeddings of a pair are joined.
        pair_widths: Hidden widths of each pair head.
        dropout: In the pair heads.
        mirror: Whether a face outside training is seen with its mirror image, and the
            mean of both embeddings taken: exactly symmetric, at twice the work.
        antisymmetric: Whether the heads see a pair both ways round, so that swapping
            it changes the sign of the differences and nothing else. Only `concat`
            tells the first face from the second; the other fusions look one way.
    """

    backbone: str = "small"
    size: int = 48
    channels: int = 1
    embedding: int = 256
    fusion: Fusion = "concat"
    pair_widths: tuple[int, ...] = NARROW
    dropout: float = 0.5
    mirror: bool = True
    antisymmetric: bool = True


class FaceOutput(NamedTuple):
    """What the network says of single faces."""

    embedding: Embedding
    affect: Float[Tensor, "b 2"]
    """Valence and arousal; within [-1, 1] only once clipped."""
    expression: Float[Tensor, "b 8"]
    """Logits."""


class PairOutput(NamedTuple):
    """What the network says of pairs: second face against first."""

    alike: Float[Tensor, "p 2"]
    """Logits of: different expressions, one expression."""
    difference: Float[Tensor, "p 2"]
    """Valence and arousal of the second less those of the first, in [-2, 2]."""


class AffectNetwork(nn.Module):
    """Encoder, heads of a face, heads of a pair."""

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        self.options = options
        self.backbone, width = make_backbone(
            options.backbone, options.channels, options.size
        )
        self.project = nn.Linear(width, options.embedding)
        self.affect = nn.Linear(options.embedding, 2)
        self.expression = nn.Linear(options.embedding, len(EXPRESSIONS))
        self.pairs = PairHeads(options)

    def forward(self, faces: Float[Tensor, "b c s s"]) -> FaceOutput:
        """Look at standardised faces."""
        embedding = self.embed(faces)
        return FaceOutput(embedding, self.affect(embedding), self.expression(embedding))

    def embed(self, faces: Float[Tensor, "b c s s"]) -> Embedding:
        """Embeddings; outside training, of a face and its mirror image."""
        if self.training or not self.options.mirror:
            features: Tensor = self.backbone(faces)
        else:
            features = (self.backbone(faces) + self.backbone(faces.flip(3))) / 2
        embedding: Tensor = self.project(features)
        return embedding


class PairHeads(nn.Module):
    """Three heads on a fused pair of embeddings: alike, valence and arousal apart."""

    def __init__(self, options: NetworkOptions) -> None:
        super().__init__()
        self.fusion = options.fusion
        self.antisymmetric = options.antisymmetric and options.fusion == "concat"
        width = options.embedding * (2 if options.fusion == "concat" else 1)

        def head(outputs: int) -> nn.Sequential:
            return _mlp(width, options.pair_widths, outputs, options.dropout)

        self.alike, self.valence, self.arousal = head(2), head(1), head(1)

    def forward(self, first: Embedding, second: Embedding) -> PairOutput:
        """Compare pairs of embeddings, row by row."""
        if not self.antisymmetric:
            return self._one_way(first, second)
        there = self._one_way(first, second)
        back = self._one_way(second, first)
        return PairOutput(
            (there.alike + back.alike) / 2, (there.difference - back.difference) / 2
        )

    def _one_way(self, first: Embedding, second: Embedding) -> PairOutput:
        fused = _fused(first, second, self.fusion)
        apart = torch.cat([self.valence(fused), self.arousal(fused)], dim=1)
        return PairOutput(self.alike(fused), _LARGEST_DIFFERENCE * torch.tanh(apart))


def _fused(first: Embedding, second: Embedding, how: Fusion) -> Float[Tensor, "b f"]:
    if how == "concat":
        return torch.cat([first, second], dim=1)
    return (first - second).abs() if how == "absolute" else first * second


def _mlp(
    width: int, hidden: Sequence[int], outputs: int, dropout: float
) -> nn.Sequential:
    layers: list[nn.Module] = []
    for wide in hidden:
        layers += [nn.Linear(width, wide), nn.BatchNorm1d(wide)]
        layers += [nn.ReLU(), nn.Dropout(dropout)]
        width = wide
    return nn.Sequential(*layers, nn.Linear(width, outputs))
