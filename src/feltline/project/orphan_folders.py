"""Folders of a project that none of its videos owns."""

from collections.abc import Iterator
from typing import Final

from feltline.project.project import Project

__all__ = ["OF_FACES", "strays"]

OF_FACES: Final = 20
"""Digits of the content hash in the name of a folder of faces."""


def strays(project: Project) -> Iterator[str]:
    """Folders that no video of the project owns, a sentence each with what to do."""
    videos = project.store.videos()
    contents = {video.content_hash for video in videos}
    faces = {content[:OF_FACES] for content in contents}
    copies = {project.path_of(v).parent.name for v in videos if "://" in v.location}
    for folder, owned in (
        (project.faces_folder, lambda name: name.partition("-")[0] in faces),
        (project.pictures_folder, contents.__contains__),
        (project.proxies_folder, contents.__contains__),
        (project.hidden / "remote", copies.__contains__),
    ):
        if not folder.is_dir():
            continue
        for one in sorted(folder.iterdir()):
            if one.is_dir() and not owned(one.name):
                yield (
                    f"{one} is of no video of this project: adding one was interrupted "
                    f"or failed, or is under way; add it again, or have it removed "
                    f"with feltline purge and the name of its file; if that is gone, "
                    f"delete the folder"
                )
