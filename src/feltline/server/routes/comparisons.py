"""Pairwise comparisons: which of two faces is higher in a dimension?"""

from fastapi import APIRouter

from feltline.review import PairFace, next_pair, score_comparisons
from feltline.server.audit_bodies import (
    ComparedFace,
    ComparisonRequest,
    ComparisonScoreBody,
    NextPairBody,
    PairBody,
)
from feltline.server.context import Here
from feltline.server.responses import ChangedBody, rounded
from feltline.store import Comparison

router = APIRouter(tags=["comparisons"])


@router.get("/comparisons/next")
def next_comparison(here: Here) -> NextPairBody:
    """The next pair for you; the same one until you compared it."""
    pair = next_pair(here.live, here.rater, here.rater_view())
    if pair is None:
        return NextPairBody(pair=None)
    return NextPairBody(
        pair=PairBody(
            dimension=pair.dimension, first=_face(pair.first), second=_face(pair.second)
        )
    )


@router.post("/comparisons")
def compare(asked: ComparisonRequest, here: Here) -> ChangedBody:
    """Save which of two faces is higher; it can be undone like any change."""
    store = here.project.store
    known = store.event_of_client(asked.client_id)
    if known is not None and store.event(known).kind == "comparison":
        return ChangedBody(event_id=known)
    found = here.found_at(asked.video_id, asked.track_id, asked.frame)
    other = here.found_at(asked.other_video_id, asked.other_track_id, asked.other_frame)
    comparison = Comparison(
        **asked.model_dump(exclude={"client_id"}),
        found_track_id=found,
        other_found_track_id=other,
    )
    event_id = store.compare(comparison, rater=here.rater, client_id=asked.client_id)
    here.worker.changed(None, event_id)
    return ChangedBody(event_id=event_id)


@router.get("/comparisons/score")
def score(here: Here) -> list[ComparisonScoreBody]:
    """How far everybody's comparisons and the curves agree, by dimension."""
    return [
        ComparisonScoreBody(
            dimension=one.dimension,
            n=one.score.n,
            n_cannot=one.n_cannot,
            share=rounded(one.score.share),
            low=rounded(one.score.low),
            high=rounded(one.score.high),
        )
        for one in score_comparisons(here.live)
    ]


def _face(face: PairFace) -> ComparedFace:
    return ComparedFace(
        video_id=face.video_id,
        track_id=face.track_id,
        frame=face.frame,
        time_s=round(face.time_s, 6),
    )
