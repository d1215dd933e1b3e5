from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.store.making import label, review

from feltline.errors import ShapeError, StoreError
from feltline.store import PersonName, Review, ThresholdSet, TrackEdit
from feltline.types import EXPRESSIONS, HumanLabel

Scope = Literal["frame", "span", "clip"]
UNITS = st.floats(-1, 1)
SECONDS = st.one_of(st.none(), st.floats(0, 1e6))
# What both databases keep: any text but NUL and halves of characters.
TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20
)
NAMES = st.one_of(st.none(), TEXT)


@st.composite
def labels(draw):
    first, last = sorted(draw(st.tuples(st.integers(0, 99), st.integers(0, 99))))
    scopes: list[Scope] = ["frame"] if first == last else ["span", "clip"]
    has_affect = draw(st.booleans())
    classes = st.sampled_from(EXPRESSIONS)
    return HumanLabel(
        video_id="a.mp4",
        track_id=draw(st.integers(0, 9)),
        scope=draw(st.sampled_from(scopes)),
        first_frame=first,
        last_frame=last,
        valence=draw(UNITS) if has_affect else None,
        arousal=draw(UNITS) if has_affect else None,
        expression=draw(st.one_of(st.none(), classes) if has_affect else classes),
        rater=draw(TEXT.filter(bool)),
        active_s=draw(SECONDS),
        shown_run_id=draw(NAMES),
        comment=draw(TEXT),
        decision=draw(st.sampled_from(["label", "accept", "edit"])),
        origin=draw(st.sampled_from(["human", "import"])),
    )


@st.composite
def reviews(draw):
    first, frame, last = sorted(draw(st.tuples(*[st.integers(0, 99)] * 3)))
    return Review(
        video_id="a.mp4",
        track_id=draw(st.integers(0, 9)),
        frame=frame,
        first_frame=first,
        last_frame=last,
        decision=draw(st.sampled_from(["accept", "reject", "skip", "unsure"])),
        run_id=draw(NAMES),
        rater=draw(TEXT.filter(bool)),
        active_s=draw(SECONDS),
        comment=draw(TEXT),
        is_audit=draw(st.booleans()),
    )


one_store = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@one_store
@given(st.lists(st.tuples(labels(), st.sampled_from([0, 1])), max_size=4))
def test_labels_come_back_as_they_were_given(store, given_labels):
    before = store.last_event_id()
    numbers = store.give_labels(given_labels)
    assert numbers == [before + i + 1 for i in range(len(given_labels))]
    back = [stored for stored in store.labels() if stored.event_id > before]
    assert [stored.event_id for stored in back] == numbers
    assert [(s.label, s.found_track_id) for s in back] == given_labels


@one_store
@given(reviews())
def test_reviews_come_back_as_they_were_given(store, given_review):
    number = store.give_review(given_review, found_track_id=0)
    last = store.reviews()[-1]
    assert (last.event_id, last.found_track_id) == (number, 0)
    assert last.review == given_review


def test_the_answer_that_comes_with_a_label_is_one_event_with_it(store):
    answer = review(decision="edit", is_audit=True)
    number = store.give_label(
        label(decision="edit"), found_track_id=0, review=answer, client_id="c1"
    )
    assert number == store.last_event_id() == 1
    assert store.reviews()[0].review == answer
    assert store.reviews()[0].event_id == store.labels()[0].event_id
    event = store.event(1)
    assert (event.kind, event.rater, event.client_id) == ("label", "me", "c1")
    assert event.detail["valence"] == 0.25
    assert event.detail["review"]["decision"] == "edit"
    store.undo(rater="me")
    assert (store.labels(), store.reviews()) == ([], [])


def test_an_answer_of_somebody_else_is_refused(store):
    with pytest.raises(StoreError, match="send them apart"):
        store.give_label(label(), found_track_id=0, review=review(rater="you"))
    assert store.last_event_id() == 0


def test_an_answer_stands_on_a_found_track_that_shows_its_frame(store):
    """After a merge it may be another one than the label's."""
    answer = review(50, decision="edit")
    store.give_label(label(5), found_track_id=0, review=answer, review_found_track_id=1)
    assert store.labels()[0].found_track_id == 0
    assert store.reviews()[0].found_track_id == 1
    with pytest.raises(StoreError, match=r"found in frames 40-59 .* not in frame 5"):
        store.give_label(label(50), found_track_id=1, review=review(5, decision="edit"))
    with pytest.raises(StoreError, match="no face 7 was found"):
        store.give_labels([(label(), 0)], reviews=[(answer, 7)])
    with pytest.raises(StoreError, match="not in frame 5"):
        store.give_review(review(5), found_track_id=1)
    assert store.last_event_id() == 1


