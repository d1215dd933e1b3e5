"""Loading weights into a network."""

from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from feltline.encoder import EncoderCard
from feltline.errors import EncoderError, InputError

__all__ = ["load_weights", "weights_of_card"]

_PARTS: Final = {"network.": "", "heads.": "pairs."}
"""What a graph made by `export_encoder` calls the parts of the network."""
_COUNTER: Final = "num_batches_tracked"
"""A buffer of batch normalisation that no graph keeps, and that nothing here reads."""


def load_weights(module: nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Fill a module with weights.

    Raises:
        InputError: They are of another architecture.
    """
    own = module.state_dict()
    wrong = [k for k in own if k not in tensors or tensors[k].shape != own[k].shape]
    wrong += [k for k in tensors if k not in own]
    if wrong:
        raise InputError(
            f"{path} is of another architecture: {wrong[0]} and {len(wrong) - 1} more "
            f"do not fit. Give the options it was trained with"
        )
    module.load_state_dict(tensors)


def weights_of_card(card: EncoderCard, module: nn.Module) -> dict[str, Tensor]:
    """Weights of an encoder that feltline exported, under the network's own names.

    Args:
        card: Of the encoder; its graphs are read.
        module: The network they are for.

    Raises:
        EncoderError: A graph cannot be read, or feltline did not export it.
    """
    paths = [card.model_path]
    if card.pair_heads is not None:
        paths.append(card.pair_heads.path)
    found = {
        name: value for path in paths for name, value in _initialisers(path).items()
    }
    own = module.state_dict()
    made = {name: found[name] for name in own if name in found}
    if not made:
        raise EncoderError(
            f"{card.model_path} is no graph that feltline exported: it holds none of "
            f"the network's weights. Give a checkpoint (.safetensors)"
        )
    counters = {k: v for k, v in own.items() if k.endswith(_COUNTER)}
    return made | counters


def _initialisers(path: Path) -> dict[str, Tensor]:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        graph = onnx.load(path).graph
    except (OSError, DecodeError) as error:
        raise EncoderError(f"{path} cannot be read as an ONNX file: {error}") from error
    made: dict[str, Tensor] = {}
    for one in graph.initializer:
        for prefix, ours in _PARTS.items():
            if one.name.startswith(prefix):
                name = ours + one.name.removeprefix(prefix)
                made[name] = torch.from_numpy(onnx.numpy_helper.to_array(one).copy())
    return made
