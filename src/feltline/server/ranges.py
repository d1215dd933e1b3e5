"""Files as answers, whole or in part (RFC 9110, section 14), by Starlette."""

from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

__all__ = ["file_response"]

_MEDIA_TYPES: Final = {
    # Browsers play H.264 in MOV and M4V when it goes by the name of their sibling.
    ".m4v": "video/mp4",
    ".mov": "video/mp4",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}
_CONDITIONS: Final = StaticFiles(check_dir=False)


def file_response(request: Request, path: Path) -> Response:
    """The answer that sends a file, the ranges of it that were asked for, or 304.

    Its entity tag is of the file's size and time, so that an original and its proxy
    never share one.

    Args:
        request: What is answered.
        path: The file.

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
    response = FileResponse(path, media_type=media_type, stat_result=stat)
    if _CONDITIONS.is_not_modified(response.headers, request.headers):
        return NotModifiedResponse(response.headers)
    return response
