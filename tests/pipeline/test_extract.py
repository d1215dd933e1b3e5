import hashlib
import importlib
import os
import shutil
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from feltline.encoder import load_encoder
from feltline.errors import EncoderError, InputError, VideoError
from feltline.faces import (
    Crowd,
    FaceTracker,
    FullRangeDetector,
    MeshModel,
    aligned_crop,
    face_box,
)
from feltline.pipeline import extract, extract_all
from feltline.pipeline.extraction import name_videos
from feltline.project import ExtractOptions
from feltline.settings import ENCODER
from feltline.types import FaceBatch
from feltline.video import (
    content_hash,
    decode,
    frame_times,
    index,
    parse_every,
    read_frames,
    scan,
)

module = importlib.import_module("feltline.pipeline.extraction")


def _arrays(extraction):
    f = extraction.features
    yield from (f.faces, f.embeddings(), f.time_s, f.looked_at)
    yield from (f.frame_index.pts, f.frame_index.packet_pts, f.frame_index.is_key)


def _assert_equal(one, other):
    assert one.tracks
    assert one.features.encoder_id == other.features.encoder_id
    assert one.features.views == other.features.views
    pairs = zip(_arrays(one), _arrays(other), strict=True)
    assert all(a.tobytes() == b.tobytes() for a, b in pairs)


class Watch:
    """Remembers what it is told; interrupts at a certain frame."""

    def __init__(self, stop_at=None):
        self.told = []
        self.stop_at = stop_at

    def __call__(self, video, done, total):
        self.told.append((video, done, total))
        if done == self.stop_at:
            raise KeyboardInterrupt

    @property
    def done(self):
        return [done for _, done, _ in self.told]


def test_one_face_in_every_frame(clip, cache):
    watch = Watch()
    e = extract(clip, folder=cache, progress=watch)
    assert (e.video_id, e.path) == ("clip.mp4", clip)
    assert e.features.facts.content_hash == content_hash(clip)
    assert e.features.encoder_id == load_encoder(ENCODER).encoder_id
    assert e.features.facts.n_frames == 50
    assert e.features.looked_at.tolist() == list(range(50))
    assert np.array_equal(e.looked_at_s, frame_times(clip))
    assert not e.reused
    (track,), (embedding,) = e.tracks, e.embeddings
    assert (track.video_id, track.track_id) == ("clip.mp4", 0)
    assert np.array_equal(track.frame, e.features.looked_at)
    assert np.array_equal(track.time_s, e.looked_at_s)
    assert embedding.encoder_id == e.features.encoder_id
    assert embedding.vector.shape == (50, 256 + 96)
    assert e.n_with_face == 50
    assert watch.told == [("clip.mp4", done, 50) for done in range(51)]


def test_rows_are_those_of_a_tracker_and_an_encoder_by_hand(clip, cache):
    options = ExtractOptions(end_s=0.4, encoder="geometry")
    e = extract(clip, options, folder=cache)
    assert e.features.encoder_id == "geometry-8e3f7a199909"
    tracker = FaceTracker(FullRangeDetector(), MeshModel())
    with closing(read_frames(clip, end_s=0.4)) as frames:
        seen = [tracker.step(f.rgb, f.time_s)[0] for f in frames]
    mesh = np.stack([s.mesh for s in seen])
    crop = np.empty((len(seen), 0, 0, 3), np.uint8)
    expected = load_encoder("geometry").encode(FaceBatch(mesh=mesh, crop=crop))
    (track,), (embedding,) = e.tracks, e.embeddings
    assert np.array_equal(track.box_xyxy, [face_box(m) for m in mesh])
    assert track.quality == pytest.approx([s.quality for s in seen])
    assert embedding.vector == pytest.approx(expected.vector, abs=1e-5)


def test_a_second_run_reuses_the_first(clip, cache):
    first = extract(clip, folder=cache)
    watch = Watch()
    second = extract(clip, folder=cache, progress=watch, video_id="again")
    assert (first.reused, second.reused) == (False, True)
    assert watch.told == []
    _assert_equal(first, second)
    assert second.video_id == "again"
    assert [t.video_id for t in second.tracks] == ["again"]


