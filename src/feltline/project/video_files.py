"""Whether the file of a video is still the one that was added.

A video is its content. Size and time of change say whether a file may have changed
since its content was last read; only then is it hashed anew. What is known of files is
kept beside the database, and may be deleted: then each is hashed once more.
"""

import json
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Literal

from feltline.atomic import replacing
from feltline.errors import InputError, VideoError
from feltline.project.project import Project
from feltline.store import VideoRecord
from feltline.video import content_hash, is_picture

__all__ = ["VideoFiles", "location_of"]

logger = logging.getLogger(__name__)

FileState = Literal["there", "missing", "replaced"]
Known = list[int | str]

_KNOWN: Final = "files.json"
_lock = threading.Lock()


class VideoFiles:
    """The files of a project's videos; safe under threads.

    Args:
        project: The project.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._file = project.hidden / _KNOWN
        self._read_at: tuple[int, int] | None = None
        self._kept: dict[str, Known] = {}

    def path(self, record: VideoRecord) -> Path:
        """Where the file of a video lies, or lay: never another one.

        Raises:
            VideoError: Another file lies there.
        """
        if self.state(record) == "replaced":
            raise VideoError(self._replaced(record))
        return self._project.path_of(record)

    def _replaced(self, record: VideoRecord) -> str:
        return (
            f"another file lies at {self._project.path_of(record)} than the one that "
            f"was added as {record.video_id}; it is not shown under these labels. Put "
            f"the former file back, give feltline relocate its new place, or add the "
            f"new file as a video of its own"
        )

    def state(self, record: VideoRecord) -> FileState:
        """Whether the file of a video is there, and the one that was added."""
        path = self._project.path_of(record)
        stamp = _stamp(path)
        if stamp is None:
            return "missing"
        known = self._known().get(str(path))
        if known is not None and known[:2] == list(stamp):
            content = known[2]
        else:
            try:
                content = content_hash(path)
            except VideoError:  # empty, or unreadable
                return "replaced"
            self.note(path, content)
        return "there" if content == record.content_hash else "replaced"

    def note(self, path: Path, content: str) -> None:
        """Remember that the file at a path has this content as it is now."""
        stamp = _stamp(path)
        if stamp is None:
            return
        with _lock:
            self._write(self._known() | {str(path): [*stamp, content]})

    def forget(self, content: str) -> None:
        """Keep nothing of files with this content any more."""
        with _lock:
            known = self._known()
            left = {path: kept for path, kept in known.items() if kept[2] != content}
            if left != known:
                self._write(left)

    def _write(self, known: dict[str, Known]) -> None:
        with replacing(self._file) as scratch:
            scratch.write_text(json.dumps(known), encoding="utf-8")

    def problems(self) -> Iterator[str]:
        """Videos whose file is missing or another one, a sentence each."""
        for record in self._project.store.videos():
            state = self.state(record)
            if state == "missing":
                yield (
                    f"the file of {record.video_id} is not at "
                    f"{self._project.path_of(record)} any more; give feltline add or "
                    f"feltline relocate its new place: labels stay"
                )
            elif state == "replaced":
                yield self._replaced(record)

    def relocate(self, places: Sequence[Path]) -> dict[str, Path]:
        """Find videos again whose file is missing or another one; labels stay.

        Args:
            places: Files, or folders to look through; of these, files with the ending
                of a video that is missing are read.

        Returns:
            The new place of each video that was found, by name.

        Raises:
            InputError: A place does not exist.
        """
        lost = {
            record.content_hash: record
            for record in self._project.store.videos()
            if "://" not in record.location and self.state(record) != "there"
        }
        endings = {Path(record.location).suffix.lower() for record in lost.values()}
        found: dict[str, Path] = {}
        for path in (one for place in places for one in _inside(place, endings)):
            if not lost:
                break
            try:
                content = content_hash(path)
            except VideoError as error:
                logger.warning("passed over: %s", error)
                continue
            record = lost.pop(content, None)
            if record is not None:
                self.move(record, path)
                found[record.video_id] = path
        return found

    def move(self, record: VideoRecord, path: Path) -> None:
        """Take the file at a path, of the same content, for that of a video."""
        location = location_of(self._project, path)
        rater = self._project.settings.rater
        self._project.store.move_video(record.video_id, location, moved_by=rater)
        self.note(self._project.folder / location, record.content_hash)

    def is_replaced(self, record: VideoRecord) -> bool:
        """Whether another file is known to lie in the place of a video's; reads none.

        Of a file that changed since it was read last, that is not known.
        """
        path = self._project.path_of(record)
        stamp, known = _stamp(path), self._known().get(str(path))
        is_known = stamp is not None and known is not None and known[:2] == list(stamp)
        return is_known and known is not None and known[2] != record.content_hash

    def _known(self) -> dict[str, Known]:
        """What is kept: size, time and content by path; read anew when it changed."""
        stamp = _stamp(self._file)
        if stamp != self._read_at:
            self._read_at, self._kept = stamp, _read(self._file)
        return self._kept


def location_of(project: Project, path: Path) -> str:
    """How a file's place is kept: inside the project relative to it, else absolute."""
    whole, folder = path.resolve(), project.folder.resolve()
    return str(whole.relative_to(folder) if whole.is_relative_to(folder) else whole)


def _read(file: Path) -> dict[str, Known]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _inside(place: Path, endings: set[str]) -> Iterator[Path]:
    """A file, or what may be a missing video in a folder and the folders in it."""
    if not place.exists():
        raise InputError(f"there is no file or folder {place}; check the path")
    if not place.is_dir():
        yield place
        return
    # A folder of pictures has no ending, and is a video itself.
    folders = [place] if "" in endings else []
    for folder, names, files in os.walk(place):
        names.sort()
        folders += [Path(folder) / n for n in names if "" in endings]
        yield from (
            Path(folder) / file
            for file in sorted(files)
            if Path(file).suffix.lower() in endings
        )
    yield from (f for f in folders if any(map(is_picture, f.iterdir())))


def _stamp(path: Path) -> tuple[int, int] | None:
    """Bytes and time of change of a file or of all that is in a folder; None = gone."""
    try:
        stat = path.stat()
        if not path.is_dir():
            return stat.st_size, stat.st_mtime_ns
        inside = [entry.stat() for entry in os.scandir(path)]
    except OSError:
        return None
    newest = max((s.st_mtime_ns for s in inside), default=0)
    return sum(s.st_size for s in inside), max(newest, stat.st_mtime_ns)
