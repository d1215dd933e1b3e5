import numpy as np
import pytest

from feltline.faces import aligned_crop, face_box
from feltline.faces.align import iris_distance
from feltline.faces.mesh import region_of_mesh


def _blob(centre, shape=(240, 320)):
    """A picture that is black but for a soft bright spot."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    spot = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / 8)
    return np.repeat((255 * spot).astype(np.uint8)[..., None], 3, axis=2)


def _centre_of(crop):
    weight = crop[..., 0].astype(float)
    y, x = np.mgrid[: crop.shape[0], : crop.shape[1]]
    return (weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()


def _turned_mesh(mesh, degrees):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = mesh.copy()
    turned[:, :2] = (mesh[:, :2] - (160, 112)) @ turn.T + (160, 112)
    return turned


@pytest.mark.parametrize("size", [24, 48, 64, 112])
def test_crop_is_square_of_the_size_asked_for(picture, mesh, size):
    crop = aligned_crop(picture, mesh, size)
    assert crop.shape == (size, size, 3)
    assert crop.dtype == np.uint8


@pytest.mark.parametrize("degrees", [-70, -25, 0, 25, 70, 180])
def test_irises_come_out_level_and_in_order(mesh, degrees):
    turned = _turned_mesh(mesh, degrees)
    right, left = (
        _centre_of(aligned_crop(_blob(turned[iris, :2]), turned, 96))
        for iris in (468, 473)
    )
    assert right[1] == pytest.approx(left[1], abs=0.3)
    assert left[0] - right[0] > 25


@pytest.mark.parametrize("degrees", [-30, 30])
def test_a_turned_picture_gives_the_same_crop(
    stage, picture, mesh, mesh_model, degrees
):
    turned, _ = stage.turned(picture, degrees)
    region = region_of_mesh(_turned_mesh(mesh, degrees))
    found = mesh_model.mesh(turned, region)
    crops = aligned_crop(picture, mesh, 48), aligned_crop(turned, found, 48)
    difference = np.abs(crops[0].astype(int) - crops[1])
    unturned = np.abs(crops[0].astype(int) - aligned_crop(turned, mesh, 48))
    assert difference.mean() < 7
    assert unturned.mean() > 14


def test_mesh_fills_the_crop_but_for_a_tenth_on_each_side(mesh):
    """Spots at the topmost and lowest points land a margin away from the edge."""
    level = _turned_mesh(
        mesh, -np.degrees(np.arctan2(*(mesh[473, :2] - mesh[468, :2])[::-1]))
    )
    size = 120
    margin = size * 0.1 / 1.2
    highest, lowest = level[:, 1].argmin(), level[:, 1].argmax()
    top, bottom = (
        _centre_of(aligned_crop(_blob(level[point, :2]), level, size))[1]
        for point in (highest, lowest)
    )
    assert top == pytest.approx(margin, abs=1.5)
    assert bottom == pytest.approx(size - margin, abs=1.5)


def test_outside_the_frame_the_border_is_repeated(mesh):
    rgb = np.zeros((240, 320, 3), np.uint8)
    rgb[:, 0] = (200, 100, 50)
    moved = mesh.copy()
    moved[:, 0] += 5 - mesh[:, 0].max()
    crop = aligned_crop(rgb, moved, 48)
    assert np.all(crop[:, 0] == (200, 100, 50))
    assert np.all(aligned_crop(rgb, mesh, 48) == 0)


def test_fine_stripes_are_averaged_not_aliased(mesh):
    stripes = np.zeros((960, 1280, 3), np.uint8)
    stripes[:, ::2] = 255
    crop = aligned_crop(stripes, mesh * np.float32(4), 24)
    assert crop.std() < 20
    assert crop.mean() == pytest.approx(127.5, abs=5)


def test_box_touches_the_outermost_points(mesh):
    box = face_box(mesh)
    assert box.dtype == np.float32
    assert box.tolist() == [
        min(mesh[:, 0]),
        min(mesh[:, 1]),
        max(mesh[:, 0]),
        max(mesh[:, 1]),
    ]


def test_iris_distance_is_in_the_plane_of_the_picture():
    mesh = np.zeros((478, 3), np.float32)
    mesh[468], mesh[473] = (10, 20, 7), (13, 24, -90)
    assert iris_distance(mesh) == pytest.approx(5)
