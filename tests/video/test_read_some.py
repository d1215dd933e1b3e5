import numpy as np
import pytest
from tests.video.test_damage import blank

from feltline.errors import VideoError
from feltline.video import read_frame, read_some
from feltline.video.video_file import VideoFile


@pytest.mark.parametrize(
    "wanted", [[], [0], [23], [5, 5, 5], [20, 3, 4, 11], list(range(24)), [23, 0]]
)
def test_some_frames_are_those_read_one_by_one(clip, wanted):
    recipe, path = clip
    wanted = [k for k in wanted if k < recipe.count]
    found = list(read_some(path, wanted))
    assert [f.frame for f in found] == sorted(set(wanted))
    for frame in found:
        one = read_frame(path, frame.frame)
        assert one.time_s == frame.time_s
        assert np.array_equal(one.rgb, frame.rgb)


def test_numbers_the_video_lacks_are_left_out(clips):
    found = read_some(clips.path("b-frames"), [-3, 2, 24, 10**9])
    assert [f.frame for f in found] == [2]


def test_damaged_frames_are_left_out(clips, tmp_path):
    path = blank(clips.path("key-frames-only"), tmp_path / "hurt.mp4", [3, 4])
    assert [f.frame for f in read_some(path, [2, 3, 4, 5])] == [2, 5]


@pytest.mark.parametrize(
    ("wanted", "parts"),
    [
        ([1, 2, 7], [[1, 2, 7]]),
        ([1, 9], [[1], [9]]),
        ([6, 8, 15, 23], [[6], [8, 15], [23]]),
        ([], [[]]),
    ],
)
def test_a_seek_is_made_where_it_saves_decoding(clips, wanted, parts):
    # Key frames are 0, 8 and 16.
    film = VideoFile(clips.path("b-frames"))
    found = film.groups(np.array(wanted, np.int64))
    assert [group.tolist() for group in found] == parts


def test_where_no_seek_is_possible_all_is_one_part(clips):
    film = VideoFile(clips.path("h264-avi"))
    assert len(film.groups(np.array([1, 20], np.int64))) == 1


def test_pictures(clips, tmp_path):
    for number in range(5):
        clips.picture(tmp_path / f"{number}.png", number)
    assert [f.frame for f in read_some(tmp_path, [4, 1])] == [1, 4]


def test_no_video(tmp_path):
    with pytest.raises(VideoError, match="there is no video"):
        list(read_some(tmp_path / "no.mp4", [1]))
