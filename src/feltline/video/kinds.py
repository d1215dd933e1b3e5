"""The one list of files that are accepted, and what lies in folders for others to use.

Which of these can be decoded is for FFmpeg to say, when a file is opened.
"""

import re
from pathlib import Path
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
    *(".m2t", ".m2ts", ".m4v", ".mkv", ".mod", ".mov", ".mp4", ".mpeg", ".mpg"),
    *(".mts", ".mxf", ".ogv", ".qt", ".tod", ".ts", ".vob", ".webm", ".wmv", ".y4m"),
)
PICTURE_SUFFIXES: Final = (".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")

_SYSTEM_NAMES: Final = frozenset(
    {
        *("@eadir", "@tmp", "#recycle", "#snapshot", "@recycle", "@recently-snapshot"),
        *("$recycle.bin", "system volume information", "lost+found", "__macosx"),
        *("thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__pycache__"),
    }
)
"""What NAS boxes, Windows and macOS leave in folders, in lower case."""


def is_system(path: Path) -> bool:
    """Whether a name is that of a hidden file, or one that a system left there."""
    name = path.name.lower()
    return name.startswith((".", "~$")) or name in _SYSTEM_NAMES


def is_video(path: Path) -> bool:
    """Whether the name is that of a video; hidden files are none."""
    return path.suffix.lower() in VIDEO_SUFFIXES and not is_system(path)


def is_picture(path: Path) -> bool:
    """Whether the name is that of a picture; hidden files are none."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not is_system(path)


def natural_key(path: Path) -> tuple[list[tuple[int, str]], str]:
    """Sorts names as people count: 1, 2, 10; the same on every system."""
    parts = re.split(r"([0-9]+)", path.name)
    # Numbers at odd places; without a limit of digits, and 01 beside 1.
    counted = [
        (len(part.lstrip("0")), part.lstrip("0")) if at % 2 else (0, part)
        for at, part in enumerate(parts)
    ]
    return counted, path.name
