"""Loading weights into a network."""

from pathlib import Path

from torch import Tensor, nn

from feltline.errors import InputError

__all__ = ["load_weights"]


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
