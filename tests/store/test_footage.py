from dataclasses import replace

import numpy as np
import pytest
from tests.store.making import AT, record, same, track

from feltline.errors import ShapeError, StoreError
from feltline.store import changes as changing


def test_a_video_comes_back_as_it_was_added(empty):
    video, tracks = record(), [track(), track(track_id=4, first=90, n=10)]
    empty.add_video(video, tracks)
    assert same(empty.video("a.mp4"), video)
    back = empty.found_tracks("a.mp4")
    assert len(back) == 2
    assert all(same(*pair) for pair in zip(back, tracks, strict=True))


def test_videos_are_light_and_sorted_by_name(empty):
    for name in ("c.mp4", "B.mp4", "ä.mp4", "a.mp4"):
        empty.add_video(record(name), [])
    assert empty.video_names() == ["B.mp4", "a.mp4", "c.mp4", "ä.mp4"]
    videos = empty.videos()
    assert [video.video_id for video in videos] == empty.video_names()
    nothing = {"time_s": np.zeros(0), "looked_at": np.zeros(0, np.int64)}
    for video in videos:
        assert same(video, replace(record(video.video_id), **nothing))
        assert video.added_at == AT


def test_a_video_without_a_face_has_no_track(empty):
    empty.add_video(record(), [])
    assert empty.found_tracks("a.mp4") == ()


def test_content_is_found_whatever_its_name(store):
    assert store.find_content("hash of b.mp4") == "b.mp4"
    assert store.find_content("hash of c.mp4") is None


def test_a_name_that_is_taken_is_refused(store):
    with pytest.raises(StoreError, match=r"there is a video 'a\.mp4' .*another name"):
        store.add_video(record("a.mp4", content_hash="other"), [])
    assert len(store.found_tracks("a.mp4")) == 2


def test_the_same_content_under_another_name_is_refused(store):
    with pytest.raises(StoreError, match=r"already, under the name 'a\.mp4'"):
        store.add_video(record("c.mp4", content_hash="hash of a.mp4"), [])
    assert store.video_names() == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize("ask", ["video", "found_tracks"])
def test_an_unknown_video_is_a_sentence(store, ask):
    with pytest.raises(StoreError, match=r"no video 'c\.mp4' in this project"):
        getattr(store, ask)("c.mp4")


@pytest.mark.parametrize(
    ("video", "tracks", "fault"),
    [
        (record(), [track("b.mp4")], r"track 0 of b\.mp4"),
        (record(), [track(n=0)], "with 0 frames"),
        (record(), [track(n=101)], "from frame 0 to 100"),
        (record(), [track(), track()], "the same number"),
        (replace(record(), time_s=np.zeros(0)), [], "a time for each"),
    ],
)
def test_tracks_of_something_else_are_refused(empty, video, tracks, fault):
    with pytest.raises(ShapeError, match=fault):
        empty.add_video(video, tracks)
    assert empty.video_names() == []


def test_an_hour_of_video_comes_back(empty):
    n = 108_000
    empty.add_video(record(n_frames=n), [track(n=n)])
    assert same(empty.found_tracks("a.mp4")[0], track(n=n))
    assert len(empty.video("a.mp4").time_s) == n


def test_a_name_that_no_database_can_keep_is_a_sentence(empty):
    for name in ("a\0.mp4", "a\udcff.mp4"):
        with pytest.raises(StoreError, match="cannot keep; rename it"):
            empty.add_video(record(name, content_hash="h", location="x"), [])
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

    monkeypatch.setattr(changing, "append", refused)
    with pytest.raises(StoreError, match="full"):
        empty.add_video(record(), [track()], added_by="anna")
    assert (empty.video_names(), empty.last_event_id()) == ([], 0)
    assert empty.check() == []
