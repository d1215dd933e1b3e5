"""A torch network behind the `Encoder` protocol."""

import numpy as np
import torch
from jaxtyping import Float32

from feltline.encoder import Comparison
from feltline.lab.training.augment import standardised
from feltline.lab.training.batches import to_pixels
from feltline.lab.training.network import AffectNetwork
from feltline.types import Embeddings, FaceBatch

__all__ = ["TorchEncoder"]


class TorchEncoder:
    """Encoder and pair heads of a network that has not been exported."""

    crop_margin = 0.0
    crop_lift = 0.0

    def __init__(self, network: AffectNetwork, device: torch.device) -> None:
        """Take a network as it is; it is looked at on `device`."""
        self._network, self._device = network, device
        self.crop_size = network.options.size
        self.encoder_id = "in training"

    @torch.inference_mode()
    def encode(self, faces: FaceBatch) -> Embeddings:
        """Embeddings of a batch of crops, in its order."""
        self._network.eval()
        pixels = to_pixels(faces.crop, self._network.options.channels)
        seen = self._network(standardised(pixels.to(self._device)))
        return Embeddings(
            encoder_id=self.encoder_id,
            vector=seen.embedding.float().cpu().numpy(),
            zero_shot_value=seen.affect.clamp(-1, 1).float().cpu().numpy(),
            zero_shot_expression=torch.softmax(seen.expression.float(), 1)
            .cpu()
            .numpy(),
        )

    @torch.inference_mode()
    def compare(
        self, first: Float32[np.ndarray, "p d"], second: Float32[np.ndarray, "p d"]
    ) -> Comparison:
        """Compare embeddings row by row."""
        self._network.eval()
        pair = [torch.from_numpy(side).to(self._device) for side in (first, second)]
        said = self._network.pairs(*pair)
        alike = torch.softmax(said.alike.float(), dim=1)[:, 1]
        return Comparison(alike.cpu().numpy(), said.difference.float().cpu().numpy())
