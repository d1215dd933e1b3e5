"""Everything feltline raises on purpose.

```
FeltlineError
├── InputError            a file or value the user gave cannot be used
│   ├── VideoError        the file, its stream, or a frame asked of it
│   │   └── OriginalLostError   a project's video is missing, or another file is there
│   ├── SupportError      a row of the support set
│   ├── EncoderError      a model file, its card, or embeddings of two encoders
│   ├── FacesLostError    what was extracted from a project's video is gone
│   └── StoreError        a project's database, or a change it cannot take
│       └── StoreUnavailableError   it is locked, gone, replaced or out of reach
├── NothingToLabelError   the input is fine, but there is no face or no label in it
├── SetupError            a package, a library or room on the disk is missing
└── ShapeError            arrays that do not fit together (a fault of the caller)
```

A message says what was wrong, what was expected, in which file, frame or row, and
what to do next. `exit_code` is what the command line returns.
"""

from typing import ClassVar

__all__ = [
    "AuditOverdueError",
    "EncoderError",
    "FacesLostError",
    "FeltlineError",
    "InputError",
    "NothingToLabelError",
    "OriginalLostError",
    "SetupError",
    "ShapeError",
    "StoreError",
    "StoreUnavailableError",
    "SupportError",
    "VideoError",
]


class FeltlineError(Exception):
    """The root of every error feltline raises on purpose."""

    exit_code: ClassVar[int] = 4


class InputError(FeltlineError):
    """A file or a value the user gave cannot be used."""


class VideoError(InputError):
    """A video that cannot be opened, decoded or written, or a frame it lacks."""


class OriginalLostError(VideoError):
    """The file of a project's video is missing, or another file is in its place."""


class SupportError(InputError):
    """A row of the support set that cannot be used; the message names the row."""


class EncoderError(InputError):
    """A model file or card that cannot be used, or embeddings of two encoders."""


class FacesLostError(InputError):
    """What was extracted from a video of a project is no longer kept."""


class AuditOverdueError(InputError):
    """Accepted labels are not given out before their audit is decided."""


class StoreError(InputError):
    """A project's database that cannot be used, or a change that it cannot take."""


class StoreUnavailableError(StoreError):
    """A database that is locked, gone, replaced or out of reach.

    Nothing is wrong with the change itself: the same may succeed later.
    """


class NothingToLabelError(FeltlineError):
    """The input is well-formed, but it holds no face, or no label, to work from."""

    exit_code: ClassVar[int] = 3


class SetupError(FeltlineError):
    """Something this machine lacks: a package, a system library, or disk space."""


class ShapeError(FeltlineError, ValueError):
    """Arrays of a shape, type or range other than the one documented."""
