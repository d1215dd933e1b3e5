import sys

import numpy as np
import pytest

from feltline.errors import InputError, SetupError
from feltline.lab.demo import Portrait, Pose
from feltline.lab.demo.actions import ACTIONS, action_weights
from feltline.lab.demo.mesh import OVAL

GRID = (-1.0, -0.5, 0.0, 0.5, 1.0)


def _traits(points: np.ndarray) -> tuple[float, float, float]:
    """Lift of the mouth's corners, height of its opening, height of the brows."""
    eyes = points[263] - points[33]
    size = float(np.hypot(*eyes))
    along = eyes / size
    y = points @ np.array([-along[1], along[0]]) / size
    lift = y[[13, 14]].mean() - y[[61, 291]].mean()
    return float(lift), float(y[14] - y[13]), float(y[[33, 263]].mean() - y[52])


@pytest.mark.parametrize(("width", "height"), [(640, 480), (160, 120), (101, 240)])
def test_frames_have_the_size_asked_for(width: int, height: int) -> None:
    frame = Portrait.load(width, height).render(0.3, -0.2)
    assert frame.shape == (height, width, 3)
    assert frame.dtype == np.uint8


def test_rendering_twice_gives_the_same_frame(portrait: Portrait) -> None:
    first = portrait.render(-0.7, 0.4, Pose(roll=0.03, blink=0.4))
    portrait.render(1.0, 1.0)
    assert np.array_equal(first, portrait.render(-0.7, 0.4, Pose(roll=0.03, blink=0.4)))


def test_points_move_steadily_with_the_affect(portrait: Portrait) -> None:
    for other in GRID:
        lifts = [_traits(portrait.landmarks(v, other))[0] for v in GRID]
        assert np.all(np.diff(lifts) > 0)
        gapes = [_traits(portrait.landmarks(other, a))[1] for a in GRID]
        assert np.all(np.diff(gapes) > 0)


def test_a_blink_shuts_the_lids_whatever_the_arousal(portrait: Portrait) -> None:
    for arousal in GRID:
        points = portrait.landmarks(0.0, arousal, Pose(blink=1.0))
        opening = (points[[145, 374], 1] - points[[159, 386], 1]).max()
        assert abs(opening) < 0.02 * portrait.unit


def test_outline_of_the_face_stays_but_for_the_jaw(portrait: Portrait) -> None:
    rest = portrait.landmarks(0.0, 0.0)
    moved = [
        np.hypot(*(portrait.landmarks(v, a) - rest).T) / portrait.unit
        for v in (-1.0, 1.0)
        for a in (-1.0, 1.0)
    ]
    outline = np.max(moved, axis=0)
    assert outline[list(OVAL[:14])].max() < 1e-6
    assert outline[list(OVAL)].max() < 0.06
    assert outline[468:].max() < 1e-6


def test_picture_away_from_the_face_stays(portrait: Portrait) -> None:
    calm, tense = portrait.render(-1.0, -1.0), portrait.render(1.0, 1.0)
    face = portrait.landmarks(0.0, 0.0)[468:]
    left, top = np.floor(face.min(axis=0)).astype(int) - 2
    right, bottom = np.ceil(face.max(axis=0)).astype(int) + 3
    changed = np.any(calm != tense, axis=2)
    assert changed[top:bottom, left:right].any()
    changed[top:bottom, left:right] = False
    assert not changed.any()


def test_corners_of_the_picture_stay_when_the_head_moves(portrait: Portrait) -> None:
    still = portrait.render(0.0, 0.0)
    moved = portrait.render(0.0, 0.0, Pose(shift_x=0.08, roll=0.08, zoom=1.05, yaw=0.5))
    assert np.array_equal(still[-20:, :40], moved[-20:, :40])
    assert np.array_equal(still[:20, -40:], moved[:20, -40:])


def test_an_open_mouth_is_dark_inside(portrait: Portrait) -> None:
    x, y = portrait.landmarks(0.3, 1.0)[14] - [0, 0.035 * portrait.unit]
    closed, opened = portrait.render(0.0, -1.0), portrait.render(0.3, 1.0)
    assert opened[round(y), round(x)].mean() < 80 < closed[round(y), round(x)].mean()


def test_mediapipe_sees_the_expression(portrait: Portrait) -> None:
    face_mesh = pytest.importorskip("mediapipe.python.solutions.face_mesh")
    affect, seen = [], []
    with face_mesh.FaceMesh(static_image_mode=True) as finder:
        for valence in (-0.8, 0.0, 0.8):
            for arousal in (-0.8, 0.0, 0.8):
                frame = portrait.render(valence, arousal, Pose(roll=0.05 * arousal))
                found = finder.process(frame).multi_face_landmarks
                assert found, f"no face at valence {valence}, arousal {arousal}"
                points = [(p.x * 320, p.y * 240) for p in found[0].landmark]
                affect.append((valence, arousal))
                seen.append(_traits(np.array(points)))
    together = np.corrcoef(np.array(affect).T, np.array(seen).T)
    assert together[0, 2] > 0.8  # valence lifts the corners of the mouth
    assert together[1, 3] > 0.7  # arousal opens it
    assert together[1, 4] > 0.7  # and raises the brows


def test_actions_are_smooth_and_match_their_affect() -> None:
    line = np.linspace(-1, 1, 401).tolist()
    along = np.array([action_weights(v, 0.3) for v in line])
    across = np.array([action_weights(-0.4, a) for a in line])
    for weights in (along, across):
        assert np.abs(np.diff(weights, 2, axis=0)).max() < 1e-3
    angry = dict(zip(ACTIONS, action_weights(-1.0, 1.0), strict=True))
    sad = dict(zip(ACTIONS, action_weights(-1.0, -1.0), strict=True))
    assert angry["furrow"] > 0.9 > 0.2 > angry["grieve"]
    assert sad["grieve"] > 0.9 > 0.2 > sad["furrow"]


def test_a_tiny_frame_is_refused() -> None:
    with pytest.raises(InputError, match="at least 32 pixels"):
        Portrait.load(640, 16)


@pytest.mark.parametrize("package", ["skimage", "mediapipe"])
def test_a_missing_package_is_named(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feltline.lab.demo.portrait import _photo_and_face

    for name in [*sys.modules, package]:
        if name.split(".")[0] == package:
            monkeypatch.setitem(sys.modules, name, None)
    _photo_and_face.cache_clear()
    with pytest.raises(SetupError, match=r"feltline\[faces\]"):
        Portrait.load()
    _photo_and_face.cache_clear()
