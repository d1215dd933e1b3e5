"""The domain of a project: its folder, its tracks as corrected, people's judgements."""

from feltline.project.annotations import ORIGINS, Judged
from feltline.project.extraction_cache import Extraction, ExtractOptions
from feltline.project.orphan_folders import find_orphans
from feltline.project.prediction_runs import (
    PRIOR,
    Propagated,
    current_run,
    fill_state,
    keep_run,
    propagate,
    rebuild,
)
from feltline.project.project import Project, ProjectSettings, find_project
from feltline.project.snapshot import (
    ProjectState,
    VideoState,
    load_state,
    load_video,
    reread,
)
from feltline.project.track_edits import IGNORED, check_edit, followed

__all__ = [
    "IGNORED",
    "ORIGINS",
    "PRIOR",
    "ExtractOptions",
    "Extraction",
    "Judged",
    "Project",
    "ProjectSettings",
    "ProjectState",
    "Propagated",
    "VideoState",
    "check_edit",
    "current_run",
    "fill_state",
    "find_orphans",
    "find_project",
    "followed",
    "keep_run",
    "load_state",
    "load_video",
    "propagate",
    "rebuild",
    "reread",
]
