"""Label a video for valence and arousal from a few human-labelled frames.

    import feltline

    feltline.suggest("talk.mp4", labels_per_clip=6, out="labels.csv")
    # fill in valence and arousal in labels.csv
    feltline.label("talk.mp4", support="labels.csv", out="all.csv").plot("curves.png")

Importing is cheap: what a function needs is loaded when it is first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feltline.errors import FeltlineError
    from feltline.fewshot import LabelOptions
    from feltline.pipeline import extract, label, outlook, suggest
    from feltline.project import ExtractOptions

__all__ = [
    "ExtractOptions",
    "FeltlineError",
    "LabelOptions",
    "extract",
    "label",
    "outlook",
    "suggest",
]

_HOME = {
    "ExtractOptions": "feltline.project",
    "FeltlineError": "feltline.errors",
    "LabelOptions": "feltline.fewshot",
    "extract": "feltline.pipeline",
    "label": "feltline.pipeline",
    "outlook": "feltline.pipeline",
    "suggest": "feltline.pipeline",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    if name not in _HOME:
        raise AttributeError(f"module 'feltline' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
