"""Proxy store: what is kept on disk so that a page can play a video."""

from pathlib import Path
from typing import Final, Literal

import numpy as np
from jaxtyping import Float64

from feltline.atomic import replacing
from feltline.npy import load_array
from feltline.server.video_folders import VideoFolders

__all__ = ["Kept", "Playback", "ProxyStore"]

Kept = Literal["original", "proxy"]
"""Browsers play the original, or a proxy of it."""

Playback = Literal["original", "ready", "building", "failed"]
"""What there is to play of a video: the original; a proxy that is ready; one that is
being built, or waits for its turn; or nothing, because building failed."""

_TIMES: Final[dict[Kept, str]] = {"original": "original-1.npy", "proxy": "times.npy"}
"""The number is that of the rule in `browser_plays`; a new rule asks anew."""
_PROXY: Final = "proxy.mp4"


class ProxyStore(VideoFolders):
    """Folders `folder/<content hash>`: times of an original, or a proxy and its times.

    What was kept is whole: the times are written last.
    """

    def kept(self, content_hash: str) -> Kept | None:
        """What was found out or made of this video before."""
        folder = self.of(content_hash)
        if (folder / _TIMES["proxy"]).is_file() and (folder / _PROXY).is_file():
            return "proxy"
        return "original" if (folder / _TIMES["original"]).is_file() else None

    def times(self, content_hash: str, what: Kept) -> Float64[np.ndarray, " n"]:
        """Time in seconds of each frame of what is played.

        Raises:
            OSError: Nothing is kept.
        """
        kept = load_array(self.of(content_hash) / _TIMES[what])
        return np.asarray(kept, np.float64)

    def keep(
        self, content_hash: str, what: Kept, time_s: Float64[np.ndarray, " n"]
    ) -> None:
        """Note what browsers play, and the times of its frames; whole or not at all."""
        path = self.of(content_hash) / _TIMES[what]
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as scratch:
            np.save(scratch, np.asarray(time_s, np.float64), allow_pickle=False)
        self.written(content_hash)

    def proxy(self, content_hash: str) -> Path:
        """Where the proxy is, or is to be."""
        return self.of(content_hash) / _PROXY

    def prepare(self, content_hash: str) -> Path:
        """Where to write a proxy, without what a killed process left half-done."""
        folder = self.of(content_hash)
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.glob(".*"):
            path.unlink(missing_ok=True)
        return folder / _PROXY
