"""What a command needs beyond the plain installation, said before it starts."""

from importlib import import_module
from typing import Final, Literal

from feltline.errors import SetupError

__all__ = ["need"]

_NEEDED: Final = {
    "bench": ("sklearn", "matplotlib", "threadpoolctl"),
    "server": ("argon2", "fastapi", "itsdangerous", "prometheus_client", "uvicorn"),
    "train": ("torch", "lightning_fabric", "safetensors", "sklearn", "tensorboard"),
}


def need(extra: Literal["bench", "server", "train"]) -> None:
    """Check that what an extra of the installation brings is there.

    Raises:
        SetupError: A package is missing; the message says how to get it.
    """
    how = f"pip install 'feltline[{extra}]'"
    if extra == "train":
        how = (
            f"pip install torch==2.13.0 (by itself, a CPU build or the one for your "
            f"GPU), then {how}"
        )
    for name in _NEEDED[extra]:
        try:
            import_module(name)
        except ImportError:
            raise SetupError(
                f"this needs {name}, which is not installed: {how}"
            ) from None
