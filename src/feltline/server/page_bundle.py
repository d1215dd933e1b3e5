"""Bundle of the review page: where it lies, and whether it fits this server."""

from pathlib import Path
from typing import Final

__all__ = ["API_DIGEST", "PAGE_FOLDER", "bundle_fault"]

PAGE_FOLDER: Final = Path(__file__).parent / "page"
API_DIGEST: Final = (
    Path(__file__).with_name("api_digest.txt").read_text(encoding="ascii").strip()
)
"""Hash of the OpenAPI document, written by `npm --prefix web run types`. It is not
computed here: another release of FastAPI would word the same interface differently."""


def bundle_fault() -> str | None:
    """Why the page cannot be served, as a sentence; None if it can.

    A bundle names in its `index.html` the interface that its types were made from. One
    of another interface would misread answers, and drop what it cannot send.
    """
    index = PAGE_FOLDER / "index.html"
    if not index.is_file():
        fault = "has not been built"
    elif API_DIGEST not in index.read_text(encoding="utf-8"):
        fault = "was built for another version of this server"
    else:
        return None
    return (
        f"the review page {fault}: run `make web` (needs Node 20 or newer) in the "
        f"clone that feltline was installed from, install again, then start feltline "
        f"serve anew"
    )
