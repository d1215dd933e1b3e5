import sys
from dataclasses import replace

import numpy as np
import pytest

from feltline.errors import SetupError, ShapeError
from feltline.render import Overlay
from feltline.render.annotators import COLOURS, tag_text
from feltline.render.frame_annotations import AnnotatedTrack, display_slots

GREY = 128


def picture(height=240, width=320):
    return np.full((height, width, 3), GREY, np.uint8)


def annotated(labelled):
    return AnnotatedTrack(labelled, 0.8)


def colours_in(rgb):
    return {tuple(c) for c in np.unique(rgb.reshape(-1, 3), axis=0).tolist()}


def test_the_input_stays_and_the_output_is_contiguous(make):
    wide = np.full((240, 640, 3), GREY, np.uint8)
    rgb = wide[:, ::2]
    out = Overlay([make()], threshold=0.8).draw(rgb, 10)
    assert (wide == GREY).all()
    assert out.shape == rgb.shape
    assert out.dtype == np.uint8
    assert out.flags.c_contiguous
    assert not np.shares_memory(out, rgb)
    assert (out != rgb).any()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("human", {"human": (10,), "confidence": 0.1}),
        ("accepted", {"confidence": 0.8}),
        ("doubtful", {"confidence": 0.79}),
        ("unrated", {"confidence": np.nan}),
    ],
)
def test_colour_tells_who_vouches_for_the_value(make, kind, options):
    confidence = np.full(50, 0.9)
    confidence[10] = options.pop("confidence")
    labelled = make(confidence=confidence, **options)
    found = colours_in(Overlay([labelled], threshold=0.8).draw(picture(), 10))
    assert {k for k, colour in COLOURS.items() if colour in found} == {kind}


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.6, 0.7, 0.8, 0.9, 1.0])
def test_confidence_at_the_threshold_is_accepted_everywhere(make, threshold):
    labelled = make(confidence=threshold)
    face = AnnotatedTrack(labelled, threshold).at(5)
    assert face is not None
    assert face.origin == "accepted"
    assert not labelled.is_doubtful(threshold).any()


def test_the_box_is_drawn_around_the_face(make):
    out = Overlay([make()], threshold=0.8).draw(picture(480, 640), 10)
    hit = np.argwhere((out == COLOURS["accepted"]).all(axis=2))
    right = hit[hit[:, 1] > 126]
    assert right[:, 1].max() == pytest.approx(130, abs=2)
    assert right[:, 0].max() == pytest.approx(140, abs=2)


@pytest.mark.parametrize("frame", [-1, 0, 9, 50, 10_000])
def test_a_frame_without_a_face_comes_back_as_it_was(make, frame):
    rgb = picture()
    out = Overlay([make(range(10, 50))], threshold=0.8).draw(rgb, frame)
    np.testing.assert_array_equal(out, rgb)
    assert not np.shares_memory(out, rgb)


@pytest.mark.parametrize("labelled", [[], [0]])
def test_nothing_labelled_draws_nothing(make, labelled):
    overlay = Overlay([make([]) for _ in labelled], threshold=0.8)
    np.testing.assert_array_equal(overlay.draw(picture(), 0), picture())


@pytest.mark.parametrize(
    "box",
    [
        (-50, -50, 40, 40),
        (300, 220, 400, 300),
        (-1000, -1000, -900, -900),
        (-1e9, -1e9, 1e9, 1e9),
        (5000, 10, 6000, 50),
        (50, 60, 50, 60),
        (90, 90, 60, 60),
        (np.nan, 0, 10, 10),
        (0, 0, np.inf, 10),
    ],
)
@pytest.mark.parametrize("size", [(240, 320), (90, 60), (12, 9), (1, 1), (2, 700)])
def test_any_box_on_any_picture(make, box, size):
    labelled = [make(box=box, human=(4,)), make(track_id=1)]
    overlay = Overlay(labelled, threshold=0.8)
    assert overlay.draw(picture(*size), 4).shape == (*size, 3)


