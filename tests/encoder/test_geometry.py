import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from tests.soak import examples

from feltline.encoder import GeometryEncoder, load_encoder
from feltline.encoder.geometry import RIGID, procrustes
from feltline.faces import FullRangeDetector, MeshModel
from feltline.lab.demo import Portrait, Pose
from feltline.types import Encoder, FaceBatch


@pytest.fixture(scope="module")
def encoder():
    return GeometryEncoder()


@pytest.fixture(scope="module")
def meshes():
    """Smile, the same a little turned and moved, neutral, and frown."""
    portrait = Portrait.load(width=320, height=240)
    aside = Pose(roll=0.2, shift_x=0.2, zoom=1.1)
    pictures = [
        portrait.render(1.0, 0.0),
        portrait.render(1.0, 0.0, aside),
        portrait.render(0.0, 0.0),
        portrait.render(-1.0, 0.0),
    ]
    detector, model = FullRangeDetector(), MeshModel()
    found = [
        model.mesh_in_box(rgb, detector.detect(rgb).box_xyxy[0]) for rgb in pictures
    ]
    model.close()
    return np.stack([mesh for mesh in found if mesh is not None])


def _vectors(encoder, meshes):
    crop = np.empty((len(meshes), 0, 0, 3), np.uint8)
    faces = FaceBatch(mesh=np.asarray(meshes, np.float32), crop=crop)
    return encoder.encode(faces).vector


def test_encoder_says_what_it_is(encoder):
    assert isinstance(encoder, Encoder)
    assert encoder.encoder_id == "geometry-8e3f7a199909"
    assert encoder.crop_size == 0


def test_geometry_is_loaded_by_name(encoder):
    loaded = load_encoder("geometry")
    assert isinstance(loaded, GeometryEncoder)
    assert loaded.encoder_id == encoder.encoder_id


def test_embedding_has_no_zero_shot_prediction(encoder, meshes):
    crop = np.empty((len(meshes), 0, 0, 3), np.uint8)
    e = encoder.encode(FaceBatch(mesh=meshes, crop=crop))
    assert e.encoder_id == encoder.encoder_id
    assert e.vector.shape == (4, 96)
    assert e.zero_shot_value.shape == (4, 2)
    assert np.isnan(e.zero_shot_value).all()
    assert e.zero_shot_expression.shape == (4, 8)
    assert np.isnan(e.zero_shot_expression).all()
    assert not e.has_zero_shot


@settings(max_examples=examples(40))
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(0.5, 5),
    x=st.floats(-200, 200),
    y=st.floats(-200, 200),
)
def test_place_size_and_pose_do_not_matter(encoder, meshes, seed, scale, x, y):
    turn = Rotation.random(rng=np.random.default_rng(seed))
    moved = [turn.apply(mesh) * scale + (x, y, 0) for mesh in meshes]
    assert _vectors(encoder, moved) == pytest.approx(
        _vectors(encoder, meshes), abs=1e-4
    )


def test_a_mirrored_face_is_another_face(encoder, meshes):
    """Only turns are taken out, no reflections."""
    mirrored = meshes * np.array([-1, 1, 1], np.float32)
    away = np.abs(_vectors(encoder, mirrored) - _vectors(encoder, meshes))
    assert away.max() > 0.1


def test_smile_and_frown_differ_more_than_two_views_of_a_smile(encoder, meshes):
    smile, again, neutral, frown = _vectors(encoder, meshes)
    same = np.linalg.norm(smile - again)
    assert np.linalg.norm(smile - frown) > 2 * same
    assert np.linalg.norm(smile - neutral) > 1.5 * same
    assert np.linalg.norm(frown - neutral) > 0


def test_each_face_is_encoded_by_itself(encoder, meshes):
    whole = _vectors(encoder, meshes)
    for row, mesh in zip(whole, meshes, strict=True):
        assert _vectors(encoder, mesh[None])[0] == pytest.approx(row, abs=1e-6)


def test_no_face_gives_no_vector(encoder):
    assert _vectors(encoder, np.empty((0, 478, 3))).shape == (0, 96)


@given(seed=st.integers(0, 2**32 - 1), spread=st.floats(0.05, 50))
def test_procrustes_agrees_with_scipy(seed, spread):
    """Also for point sets that fit badly, where a reflection would fit better."""
    rng = np.random.default_rng(seed)
    shape = rng.standard_normal((468, 3))
    turn = Rotation.random(rng=rng)
    mesh = turn.apply(shape + spread * rng.standard_normal(shape.shape)) * 7 + 30
    goal = shape[list(RIGID)] - shape[list(RIGID)].mean(axis=0)
    centre = mesh[list(RIGID)].mean(axis=0)
    points = mesh[list(RIGID)] - centre
    best, _ = Rotation.align_vectors(goal, points)
    scale = np.linalg.norm(goal) / np.linalg.norm(points)
    expected = best.apply(mesh - centre) * scale
    assert procrustes(mesh[None], shape)[0] == pytest.approx(expected, abs=1e-5)


def test_procrustes_brings_back_what_was_only_moved():
    rng = np.random.default_rng(0)
    shape = rng.standard_normal((468, 3))
    turns = Rotation.random(4, rng=rng)
    meshes = np.stack([turn.apply(shape) * 3 + 5 for turn in turns])
    centred = shape - shape[list(RIGID)].mean(axis=0)
    for aligned in procrustes(meshes, shape):
        assert aligned == pytest.approx(centred, abs=1e-9)


def test_a_mesh_of_one_point_does_not_divide_by_zero(encoder):
    vector = _vectors(encoder, np.ones((1, 478, 3)))
    assert np.isfinite(vector).all()
