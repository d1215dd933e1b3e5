"""Files that a page sent and that are no video of the project, or not yet."""

from pathlib import Path

from feltline.project.project import Project

__all__ = ["unclaimed_uploads"]


def unclaimed_uploads(project: Project) -> list[Path]:
    """Uploaded files that no video of the project lies in, by name.

    They wait to be added, or are further copies of a video, or could not be read.
    Files that are still on their way are left out: their names begin with a dot.
    """
    folder = project.uploads_folder
    if not folder.is_dir():
        return []
    own = {project.path_of(video).resolve() for video in project.store.videos()}
    return [
        path
        for path in sorted(folder.iterdir())
        if not path.name.startswith(".") and path.resolve() not in own
    ]
