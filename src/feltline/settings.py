"""Every setting in one flat list: its name, default, and what it does.

Command-line options and the Python API take their defaults from here; docs/settings.md
lists them, and a test holds the two together.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = [
    "COVERAGE",
    "ENCODER",
    "MAX_FACES",
    "SETTINGS",
    "THRESHOLD",
    "TOLERANCE",
    "Setting",
    "cache_folder",
    "encoders_folder",
    "version",
]

TOLERANCE: Final = 0.2
COVERAGE: Final = 0.9
THRESHOLD: Final = 0.8
MAX_FACES: Final = 4
ENCODER: Final = "ferplus-s+geometry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting.

    Attributes:
        name: As on the command line, or the environment variable in capitals.
        default: As documented.
        text: What it does.
    """

    name: str
    default: str
    text: str


SETTINGS: Final = (
    Setting(
        name="tolerance",
        default=f"{TOLERANCE:g}",
        text="The error that confidence speaks of: a label counts as right if valence "
        "and arousal are both at most this far from what your own rule would give.",
    ),
    Setting(
        name="coverage",
        default=f"{COVERAGE:g}",
        text="The share of intervals meant to hold the label.",
    ),
    Setting(
        name="threshold",
        default=f"{THRESHOLD:g}",
        text="Machine labels at or above this confidence are accepted; below it, a "
        "person should look.",
    ),
    Setting(
        name="faces",
        default=f"{MAX_FACES}",
        text="How many faces to follow at once.",
    ),
    Setting(
        name="every",
        default="1",
        text="Which frames to look at: each n-th (5) or a rate (2Hz).",
    ),
    Setting(
        name="encoder",
        default=ENCODER,
        text="What turns faces into numbers: names of encoders joined by +, or the "
        "path of a JSON card.",
    ),
    Setting(
        name="FELTLINE_CACHE",
        default="the user's cache folder",
        text="Where extracted faces are kept, so that the next command need not look "
        "again. They are biometric data: delete the folder and they are gone.",
    ),
    Setting(
        name="FELTLINE_DATABASE",
        default="what feltline.toml says",
        text="The database of the project that is opened: a postgresql:// or "
        "sqlite:/// URL. It wins over the file, and keeps a password out of it.",
    ),
    Setting(
        name="FELTLINE_ENCODERS",
        default="the user's data folder",
        text="Where encoders that you add are kept (feltline encoders add).",
    ),
)


def cache_folder() -> Path:
    """Where extracted faces are kept."""
    named = os.environ.get("FELTLINE_CACHE")
    if named:
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("feltline", appauthor=False)


def encoders_folder() -> Path:
    """Where encoders that the user adds are kept."""
    named = os.environ.get("FELTLINE_ENCODERS")
    if named:
        return Path(named)
    from platformdirs import user_data_path

    return user_data_path("feltline", appauthor=False) / "encoders"


def version() -> str:
    """The version of this program."""
    from importlib.metadata import version as installed

    return installed("feltline")
