"""The verbs: the only place that knows in which order the stages run."""

from feltline.pipeline.adding import Added, add_videos
from feltline.pipeline.extraction import extract, extract_all
from feltline.pipeline.import_predictions import LONGEST_ROW, PredictionRows
from feltline.pipeline.label_io import Export, Imported, export, import_labels
from feltline.pipeline.label_videos import label
from feltline.pipeline.labelling import Labelling, Summary
from feltline.pipeline.project_suggestions import ProjectTracks, outlook_in, suggest_in
from feltline.pipeline.propagating import Propagated, propagate
from feltline.pipeline.purging import Removed, name_of_file, purge, purge_file
from feltline.pipeline.sources import expand_sources
from feltline.pipeline.suggestions import keep_labels, outlook, suggest, write_suggested
from feltline.pipeline.watched_files import WatchedFiles

__all__ = [
    "LONGEST_ROW",
    "Added",
    "Export",
    "Imported",
    "Labelling",
    "PredictionRows",
    "ProjectTracks",
    "Propagated",
    "Removed",
    "Summary",
    "WatchedFiles",
    "add_videos",
    "expand_sources",
    "export",
    "extract",
    "extract_all",
    "import_labels",
    "keep_labels",
    "label",
    "name_of_file",
    "outlook",
    "outlook_in",
    "propagate",
    "purge",
    "purge_file",
    "suggest",
    "suggest_in",
    "write_suggested",
]