def test_every_kind_of_change_is_an_event_with_what_it_says(store):
    store.give_review(review(), found_track_id=0)
    split = TrackEdit(
        video_id="a.mp4", kind="split", track_id=0, frame=30, other_track_id=2
    )
    store.edit_track(split, rater="me")
    person = PersonName(video_id="a.mp4", track_id=2, name="Yuki")
    store.name_person(person, found_track_id=0, rater="you")
    store.set_threshold(0.7, rater="me")
    store.note("export", rater="me", detail={"rows": 3, "formats": ["csv"]})
    said = [(e.event_id, e.kind, e.rater, e.video_id) for e in store.events()]
    assert said == [
        (1, "review", "me", "a.mp4"),
        (2, "track-edit", "me", "a.mp4"),
        (3, "person", "you", "a.mp4"),
        (4, "threshold", "me", None),
        (5, "export", "me", None),
    ]
    assert store.event(2).detail == {
        "video_id": "a.mp4",
        "kind": "split",
        "track_id": 0,
        "frame": 30,
        "other_track_id": 2,
    }
    assert store.event(5).detail == {"rows": 3, "formats": ["csv"]}
    assert [stored.edit for stored in store.track_edits()] == [split]
    assert [stored.person for stored in store.persons()] == [person]
    assert store.threshold() == ThresholdSet(value=0.7).value
    assert store.raters() == ["me", "you"]


def test_events_are_read_in_parts_and_by_video(store):
    store.give_labels([(label(i), 0) for i in range(5)])
    store.give_label(label(video_id="b.mp4"), found_track_id=0)
    assert [e.event_id for e in store.events(after=2, limit=2)] == [3, 4]
    assert [e.event_id for e in store.events(video_id="b.mp4")] == [6]
    assert store.events(after=6) == []
    assert [s.event_id for s in store.labels(video_id="b.mp4")] == [6]


def test_more_details_than_one_statement_takes(store):
    store.give_labels([(label(i % 100), 0) for i in range(1200)])
    events = store.events(limit=2000)
    assert [e.detail["first_frame"] for e in events] == [i % 100 for i in range(1200)]


@pytest.mark.parametrize(
    ("given_label", "found", "fault"),
    [
        (label(video_id="c.mp4"), 0, r"no video 'c\.mp4'"),
        (label(100), 0, r"frame 100 is past the end of a\.mp4, .* is 99"),
        (label(), 7, r"no face 7 was found in a\.mp4; found were 0, 1"),
    ],
)
def test_a_label_of_nothing_is_refused_and_all_with_it(
    store, given_label, found, fault
):
    with pytest.raises(StoreError, match=fault):
        store.give_labels([(label(), 0), (given_label, found)])
    assert store.labels() == []
    assert store.last_event_id() == 0


def test_many_labels_need_as_many_names(store):
    with pytest.raises(ShapeError, match="2 labels came with 1 client_ids"):
        store.give_labels([(label(), 0), (label(6), 0)], client_ids=["c"])


def test_a_change_sent_twice_is_one_change(store):
    ways = {
        "label": lambda c: store.give_label(label(), found_track_id=0, client_id=c),
        "review": lambda c: store.give_review(review(), found_track_id=0, client_id=c),
        "edit": lambda c: store.edit_track(
            TrackEdit(
                video_id="a.mp4", kind="split", track_id=0, frame=9, other_track_id=2
            ),
            rater="me",
            client_id=c,
        ),
        "person": lambda c: store.name_person(
            PersonName(video_id="a.mp4", track_id=0, name="Yuki"),
            found_track_id=0,
            rater="me",
            client_id=c,
        ),
        "threshold": lambda c: store.set_threshold(0.9, rater="me", client_id=c),
        "undo": lambda c: store.undo(rater="me", client_id=c),
        "redo": lambda c: store.redo(rater="me", client_id=c),
    }
    for count, (name, send) in enumerate(ways.items(), start=1):
        assert send(name) == count
        assert send(name) == count
        assert store.last_event_id() == count
    assert [send(name) for name, send in ways.items()] == [1, 2, 3, 4, 5, 6, 7]