def test_the_cache_of_the_settings_is_the_default(clip, tmp_path, monkeypatch):
    options = ExtractOptions(end_s=0.12)
    monkeypatch.setenv("FELTLINE_CACHE", str(tmp_path / "named"))
    assert not extract(clip, options).reused
    assert extract(clip, options).reused
    assert extract(clip, options, folder=tmp_path / "named" / "features").reused


def test_a_renamed_copy_is_the_same_video(clip, cache, tmp_path):
    options = ExtractOptions(end_s=0.4)
    first = extract(clip, options, folder=cache)
    copy = Path(shutil.copy(clip, tmp_path / "another name.mp4"))
    second = extract(copy, options, folder=cache)
    assert second.reused
    assert (second.video_id, second.path) == ("another name.mp4", copy)
    _assert_equal(first, second)


def test_another_video_of_the_same_name_is_not(studio, cache, tmp_path):
    options = ExtractOptions(end_s=0.12)
    extract(studio.clip(), options, folder=cache)
    other = studio.write(tmp_path / "clip.mp4", studio.frames[20:25])
    assert not extract(other, options, folder=cache).reused


@pytest.mark.parametrize(
    "changed",
    [
        {"every": parse_every("2")},
        {"every": parse_every("12.5Hz")},
        {"start_s": 0.04},
        {"end_s": 0.16},
        {"max_faces": 1},
        {"cropped": True},
    ],
)
def test_other_options_are_another_extraction(clip, cache, changed):
    extract(clip, ExtractOptions(end_s=0.12), folder=cache)
    options = ExtractOptions(**{"end_s": 0.12, **changed})
    assert not extract(clip, options, folder=cache).reused
    assert extract(clip, ExtractOptions(end_s=0.12), folder=cache).reused


