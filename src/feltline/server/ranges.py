"""Files as answers, whole or in part (RFC 9110, section 14), by Starlette."""

from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

__all__ = ["file_response"]

_MEDIA_TYPES: Final = {".m4v": "video/mp4", ".mov": "video/mp4"}
"""Browsers play H.264 in these when they go by the name of their sibling."""


def file_response(path: Path) -> FileResponse:
    """The answer that sends a file, or the ranges of it that are asked for.

    Its entity tag is of the file's size and time, so that a range of an original is
    never joined to one of its proxy (`If-Range`). There is no 304: browsers keep
    nothing of the API that they could ask about.

    Raises:
        HTTPException: The file is gone (404).
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise HTTPException(
            404,
            f"{path.name} cannot be read any more ({error.strerror}); put it back "
            f"where it was",
        ) from error
    media_type = _MEDIA_TYPES.get(path.suffix.lower())
    return FileResponse(path, media_type=media_type, stat_result=stat)
