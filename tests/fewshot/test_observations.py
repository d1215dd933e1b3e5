from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

from feltline.errors import ShapeError
from feltline.fewshot.gp.shipped import EXTRA_NOISE
from feltline.fewshot.labels import MOST_POSITIONS, observations_of
from feltline.types import (
    DEFAULT_SCHEMA,
    Dimension,
    ExpressionClass,
    Judgement,
    LabelSchema,
    Shown,
)

SEEN = Shown(model_id="m", value=(0.1, 0.2), confidence=0.6)


@dataclass(frozen=True)
class Stored:
    event_id: int
    judgement: Judgement


def judged(first, last=None, value=(0.5, -0.5), *, scope=None, **more):
    last = first if last is None else last
    fields = {
        "video_id": "a.mp4",
        "track_id": 0,
        "scope": scope or ("frame" if first == last else "span"),
        "first_frame": first,
        "last_frame": last,
        "rater": "me",
        "value": value,
    }
    return Judgement(**(fields | more))


def observed(make, *judgements, n=40, first=0, schema=DEFAULT_SCHEMA):
    track = make.track(n, first=first)
    rows = [Stored(i, one) for i, one in enumerate(judgements, start=1)]
    return observations_of(track, rows, schema)


def frames(one):
    return one.position.tolist()


def test_a_frame_is_one_observation_of_its_position(make):
    (one,) = observed(make, judged(12, unsure=True, expression="fear"), first=10)
    assert frames(one) == [2]
    assert one.weight.tolist() == [1]
    assert one.value.tolist() == [0.5, -0.5]
    assert (one.judgement_id, one.rater, one.noise) == (1, "me", "blind")
    assert one.expression == DEFAULT_SCHEMA.class_index("fear")
    assert one.unsure
    assert not one.calibrates, "an unsure judgement is no yardstick"


@pytest.mark.parametrize("length", [2, 7, 16, 17, 31, 500])
def test_a_span_is_one_observation_of_its_mean(make, length):
    (one,) = observed(make, judged(3, 3 + length - 1), n=600)
    assert one.noise == "span"
    assert not one.calibrates
    assert len(one.position) == min(length, MOST_POSITIONS)
    assert one.weight.sum() == pytest.approx(1)
    assert (np.diff(one.position) > 0).all()
    curve = np.sin(np.arange(600) / 100) * 0.8
    wanted = curve[3 : 3 + length].mean()
    assert one.weight @ curve[one.position] == pytest.approx(wanted, abs=2e-3)


@pytest.mark.parametrize(
    ("more", "noise"),
    [
        ({}, "blind"),
        ({"scope": "span"}, "span"),
        ({"scope": "clip"}, "clip"),
        ({"decision": "accept", "shown": Shown(model_id="m")}, "accept"),
        ({"decision": "edit", "shown": Shown(model_id="m")}, "edit"),
        ({"decision": "label", "shown": Shown(model_id="m")}, "edit"),
        (
            {"scope": "span", "decision": "accept", "shown": Shown(model_id="m")},
            "accept",
        ),
        ({"decision": "accept"}, "accept"),
        ({"decision": "edit"}, "edit"),
        ({"decision": "edit", "touched": (False, False)}, "edit"),
        ({"scope": "span", "decision": "edit"}, "edit"),
        ({"scope": "span", "shown": Shown(model_id="m")}, "span"),
        ({"scope": "clip", "shown": Shown(model_id="m")}, "clip"),
        (
            {
                "scope": "span",
                "shown": Shown(model_id="m"),
                "touched": (False, False),
                "expression": "fear",
            },
            "span",
        ),
        ({"scope": "span", "shown": SEEN}, "span"),
        ({"scope": "clip", "shown": SEEN}, "clip"),
        ({"scope": "clip", "decision": "edit", "shown": SEEN}, "clip"),
        ({"scope": "clip", "decision": "accept", "shown": SEEN}, "accept"),
        ({"shown": SEEN}, "edit"),
    ],
)
def test_noise_follows_scope_and_what_was_shown(make, more, noise):
    (one,) = observed(make, judged(4, **more))
    assert one.noise == noise
    assert one.calibrates == (noise == "blind")


