import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from feltline.faces import aligned_crop
from feltline.faces.quality import DESCRIPTOR_SIZE, face_descriptor, quality_of
from feltline.lab.demo import Portrait


@pytest.fixture(scope="module")
def crop(picture, mesh):
    return aligned_crop(picture, mesh, DESCRIPTOR_SIZE)


def _falls(values, end):
    """From 1 to at most `end`, never rising, with a step of its own for each value
    between."""
    steps = np.diff(values)
    between = (np.array(values) > 0) & (np.array(values) < 1)
    return (
        values[0] == 1
        and values[-1] <= end
        and np.all(steps <= 0)
        and len(set(np.array(values)[between])) == between.sum() >= 2
    )


def test_a_clear_face_is_of_full_quality(mesh, crop):
    assert quality_of(mesh, crop) == 1


def test_blur_lowers_the_quality(mesh, crop):
    blurs = [cv2.GaussianBlur(crop, (0, 0), s) for s in (0.4, 0.8, 1, 1.5, 2, 3)]
    assert _falls([quality_of(mesh, b) for b in [crop, *blurs]], end=0.01)


def test_blur_of_the_picture_lowers_the_quality(picture, mesh):
    pictures = [picture, *(cv2.GaussianBlur(picture, (0, 0), s) for s in (2, 3, 4))]
    crops = [aligned_crop(rgb, mesh, DESCRIPTOR_SIZE) for rgb in pictures]
    assert _falls([quality_of(mesh, c) for c in crops], end=0.3)


def test_darkness_lowers_the_quality(mesh, crop):
    gains = (1, 0.7, 0.4, 0.3, 0.2, 0.15, 0.05, 0)
    darker = [(crop * gain).astype(np.uint8) for gain in gains]
    assert _falls([quality_of(mesh, d) for d in darker], end=0)


def test_overexposure_lowers_the_quality(mesh, crop):
    more = (0, 50, 90, 110, 130, 150, 255)
    brighter = [np.clip(crop.astype(int) + m, 0, 255).astype(np.uint8) for m in more]
    assert _falls([quality_of(mesh, b) for b in brighter], end=0)


def test_small_faces_are_of_lower_quality(detector, mesh_model):
    large = Portrait.load(width=640, height=480).render(0.0, 0.0)
    mesh = mesh_model.mesh_in_box(large, detector.detect(large).box_xyxy[0])
    values = []
    for scale in (1, 0.6, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1):
        small = cv2.resize(
            large, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
        )
        there = mesh * np.float32(scale)
        values.append(quality_of(there, aligned_crop(small, there, DESCRIPTOR_SIZE)))
    assert _falls(values, end=0.05)


@pytest.mark.parametrize("axis", ["x", "y"])
@pytest.mark.parametrize("side", [-1, 1])
def test_turning_away_lowers_the_quality(mesh, crop, axis, side):
    """The mesh leans a little by itself, so that both ways are not quite alike."""
    values = []
    for degrees in (0, 40, 45, 50, 80):
        turn = Rotation.from_euler(axis, side * degrees, degrees=True)
        turned = turn.apply(mesh - mesh.mean(axis=0)).astype(np.float32)
        wide = np.abs(turned[473, :2] - turned[468, :2]).max()
        # Enlarge, so that it is the pose alone that counts.
        values.append(quality_of(turned * np.float32(100 / wide), crop))
    assert _falls(values, end=0)


def test_roll_costs_nothing(mesh, crop):
    turn = Rotation.from_euler("z", 60, degrees=True)
    assert quality_of(turn.apply(mesh).astype(np.float32), crop) == 1


@given(
    seed=st.integers(0, 2**32 - 1),
    low=st.integers(0, 255),
    high=st.integers(0, 255),
    spread=st.floats(0.01, 1000),
)
def test_quality_is_always_in_range(seed, low, high, spread):
    rng = np.random.default_rng(seed)
    mesh = (rng.standard_normal((478, 3)) * spread).astype(np.float32)
    pixels = rng.integers(min(low, high), max(low, high) + 1, (48, 48, 3))
    assert 0 <= quality_of(mesh, pixels.astype(np.uint8)) <= 1


def test_look_is_a_unit_vector_that_ignores_light(crop):
    look = face_descriptor(crop)
    assert look.mean() == pytest.approx(0, abs=1e-6)
    assert np.linalg.norm(look) == pytest.approx(1, abs=1e-5)
    dimmed = (crop * 0.5 + 30).astype(np.uint8)
    assert look @ face_descriptor(dimmed) > 0.99


def test_look_tells_a_face_from_its_reverse_and_from_noise(crop):
    look = face_descriptor(crop)
    noise = np.random.default_rng(0).integers(0, 256, crop.shape, dtype=np.uint8)
    assert look @ face_descriptor(255 - crop) < -0.9
    assert abs(look @ face_descriptor(noise)) < 0.4


def test_look_of_a_plain_picture_is_finite():
    look = face_descriptor(np.full((48, 48, 3), 90, np.uint8))
    assert np.all(look == 0)
