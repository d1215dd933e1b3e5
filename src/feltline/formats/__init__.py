"""Labels in and out: the support CSV, suggested frames, and tables of estimates."""

from feltline.formats.resolve import FacesOfVideo, choices_of, support_of
from feltline.formats.suggestions import write_suggestions
from feltline.formats.support import SupportRow, read_frames_to_choose, read_support
from feltline.formats.tables import (
    TABLE_SUFFIXES,
    Layer,
    TableFormat,
    TrackRows,
    check_table_path,
    encoded_rows,
    write_rows,
    write_table,
)

__all__ = [
    "TABLE_SUFFIXES",
    "FacesOfVideo",
    "Layer",
    "SupportRow",
    "TableFormat",
    "TrackRows",
    "check_table_path",
    "choices_of",
    "encoded_rows",
    "read_frames_to_choose",
    "read_support",
    "support_of",
    "write_rows",
    "write_suggestions",
    "write_table",
]
