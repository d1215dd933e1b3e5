"""The verbs: the only place that knows in which order the stages run."""

from feltline.pipeline.adding import Added, add_videos
from feltline.pipeline.agreeing import (
    Agreement,
    agreement_in,
    agreement_of,
    as_document,
    check_agreement_path,
    days_of,
    write_agreement,
)
from feltline.pipeline.backing_up import BackedUp, backup, write_backup
from feltline.pipeline.extraction import crowd_note, extract, extract_all
from feltline.pipeline.folders import FoundSources, find_sources
from feltline.pipeline.import_predictions import LONGEST_ROW, PredictionRows
from feltline.pipeline.label_io import Export, Imported, export, import_labels
from feltline.pipeline.label_videos import label
from feltline.pipeline.labelling import Labelling, Summary
from feltline.pipeline.project_suggestions import ProjectTracks, outlook_in, suggest_in
from feltline.pipeline.propagating import Propagated, propagate
from feltline.pipeline.purging import (
    Removed,
    name_of_file,
    purge,
    purge_file,
    purge_parts,
)
from feltline.pipeline.ratings import DAY_S, RatingTable, pooled, ratings_in
from feltline.pipeline.relocating import Relocated, find_again, relocate
from feltline.pipeline.restoring import Restored, restore
from feltline.pipeline.suggestions import outlook, shortage, suggest, write_suggested
from feltline.pipeline.watching import watch_sources

__all__ = [
    "DAY_S",
    "LONGEST_ROW",
    "Added",
    "Agreement",
    "BackedUp",
    "Export",
    "FoundSources",
    "Imported",
    "Labelling",
    "PredictionRows",
    "ProjectTracks",
    "Propagated",
    "RatingTable",
    "Relocated",
    "Removed",
    "Restored",
    "Summary",
    "add_videos",
    "agreement_in",
    "agreement_of",
    "as_document",
    "backup",
    "check_agreement_path",
    "crowd_note",
    "days_of",
    "export",
    "extract",
    "extract_all",
    "find_again",
    "find_sources",
    "import_labels",
    "label",
    "name_of_file",
    "outlook",
    "outlook_in",
    "pooled",
    "propagate",
    "purge",
    "purge_file",
    "purge_parts",
    "ratings_in",
    "relocate",
    "restore",
    "shortage",
    "suggest",
    "suggest_in",
    "watch_sources",
    "write_agreement",
    "write_backup",
    "write_suggested",
]
