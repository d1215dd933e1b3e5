import pytest
from tests.store.making import AT, face_track, hash_of, record, track

from feltline.errors import ShapeError, StoreError
from feltline.store import TrackRecord
from feltline.store import video_rows as rows


def test_a_video_comes_back_as_it_was_added(empty):
    video, tracks = record(), [track(track_id=4, first=90, n=10), track()]
    empty.add_video(video, tracks)
    assert empty.video("a.mp4") == video
    assert empty.video("a.mp4").added_at == AT
    assert empty.found_tracks("a.mp4") == tracks[::-1]


def test_a_track_is_recorded_without_its_arrays(empty):
    face = face_track(first=40, n=20)
    kept = TrackRecord.of(face)
    assert (kept.n_frames, kept.first_frame, kept.last_frame) == (20, 40, 59)
    assert (kept.first_time_s, kept.last_time_s) == (1.6, 2.36)
    assert kept.mean_quality == pytest.approx(face.quality.mean(), rel=1e-6)
    with pytest.raises(ShapeError, match="has no frame"):
        TrackRecord.of(face_track(n=0))
    empty.add_video(record(), [kept])
    assert empty.found_tracks() == [kept]


def test_videos_and_tracks_are_sorted_by_name(empty):
    names = ("c.mp4", "B.mp4", "ä.mp4", "a.mp4")
    for name in names:
        empty.add_video(record(name), [track(name, number) for number in (1, 0)])
    assert empty.video_names() == ["B.mp4", "a.mp4", "c.mp4", "ä.mp4"]
    assert empty.videos() == [record(name) for name in empty.video_names()]
    found = [(t.video_id, t.track_id) for t in empty.found_tracks()]
    assert found == [(name, n) for name in empty.video_names() for n in (0, 1)]


def test_a_video_without_a_face_has_no_track(empty):
    empty.add_video(record(), [])
    assert empty.found_tracks("a.mp4") == []


def test_content_is_found_whatever_its_name(store):
    assert store.find_content(hash_of("b.mp4")) == "b.mp4"
    assert store.find_content(hash_of("c.mp4")) is None


def test_what_another_program_added_meanwhile_is_known_by_its_content(store):
    """Not as a name that is taken: the advice would be wrong."""
    with pytest.raises(StoreError, match=r"already, under the name 'a\.mp4'"):
        store.add_video(record("a.mp4"), [track()])


def test_a_name_that_is_taken_is_refused(store):
    with pytest.raises(StoreError, match=r"there is a video 'a\.mp4' .*another name"):
        store.add_video(record("a.mp4", content_hash="07" * 32), [])
    assert len(store.found_tracks("a.mp4")) == 2


def test_the_same_content_under_another_name_is_refused(store):
    with pytest.raises(StoreError, match=r"already, under the name 'a\.mp4'"):
        store.add_video(record("c.mp4", content_hash=hash_of("a.mp4")), [])
    assert store.video_names() == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize("ask", ["video", "found_tracks"])
def test_an_unknown_video_is_a_sentence(store, ask):
    with pytest.raises(StoreError, match=r"no video 'c\.mp4' in this project"):
        getattr(store, ask)("c.mp4")


@pytest.mark.parametrize(
    ("tracks", "fault"),
    [
        ([track("b.mp4")], r"track 0 of b\.mp4"),
        ([track(n=101)], "to frame 100, but the video to 99"),
        ([track(), track()], "the same number"),
    ],
)
def test_tracks_of_something_else_are_refused(empty, tracks, fault):
    with pytest.raises(ShapeError, match=fault):
        empty.add_video(record(), tracks)
    assert empty.video_names() == []


def test_a_name_that_no_database_can_keep_is_a_sentence(empty):
    for name in ("a\0.mp4", "a\udcff.mp4"):
        with pytest.raises(StoreError, match="cannot keep; rename it"):
            empty.add_video(record(name, content_hash="08" * 32, location="x"), [])
    assert empty.video_names() == []


def test_odd_names_are_kept_as_they_are(empty):
    for name in ("山田 'x'; DROP TABLE videos;--.mp4", "100%_.mp4", "🙂" * 40):
        empty.add_video(record(name), [track(name)])
        assert empty.video(name).location == f"/films/{name}"
        assert len(empty.found_tracks(name)) == 1
    assert len(empty.videos()) == 3


def test_who_added_a_video_stands_in_the_log(empty):
    empty.add_video(record(), [track()], added_by="anna")
    (event,) = empty.events(after=0, limit=9)
    assert (event.kind, event.rater, event.video_id) == ("video-added", "anna", "a.mp4")
    assert event.detail == {"video_id": "a.mp4", "frames": 100}


def test_a_video_without_its_entry_in_the_log_is_not_added(empty, monkeypatch):
    def refused(*_args, **_named):
        raise StoreError("the disk is full")

    monkeypatch.setattr(rows, "write_note", refused)
    with pytest.raises(StoreError, match="full"):
        empty.add_video(record(), [track()], added_by="anna")
    assert (empty.video_names(), empty.last_event_id()) == ([], 0)
    assert empty.check() == []
