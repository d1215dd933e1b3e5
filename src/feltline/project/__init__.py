"""The domain of a project: its folder, its tracks as corrected, people's judgements."""

from feltline.project.annotations import (
    SOURCES,
    TrackAnnotations,
    annotate,
)
from feltline.project.audit_schedule import (
    AuditDue,
    audit_due,
    check_audited,
    next_due,
)
from feltline.project.extraction_cache import Extraction, ExtractOptions
from feltline.project.feature_files import FeatureFile
from feltline.project.guidelines import (
    MAX_GUIDELINES,
    Guidelines,
    read_guidelines,
    write_guidelines,
)
from feltline.project.laying import FinalRows, lay_over
from feltline.project.learning import is_due, keep_default_model, learn
from feltline.project.originals import FileStamp, Originals, stamp_of
from feltline.project.orphan_folders import (
    find_damaged,
    find_lost_originals,
    find_orphans,
)
from feltline.project.placement import frames_now, judgements_now, persons_now
from feltline.project.predicting import Predictor, current_model
from feltline.project.project import Project, find_project
from feltline.project.project_settings import (
    SETTINGS_FILE,
    AuditSettings,
    ProjectSettings,
    read_settings,
)
from feltline.project.purged_contents import fingerprint, purged_after
from feltline.project.rebuild import rebuild
from feltline.project.snapshot import (
    VideoState,
    load_video,
    reread,
)
from feltline.project.trace_edits import PlacedTrace, as_unit, unit_trace
from feltline.project.track_edits import IGNORED, check_edit, edited
from feltline.project.uploaded_files import unclaimed_uploads

__all__ = [
    "IGNORED",
    "MAX_GUIDELINES",
    "SETTINGS_FILE",
    "SOURCES",
    "AuditDue",
    "AuditSettings",
    "ExtractOptions",
    "Extraction",
    "FeatureFile",
    "FileStamp",
    "FinalRows",
    "Guidelines",
    "Originals",
    "PlacedTrace",
    "Predictor",
    "Project",
    "ProjectSettings",
    "TrackAnnotations",
    "VideoState",
    "annotate",
    "as_unit",
    "audit_due",
    "check_audited",
    "check_edit",
    "current_model",
    "edited",
    "find_damaged",
    "find_lost_originals",
    "find_orphans",
    "find_project",
    "fingerprint",
    "frames_now",
    "is_due",
    "judgements_now",
    "keep_default_model",
    "lay_over",
    "learn",
    "load_video",
    "next_due",
    "persons_now",
    "purged_after",
    "read_guidelines",
    "read_settings",
    "rebuild",
    "reread",
    "stamp_of",
    "unclaimed_uploads",
    "unit_trace",
    "write_guidelines",
]