@pytest.mark.parametrize(
    ("name", "stop_at"), [("clip", 25), ("pair", 12), ("interrupted_view", 21)]
)
def test_an_interrupted_run_goes_on_to_the_same_result(
    studio, tmp_path, monkeypatch, name, stop_at
):
    monkeypatch.setattr(module, "PART_FRAMES", 10)
    video = getattr(studio, name)()
    whole = extract(video, folder=tmp_path / "whole")
    cache = tmp_path / "parts"
    with pytest.raises(KeyboardInterrupt):
        extract(video, folder=cache, progress=Watch(stop_at=stop_at))
    assert len(list(cache.glob("*/*.parts/part-*.npz"))) == stop_at // 10
    assert not list(cache.glob("*/*/meta.json"))
    watch = Watch()
    resumed = extract(video, folder=cache, progress=watch)
    assert watch.done == list(
        range(stop_at // 10 * 10, len(whole.features.looked_at) + 1)
    )
    assert not resumed.reused
    _assert_equal(whole, resumed)
    assert list(cache.glob("*/*")) == [resumed.features.folder]
    again = extract(video, folder=cache)
    assert again.reused
    _assert_equal(whole, again)


def test_interrupted_again_and_again_with_a_network(studio, tmp_path, monkeypatch):
    """At each second frame from 0.2 s on, so that parts end inside the range."""
    monkeypatch.setattr(module, "PART_FRAMES", 5)
    video = studio.interrupted_view()
    card = studio.network(tmp_path)
    options = ExtractOptions(every=parse_every("2"), start_s=0.2, encoder=str(card))
    whole = extract(video, options, folder=tmp_path / "whole")
    cache, starts = tmp_path / "parts", []
    for stop_at in (4, 7, 12, 19):
        watch = Watch(stop_at=stop_at)
        with pytest.raises(KeyboardInterrupt):
            extract(video, options, folder=cache, progress=watch)
        starts.append(watch.done[0])
    resumed = extract(video, options, folder=cache)
    assert starts == [0, 0, 5, 10]
    _assert_equal(whole, resumed)
    assert len(whole.tracks) == 2


def test_an_interrupted_run_of_other_options_is_left_alone(clip, cache, monkeypatch):
    monkeypatch.setattr(module, "PART_FRAMES", 3)
    options = ExtractOptions(end_s=0.4)
    with pytest.raises(KeyboardInterrupt):
        extract(clip, options, folder=cache, progress=Watch(stop_at=5))
    watch = Watch()
    other = ExtractOptions(end_s=0.4, max_faces=2)
    extract(clip, other, folder=cache, progress=watch)
    assert watch.done[0] == 0


@pytest.mark.parametrize(
    ("options", "frames"),
    [
        ({"every": parse_every("5")}, range(0, 50, 5)),
        ({"every": parse_every("2Hz")}, [0, 13, 25, 38]),
        ({"start_s": 0.4, "end_s": 0.8}, range(10, 20)),
        ({"start_s": 1.8}, range(45, 50)),
        ({"every": parse_every("4"), "start_s": 0.3, "end_s": 0.9}, range(8, 23, 4)),
        ({"start_s": 9.0}, []),
    ],
)
def test_frames_asked_for_are_looked_at(clip, cache, options, frames):
    watch = Watch()
    e = extract(clip, ExtractOptions(**options), folder=cache, progress=watch)
    assert e.features.looked_at.tolist() == list(frames)
    assert e.looked_at_s == pytest.approx(np.array(frames) / 25)
    assert e.features.facts.n_frames == 50
    assert [t.frame.tolist() for t in e.tracks] == ([list(frames)] if frames else [])
    assert watch.told[-1] == ("clip.mp4", len(frames), len(frames))


def test_a_video_without_a_face_gives_no_track(studio, cache):
    video = studio.seen_only("empty", (), 6)
    for reused in (False, True):
        e = extract(video, folder=cache)
        assert (e.tracks, e.embeddings) == ((), ())
        assert e.n_with_face == 0
        assert e.features.facts.n_frames == len(e.features.looked_at) == 6
        assert e.reused == reused
        assert e.faces.tracks == ()


def test_two_faces_are_two_tracks_in_order_of_appearance(studio, cache):
    e = extract(studio.pair(), folder=cache)
    assert [t.track_id for t in e.tracks] == [0, 1]
    first, second = e.tracks
    assert first.frame.tolist() == list(range(36))
    # A further face is found at the next search, half a second later at most.
    assert 10 <= second.frame[0] <= 13
    assert second.frame.tolist() == list(range(second.frame[0], 36))
    assert first.box_xyxy[:, 2].max() < 320 < second.box_xyxy[:, 0].min()
    assert [len(t) for t in e.tracks] == [len(x) for x in e.embeddings]
    assert e.n_with_face == 36
    assert e.faces.video_id == "pair.mp4"
    assert e.faces.tracks == e.tracks
    assert np.array_equal(e.faces.frame, e.features.looked_at)


def test_only_as_many_faces_as_asked_for(studio, cache):
    options = ExtractOptions(max_faces=1, start_s=0.6, end_s=0.8)
    assert len(extract(studio.pair(), options, folder=cache).tracks) == 1


def test_more_faces_than_are_followed_are_counted_and_kept(studio, cache):
    options = ExtractOptions(max_faces=1)
    for is_kept in (False, True):
        made = extract(studio.pair(), options, folder=cache)
        assert made.reused == is_kept
        # The second face comes in frame 10; others are looked for each half second.
        crowd = made.features.crowd
        assert crowd is not None
        assert 36 - 10 - 13 <= crowd.frames <= 36 - 10
    both = extract(studio.pair(), ExtractOptions(max_faces=2), folder=cache)
    assert both.features.crowd == Crowd(max_faces=2)


def test_a_face_seen_for_an_instant_is_dropped_from_a_long_video(studio, cache):
    seen = range(20, 24)
    long = extract(studio.seen_only("long", seen, 40), folder=cache)
    assert (long.tracks, long.embeddings) == ((), ())
    short = extract(studio.seen_only("short", seen, 25), folder=cache)
    assert [t.frame.tolist() for t in short.tracks] == [list(seen)]


def test_tracks_are_numbered_without_the_dropped_ones(studio, cache):
    frames = [*range(3, 6), *range(34, 50)]
    e = extract(studio.seen_only("late", frames, 50), folder=cache)
    assert [t.track_id for t in e.tracks] == [0]
    assert e.tracks[0].frame.tolist() == frames[3:]
    assert len(e.embeddings[0]) == len(frames) - 3


def test_a_folder_of_crops(studio, cache, tmp_path):
    folder = studio.crops(tmp_path / "crops")
    options = ExtractOptions(cropped=True, image_rate_hz=10.0)
    e = extract(folder, options, folder=cache)
    assert e.video_id == "crops"
    assert e.looked_at_s == pytest.approx(np.arange(6) / 10)
    (track,) = e.tracks
    assert track.frame.tolist() == list(range(6))
    assert track.time_s == pytest.approx(np.arange(6) / 10)
    assert extract(folder, options, folder=cache).reused
    faster = ExtractOptions(cropped=True, image_rate_hz=20.0)
    assert extract(folder, faster, folder=cache).looked_at_s[-1] == pytest.approx(0.25)


def test_a_network_sees_the_aligned_crops(studio, clip, cache, tmp_path):
    card = studio.network(tmp_path)
    options = ExtractOptions(encoder=str(card), end_s=1.4)
    e = extract(clip, options, folder=cache)
    encoder = load_encoder(str(card))
    assert e.features.encoder_id == encoder.encoder_id
    assert e.features.encoder_id.startswith("tiny-")
    tracker = FaceTracker(FullRangeDetector(), MeshModel())
    with closing(read_frames(clip, end_s=1.4)) as frames:
        colour = np.stack(
            [
                aligned_crop(f.rgb, s.mesh, encoder.crop_size).mean(axis=(0, 1)) / 255
                for f in frames
                for s in tracker.step(f.rgb, f.time_s)
            ]
        )
    (embedding,) = e.embeddings
    assert len(embedding) == 35
    assert embedding.vector == pytest.approx(colour, abs=1e-5)
    assert embedding.has_zero_shot
    assert extract(clip, options, folder=cache).reused
    assert not extract(clip, ExtractOptions(end_s=1.4), folder=cache).reused


def test_what_cannot_be_read_is_named(tmp_path, clip, cache):
    with pytest.raises(VideoError, match=r"gone\.mp4"):
        extract(tmp_path / "gone.mp4", folder=cache)
    options = ExtractOptions(encoder=str(tmp_path / "gone.json"))
    with pytest.raises(EncoderError, match=r"gone\.json"):
        extract(clip, options, folder=cache)
    assert not cache.exists()


def test_a_video_is_read_once_for_hash_and_index_and_once_for_its_frames(
    clip, cache, monkeypatch
):
    """Each further pass costs a network disk the whole file."""
    passes = []

    def counted(of, name, label):
        plain = getattr(of, name)

        def noting(*args, **named):
            passes.append(label)
            return plain(*args, **named)

        monkeypatch.setattr(of, name, noting)

    for part in (decode, index, scan):
        counted(part, "opened", part.__name__.rpartition(".")[2])
    counted(hashlib, "file_digest", "hash")
    extract(clip, ExtractOptions(end_s=0.2), folder=cache)
    assert passes == ["scan", "decode"]
    assert extract(clip, ExtractOptions(end_s=0.2), folder=cache).reused
    assert passes == ["scan", "decode", "scan"]


def test_one_process_makes_its_models_once(studio, tmp_path):
    """Models made anew for each video leaked 22 MiB and four threads each."""
    videos = [
        studio.write(tmp_path / f"{n}.mp4", studio.frames[n : n + 2]) for n in range(15)
    ]
    threads, resident = [], []

    def measure(_name, done, _total):
        if done == 0:
            threads.append(len(list(Path("/proc/self/task").iterdir())))
            resident.append(_resident_mib())

    extract_all(videos, cache=tmp_path / "cache", progress=measure)
    # The first few fill caches of the libraries; a leak went on at the same pace.
    assert threads[-1] <= threads[4] + 1
    assert resident[-1] - resident[4] < 60


def _resident_mib():
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def test_a_damaged_file_is_made_anew_and_said_so(clip, cache, caplog):
    options = ExtractOptions(end_s=0.2)
    first = extract(clip, options, folder=cache)
    rows = first.features.faces.tobytes()
    faces = first.features.folder / "faces.npy"
    faces.write_bytes(faces.read_bytes()[:-1])
    again = extract(clip, options, folder=cache)
    assert not again.reused
    assert "faces.npy cannot be used" in caplog.text
    assert again.features.faces.tobytes() == rows


def test_videos_are_named_in_linear_time():
    """2,000 paths took 3.75 s, 50,000 would have taken 40 minutes."""
    paths = [Path(f"{n % 100}/{n}.mp4") for n in range(50_000)]
    paths += [Path(f"x/{n}.mp4") for n in range(1000)]
    began = time.process_time()
    names = name_videos(paths)
    assert time.process_time() - began < 3
    assert len(set(names)) == len(paths)
    assert names[1500] == "1500.mp4"
    assert names[7] == "7/7.mp4"
    with pytest.raises(InputError, match="given twice"):
        name_videos([*paths, paths[0]])


def test_videos_are_named_by_file_or_by_path_where_two_share_it():
    paths = [Path("a/x.mp4"), Path("b/x.mp4"), Path("b/y.mp4")]
    assert name_videos(paths) == [str(paths[0]), str(paths[1]), "y.mp4"]
    assert name_videos([]) == []


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "every"),
    [
        ("lp_d0.mp4", "1"),
        ("lp_d19.mp4", "1"),
        ("single_face.mp4", "1"),
        ("lp_d13.mp4", "5"),
        ("lp_d9.mp4", "5"),
        ("long_webcam.mp4", "5"),
    ],
)
def test_one_person_is_seen_almost_always(data, cache, name, every):
    options = ExtractOptions(every=parse_every(every))
    e = extract(data / name, options, folder=cache)
    assert len(e.tracks) == 1
    assert e.n_with_face >= 0.99 * len(e.features.looked_at)


