"""Comments and questions on frames."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request

from feltline.review import track_now
from feltline.server.context import Here, Served
from feltline.server.requests import EventNumber, VideoName
from feltline.server.responses import ChangedBody
from feltline.server.routes.team import known_team
from feltline.server.work_bodies import CommentBody, CommentRequest, CommentStateRequest
from feltline.store import FrameComment, StoredComment, mentioned

router = APIRouter(tags=["comments"])


@router.get("/comments")
def comments(
    here: Here,
    video_id: Annotated[VideoName | None, Query()] = None,
    open_only: Annotated[bool, Query(alias="open")] = False,
) -> list[CommentBody]:
    """Comments, in the order in which they were written.

    Who does not lead sees their own, and those that name them.
    """
    if video_id is not None:
        here.record(video_id)
    return [
        _body(here, one)
        for one in _seen(here, video_id)
        if not (open_only and one.is_resolved)
    ]


@router.post("/comments")
def write_comment(asked: CommentRequest, request: Request, here: Here) -> ChangedBody:
    """Write a comment or a question; a reply is seen by whom it answers.

    Who does not lead calls those who do: raters do not know each other.
    """
    here.record(asked.video_id)
    known = here.project.store.event_of_client(asked.client_id)
    found = None
    if asked.track_id is not None and known is None:
        found = here.found_at(asked.video_id, asked.track_id, asked.frame)
    if known is None:
        _check_called(asked.mentions, request, here)
        if asked.reply_to is not None:
            _check_seen(here, asked.reply_to, asked.video_id)
    comment = FrameComment(
        video_id=asked.video_id,
        frame=asked.frame,
        text=asked.text,
        is_question=asked.is_question,
        track_id=asked.track_id,
        found_track_id=found,
        reply_to=asked.reply_to,
        mentions=tuple(dict.fromkeys(asked.mentions)),
    )
    event_id = here.project.store.comment(
        comment, rater=here.rater, client_id=asked.client_id
    )
    here.worker.changed(None, event_id)
    return ChangedBody(event_id=event_id)


@router.put("/comments/{event_id}/state")
def set_state(
    event_id: EventNumber, asked: CommentStateRequest, here: Here
) -> ChangedBody:
    """Set a comment aside as settled, or bring it back."""
    _check_seen(here, event_id)
    made = here.project.store.set_comment_state(
        event_id,
        is_resolved=asked.is_resolved,
        rater=here.rater,
        client_id=asked.client_id,
    )
    here.worker.changed(None, made)
    return ChangedBody(event_id=made)


def _seen(here: Served, video_id: str | None = None) -> list[StoredComment]:
    """Comments that the caller may see."""
    found = here.project.store.comments(video_id=video_id)
    return found if here.identity.sees_all else mentioned(found, here.rater)


def _check_called(mentions: Sequence[str], request: Request, here: Served) -> None:
    """Raise unless all who are called would see it.

    Raises:
        HTTPException: One is unknown to the caller, or cannot come in any more.
    """
    team = known_team(request, here) if mentions else []
    there = {one.rater_id for one in team if one.may("judge")}
    wrong = [rater_id for rater_id in mentions if rater_id not in there]
    if wrong:
        raise HTTPException(
            422,
            f"a comment cannot call {wrong[0]!r}: nobody of that id whom you work with "
            f"here reads comments",
        )


def _check_seen(here: Served, event_id: int, video_id: str | None = None) -> None:
    """Raise unless a comment, on a video if one is named, is for the caller to see.

    Raises:
        HTTPException: It is not, or there is none: in the same words.
    """
    if all(one.event_id != event_id for one in _seen(here, video_id)):
        raise HTTPException(
            404, f"there is no comment {event_id} for you; load the comments again"
        )


def _body(here: Served, one: StoredComment) -> CommentBody:
    said = one.comment
    track_id = said.track_id
    if said.found_track_id is not None:
        place = said.video_id, said.found_track_id, said.frame
        track_id = track_now(here.live, *place)
    return CommentBody(
        event_id=one.event_id,
        at=one.at,
        rater_id=one.rater,
        video_id=said.video_id,
        track_id=track_id,
        frame=said.frame,
        text=said.text,
        is_question=said.is_question,
        reply_to=said.reply_to,
        mentions=list(said.mentions),
        is_resolved=one.is_resolved,
    )
