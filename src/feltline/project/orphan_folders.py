"""Checks of a project's files: those of no video, and those that are damaged."""

from collections.abc import Collection, Iterator

from feltline.errors import FacesLostError, OriginalLostError
from feltline.project.feature_files import FeatureFile
from feltline.project.project import Project

__all__ = ["find_damaged", "find_lost_originals", "find_orphans"]


def find_orphans(project: Project) -> Iterator[str]:
    """Folders that no video of the project owns, a sentence each with what to do."""
    videos = project.store.videos()
    contents = {video.content_hash for video in videos}
    former = {content[:20] for content in contents}
    copies = {project.path_of(v).parent.name for v in videos if "://" in v.location}
    for folder, owned in (
        (project.features_folder, contents.__contains__),
        (project.hidden / "faces", lambda name: name.partition("-")[0] in former),
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


def find_lost_originals(
    project: Project,
    videos: Collection[str] | None = None,
    *,
    is_quick: bool = False,
) -> Iterator[str]:
    """Videos whose file is missing or another one, a sentence each.

    Args:
        project: The project.
        videos: Names of those to look at; all of them if absent.
        is_quick: Leave out files that were never looked at in this place: such are
            hashed, which takes as long as reading them.
    """
    for video in project.store.videos():
        if videos is not None and video.video_id not in videos:
            continue
        if is_quick and project.originals.is_new(
            project.path_of(video), video.content_hash
        ):
            continue
        try:
            project.verify(video)
        except OriginalLostError as error:
            yield f"{video.video_id}: {error}"


def find_damaged(project: Project) -> Iterator[str]:
    """Feature files that are lost or damaged, a sentence each; reads all of them."""
    for video in project.store.videos():
        content = video.content_hash
        place = project.feature_folder(content)
        try:
            FeatureFile.open(place, content_hash=content).verify()
        except FacesLostError as error:
            yield f"{video.video_id}: {error}"
