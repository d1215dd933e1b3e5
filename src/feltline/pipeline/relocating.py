"""Relocating: videos of a project that lie elsewhere now, verified by their content."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from feltline.errors import InputError, OriginalLostError, VideoError
from feltline.pipeline.folders import find_sources
from feltline.project.project import Project
from feltline.store import VideoRecord
from feltline.video import content_hash

__all__ = ["Relocated", "find_again", "relocate"]


@dataclass(slots=True, kw_only=True)
class Relocated:
    """What became of the videos.

    Attributes:
        moved: Where each lies now that was found, by name.
        unchanged: Why each of the others stays as it was, by name.
    """

    moved: dict[str, str] = field(default_factory=dict)
    unchanged: dict[str, str] = field(default_factory=dict)


def relocate(project: Project, old: str, new: Path) -> Relocated:
    """Tell a project that videos lie elsewhere now.

    Args:
        project: The project.
        old: A video by its name in the project or by its former path; or the folder in
            which it, or many, lay.
        new: The file, or the folder in place of the former one.

    Returns:
        What became of each. A video is changed only where a file of the same content
        lies at the new place.

    Raises:
        InputError: There is no such file or folder, no video lay at the former place,
            or the one video that did is another file at the new one.
        StoreError: The database cannot be written.
    """
    if not new.exists():
        raise InputError(
            f"there is no file or folder {new}; give the place where the videos are now"
        )
    videos = [v for v in project.store.videos() if "://" not in v.location]
    single = [v for v in videos if v.video_id == old] or [
        v for v in videos if project.path_of(v).absolute() in _forms(Path(old))
    ]
    made = Relocated()
    if single:
        video = single[0]
        _reconnect(project, video, _places(project.path_of(video), new), made)
        if made.unchanged:
            raise InputError(
                f"{made.unchanged[video.video_id]}; nothing was changed: a video keeps "
                f"its labels only with the same content"
            )
        return made
    for video in videos:
        path = project.path_of(video).absolute()
        for folder in _forms(Path(old)):
            if path.is_relative_to(folder):
                _reconnect(project, video, [new / path.relative_to(folder)], made)
                break
    if not (made.moved or made.unchanged):
        folders = sorted({str(project.path_of(v).parent) for v in videos})
        raise InputError(
            f"no video of this project is named {old!r} or lay there; its videos lie "
            f"in {', '.join(folders[:5]) or 'no folder'}"
        )
    return made


def find_again(project: Project, place: Path) -> Relocated:
    """Look through a place for the videos whose file is missing or another one.

    Args:
        project: The project.
        place: A file, or a folder to look through with the folders inside it. Files
            with the ending of a video that is missing are hashed.

    Returns:
        Those that were found, and those that were not.

    Raises:
        InputError: There is no such file or folder.
        StoreError: The database cannot be written.
    """
    if not place.exists():
        raise InputError(f"there is no file or folder {place}; check the path")
    lost = {
        video.content_hash: video
        for video in project.store.videos()
        if "://" not in video.location and _is_lost(project, video)
    }
    endings = {Path(video.location).suffix.lower() for video in lost.values()}
    made = Relocated()
    if not lost:  # then nothing is read
        return made
    for path in map(Path, find_sources([str(place)], may_be_empty=True).sources):
        is_asked = path == place or path.is_dir() or path.suffix.lower() in endings
        video = lost.get(_content(path)) if is_asked else None
        if video is not None and video.video_id not in made.moved:
            _reconnect(project, video, [path], made)
    for video in lost.values():
        if video.video_id not in made.moved:
            made.unchanged[video.video_id] = f"{video.video_id} is not in {place}"
    return made


def _is_lost(project: Project, video: VideoRecord) -> bool:
    try:
        project.verify(video)
    except OriginalLostError:
        return True
    return False


def _content(path: Path) -> str:
    """Hash of a file or folder of pictures; empty where it cannot be read."""
    try:
        return content_hash(path)
    except VideoError:
        return ""


def _forms(path: Path) -> tuple[Path, ...]:
    """A path as it was typed, and with its links followed, as a project keeps it."""
    plain = Path(os.path.abspath(path))  # noqa: PTH100 - without following links
    return tuple(dict.fromkeys((plain, path.resolve())))


def _places(former: Path, new: Path) -> list[Path]:
    """Where one video may be: the new place itself, or under its name in there."""
    return [new] if new.is_file() else [new / former.name, new]


def _reconnect(
    project: Project, video: VideoRecord, places: list[Path], made: Relocated
) -> None:
    """Take the first place that holds the video's content."""
    why = ""
    for place in places:
        try:
            project.originals.verify(place, video.content_hash)
        except OriginalLostError:
            here = f"{place} is another file" if place.exists() else f"no {place}"
            why = why or f"{video.video_id} was not found: {here}"
            continue
        location = project.location_of(place)
        if location != video.location:
            rater = project.settings.rater
            project.store.relocate_video(video.video_id, location, rater=rater)
        made.moved[video.video_id] = location
        return
    made.unchanged[video.video_id] = why
