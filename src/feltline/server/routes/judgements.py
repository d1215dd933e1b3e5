"""Judgements in, and taking changes back."""

from fastapi import APIRouter

from feltline.server.context import Here, Served
from feltline.server.requests import (
    JudgementRequest,
    JudgementsRequest,
    UndoRequest,
)
from feltline.server.responses import SavedBody, UndoBody

router = APIRouter(tags=["judgements"])


@router.post("/judgements")
def give_judgement(asked: JudgementRequest, here: Here) -> SavedBody:
    """Save a judgement; it is in the database when the answer comes."""
    return _give([asked], here)[0]


@router.post("/judgements/many")
def give_judgements(asked: JudgementsRequest, here: Here) -> list[SavedBody]:
    """Save judgements, all or none."""
    return _give(asked.judgements, here)


@router.post("/undo")
def undo(asked: UndoRequest, here: Here) -> UndoBody:
    """Take back a change, or the last one that is in force; a new entry in the log."""
    raise NotImplementedError


@router.post("/redo")
def redo(asked: UndoRequest, here: Here) -> UndoBody:
    """Put what was taken back in force again: by one undo, or by the last one."""
    raise NotImplementedError


def _give(asked: list[JudgementRequest], here: Served) -> list[SavedBody]:
    raise NotImplementedError
