"""How people are to rate in this project."""

from threading import Lock
from typing import Final

from fastapi import APIRouter, HTTPException

from feltline.project import Guidelines, read_guidelines, write_guidelines
from feltline.server.context import Here
from feltline.server.requests import GuidelinesRequest
from feltline.server.responses import GuidelinesBody

router = APIRouter(tags=["guidelines"])

_WRITING: Final = Lock()


@router.get("/guidelines")
def guidelines(here: Here) -> GuidelinesBody:
    """The text as it stands; empty if nobody has written any."""
    return _body(read_guidelines(here.project.folder))


@router.put("/guidelines")
def put_guidelines(asked: GuidelinesRequest, here: Here) -> GuidelinesBody:
    """Put another text in the place of the one that was read."""
    folder = here.project.folder
    with _WRITING:
        now = read_guidelines(folder)
        if now.text == asked.text:
            return _body(now)
        if now.revision != asked.revision:
            raise HTTPException(
                409,
                "the guidelines were changed by somebody else in the meantime; copy "
                "what you have written, load them again, and put the two together",
            )
        written = write_guidelines(folder, asked.text)
    here.project.store.note("guidelines", rater=here.rater, detail={})
    here.worker.look()  # so that pages that show them follow at once
    return _body(written)


def _body(stands: Guidelines) -> GuidelinesBody:
    return GuidelinesBody(text=stands.text, revision=stands.revision)
