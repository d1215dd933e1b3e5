import io

import numpy as np
import pytest
from PIL import Image

from feltline.errors import ShapeError
from feltline.server.crops import face_jpeg, frame_jpeg


def opened(jpeg):
    picture = Image.open(io.BytesIO(jpeg))
    assert picture.format == "JPEG"
    return np.asarray(picture).astype(int)


@pytest.fixture
def rgb():
    """Red grows to the right, green downwards; both by 1 a pixel."""
    rgb = np.zeros((180, 240, 3), np.uint8)
    rgb[..., 0] = np.arange(240)[None]
    rgb[..., 1] = np.arange(180)[:, None]
    return rgb


def box(*sides):
    return np.array(sides, np.float32)


def check_corner(found, wanted):
    assert np.abs(found[:2] - wanted).max() <= 4, found


def test_a_square_with_a_margin_of_a_quarter_on_each_side(rgb):
    # The longer side is 40: the square is 60, around (120, 80).
    crop = opened(face_jpeg(rgb, box(110, 60, 130, 100), 60))
    assert crop.shape == (60, 60, 3)
    check_corner(crop[0, 0], (90, 50))
    check_corner(crop[0, -1], (149, 50))
    check_corner(crop[-1, 0], (90, 109))
    check_corner(crop[30, 30], (120, 80))


@pytest.mark.parametrize("size", [1, 16, 160, 512])
def test_sizes(rgb, size):
    crop = opened(face_jpeg(rgb, box(100, 60, 140, 100), size))
    assert crop.shape == (size, size, 3)
    if size > 1:
        check_corner(crop[size // 2, size // 2], (120, 80))


def test_outside_the_frame_its_edge_is_repeated(rgb):
    crop = opened(face_jpeg(rgb, box(-20, -20, 20, 20), 60))
    # The square runs from -30 to 30.
    for corner in (crop[0, 0], crop[10, 10], crop[29, 29]):
        check_corner(corner, (0, 0))
    check_corner(crop[59, 59], (29, 29))
    crop = opened(face_jpeg(rgb, box(220, 160, 260, 200), 60))
    check_corner(crop[59, 59], (239, 179))
    check_corner(crop[0, 0], (210, 150))


@pytest.mark.parametrize(
    "sides", [(-1e9, -1e9, 1e9, 1e9), (5e8, 5e8, 5e8 + 9, 5e8 + 9), (5, 5, 5, 5)]
)
def test_boxes_out_of_all_measure_stay_small(rgb, sides):
    assert opened(face_jpeg(rgb, box(*sides), 32)).shape == (32, 32, 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_box_that_is_not_finite(rgb, bad):
    with pytest.raises(ShapeError, match="must be finite"):
        face_jpeg(rgb, box(0, 0, bad, 9), 32)


@pytest.mark.parametrize(
    ("width", "shape"), [(120, (90, 120, 3)), (240, (180, 240, 3)), (7, (5, 7, 3))]
)
def test_a_thumbnail_is_the_whole_frame(rgb, width, shape):
    small = opened(frame_jpeg(rgb, width))
    assert small.shape == shape
    if width > 100:
        check_corner(small[0, 0], (0, 0))
        check_corner(small[-1, -1], (239, 179))


def test_thumbnails_are_never_larger_than_the_frame(rgb):
    assert opened(frame_jpeg(rgb, 1000)).shape == (180, 240, 3)
    assert opened(frame_jpeg(rgb[:1], 3)).shape == (1, 3, 3)