def test_a_list_sent_twice_writes_only_what_was_not_there(store):
    names = ["x", None, "y", "x"]
    given_labels = [(label(i), 0) for i in (1, 2, 3, 1)]
    assert store.give_labels(given_labels[:1], client_ids=["x"]) == [1]
    assert store.give_labels(given_labels, client_ids=names) == [1, 2, 3, 1]
    assert store.give_labels(given_labels, client_ids=names) == [1, 4, 3, 1]
    assert [s.label.first_frame for s in store.labels()] == [1, 2, 3, 2]


@pytest.mark.parametrize(
    "other",
    [label(rater="you"), label(video_id="b.mp4")],
    ids=["another rater", "another video"],
)
def test_one_client_id_for_two_changes_is_refused(store, other):
    store.give_label(label(), found_track_id=0, client_id="c")
    with pytest.raises(StoreError, match=r"client_id c stands for another .*event 1"):
        store.give_label(other, found_track_id=0, client_id="c")
    with pytest.raises(StoreError, match="client_id c stands for another"):
        store.undo(rater="me", client_id="c")
    assert len(store.labels()) == 1


def test_repairs_name_tracks_that_are_there(store):
    def edit(kind, track_id, frame=None, other=None):
        return store.edit_track(
            TrackEdit(
                video_id="a.mp4",
                kind=kind,
                track_id=track_id,
                frame=frame,
                other_track_id=other,
            ),
            rater="me",
        )

    with pytest.raises(StoreError, match=r"no track 5 in a\.mp4; its tracks are 0, 1"):
        edit("ignore", 5)
    with pytest.raises(StoreError, match="no track 9"):
        edit("merge", 0, other=9)
    with pytest.raises(StoreError, match=r"number 1 .* is taken.* free one is 2"):
        edit("split", 0, 30, 1)
    with pytest.raises(StoreError, match="frame 100 is past the end"):
        edit("split", 0, 100, 2)
    edit("split", 0, 30, 2)
    edit("merge", 2, other=1)
    # An undone split keeps its number: labels may name it.
    store.undo(rater="me")
    store.undo(rater="me")
    with pytest.raises(StoreError, match="free one is 3"):
        edit("split", 1, 50, 2)


def test_a_note_is_no_change(store):
    store.note("sign-in", rater="visitor", detail={})
    assert store.undo(rater="visitor") is None
    with pytest.raises(StoreError, match="event 1 is no change"):
        store.undo(rater="visitor", event_id=1)
    assert store.raters() == []
    with pytest.raises(StoreError, match="needs another kind"):
        store.note("label", rater="me", detail={})
    with pytest.raises(StoreError, match=r"no video 'gone\.mp4'"):
        store.note("export", rater="me", detail={"video_id": "gone.mp4"})
    with pytest.raises(StoreError, match="JSON"):
        store.note("run", rater="me", detail={"share": float("nan")})
    assert store.last_event_id() == 1


def test_a_change_needs_a_rater(store):
    with pytest.raises(StoreError, match=r"change \(threshold\) needs the name"):
        store.set_threshold(0.5, rater="")
    with pytest.raises(StoreError, match=r"change \(undo\) needs the name"):
        store.undo(rater="")
    assert store.note("run", rater="", detail={}) == 1


def test_an_unknown_event_is_a_sentence(store):
    with pytest.raises(StoreError, match="no event 3 in the log"):
        store.event(3)
    with pytest.raises(StoreError, match="event 3 is no change"):
        store.undo(rater="me", event_id=3)


def test_the_threshold_is_the_last_one_in_force(store):
    assert store.threshold() is None
    store.set_threshold(0.6, rater="me")
    store.set_threshold(0.9, rater="you")
    assert (store.threshold(), store.threshold(at=1)) == (0.9, 0.6)
    store.undo(rater="you")
    assert (store.threshold(), store.threshold(at=2)) == (0.6, 0.9)
    with pytest.raises(ShapeError, match="threshold"):
        store.set_threshold(1.5, rater="me")
    assert store.last_event_id() == 3


def test_projects_of_one_database_do_not_see_one_another(store, new_store):
    other = new_store()
    store.give_label(label(), found_track_id=0, client_id="c")
    assert (other.labels(), other.last_event_id(), other.raters()) == ([], 0, [])
    assert other.give_label(label(7), found_track_id=0, client_id="c") == 1
    other.purge_video("a.mp4")
    assert [s.label.first_frame for s in store.labels()] == [5]
    assert store.video_names() == ["a.mp4", "b.mp4"]
    assert (store.check(), other.check()) == ([], [])
