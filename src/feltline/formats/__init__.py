"""Labels in and out: support CSV, label schema, suggested frames, tables of labels."""

from feltline.formats.label_schema import read_schema
from feltline.formats.resolve import FacesOfVideo, choices_of, judgements_of
from feltline.formats.support import (
    SupportRow,
    read_frames_to_choose,
    read_support,
    suggestion_columns,
    write_suggestions,
)
from feltline.formats.tables import (
    ORIGINS,
    TABLE_SUFFIXES,
    Layer,
    TableFormat,
    TrackRows,
    check_table_path,
    encoded_rows,
    table_columns,
    write_rows,
)

__all__ = [
    "ORIGINS",
    "TABLE_SUFFIXES",
    "FacesOfVideo",
    "Layer",
    "SupportRow",
    "TableFormat",
    "TrackRows",
    "check_table_path",
    "choices_of",
    "encoded_rows",
    "judgements_of",
    "read_frames_to_choose",
    "read_schema",
    "read_support",
    "suggestion_columns",
    "table_columns",
    "write_rows",
    "write_suggestions",
]
