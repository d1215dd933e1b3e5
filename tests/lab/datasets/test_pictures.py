import numpy as np
import pytest
from PIL import Image
from tests.lab.datasets.layouts import landmarks

from feltline.errors import InputError
from feltline.faces import aligned_crop
from feltline.lab.datasets.landmarks import crop_of_box, crop_of_landmarks
from feltline.lab.datasets.pictures import WHOLE, CropRegion, Files

ONE = np.array([0])


def files(path, cut=WHOLE):
    return Files(path.parent, (path.name,), np.array([cut], np.float32))


@pytest.fixture
def noise(tmp_path):
    """A smooth random picture, so that resampling hardly matters."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
    path = tmp_path / "noise.png"
    coarse.resize((160, 120), Image.Resampling.BICUBIC).save(path)
    return path


def test_a_box_is_cut_as_it_is(noise):
    pixels = np.asarray(Image.open(noise))
    face = files(noise, CropRegion(50, 60, 40, 0.0)).read(ONE, 40)[0]
    np.testing.assert_array_equal(face, pixels[40:80, 30:70])


def test_what_lies_outside_repeats_the_border(noise):
    pixels = np.asarray(Image.open(noise))
    face = files(noise, CropRegion(0, 60, 20, 0.0)).read(ONE, 20)[0]
    np.testing.assert_array_equal(face[:, :10], pixels[50:70, :1].repeat(10, axis=1))
    np.testing.assert_array_equal(face[:, 10:], pixels[50:70, :10])
    with pytest.raises(InputError, match="annotation is of another picture"):
        files(noise, CropRegion(-5, 60, 20, 0.0)).read(ONE, 20)


def test_a_wide_picture_is_widened_to_a_square(tmp_path):
    path = tmp_path / "wide.png"
    Image.new("RGB", (90, 30), (9, 8, 7)).save(path)
    assert (files(path).read(ONE, 48)[0] == (9, 8, 7)).all()


def test_a_turned_face_is_cut_as_our_crop_cuts_it(noise):
    """The same centre, side and turn, by the crop that is used on videos."""
    points = landmarks(60, 30, 40, 50)
    angle = 0.4
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = (points - [80, 60]) @ turn + [80, 60]
    cut = crop_of_landmarks(points)
    assert cut.turn == pytest.approx(angle, abs=1e-6)
    mesh = np.zeros((478, 3), np.float32)  # a mesh whose corners are the cut's
    half = cut.side / 2 / 1.2
    back = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([[-half, -half], [half, half]]) @ back.T
    mesh[:, :2] = [cut.x, cut.y]
    mesh[:2, :2] += corners
    mesh[473, :2] += back @ [10, 0]
    ours = aligned_crop(np.asarray(Image.open(noise)), mesh, 48)
    theirs = files(noise, cut).read(ONE, 48)[0]
    inner = np.s_[6:-6, 6:-6]
    gap = np.abs(ours[inner].astype(float) - theirs[inner].astype(float))
    assert gap.mean() < 3


def test_a_photo_lies_as_its_camera_says(tmp_path):
    pixels = np.zeros((20, 20, 3), np.uint8)
    pixels[:10] = 250
    picture = Image.fromarray(pixels)
    exif = picture.getexif()
    exif[0x0112] = 3  # upside down
    picture.save(tmp_path / "a.png", exif=exif)
    face = files(tmp_path / "a.png").read(ONE, 20)[0]
    assert face[15].mean() > 200 > face[5].mean()


@pytest.mark.parametrize("damage", ["absent", "cut short", "text", "huge"])
def test_a_picture_that_does_not_decode_is_named(noise, damage, monkeypatch):
    if damage == "absent":
        noise.unlink()
    elif damage == "cut short":
        noise.write_bytes(noise.read_bytes()[:2000])
    elif damage == "text":
        noise.write_text("no picture")
    else:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(InputError, match=r"noise\.png cannot be read .*replace it"):
        files(noise).read(ONE, 48)


@pytest.mark.parametrize("points", [np.zeros((68, 2)), np.full((68, 2), np.nan)])
def test_landmarks_that_show_no_face(points):
    with pytest.raises(ValueError, match="has no size"):
        crop_of_landmarks(points)
    with pytest.raises(ValueError, match="has no size"):
        crop_of_box(3.0, 4.0, 0.0, 0.0)
