"""Folder identity: tells a project from its copies, which have the same project id.

What a browser keeps of work that has not arrived is kept by it. A folder that was moved
or renamed stays the same one, as does one whose file system gives out no lasting
numbers; a copy, or a backup that was restored elsewhere, is another one.
"""

import json
import logging
import uuid
from pathlib import Path
from typing import Final

from feltline.atomic import replacing
from feltline.errors import FeltlineError

__all__ = ["folder_identity"]

logger = logging.getLogger(__name__)

FILE: Final = "folder.json"


def folder_identity(hidden: Path) -> str:
    """Name of a project's folder, as it was given when it was first opened here.

    Args:
        hidden: The folder in it that holds what is not for people.
    """
    file, place = hidden / FILE, str(hidden.resolve())
    number = hidden.stat().st_ino
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        name, at, of = str(said["id"]), said["place"], said["number"]
    except (OSError, ValueError, KeyError, TypeError):
        name, at, of = "", None, None
    if name and (at, of) == (place, number):
        return name
    if not name or (at != place and of != number):
        name = uuid.uuid4().hex
    try:
        with replacing(file) as scratch:
            text = json.dumps({"id": name, "place": place, "number": number})
            scratch.write_text(text, encoding="utf-8")
    except (FeltlineError, OSError) as error:
        # Then what a browser keeps is kept until the server ends.
        logger.warning("%s cannot be written: %s", file, error)
    return name
