"""Known projects: which folders this user opened as projects, in files of their own.

A project has a key, which stands in the addresses of its pages and stays its own: a
slug of the name of its folder. There is a file per project, so that two servers never
write over each other's.
"""

import json
import logging
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

from feltline.atomic import replacing
from feltline.errors import SetupError

__all__ = ["Counts", "KnownProject", "KnownProjects", "ListedProject", "slug_of"]

logger = logging.getLogger(__name__)

FOLDER: Final = "known"
MAX_SLUG: Final = 40
NO_SLUG: Final = "project"
"""For a name that has nothing in it that an address could hold as it is."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a project was when it was last looked at.

    Attributes:
        videos: How many there are.
        judgements: Judgements in force.
        pending: Open frames under the threshold.
    """

    videos: int
    judgements: int
    pending: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownProject:
    """What is known of a project without opening it.

    Attributes:
        key: Names it in addresses.
        folder: Where it lies.
        name: For people, as last read.
        used_at: When it was last opened, in UTC; None if it never was.
        counts: As last seen; None if it never was opened.
    """

    key: str
    folder: Path
    name: str
    used_at: datetime | None = None
    counts: Counts | None = None

    def now(self) -> "KnownProject":
        """The same, opened at this moment."""
        return replace(self, used_at=datetime.now(UTC).replace(microsecond=0))


@dataclass(frozen=True, slots=True)
class ListedProject:
    """A project as the start page lists it.

    Attributes:
        known: What is known of it; counts are of now where it is open.
        is_open: Whether it was opened.
        fault: Why it cannot be opened, as a sentence; empty if nothing is known to be
            wrong.
    """

    known: KnownProject
    is_open: bool
    fault: str


class KnownProjects:
    """The list of known projects, in a folder of the user's own.

    Args:
        home: That folder (`FELTLINE_HOME`); it is made if it is missing.

    Raises:
        SetupError: It cannot be made.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._folder = home / FOLDER
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SetupError(
                f"the folder {home} cannot be made ({error.strerror}); set "
                f"FELTLINE_HOME to a folder that you can write to"
            ) from error

    def all(self) -> list[KnownProject]:
        """All of them, by key; a file that cannot be read is passed over and said."""
        found = (self._read(file) for file in sorted(self._folder.glob("*.json")))
        return [known for known in found if known is not None]

    def add(self, folder: Path, name: str) -> KnownProject:
        """Take a folder into the list, if it is not there, and give it a key.

        Raises:
            SetupError: The list cannot be written.
        """
        folder = folder.resolve()
        for known in self.all():
            if known.folder == folder:
                return known
        for key in _keys(slug_of(folder.name)):
            try:
                # Made here and now, so that the key is nobody else's.
                os.close(os.open(self._file(key), os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                continue
            except OSError as error:
                raise SetupError(
                    f"{self._folder} cannot be written ({error.strerror}); make it "
                    f"writable to you, or set FELTLINE_HOME to another folder"
                ) from error
            known = KnownProject(key=key, folder=folder, name=name)
            self.keep(known)
            return known
        raise AssertionError  # there is no end of keys

    def keep(self, known: KnownProject) -> None:
        """Write down what is known of a project.

        Raises:
            SetupError: The list cannot be written.
        """
        used_at = None if known.used_at is None else known.used_at.isoformat()
        said = asdict(known) | {"folder": str(known.folder), "used_at": used_at}
        del said["key"]
        with replacing(self._file(known.key)) as scratch:
            scratch.write_text(json.dumps(said, indent=1), encoding="utf-8")

    def forget(self, key: str) -> None:
        """Take a project off the list; its folder stays as it is."""
        self._file(key).unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _read(self, file: Path) -> KnownProject | None:
        try:
            said = json.loads(file.read_text(encoding="utf-8"))
            counts, used_at = said["counts"], said["used_at"]
            return KnownProject(
                key=file.stem,
                folder=Path(said["folder"]),
                name=str(said["name"]),
                used_at=None if used_at is None else datetime.fromisoformat(used_at),
                counts=None if counts is None else Counts(**counts),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning(
                "%s says of no project where it lies (%s); delete it, and open the "
                "project again",
                file,
                error,
            )
            return None


def slug_of(name: str) -> str:
    """A name as an address can hold it: small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:MAX_SLUG].strip("-")
    return slug or NO_SLUG


def _keys(slug: str) -> Iterator[str]:
    yield slug
    for number in count(2):
        yield f"{slug}-{number}"
