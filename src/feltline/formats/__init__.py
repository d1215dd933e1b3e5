"""Tables in and out: labels, suggested frames, label schemas; CSV, Excel, Parquet."""

from feltline.formats.label_schema import read_schema
from feltline.formats.mapping import (
    NO_MAPPING,
    Scale,
    TableMapping,
    guessed_columns,
)
from feltline.formats.outputs import check_replaceable, replacing_output
from feltline.formats.preview import TablePreview, preview_table
from feltline.formats.reading import Table, raise_for_rows, read_table
from feltline.formats.resolve import (
    FacesOfVideo,
    choices_of,
    judgements_of,
    shortened,
)
from feltline.formats.support import (
    PlaceRow,
    SupportRow,
    SupportSet,
    check_suggestions_path,
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
from feltline.formats.video_names import VideoNames, file_beside

__all__ = [
    "NO_MAPPING",
    "ORIGINS",
    "TABLE_SUFFIXES",
    "FacesOfVideo",
    "Layer",
    "PlaceRow",
    "Scale",
    "SupportRow",
    "SupportSet",
    "Table",
    "TableFormat",
    "TableMapping",
    "TablePreview",
    "TrackRows",
    "VideoNames",
    "check_replaceable",
    "check_suggestions_path",
    "check_table_path",
    "choices_of",
    "encoded_rows",
    "file_beside",
    "guessed_columns",
    "judgements_of",
    "preview_table",
    "raise_for_rows",
    "read_frames_to_choose",
    "read_schema",
    "read_support",
    "read_table",
    "replacing_output",
    "shortened",
    "suggestion_columns",
    "table_columns",
    "write_rows",
    "write_suggestions",
]
