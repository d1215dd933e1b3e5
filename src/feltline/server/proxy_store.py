"""Proxy store: what is kept on disk so that a page can play a video."""

import shutil
from pathlib import Path
from typing import Final, Literal

import numpy as np
from jaxtyping import Float64

from feltline.atomic import replacing
from feltline.server.disk_cache import check_hash

__all__ = ["ProxyStore"]

Times = Float64[np.ndarray, " n"]

_PROXY: Final = "proxy.mp4"
_PROXY_TIMES: Final = "times.npy"
_ORIGINAL_TIMES: Final = "original-1.npy"
"""The number is that of the rule in `browser_plays`; a new rule asks anew."""


class ProxyStore:
    """Folders `folder/<content hash>`: times of an original, or a proxy and its times.

    Args:
        folder: Where they are; made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def kept(self, content_hash: str) -> Literal["original", "proxy"] | None:
        """What was found out or made of this video before."""
        folder = self._of(content_hash)
        if (folder / _PROXY_TIMES).is_file() and (folder / _PROXY).is_file():
            return "proxy"
        return "original" if (folder / _ORIGINAL_TIMES).is_file() else None

    def proxy(self, content_hash: str) -> Path:
        """Where the proxy is, or is to be."""
        return self._of(content_hash) / _PROXY

    def times(self, content_hash: str, *, is_proxy: bool) -> Times:
        """Time in seconds of each frame of what is played.

        Raises:
            OSError: Nothing is kept.
        """
        name = _PROXY_TIMES if is_proxy else _ORIGINAL_TIMES
        kept = np.load(self._of(content_hash) / name, allow_pickle=False)
        return np.asarray(kept, np.float64)

    def keep_original(self, content_hash: str, time_s: Times) -> None:
        """Note that browsers play the original, whose frames are at these times."""
        self._save(self._of(content_hash) / _ORIGINAL_TIMES, time_s)

    def keep_proxy(self, content_hash: str, time_s: Times) -> None:
        """Note that the proxy is whole, and its frames are at these times."""
        self._save(self._of(content_hash) / _PROXY_TIMES, time_s)

    def prepare(self, content_hash: str) -> None:
        """Make the folder, without what a killed process left half-done in it."""
        folder = self._of(content_hash)
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob(".*"):
            path.unlink(missing_ok=True)

    def forget(self, content_hash: str) -> int:
        """Delete what is kept of a video.

        Returns:
            Bytes removed.
        """
        folder = self._of(content_hash)
        removed = sum(p.stat().st_size for p in folder.glob("*") if p.is_file())
        shutil.rmtree(folder, ignore_errors=True)
        return removed

    def _of(self, content_hash: str) -> Path:
        """The folder of a video."""
        check_hash(content_hash)
        return self._folder / content_hash

    def _save(self, path: Path, time_s: Times) -> None:
        """Write times, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as scratch:
            np.save(scratch, np.asarray(time_s, np.float64), allow_pickle=False)