def test_a_dimension_left_as_it_was_shown_was_accepted(make):
    shown = Shown(model_id="m", value=(0.5, 0.1), confidence=0.6)
    first, second = observed(
        make, judged(4, decision="edit", shown=shown, touched=(False, True))
    )
    assert (first.noise, second.noise) == ("accept", "edit")
    assert first.judgement_id == second.judgement_id == 1
    np.testing.assert_array_equal(first.value, [0.5, np.nan])
    np.testing.assert_array_equal(second.value, [np.nan, -0.5])
    assert first.shown_confidence == 0.6


def test_a_dimension_without_a_shown_value_is_blind(make):
    shown = Shown(model_id="m", value=(0.1, None))
    first, second = observed(make, judged(4, shown=shown))
    assert (first.noise, second.noise) == ("edit", "blind")
    np.testing.assert_array_equal(second.value, [np.nan, -0.5])


def test_a_later_judgement_of_the_same_rater_replaces_the_earlier(make):
    span, frame = observed(make, judged(10, 14), judged(12, value=(0.1, 0.1)))
    assert frames(span) == [10, 11, 13, 14]
    assert span.weight.sum() == pytest.approx(1)
    assert frames(frame) == [12]
    (only,) = observed(make, judged(12), judged(10, 14))
    assert frames(only) == [10, 11, 12, 13, 14]
    both = observed(make, judged(12), judged(12, rater="you"))
    assert [o.rater for o in both] == ["me", "you"]


def test_dimensions_and_class_are_replaced_each_by_itself(make):
    got = observed(
        make,
        judged(12, expression="fear"),
        judged(12, value=(None, 0.9)),
        judged(12, value=(), expression="anger"),
    )
    assert [o.judgement_id for o in got] == [1, 2, 3]
    np.testing.assert_array_equal(got[0].value, [0.5, np.nan])
    np.testing.assert_array_equal(got[1].value, [np.nan, 0.9])
    assert np.isnan(got[2].value).all()
    chosen = [o.expression for o in got]
    assert chosen == [-1, -1, DEFAULT_SCHEMA.class_index("anger")]


def test_a_span_replaced_in_one_dimension_has_a_part_for_each(make):
    *parts, frame = observed(make, judged(10, 12), judged(11, value=(0.1, None)))
    assert [frames(p) for p in parts] == [[10, 12], [10, 11, 12]]
    assert {p.judgement_id for p in parts} == {1}
    assert frames(frame) == [11]


def test_a_clip_mean_and_single_frames_leave_each_other_alone(make):
    whole = judged(0, 39, scope="clip")
    frame, clip = observed(make, judged(12), whole)
    assert (frame.noise, clip.noise) == ("blind", "clip")
    assert len(clip.position) == MOST_POSITIONS
    clip, frame = observed(make, whole, judged(12))
    assert len(clip.position) == MOST_POSITIONS
    (later,) = observed(make, whole, replace(whole, value=(0.1, 0.1)))
    assert later.judgement_id == 2


def test_a_reject_takes_all_values_off_its_frames(make):
    (left,) = observed(
        make,
        judged(12, rater="you", expression="fear"),
        judged(10, 14),
        judged(12, value=(), decision="reject"),
    )
    assert frames(left) == [10, 11, 13, 14]
    again = observed(make, judged(12, value=(), decision="reject"), judged(12))
    assert len(again) == 1, "what is said after it stands"


@pytest.mark.parametrize("decision", ["skip", "cannot"])
def test_skips_say_nothing_and_replace_nothing(make, decision):
    (one,) = observed(make, judged(12), judged(12, value=(), decision=decision))
    assert one.judgement_id == 1


def test_frames_outside_the_track_say_nothing(make):
    assert observed(make, judged(80), judged(50, 60)) == []
    (part,) = observed(make, judged(36, 45))
    assert frames(part) == [36, 37, 38, 39]