def test_a_value_that_is_missing_is_not_written(make):
    labelled = make(human=(0,))
    labelled.value[5] = np.nan
    labelled.low[5] = np.nan
    out = Overlay([labelled], threshold=0.8).draw(picture(), 5)
    # The face is still boxed, but there is neither tag nor plane.
    assert COLOURS["accepted"] in colours_in(out)
    np.testing.assert_array_equal(out[150:], picture()[150:])
    assert (Overlay([labelled], threshold=0.8).draw(picture(), 6) != out).any()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"confidence": 0.866}, "V +0.12  A +0.49  87 %"),
        ({"confidence": np.nan, "human": (0,)}, "V +0.12  A +0.49"),
        ({"interval": False, "human": (0,)}, "V +0.12  A +0.49  90 %"),
        ({"human": (5,)}, "V +0.12  A +0.49  by hand"),
    ],
)
def test_tag_text(make, options, expected):
    face = annotated(make(**options)).at(5)
    assert face is not None
    assert tag_text(face) == expected


def test_between_samples_the_box_moves_and_the_value_stays(make):
    track = annotated(make(range(0, 50, 5)))
    exact, later = track.at(20), track.at(22)
    assert exact is not None
    assert later is not None
    np.testing.assert_allclose(later.box_xyxy[[0, 2]], exact.box_xyxy[[0, 2]] + 2)
    np.testing.assert_array_equal(later.value, exact.value)


@pytest.mark.parametrize(
    ("frames", "shown"),
    [
        (range(10), range(10)),
        ([0, 5, 10, 15], range(20)),
        ([*range(5), *range(20, 25)], range(25)),
        ([*range(5), *range(80, 85)], [*range(5), *range(80, 85)]),
        ([0, 50, 100], [*range(25), *range(50, 75), *range(100, 125)]),
        ([7], [7]),
    ],
)
def test_how_long_a_face_is_taken_to_be_there(make, frames, shown):
    track = annotated(make(frames))
    there = [f for f in range(-5, 200) if track.at(f) is not None]
    assert there == list(shown)
    assert track.last_frame == there[-1]


def test_the_trail_is_a_second_and_a_half_and_stops_at_a_gap(make):
    track = annotated(make([*range(60), *range(100, 120)]))
    for frame, length in ((0, 1), (10, 11), (50, 38), (100, 1), (110, 11)):
        face = track.at(frame)
        assert face is not None
        assert len(face.trail) == len(face.age) == length
        assert face.age[-1] == 0
        np.testing.assert_array_equal(face.trail[-1], face.value)


def test_faces_keep_their_place_and_share_none_at_a_time(make):
    spans = [(0, 50), (10, 20), (15, 60), (21, 40), (50, 90), (0, 5)]
    tracks = [annotated(make(range(*span))) for span in spans]
    taken = display_slots(tracks)
    assert taken == [0, 1, 2, 1, 0, 1]
    for frame in range(90):
        here = [s for s, t in zip(taken, tracks, strict=True) if t.at(frame)]
        assert len(here) == len(set(here))


def test_planes_of_four_faces_stand_side_by_side_and_no_fifth(make):
    boxes = [(20 + 110 * i, 60, 80 + 110 * i, 120) for i in range(5)]
    faces = [make(box=box, track_id=i) for i, box in enumerate(boxes)]

    def dark_columns(count):
        out = Overlay(faces[:count], threshold=0.8).draw(picture(480, 640), 5)
        return np.flatnonzero((out[465] < GREY).all(axis=1))

    ends = [dark_columns(count)[-1] for count in (1, 2, 3, 4, 5)]
    assert ends[0] < ends[1] < ends[2] < ends[3] < 640
    assert ends[3] == ends[4]


def test_the_interval_shows(make):
    labelled = make(human=(0,), interval=False, confidence=0.9)
    with_interval = Overlay([make()], threshold=0.8).draw(picture(), 5)
    without = Overlay([labelled], threshold=0.8).draw(picture(), 5)
    changed = np.argwhere((with_interval != without).any(axis=2))
    assert len(changed) > 50
    assert changed[:, 0].min() >= 240 - 5 - 64


def test_what_does_not_fit_is_refused(make):
    with pytest.raises(ShapeError, match="50 frames, but 49 labels"):
        replace(make(range(49)), track=make().track)
    with pytest.raises(ShapeError, match="at least one pixel"):
        Overlay([make()], threshold=0.8).draw(np.zeros((0, 5, 3), np.uint8), 0)


def test_without_opencv_the_message_says_what_to_install(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(SetupError, match=r"feltline\[faces\]"):
        Overlay([make()], threshold=0.8)