@pytest.mark.data
def test_two_people_side_by_side_are_two_tracks(data, studio, cache, tmp_path):
    import cv2

    halves = []
    for name in ("lp_d0.mp4", "single_face.mp4"):
        pictures = []
        with closing(read_frames(data / name)) as frames:
            for frame in frames:
                height, width, _ = frame.rgb.shape
                size = (round(width * 360 / height), 360)
                pictures.append(np.asarray(cv2.resize(frame.rgb, size), np.uint8))
                if len(pictures) == 60:
                    break
        halves.append(pictures)
    tiled = [np.hstack(both) for both in zip(*halves, strict=False)]
    assert len(tiled) >= 40
    e = extract(studio.write(tmp_path / "both.mp4", tiled), folder=cache)
    assert len(e.tracks) == 2
    assert all(len(track) >= 0.99 * len(tiled) for track in e.tracks)


@pytest.mark.data
def test_the_face_ends_where_the_cartoon_begins(data, cache):
    options = ExtractOptions(every=parse_every("3"))
    e = extract(data / "face_then_cartoon.mov", options, folder=cache)
    seen = np.concatenate([track.frame for track in e.tracks])
    assert seen.max() < 72
    looked_at = e.features.looked_at
    before = looked_at[looked_at < 72]
    assert len(np.unique(seen)) >= 0.99 * len(before)


@pytest.mark.data
def test_five_people_in_one_picture(data, cache):
    options = ExtractOptions(max_faces=8)
    e = extract(data / "multi_face.jpg", options, folder=cache)
    assert [t.frame.tolist() for t in e.tracks] == [[0]] * 5


@pytest.mark.data
def test_nobody_is_found_where_there_is_nobody(data, cache):
    e = extract(data / "no_face.mp4", folder=cache)
    assert len(e.features.looked_at) > 0
    assert e.tracks == ()
