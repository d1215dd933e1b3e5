"""The verbs: the only place that knows in which order the stages run."""

from feltline.pipeline.add import Added, add_videos, expand_sources
from feltline.pipeline.estimates_in import LONGEST_ROW, EstimateRows
from feltline.pipeline.exchange import (
    Export,
    Imported,
    export,
    import_labels,
)
from feltline.pipeline.extract import Progress, extract
from feltline.pipeline.extraction import Extraction, ExtractOptions
from feltline.pipeline.judged import ORIGINS, Judged
from feltline.pipeline.label import Labelling, Summary, extract_all, label, version
from feltline.pipeline.project import Project, ProjectSettings, find_project
from feltline.pipeline.propagate import (
    PRIOR,
    Propagated,
    current_run,
    fill_state,
    keep_run,
    propagate,
    rebuild,
)
from feltline.pipeline.purge import Purged, name_of_file, purge, purge_file, strays
from feltline.pipeline.repair import IGNORED, check_edit, followed
from feltline.pipeline.state import (
    ProjectState,
    VideoState,
    load_state,
    load_video,
    reread,
)
from feltline.pipeline.suggest import (
    keep_labels,
    outlook,
    outlook_in,
    suggest,
    suggest_in,
    write_suggested,
)

__all__ = [
    "IGNORED",
    "LONGEST_ROW",
    "ORIGINS",
    "PRIOR",
    "Added",
    "EstimateRows",
    "Export",
    "ExtractOptions",
    "Extraction",
    "Imported",
    "Judged",
    "Labelling",
    "Progress",
    "Project",
    "ProjectSettings",
    "ProjectState",
    "Propagated",
    "Purged",
    "Summary",
    "VideoState",
    "add_videos",
    "check_edit",
    "current_run",
    "expand_sources",
    "export",
    "extract",
    "extract_all",
    "fill_state",
    "find_project",
    "followed",
    "import_labels",
    "keep_labels",
    "keep_run",
    "label",
    "load_state",
    "load_video",
    "name_of_file",
    "outlook",
    "outlook_in",
    "propagate",
    "purge",
    "purge_file",
    "rebuild",
    "reread",
    "strays",
    "suggest",
    "suggest_in",
    "version",
    "write_suggested",
]
