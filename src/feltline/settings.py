"""Every setting in one flat list: its name, default, and what it does.

Command-line options and the Python API take their defaults from here; docs/settings.md
lists them, and a test holds the two together.
"""

import os
from pathlib import Path
from typing import Final, Literal, NamedTuple

__all__ = [
    "CONSENSUS",
    "COVERAGE",
    "ENCODER",
    "LEAST_THRESHOLD",
    "MAX_FACES",
    "SETTINGS",
    "THRESHOLD",
    "TOLERANCE",
    "ConsensusPolicy",
    "Setting",
    "accounts_url",
    "cache_folder",
    "encoders_folder",
    "home_folder",
    "version",
]

TOLERANCE: Final = 0.2
COVERAGE: Final = 0.9
THRESHOLD: Final = 0.8
LEAST_THRESHOLD: Final = 0.01
"""A lower one is taken as this: where no value is known confidence is 0, and no
threshold accepts that."""
MAX_FACES: Final = 4
ConsensusPolicy = Literal["mean", "median", "ewe", "posterior"]
"""How the values that several raters gave a frame become one."""
CONSENSUS: Final = "mean"
ENCODER: Final = "affect-s+geometry"


class Setting(NamedTuple):
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
        "tolerance",
        f"{TOLERANCE:g}",
        "The error that confidence speaks of: a label counts as right if valence "
        "and arousal are both at most this far from what your own rule would give.",
    ),
    Setting(
        "coverage", f"{COVERAGE:g}", "The share of intervals meant to hold the label."
    ),
    Setting(
        "threshold",
        f"{THRESHOLD:g}",
        "Machine labels at or above this confidence are accepted; below it, a "
        "person should look.",
    ),
    Setting(
        "consensus",
        CONSENSUS,
        "How the values that several raters gave a frame become one: their mean, "
        "median, mean by weight (ewe), or the engine's posterior of the rule that "
        "they share, without what each is biased by.",
    ),
    Setting("faces", f"{MAX_FACES}", "How many faces to follow at once."),
    Setting("every", "1", "Which frames to look at: each n-th (5) or a rate (2Hz)."),
    Setting(
        "encoder",
        ENCODER,
        "What turns faces into numbers: names of encoders joined by +, or the "
        "path of a JSON card.",
    ),
    Setting(
        "FELTLINE_ACCOUNTS",
        "accounts.db in FELTLINE_HOME",
        "The database of the users who may sign in: a postgresql:// or sqlite:/// "
        "URL, never that of a project's file.",
    ),
    Setting(
        "FELTLINE_CACHE",
        "the user's cache folder",
        "Where extracted faces are kept, so that the next command need not look "
        "again. They are biometric data: delete the folder and they are gone. Also, "
        "which files feltline wrote: all others are never overwritten.",
    ),
    Setting(
        "FELTLINE_DATABASE",
        "what feltline.toml says",
        "The database of the project that is opened: a postgresql:// or "
        "sqlite:/// URL. It wins over the file, and keeps a password out of it.",
    ),
    Setting(
        "FELTLINE_ENCODERS",
        "the user's data folder",
        "Where encoders that you add are kept (feltline encoders add).",
    ),
    Setting(
        "FELTLINE_HOME",
        "the user's data folder",
        "What the server keeps for you: which projects you had open, its keys, and "
        "the projects that are made on its page.",
    ),
)


def cache_folder() -> Path:
    """Where extracted faces are kept."""
    from platformdirs import user_cache_path

    named = os.environ.get("FELTLINE_CACHE")
    return Path(named) if named else user_cache_path("feltline", appauthor=False)


def encoders_folder() -> Path:
    """Where encoders that the user adds are kept."""
    from platformdirs import user_data_path

    named = os.environ.get("FELTLINE_ENCODERS")
    own = user_data_path("feltline", appauthor=False) / "encoders"
    return Path(named) if named else own


def home_folder() -> Path:
    """Where the server keeps what belongs to its user, not to one project."""
    from platformdirs import user_data_path

    named = os.environ.get("FELTLINE_HOME")
    return Path(named) if named else user_data_path("feltline", appauthor=False)


def accounts_url(home: Path) -> str:
    """URL of the database of the users who may sign in.

    Args:
        home: As `home_folder` gives it.
    """
    return os.environ.get("FELTLINE_ACCOUNTS") or f"sqlite:///{home / 'accounts.db'}"


def version() -> str:
    """The version of this program."""
    from importlib.metadata import version as installed

    return installed("feltline")
