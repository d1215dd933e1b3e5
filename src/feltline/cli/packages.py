"""What a command needs beyond the plain installation, said before it starts."""

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from feltline.errors import SetupError

__all__ = ["need_bench", "need_server", "need_training"]

_BENCH: Final = ("sklearn", "matplotlib", "threadpoolctl")
_SERVER: Final = ("fastapi", "itsdangerous", "prometheus_client", "uvicorn")
_TRAINING: Final = (
    "torch",
    "lightning_fabric",
    "safetensors",
    "sklearn",
    "tensorboard",
)


def need_bench() -> None:
    """Check that what benchmarks need is there.

    Raises:
        SetupError: A package is missing; the message says how to get it.
    """
    _need(_BENCH, "pip install 'feltline[bench]'")


def need_server() -> None:
    """Check that what the review page needs is there.

    Raises:
        SetupError: A package is missing; the message says how to get it.
    """
    _need(_SERVER, "pip install 'feltline[server]'")


def need_training() -> None:
    """Check that what training needs is there.

    Raises:
        SetupError: A package is missing; the message says how to get it.
    """
    _need(
        _TRAINING,
        "pip install torch==2.13.0 (by itself, a CPU build or the one for your GPU), "
        "then pip install 'feltline[train]'",
    )


def _need(packages: Sequence[str], how: str) -> None:
    for name in packages:
        try:
            import_module(name)
        except ImportError:
            raise SetupError(
                f"this needs {name}, which is not installed: {how}"
            ) from None
