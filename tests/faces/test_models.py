import sys

import numpy as np
import pytest

from feltline.errors import SetupError
from feltline.faces import FullRangeDetector, MeshModel, PreCropped, face_box
from feltline.faces.mesh import region_of_box, region_of_mesh
from feltline.types import FaceDetector
from feltline.video import read_frame


def test_detector_finds_the_portrait_where_its_mesh_is(detector, picture, mesh):
    found = detector.detect(picture)
    assert found.box_xyxy.shape == (1, 4)
    assert 0.5 <= found.score[0] <= 1
    box, around_mesh = found.box_xyxy[0], face_box(mesh)
    centre = (box[:2] + box[2:]) / 2
    assert np.all((around_mesh[:2] < centre) & (centre < around_mesh[2:]))
    assert np.abs(box - around_mesh).max() < 0.25 * (box[2] - box[0])


def test_detector_gives_several_faces_best_first(detector, stage):
    found = detector.detect(stage.pair(1)[0])
    assert found.box_xyxy.shape == (2, 4)
    assert found.score[0] >= found.score[1]
    assert sorted(found.box_xyxy[:, 0] > 320) == [False, True]


def test_detector_finds_nothing_in_noise(detector):
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    found = detector.detect(noise)
    assert found.box_xyxy.shape == (0, 4)
    assert found.score.shape == (0,)


def test_mesh_lies_on_the_points_of_the_portrait(portrait, mesh):
    assert mesh.shape == (478, 3)
    assert mesh.dtype == np.float32
    drawn = portrait.landmarks(0.0, 0.0)[:468]
    off = np.hypot(*(mesh[:468, :2] - drawn).T)
    assert off.mean() < 1
    assert off.max() < 4


def test_nose_is_nearer_than_the_ears(mesh):
    assert mesh[1, 2] < mesh[[234, 454], 2].min()


@pytest.mark.parametrize("seed", range(3))
def test_noise_has_no_mesh(mesh_model, seed):
    noise = np.random.default_rng(seed).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    box = np.array([100, 60, 200, 160], np.float32)
    assert mesh_model.mesh_in_box(noise, box) is None
    assert mesh_model.calls == 1


@pytest.mark.parametrize("degrees", [-50, -30, 30, 50])
def test_region_of_a_mesh_follows_the_roll_of_the_head(
    mesh_model, stage, picture, mesh, degrees
):
    turned, matrix = stage.turned(picture, degrees)
    expected = mesh.copy()
    expected[:, :2] = mesh[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    x, y, side, roll = region_of_mesh(mesh)
    new_x, new_y, new_side, new_roll = region_of_mesh(expected)
    assert np.degrees(new_roll - roll) == pytest.approx(degrees, abs=1e-2)
    assert new_side == pytest.approx(side, rel=1e-4)
    assert (new_x, new_y) == pytest.approx(matrix @ (x, y, 1), abs=1e-2)
    found = mesh_model.mesh(turned, region_of_mesh(expected))
    off = np.hypot(*(found[:, :2] - expected[:, :2]).T)
    assert off.mean() < 0.5
    assert off.max() < 2


def test_region_of_a_box_is_an_upright_square_around_it():
    x, y, side, roll = region_of_box(np.array([10, 20, 50, 120], np.float32))
    assert (x, y, side, roll) == pytest.approx((30, 70, 150, 0))


def test_a_rough_box_is_refined_to_the_same_mesh(mesh_model, mesh, picture):
    box = face_box(mesh)
    rough = (box + np.array([-9, 6, 4, 12])).astype(np.float32)
    found = mesh_model.mesh_in_box(picture, rough)
    assert np.hypot(*(found[:, :2] - mesh[:, :2]).T).mean() < 1
    assert mesh_model.calls == 2


def test_equal_input_gives_equal_meshes_whatever_came_between(
    mesh_model, mesh, picture, stage
):
    region = region_of_mesh(mesh)
    first = mesh_model.mesh(picture, region)
    mesh_model.mesh(stage.frames[30], region)
    assert np.array_equal(first, mesh_model.mesh(picture, region))


def test_a_model_can_be_closed(picture, mesh):
    model = MeshModel()
    assert model.mesh(picture, region_of_mesh(mesh)) is not None
    model.close()


@pytest.mark.parametrize(
    ("shape", "box"),
    [((90, 120, 3), (30, 15, 90, 75)), ((120, 60, 3), (10, 40, 50, 80))],
)
def test_a_crop_is_one_face_in_its_middle(shape, box):
    found = PreCropped().detect(np.zeros(shape, np.uint8))
    assert found.box_xyxy.tolist() == [pytest.approx(box)]
    assert found.score.tolist() == [1.0]


def test_detectors_keep_to_the_protocol_under_different_names(detector):
    assert isinstance(detector, FaceDetector)
    assert isinstance(PreCropped(), FaceDetector)
    assert detector.detector_id != PreCropped().detector_id


@pytest.mark.parametrize("make", [FullRangeDetector, MeshModel])
def test_missing_mediapipe_is_named(make, monkeypatch):
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(SetupError, match=r"feltline\[faces\]"):
        make()


def test_models_write_nothing_to_the_terminal(capfd, picture):
    FullRangeDetector().detect(picture)
    model = MeshModel()
    model.mesh(picture, (160.0, 110.0, 145.0, 0.0))
    model.close()
    written = capfd.readouterr()
    assert (written.out, written.err) == ("", "")


@pytest.mark.data
def test_five_faces_of_a_group_are_found(data, detector, mesh_model):
    rgb = read_frame(data / "multi_face.jpg", 0).rgb
    boxes = detector.detect(rgb).box_xyxy
    assert len(boxes) == 5
    assert all(mesh_model.mesh_in_box(rgb, box) is not None for box in boxes)
