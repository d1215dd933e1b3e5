"""Assigning: deals candidates out to raters, some of them to several (overlap design).

Without overlap nobody could say how far raters agree; with full overlap each frame
costs as often as there are raters. Which frames are seen by several is decided by a
hash of plan and frame, or by the model's confidence: what it is unsure of is worth a
second look. What several raters get is blind, so that they agree with each other and
not with the machine; and it is of one frame, as all that checks a rater.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from feltline.errors import InputError
from feltline.store import KnownAnswer, NewAssignment

__all__ = ["Candidate", "Overlap", "deal", "deal_known"]

STEP: Final = 0.2
"""A frame this far below the threshold goes to one rater more."""
TRAINING_PRIORITY: Final = 1000.0
"""Practice comes before all other work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A stretch of a face that somebody should judge.

    Attributes:
        video_id: Its video.
        found_track_id: Found track that shows it.
        track_id: Its number now.
        first_frame: First frame that is to be judged.
        last_frame: Last one.
        frame: The one of them that is shown.
        confidence: The model's there; NaN = unknown.
        is_blind: Whether it is judged blind by whoever gets it.
    """

    video_id: str
    found_track_id: int
    track_id: int
    first_frame: int
    last_frame: int
    frame: int
    confidence: float = math.nan
    is_blind: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How many raters judge the same.

    Attributes:
        by: A fixed share of frames, or those of low confidence.
        share: Of the frames, how many go to `most_raters`; the others go to one.
        most_raters: At most so many raters for a frame.
        threshold: The threshold on confidence in force.
    """

    by: Literal["share", "confidence"]
    share: float = 0.2
    most_raters: int = 2
    threshold: float = 0.0

    def n_raters(self, candidate: Candidate, plan: str, n_raters: int) -> int:
        """How many raters judge a candidate, of so many that there are."""
        if self.by == "share":
            is_shared = _draw(plan, candidate) < self.share
            wanted = self.most_raters if is_shared else 1
        else:
            # What nothing is known of counts as unsure.
            confidence = candidate.confidence
            known = 0.0 if math.isnan(confidence) else confidence
            wanted = 1 + (known < self.threshold) + (known < self.threshold - STEP)
        return min(wanted, self.most_raters, n_raters)


def deal(
    candidates: Sequence[Candidate], raters: Sequence[str], overlap: Overlap, plan: str
) -> list[NewAssignment]:
    """Deal candidates out in rounds, so that loads differ by one at most.

    Args:
        candidates: What is to be judged, the most urgent first.
        raters: Ids of who is to judge it.
        overlap: How many judge the same.
        plan: Name of the plan; a plan deals the same candidates out the same way.

    Raises:
        InputError: There is no rater, or one is named twice.
    """
    if not raters or len(set(raters)) < len(raters):
        raise InputError(
            "assigning needs at least one rater, and each of them once; name them by "
            "their ids"
        )
    load = dict.fromkeys(raters, 0)
    made: list[NewAssignment] = []
    for at, one in enumerate(candidates):
        n = overlap.n_raters(one, plan, len(raters))
        # Of equal loads, each time in another order: no two raters share all frames.
        order = sorted(raters, key=lambda rater: (load[rater], _hash(plan, at, rater)))
        is_blind = one.is_blind or n > 1
        # A stretch would tell it from honeypots and audits, which are of one frame.
        first, last = (
            (one.frame, one.frame) if is_blind else (one.first_frame, one.last_frame)
        )
        for rater in order[:n]:
            load[rater] += 1
            made.append(
                NewAssignment(
                    rater_id=rater,
                    video_id=one.video_id,
                    found_track_id=one.found_track_id,
                    track_id=one.track_id,
                    first_frame=first,
                    last_frame=last,
                    frame=one.frame,
                    scope="frame",
                    kind="label",
                    is_blind=is_blind,
                    priority=-float(at),
                )
            )
    return made


def deal_known(
    answers: Sequence[KnownAnswer],
    dealt: Sequence[NewAssignment],
    raters: Sequence[str],
    plan: str,
    *,
    share: float,
) -> list[NewAssignment]:
    """Deal known answers out: practice to all raters first, honeypots among their work.

    Args:
        answers: Those that are dealt out.
        dealt: The work that honeypots are put among.
        raters: Ids of the raters.
        plan: Name of the plan.
        share: Honeypots by so much of a rater's work, rounded up; 0 = none.
    """
    training = [one for one in answers if one.use == "training"]
    honeypots = [one for one in answers if one.use == "honeypot"]
    made = [
        _known(one, rater, TRAINING_PRIORITY - at)
        for rater in raters
        for at, one in enumerate(training)
    ]
    for rater in raters:
        own = [one.priority for one in dealt if one.rater_id == rater]
        n = min(math.ceil(share * len(own)), len(honeypots))
        order = sorted(honeypots, key=lambda one: _hash(plan, one.answer_id, rater))
        for one in order[:n]:
            at = _hash(plan, rater, one.answer_id) % len(own)
            made.append(_known(one, rater, own[at] - 0.5))
    return made


def _known(answer: KnownAnswer, rater: str, priority: float) -> NewAssignment:
    return NewAssignment(
        rater_id=rater,
        video_id=answer.video_id,
        found_track_id=answer.found_track_id,
        track_id=answer.found_track_id,
        first_frame=answer.middle,
        last_frame=answer.middle,
        frame=answer.middle,
        scope="frame",
        kind=answer.use,
        is_blind=True,
        priority=priority,
        answer_id=answer.answer_id,
    )


def _hash(*parts: object) -> int:
    """A number that is always the same for the same parts, on every machine."""
    text = "\0".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _draw(plan: str, one: Candidate) -> float:
    """A number from 0 to 1 for a candidate in a plan."""
    place = one.video_id, one.found_track_id, one.first_frame
    return _hash(plan, *place) / 2.0**64
