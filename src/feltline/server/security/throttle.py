"""Throttling of sign-in: who fails waits longer and longer, and nobody else does.

Failures are counted for a name from one network, and for one network. A browser in
which the user signed in before is counted by itself: strangers who fail under the name
of somebody cannot lock that person out.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from feltline.store import Accounts

__all__ = ["SignInTry", "Throttle", "network_of"]

FREE_FOR_NAME: Final = 5
"""Failures under one name before the first wait: of a second, then doubled."""
FREE_FOR_NETWORK: Final = 30
"""The same under all names from one network: many people may share an address."""
MAX_WAIT_S: Final = 300.0
_V4_PREFIX: Final = 24
_V6_PREFIX: Final = 56


@dataclass(frozen=True, slots=True)
class SignInTry:
    """Who tries to sign in, as far as it is known.

    Attributes:
        name_hash: Of the name that was given.
        network: From where.
        device: A browser in which the user of that name signed in before; else None.
    """

    name_hash: str
    network: str
    device: str | None

    @property
    def counter(self) -> str:
        """What its failures are counted under."""
        return self.network if self.device is None else f"device-{self.device}"


class Throttle:
    """Counts failures in the accounts, so that several servers count together.

    Args:
        accounts: Gives the accounts.
        secret: So that names that were tried cannot be guessed from their hashes.
    """

    def __init__(self, accounts: Callable[[], Accounts], secret: str) -> None:
        self._accounts = accounts
        self._key = hmac.digest(secret.encode(), b"sign-in-names", "sha256")

    def of(self, name: str, address: str, device: str | None = None) -> SignInTry:
        """Who tries to sign in.

        Args:
            name: The user, or what was typed where there is none of that name.
            address: From where.
            device: See `SignInTry`.
        """
        name_hash = hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()
        return SignInTry(name_hash, network_of(address), device)

    def wait_s(self, who: SignInTry) -> float:
        """Seconds until this one may try again; 0 = now."""
        accounts = self._accounts()
        counts = [(accounts.failures(who.counter, who.name_hash), FREE_FOR_NAME)]
        if who.device is None:
            counts.append((accounts.failures(who.network), FREE_FOR_NETWORK))
        now, wait_s = datetime.now(tz=UTC), 0.0
        for failures, free in counts:
            if failures.last_at is None or failures.n < free:
                continue
            pause_s = min(MAX_WAIT_S, 2.0 ** min(failures.n - free, 30))
            wait_s = max(wait_s, pause_s - (now - failures.last_at).total_seconds())
        return wait_s

    def fail(self, who: SignInTry) -> None:
        """Count a failure."""
        self._accounts().add_failure(who.name_hash, who.counter)

    def succeed(self, who: SignInTry) -> None:
        """Forget the failures of this one under its name."""
        self._accounts().forget_failures(who.counter, who.name_hash)


def network_of(address: str) -> str:
    """The network of an address: /24 or /56, which one person may have all of."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    bits = _V4_PREFIX if found.version == 4 else _V6_PREFIX
    return str(ipaddress.ip_network(f"{found}/{bits}", strict=False))
