"""What is meant by files, folders and URLs: videos, each once, in natural order.

Files of the system are passed over, folders that links lead to are entered once, and
what is passed over is counted by its reason, to be said once.
"""

import os
import unicodedata
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from feltline.errors import InputError
from feltline.pipeline.sources import is_remote
from feltline.video import is_picture, is_system, is_video, natural_key

__all__ = ["FoundSources", "find_sources"]

SYSTEM: Final = "of the system, or hidden"
OTHER: Final = "of no accepted kind"
BESIDE: Final = "beside videos"
THUMBNAILS: Final = "named like videos"
ABOVE: Final = "not numbered, above folders of videos"
AGAIN: Final = "reached by another way already"
NOWHERE: Final = "that lead nowhere or are no files"
UNREADABLE: Final = "that cannot be read"

_SHOWN: Final = 3

Looking = Callable[[str, int], None]
"""Told of a folder, and how many videos were found below the one that was given."""


@dataclass(slots=True)
class FoundSources:
    """Videos that were found, and what was passed over.

    Attributes:
        sources: Files, folders of pictures and URLs.
        passed_over: Paths by the reason why they are none of these.
    """

    sources: list[str] = field(default_factory=list)
    passed_over: dict[str, list[str]] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What was passed over, counted by reason; empty if nothing was."""
        parts = [
            f"{len(paths)} {reason} ({_named(reason, paths)})"
            for reason, paths in self.passed_over.items()
        ]
        return f"passed over: {'; '.join(parts)}" if parts else ""

    def pass_over(self, reason: str, path: Path) -> None:
        """Note a path that is no video to take."""
        self.passed_over.setdefault(reason, []).append(str(path))


def find_sources(
    sources: Sequence[str],
    *,
    may_be_empty: bool = False,
    looking: Looking | None = None,
) -> FoundSources:
    """The videos that are meant: files, URLs, and what lies in folders.

    A folder of pictures is one video; of any other folder, its videos are taken, those
    of folders inside it too, in natural order. No file is taken twice.

    Args:
        sources: Files, folders or URLs.
        may_be_empty: Whether a folder may hold nothing yet.
        looking: Told of each folder that is entered.

    Raises:
        InputError: A file or folder does not exist, or a folder holds no video.
    """
    found = FoundSources()
    places: dict[str, int] = {}
    """Where in the list each file or folder is, by its real path."""
    entered: set[str] = set()
    for source in sources:
        path = Path(source)
        if is_remote(source):
            found.sources += [] if source in found.sources else [source]
        elif os.path.isfile(path):  # noqa: PTH113 - raises nothing
            _take(found, places, path, source)
        elif os.path.isdir(path):  # noqa: PTH112 - raises nothing
            inside = FoundSources(passed_over=found.passed_over)
            taken = _found_in(path, inside, entered, looking)
            if not taken and not may_be_empty and not _is_known(path, places):
                raise _holds_nothing(path, inside)
            for one in taken:
                _take(found, places, one, str(one))
        else:
            raise InputError(f"there is no file or folder {path}; check the path")
    return found


def _take(found: FoundSources, places: dict[str, int], path: Path, source: str) -> None:
    """Take a file or a folder of pictures, unless it is taken under another name.

    Of a link and the file that it leads to, the file is taken.
    """
    real = os.path.realpath(path)
    if real not in places:
        places[real] = len(found.sources)
        found.sources.append(source)
        return
    before = found.sources[places[real]]
    if source == before:
        return
    if Path(before).is_symlink() and not path.is_symlink():
        found.sources[places[real]], path = source, Path(before)
    found.pass_over(AGAIN, path)


def _is_known(path: Path, places: dict[str, int]) -> bool:
    """Whether what lies in a folder was found by another way."""
    real = os.path.realpath(path)
    return any(place.startswith(real + os.sep) or place == real for place in places)


def _holds_nothing(path: Path, inside: FoundSources) -> InputError:
    also = f" ({inside.sentence})" if inside.sentence else ""
    return InputError(
        f"the folder {path} holds neither videos nor pictures{also}; give another one; "
        f"feltline doctor lists the kinds that are accepted"
    )


def _found_in(
    root: Path, found: FoundSources, entered: set[str], looking: Looking | None
) -> list[Path]:
    """Videos and folders of pictures in a folder and below it, in natural order."""
    videos: list[Path] = []
    pictures: dict[Path, list[Path]] = {}
    top = Path(os.path.realpath(root))
    folders, links = deque([root]), deque[Path]()
    while folders or links:
        # Links last: a folder is named by its own path where that can be walked.
        folder = folders.popleft() if folders else links.popleft()
        real = os.path.realpath(folder)
        # A link to a folder above the one that was given leads back, and far beyond.
        is_above = folder != root and top.is_relative_to(real)
        if real in entered or is_above:
            found.pass_over(AGAIN, folder)
            continue
        entered.add(real)
        if looking is not None:
            looking(str(folder), len(videos))
        for path in _entries(folder, found):
            if is_system(path):
                found.pass_over(SYSTEM, path)
            elif os.path.isdir(path):  # noqa: PTH112 - raises nothing
                (links if path.is_symlink() else folders).append(path)
            elif not os.path.isfile(path):  # noqa: PTH113 - raises nothing
                found.pass_over(NOWHERE, path)
            elif is_video(path):
                videos.append(path)
            elif is_picture(path):
                pictures.setdefault(folder, []).append(path)
            else:
                found.pass_over(OTHER, path)
    taken = [*videos, *_sequences(pictures, videos, found)]
    return sorted(taken, key=lambda path: [natural_key(p) for p in path.parts])


def _entries(folder: Path, found: FoundSources) -> list[Path]:
    """What lies right inside a folder; nothing, noted, where it cannot be read."""
    try:
        return sorted(folder.iterdir(), key=lambda path: natural_key(path.name))
    except OSError:
        found.pass_over(UNREADABLE, folder)
        return []


def _sequences(
    pictures: dict[Path, list[Path]], videos: list[Path], found: FoundSources
) -> list[Path]:
    """The folders whose pictures are a sequence, not what lies beside videos."""
    with_videos = {video.parent for video in videos}
    above = {folder for video in videos for folder in video.parents}
    names = {_plain(name) for v in videos for name in (v.name, v.stem)}
    taken: list[Path] = []
    for folder, files in pictures.items():
        reason = ""
        if folder in with_videos:
            reason = BESIDE
        elif all(_plain(file.stem) in names for file in files):
            reason = THUMBNAILS
        elif folder in above and not _is_numbered(files):
            reason = ABOVE
        if not reason:
            taken.append(folder)
        for file in files if reason else ():
            found.pass_over(reason, file)
    return taken


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _is_numbered(files: Sequence[Path]) -> bool:
    """Whether names differ in their numbers only, as those of a sequence do."""
    texts = {
        tuple(piece for piece in natural_key(file.name)[0] if isinstance(piece, str))
        for file in files
    }
    return len(files) > 1 and len(texts) == 1


def _named(reason: str, paths: Sequence[str]) -> str:
    """A few of the names, or of the endings where kinds are the reason."""
    names = [Path(path).name for path in paths]
    if reason == OTHER:
        count = Counter(Path(name).suffix.lower() or name for name in names)
        names = [name for name, _ in count.most_common()]
    shown = list(dict.fromkeys(names))
    rest = ", ..." if len(shown) > _SHOWN else ""
    text = ", ".join(shown[:_SHOWN]) + rest
    return text.encode("utf-8", "backslashreplace").decode()
