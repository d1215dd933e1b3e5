"""Passwords: hashed with argon2id (RFC 9106), never kept or logged."""

import secrets
import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from feltline.errors import InputError, StoreUnavailableError

__all__ = ["MIN_PASSWORD", "Passwords", "check_password"]

MIN_PASSWORD: Final = 12
"""Characters of a password at least; there are no rules on what they must be."""
MAX_PASSWORD: Final = 512
_MEMORY_KIB: Final = 64 * 1024
_PASSES: Final = 3
_AT_ONCE: Final = 2
"""Passwords that are hashed at once: each takes 64 MiB and a core."""
_WAIT_S: Final = 10.0


class Passwords:
    """Hashes and verifies passwords, two at a time; safe under threads.

    Args:
        hasher: With which parameters; None = 64 MiB and three passes.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(
            time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1
        )
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._nobodys = ""

    def hash(self, password: str) -> str:
        """What is kept of a password.

        Raises:
            InputError: It is too short or too long.
            StoreUnavailableError: Too many others are hashed at the moment.
        """
        check_password(password)
        return self._in_turn(password)

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether it is the password; as long a calculation where there is none.

        Raises:
            StoreUnavailableError: Too many others are hashed at the moment.
        """
        known = password_hash or self._hash_of_nobody()
        with self._turn():
            try:
                self._hasher.verify(known, _spelled(password))
            except (InvalidHashError, VerificationError):  # also where it is wrong
                return False
        return password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether a hash was made with other parameters than those of now."""
        return self._hasher.check_needs_rehash(password_hash)

    def _hash_of_nobody(self) -> str:
        """Compared with where a user is unknown, so that the time says nothing."""
        with self._lock:
            if not self._nobodys:
                self._nobodys = self._in_turn(secrets.token_urlsafe())
            return self._nobodys

    def _in_turn(self, password: str) -> str:
        with self._turn():
            return self._hasher.hash(_spelled(password))

    def _turn(self) -> "_Turn":
        return _Turn(self._turns)


class _Turn:
    """A turn of those that are hashed at once."""

    def __init__(self, turns: threading.BoundedSemaphore) -> None:
        self._turns = turns

    def __enter__(self) -> None:
        if not self._turns.acquire(timeout=_WAIT_S):
            raise StoreUnavailableError(
                "too many passwords are being checked at the moment; try again in a "
                "minute"
            )

    def __exit__(self, *_: object) -> None:
        self._turns.release()


def check_password(password: str) -> None:
    """Check a new password.

    Raises:
        InputError: It is too short or too long.
    """
    if not MIN_PASSWORD <= len(_spelled(password)) <= MAX_PASSWORD:
        raise InputError(
            f"a password needs {MIN_PASSWORD} to {MAX_PASSWORD} characters; several "
            f"words make one that can be remembered"
        )


def _spelled(password: str) -> str:
    """A password as it is hashed: alike from all keyboards and systems."""
    return unicodedata.normalize("NFKC", password)
