"""What a command needs beyond the plain installation, said before it starts."""

from importlib import import_module
from typing import Final

from feltline.errors import SetupError

__all__ = ["need_training"]

_TRAINING: Final = (
    "torch",
    "lightning_fabric",
    "safetensors",
    "sklearn",
    "tensorboard",
)


def need_training() -> None:
    """Check that what training needs is there.

    Raises:
        SetupError: A package is missing; the message says how to get it.
    """
    for name in _TRAINING:
        try:
            import_module(name)
        except ImportError:
            raise SetupError(
                f"this needs {name}, which is not installed: pip install torch==2.13.0 "
                f"(by itself, a CPU build or the one for your GPU), then pip install "
                f"'feltline[train]'"
            ) from None
