"""Labels in and out: the support CSV, suggested frames, and tables of estimates."""

from feltline.formats.resolve import FacesOfVideo, choices_of, support_of
from feltline.formats.suggestions import write_suggestions
from feltline.formats.support import SupportRow, read_frames_to_choose, read_support
from feltline.formats.tables import TABLE_SUFFIXES, check_table_path, write_table

__all__ = [
    "TABLE_SUFFIXES",
    "FacesOfVideo",
    "SupportRow",
    "check_table_path",
    "choices_of",
    "read_frames_to_choose",
    "read_support",
    "support_of",
    "write_suggestions",
    "write_table",
]
