"""The public address of a server that is reached through a reverse proxy."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from feltline.errors import InputError

__all__ = ["PublicAddress"]


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """What stands in the address bar of those who use the server.

    Attributes:
        origin: Scheme, name and port, as browsers send it in `Origin`.
        host: The name alone.
    """

    origin: str
    host: str

    @property
    def is_https(self) -> bool:
        """Whether cookies are sent over TLS only."""
        return self.origin.startswith("https:")

    @classmethod
    def of(cls, url: str) -> "PublicAddress":
        """Read an address as it was given.

        Raises:
            InputError: It is no address of a whole host, or would send passwords
                without encryption.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            parts, host, port = urlsplit(""), "", None
        has_more = parts.path.strip("/") or parts.query or parts.fragment
        if parts.scheme not in ("http", "https") or not host or has_more or "@" in url:
            raise InputError(
                f"{url} is no public address; give scheme and name, such as "
                f"https://label.example.org, without a path"
            )
        if parts.scheme == "http" and not _is_loopback(host):
            raise InputError(
                f"{url} would send passwords without encryption; give an address with "
                f"https://, and let a reverse proxy speak TLS (docs/serving.md)"
            )
        name = f"[{host}]" if ":" in host else host
        is_usual = port in (None, {"http": 80, "https": 443}[parts.scheme])
        at = name if is_usual else f"{name}:{port}"
        return cls(f"{parts.scheme}://{at}", name)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
