"""Comments and questions on frames, with replies and mentions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from feltline.errors import ShapeError, StoreError
from feltline.store.event_log import (
    EventLog,
    NewEvent,
    append_one,
    in_force,
    saved_before,
)
from feltline.store.integrity import References
from feltline.store.rows import columns_of, value_of
from feltline.store.schema import Columns
from feltline.store.team_schema import comment_states, frame_comments
from feltline.store.transactions import Transaction

__all__ = ["FrameComment", "FrameComments", "StoredComment", "mentioned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameComment:
    """A comment on a frame, or a question about it.

    Attributes:
        video_id: Its video.
        frame: Its frame.
        text: The words.
        is_question: Whether it waits for an answer.
        track_id: Face that it is about, by the number of then; None = the frame.
        found_track_id: Found track that shows that face.
        reply_to: Event of the comment that it answers; None = none.
        mentions: Ids of raters whom it calls; of a reply, also whom it answers.
    """

    video_id: str
    frame: int
    text: str
    is_question: bool = False
    track_id: int | None = None
    found_track_id: int | None = None
    reply_to: int | None = None
    mentions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.text.strip() or self.frame < 0:
            raise ShapeError("a comment needs words, and a frame from 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredComment:
    """A comment in force, with its event.

    Attributes:
        event_id: Its event.
        at: When it was written, in UTC.
        rater: Who wrote it.
        comment: What was written.
        is_resolved: Whether it was set aside as settled.
    """

    event_id: int
    at: datetime
    rater: str
    comment: FrameComment
    is_resolved: bool


class FrameComments(EventLog):
    """What people say to each other about frames; each an event that can be undone."""

    def comment(
        self, comment: FrameComment, *, rater: str, client_id: str | None = None
    ) -> int:
        """Keep a comment; returns the event's number.

        Raises:
            StoreError: There is no such video, frame or face, or the comment that it
                answers is none, or on another video.
        """
        event = NewEvent(
            rater=rater,
            kind="frame-comment",
            client_id=client_id,
            video_id=comment.video_id,
        )
        with self._writing() as tx:
            # Sent once more: what it answers may be taken back by now.
            for known in saved_before(tx, [event]).values():
                return known.event_id
            comment = _addressed(tx, comment)
            detail = columns_of(comment, frame_comments)
            detail |= {"mentions": list(comment.mentions)}
            _check(tx, comment)
            return append_one(tx, replace(event, detail=detail))

    def set_comment_state(
        self,
        event_id: int,
        *,
        is_resolved: bool,
        rater: str,
        client_id: str | None = None,
    ) -> int:
        """Set a comment aside as settled, or bring it back; returns the event's number.

        Raises:
            StoreError: There is no such comment.
        """
        with self._writing() as tx:
            row = tx.find(frame_comments, event_id=event_id)
            if row is None:
                raise _no_such(event_id)
            video_id = row["video_id"]
            detail = {"about": event_id, "is_resolved": is_resolved}
            event = NewEvent(
                rater=rater,
                kind="comment-state",
                client_id=client_id,
                video_id=video_id,
                detail=detail | {"video_id": video_id},
            )
            return append_one(tx, event)

    def comments(self, *, video_id: str | None = None) -> list[StoredComment]:
        """Comments in force, in the order in which they were written."""
        with self._reading() as tx:
            rows = tx.rows(in_force(tx, frame_comments, video_id=video_id))
            states = tx.rows(in_force(tx, comment_states, video_id=video_id))
        resolved = {row["about"]: row["is_resolved"] for row in states}
        return [
            value_of(
                StoredComment,
                row,
                comment=_comment(row),
                is_resolved=bool(resolved.get(row["event_id"], False)),
            )
            for row in rows
        ]


def _comment(row: Columns) -> FrameComment:
    return value_of(FrameComment, row, mentions=tuple(row["mentions"]))


def _no_such(event_id: int) -> StoreError:
    return StoreError(
        f"there is no comment {event_id} in this project; load the comments again"
    )


def _addressed(tx: Transaction, comment: FrameComment) -> FrameComment:
    """A reply mentions whom it answers: else a blind rater could not read it."""
    if comment.reply_to is None:
        return comment
    events = in_force(tx, frame_comments, video_id=comment.video_id)
    for row in tx.rows(events):
        if row["event_id"] == comment.reply_to:
            called = dict.fromkeys((*comment.mentions, row["rater"]))
            return replace(comment, mentions=tuple(called))
    raise _no_such(comment.reply_to)


def _check(tx: Transaction, comment: FrameComment) -> None:
    references = References(tx, [comment.video_id])
    references.check_frame(comment.video_id, comment.frame)
    if comment.found_track_id is not None:
        at = comment.frame
        references.check_span(comment.video_id, comment.found_track_id, at, at)


def mentioned(comments: Sequence[StoredComment], rater_id: str) -> list[StoredComment]:
    """Comments that a rater wrote, or that name the rater."""
    return [
        one
        for one in comments
        if one.rater == rater_id or rater_id in one.comment.mentions
    ]
