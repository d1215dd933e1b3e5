"""A file as an answer, whole or in part (RFC 9110, section 14).

Starlette's `FileResponse` streams, and knows HEAD, If-Range and ranges. What is no
range at all it answers with an error, where the standard has it ignored.
"""

import re
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

__all__ = ["file_response"]

_TYPES: Final = {
    # Browsers play H.264 in MOV and M4V when it goes by the name of their sibling.
    ".m4v": "video/mp4",
    ".mov": "video/mp4",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}
_SINGLE: Final = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))", re.I)


def file_response(request: Request, path: Path, *, etag: str) -> FileResponse:
    """The answer that sends a file, or the range of it that was asked for.

    One range is served (206), or refused if nothing of the file is in it (416).
    Several ranges at once, and what is no range, get the whole file, as the standard
    allows. HEAD gets the headers.

    Args:
        request: What is answered.
        path: The file.
        etag: Names what is in it: letters and digits.

    Raises:
        HTTPException: The file is gone (404), or the range is outside it (416).
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise HTTPException(
            404,
            f"{path.name} cannot be read any more ({error.strerror}); put it back "
            f"where it was",
        ) from error
    response = _OneRange(
        path,
        headers={"ETag": f'"{etag}"'},
        media_type=_TYPES.get(path.suffix.lower()),
        stat_result=stat,
    )
    if_range = request.headers.get("if-range")
    if if_range in (None, response.headers["etag"], response.headers["last-modified"]):
        _check_range(request.headers.get("range", ""), stat.st_size)
    return response


def _check_range(wanted: str, size: int) -> None:
    """Raise if not one byte of the file is in the range."""
    match = _SINGLE.fullmatch(wanted)
    if match is None:
        return
    first, last, suffix = (int(part) if part else None for part in match.groups())
    if first is not None and last is not None and last < first:
        return  # no range, so it is ignored
    if suffix == 0 or (first or 0) >= size:
        raise HTTPException(
            416,
            f"the file has {size} bytes; the range {wanted[6:]} is outside it",
            headers={"Content-Range": f"bytes */{size}"},
        )


class _OneRange(FileResponse):
    """A file response that does not see what is no single range."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request."""
        kept = [(k, v) for k, v in scope["headers"] if k != b"range" or _is_range(v)]
        await super().__call__({**scope, "headers": kept}, receive, send)


def _is_range(value: bytes) -> bool:
    """Whether a Range header asks for one range that makes sense."""
    match = _SINGLE.fullmatch(value.decode("latin-1"))
    if match is None:
        return False
    first, last, _ = match.groups()
    return not last or int(first) <= int(last)
