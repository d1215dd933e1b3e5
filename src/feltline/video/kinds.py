"""Which files are taken for videos and pictures: the one list, and their order.

Everything that looks into folders goes by this list. It says what is tried: a file of
an accepted kind that cannot be decoded is refused with words, one of another kind is
passed over.
"""

import re
import unicodedata
from pathlib import PurePath
from typing import Final

__all__ = [
    "PICTURE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "is_picture",
    "is_system",
    "is_video",
    "natural_key",
]

VIDEO_SUFFIXES: Final = (
    *(".3g2", ".3gp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv", ".gif", ".insv"),
    *(".m1v", ".m2t", ".m2ts", ".m2v", ".m4v", ".mjpeg", ".mjpg", ".mkv", ".mod"),
    *(".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mts", ".mxf", ".ogm", ".ogv"),
    *(".qt", ".rm", ".rmvb", ".tod", ".ts", ".vob", ".webm", ".wmv", ".wtv", ".y4m"),
)
PICTURE_SUFFIXES: Final = (
    *(".bmp", ".jfif", ".jpe", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"),
)

_SYSTEM: Final = frozenset(
    {
        # Synology, QNAP
        *("@eadir", "@tmp", "@recycle", "@recently-snapshot", "@sharebin", "#recycle"),
        *("#snapshot", "lost+found"),
        # Windows
        *("$recycle.bin", "recycler", "recycled", "system volume information"),
        *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini"),
        # macOS
        *("__macosx", "icon\r", "network trash folder", "temporary items"),
    }
)


def is_system(path: PurePath) -> bool:
    """Whether a file or folder belongs to the system by its name, or is hidden.

    Such are `._talk.mp4` and `.DS_Store` of macOS, `@eaDir` and `#recycle` of network
    storage, `Thumbs.db` and `$RECYCLE.BIN` of Windows.
    """
    name = path.name.casefold()
    return name.startswith((".", "~$")) or name in _SYSTEM


def is_video(path: PurePath) -> bool:
    """Whether the name is that of a video; hidden files are none."""
    return path.suffix.lower() in VIDEO_SUFFIXES and not is_system(path)


def is_picture(path: PurePath) -> bool:
    """Whether the name is that of a picture; hidden files are none."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not is_system(path)


def natural_key(name: str) -> tuple[tuple[str | int, ...], str]:
    """Sorts names as people number them: 1, 2, 10; upper and lower case alike."""
    pieces = re.split(r"(\d+)", unicodedata.normalize("NFC", name).casefold())
    return tuple(int(p) if n % 2 else p for n, p in enumerate(pieces)), name
