"""Dealing out work: loads, overlap, nothing twice."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.projects import judgement_of

from feltline.errors import InputError, ShapeError
from feltline.review import Candidate, Overlap, deal, deal_known
from feltline.store import KnownAnswer

RATERS = ("ann", "ben", "cho", "dai", "eri")


def candidates(n, confidence=()):
    known = [*confidence, *[0.5] * n][:n]
    return [
        Candidate(
            video_id="a.mp4",
            found_track_id=0,
            track_id=0,
            first_frame=at,
            last_frame=at,
            frame=at,
            confidence=known[at],
            is_blind=False,
        )
        for at in range(n)
    ]


def by_frame(made):
    found: dict[int, list[str]] = {}
    for one in made:
        found.setdefault(one.frame, []).append(one.rater_id)
    return found


@settings(max_examples=40)
@given(
    n=st.integers(0, 60),
    n_raters=st.integers(1, 5),
    by=st.sampled_from(["share", "confidence"]),
    share=st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    most=st.integers(1, 5),
    plan=st.text(max_size=4),
    seed=st.integers(0, 9),
)
def test_loads_differ_by_one_and_nobody_gets_a_frame_twice(
    n, n_raters, by, share, most, plan, seed
):
    confidence = np.random.default_rng(seed).random(n).tolist()
    overlap = Overlap(by=by, share=share, most_raters=most, threshold=0.7)
    made = deal(candidates(n, confidence), RATERS[:n_raters], overlap, plan)
    load = Counter(one.rater_id for one in made)
    counts = [load[name] for name in RATERS[:n_raters]]
    assert max(counts) - min(counts) <= 1
    frames = by_frame(made)
    assert sorted(frames) == list(range(n)), "each frame is judged by somebody"
    for frame, raters in frames.items():
        assert len(set(raters)) == len(raters) <= min(most, n_raters)
        # What several judge is blind.
        own = {one.is_blind for one in made if one.frame == frame}
        assert own == {len(raters) > 1}
    if share in (0.0, 1.0) and by == "share":
        wanted = min(most, n_raters) if share else 1
        assert {len(raters) for raters in frames.values()} <= {wanted}


def test_the_share_is_about_what_was_asked_and_depends_on_the_plan():
    overlap = Overlap(by="share", share=0.3, most_raters=2)
    shared = [
        {
            f
            for f, r in by_frame(deal(candidates(500), RATERS, overlap, plan)).items()
            if len(r) == 2
        }
        for plan in ("one", "one", "two")
    ]
    assert 110 <= len(shared[0]) <= 190
    assert shared[0] == shared[1] != shared[2]


def test_frames_that_the_model_is_unsure_of_go_to_more_raters():
    overlap = Overlap(by="confidence", most_raters=3, threshold=0.8)
    confidence = [0.9, 0.8, 0.79, 0.61, 0.59, float("nan")]
    frames = by_frame(deal(candidates(6, confidence), RATERS, overlap, "p"))
    assert [len(frames[at]) for at in range(6)] == [1, 1, 2, 2, 3, 3]
    few = Overlap(by="confidence", most_raters=2, threshold=0.8)
    frames = by_frame(deal(candidates(6, confidence), RATERS, few, "p"))
    assert [len(frames[at]) for at in range(6)] == [1, 1, 2, 2, 2, 2]


def test_every_pair_of_raters_shares_frames():
    overlap = Overlap(by="share", share=0.5, most_raters=2)
    frames = by_frame(deal(candidates(300), RATERS[:4], overlap, "p"))
    pairs = {tuple(sorted(raters)) for raters in frames.values() if len(raters) == 2}
    assert len(pairs) == 6


@pytest.mark.parametrize("raters", [(), ("ann", "ann")])
def test_nobody_to_judge_is_refused(raters):
    with pytest.raises(InputError, match="at least one rater"):
        deal(candidates(3), raters, Overlap(by="share"), "p")


# --- known answers


def answer(answer_id="k1", frame=3, **other):
    given_all = {
        "answer_id": answer_id,
        "video_id": "a.mp4",
        "found_track_id": 0,
        "first_frame": frame,
        "last_frame": frame,
        "value": (0.5, None),
        "tolerance": (0.2, 0.2),
        "expression": None,
        "text": "Look at the eyes.",
        "use": "honeypot",
    }
    return KnownAnswer(**(given_all | other))


def test_practice_comes_first_and_honeypots_lie_among_the_work():
    dealt = deal(candidates(40), RATERS[:2], Overlap(by="share", share=0.0), "p")
    answers = [
        answer("t1", 100, use="training"),
        answer("t2", 101, use="training"),
        *(answer(f"h{at}", 110 + at) for at in range(5)),
    ]
    made = deal_known(answers, dealt, RATERS[:2], "p", share=0.1)
    for rater in RATERS[:2]:
        own = [one for one in made if one.rater_id == rater]
        work = [one.priority for one in dealt if one.rater_id == rater]
        assert [one.answer_id for one in own if one.kind == "training"] == ["t1", "t2"]
        assert all(o.priority > max(work) for o in own if o.kind == "training")
        honeypots = [one for one in own if one.kind == "honeypot"]
        assert len(honeypots) == 2
        assert all(min(work) - 1 < one.priority < max(work) for one in honeypots)
        assert all(one.is_blind for one in own)
    assert deal_known(answers[2:], dealt, RATERS[:2], "p", share=0.0) == []


@pytest.mark.parametrize(
    ("value", "more", "is_met"),
    [
        ((0.5, -1.0), {}, True),
        ((0.7, None), {}, True),
        ((0.71, 0.0), {}, False),
        ((None, 0.0), {}, False),
        ((), {"decision": "cannot"}, False),
        ((0.5, 0.0), {"expression": "sadness"}, True),
    ],
)
def test_an_answer_is_met_within_the_tolerance_of_all_that_is_known(
    value, more, is_met
):
    assert answer().is_met_by(judgement_of(3, value, **more)) is is_met


def test_a_known_class_must_be_named():
    known = answer(value=(), tolerance=(), expression="happiness")
    assert known.is_met_by(judgement_of(3, expression="happiness"))
    assert not known.is_met_by(judgement_of(3, expression="sadness"))
    assert not known.is_met_by(judgement_of(3, (0.5, 0.5)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": (None, None)},
        {"tolerance": (0.2,)},
        {"tolerance": (-0.2, 0.1)},
        {"last_frame": 2},
    ],
)
def test_a_known_answer_that_knows_nothing_is_refused(wrong):
    with pytest.raises(ShapeError):
        answer(**wrong)
