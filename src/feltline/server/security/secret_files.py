"""Secret files, readable by their owner only."""

import os
import secrets
from pathlib import Path
from typing import Final

from feltline.errors import SetupError

__all__ = ["read_or_make_secret"]

_BYTES: Final = 32
_OWNER_ONLY: Final = 0o600


def read_or_make_secret(path: Path) -> str:
    """The secret in a file: 256 random bits in text, made on first use.

    Raises:
        SetupError: The file cannot be read or written, or holds no such secret.
    """
    try:
        _make(path)
        path.chmod(_OWNER_ONLY)
        secret = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SetupError(
            f"the key file {path} cannot be used ({error}); make it readable to you, "
            f"or delete it and a new one is made"
        ) from error
    if len(secret) < _BYTES:
        raise SetupError(
            f"the key file {path} holds no key; delete it and a new one is made"
        )
    return secret


def _make(path: Path) -> None:
    """Write a new secret, unless there is one."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        handle = os.open(path, flags, _OWNER_ONLY)
    except FileExistsError:
        return
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(_BYTES) + "\n")
