"""The verbs: the only place that knows in which order the stages run."""

from feltline.pipeline.extract import Progress, extract
from feltline.pipeline.extraction import Extraction, ExtractOptions
from feltline.pipeline.label import Labelling, Summary, extract_all, label
from feltline.pipeline.suggest import outlook, suggest

__all__ = [
    "ExtractOptions",
    "Extraction",
    "Labelling",
    "Progress",
    "Summary",
    "extract",
    "extract_all",
    "label",
    "outlook",
    "suggest",
]
