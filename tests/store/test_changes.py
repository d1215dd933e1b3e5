import pytest
from tests.store.making import decision, events_of, give, judgement

from feltline.errors import ShapeError, StoreError
from feltline.store import PersonName, TrackEdit


def test_every_kind_of_change_is_an_event_with_what_it_says(store):
    give(store, decision())
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
        (1, "judgement", "me", "a.mp4"),
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
    assert store.threshold() == 0.7
    assert store.raters() == ["me", "you"]


def test_events_are_read_in_parts_and_by_video(store):
    give(store, *map(judgement, range(5)))
    give(store, judgement(video_id="b.mp4"))
    assert [e.event_id for e in store.events(after=2, limit=2)] == [3, 4]
    assert [e.event_id for e in store.events(video_id="b.mp4")] == [6]
    assert store.events(after=6) == []


def test_a_change_sent_twice_is_one_change(store):
    ways = {
        "label": lambda c: give(store, judgement(), client_id=c)[0],
        "reject": lambda c: give(store, decision(), client_id=c)[0],
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


def test_track_edits_name_tracks_that_are_there(store):
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
    # An undone split keeps its number: judgements may name it.
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
        store.note("judgement", rater="me", detail={})
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
    give(store, judgement(), client_id="c")
    assert (other.judgements(), other.last_event_id(), other.raters()) == ([], 0, [])
    assert give(other, judgement(7), client_id="c") == [1]
    other.purge_video("a.mp4")
    assert events_of(store.judgements()) == [1]
    assert store.video_names() == ["a.mp4", "b.mp4"]
    assert (store.check(), other.check()) == ([], [])