def test_what_was_accepted_stands_beside_a_blind_repeat(make):
    shown = Shown(model_id="m", value=(0.2, 0.3), confidence=0.9)
    accept = judged(12, value=(0.2, 0.3), decision="accept", shown=shown)
    rest, one = observed(make, accept, judged(12, value=(0.4, None), purpose="repeat"))
    assert (rest.noise, one.noise) == ("accept", "blind")
    np.testing.assert_array_equal(rest.value, [np.nan, 0.3])
    np.testing.assert_array_equal(one.accepted, [0.2, np.nan])
    _, other = observed(make, accept, judged(12, rater="you"))
    assert other.accepted is None


def test_values_come_to_the_unit_scale(make):
    schema = LabelSchema(
        dimensions=(Dimension(name="pain", low=0.0, high=10.0),),
        classes=(ExpressionClass(name="none"), ExpressionClass(name="grimace")),
    )
    some = observed(
        make,
        judged(3, value=(0.0,)),
        judged(4, value=(7.5,), expression="grimace"),
        schema=schema,
    )
    assert [o.value.tolist() for o in some] == [[-1], [0.5]]
    assert [o.expression for o in some] == [-1, 1]
    with pytest.raises(ShapeError, match="for each of pain, but the judgement of a"):
        observed(make, judged(3), schema=schema)
    with pytest.raises(ShapeError, match="no expression 'fear'"):
        observed(make, judged(3, value=(1.0,), expression="fear"), schema=schema)


@settings(max_examples=examples(60), deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 14),
            st.integers(0, 14),
            st.sampled_from(["me", "you"]),
            st.sampled_from(["both", "first", "second", "class", "reject"]),
        ),
        max_size=8,
    )
)
def test_observations_are_what_painting_frame_by_frame_leaves(make, rows):
    """Each frame's last word per rater and column, found by brute force."""
    judgements: list[Judgement] = []
    painted: dict[tuple[str, int, int], int] = {}
    for event, (a, b, rater, kind) in enumerate(rows, start=1):
        first, last = min(a, b), max(a, b)
        value = {"both": (0.1, 0.2), "first": (0.1, None), "second": (None, 0.2)}
        judgements.append(
            judged(
                first,
                last,
                value.get(kind, ()),
                scope="span",
                rater=rater,
                decision="reject" if kind == "reject" else "label",
                expression="fear" if kind == "class" else None,
            )
        )
        columns = {"both": (0, 1), "first": (0,), "second": (1,), "class": (2,)}
        for frame in range(first, last + 1):
            if kind == "reject":
                for key in [k for k in painted if k[1] == frame]:
                    del painted[key]
            for column in columns.get(kind, ()):
                painted[rater, frame, column] = event
    got = {}
    for one in observed(make, *judgements, n=15):
        said = [*np.isfinite(one.value), one.expression >= 0]
        for column in np.flatnonzero(said):
            for p in one.position:
                key = one.rater, int(p), int(column)
                assert key not in got
                got[key] = one.judgement_id
    assert got == painted


def test_whoever_saw_a_proposal_measures_no_errors_of_the_model(make):
    seen = replace(SEEN, value=None, confidence=None, proposed_by_class=True)
    (one,) = observed(make, judged(4, shown=seen))
    assert one.noise == "edit"
    (span,) = observed(make, judged(4, last=8, shown=seen))
    (own,) = observed(make, judged(4, last=8))
    assert EXTRA_NOISE[span.noise] >= EXTRA_NOISE[own.noise]


@pytest.mark.parametrize("purpose", ["training", "honeypot"])
def test_answers_that_are_known_teach_nothing_and_replace_nothing(make, purpose):
    known = judged(12, value=(0.9, 0.9), purpose=purpose)
    assert observed(make, known) == []
    (before,) = observed(make, judged(12))
    (after,) = observed(make, judged(12), known)
    np.testing.assert_array_equal(after.value, before.value)
    none = replace(known, decision="reject", value=())
    assert len(observed(make, judged(12), none)) == 1
