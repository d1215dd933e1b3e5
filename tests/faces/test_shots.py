import cv2
import numpy as np
import pytest

from feltline.faces.shots import ShotDetector
from feltline.video import frame_times, read_frames


def _scene(seed, shape=(120, 400)):
    """A smooth picture of patches."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(0, 256, (6, 14, 3), dtype=np.uint8)
    wide = cv2.resize(patches, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(wide, np.uint8)


def _cuts(pictures):
    cuts = ShotDetector()
    return [number for number, rgb in enumerate(pictures) if cuts.is_cut(rgb)]


def test_a_pan_is_no_cut():
    wide = _scene(0)
    pictures = [wide[:, 3 * i : 3 * i + 160] for i in range(80)]
    ends = pictures[0].astype(int) - pictures[-1]
    assert np.abs(ends).mean() > 0.14 * 255
    assert _cuts(pictures) == []


def test_a_slow_fade_is_no_cut():
    first, last = (_scene(seed)[:, :160].astype(float) for seed in (0, 1))
    share = np.linspace(0, 1, 25)
    assert _cuts([(first + s * (last - first)).astype(np.uint8) for s in share]) == []


def test_a_different_picture_is_a_cut_and_only_its_first():
    one, other = (_scene(seed)[:, :160] for seed in (0, 1))
    assert _cuts([one] * 5 + [other] * 5 + [one] * 5) == [5, 10]


def test_the_first_picture_is_no_cut():
    assert not ShotDetector().is_cut(_scene(0))


def test_noise_of_a_camera_is_no_cut():
    rng = np.random.default_rng(0)
    scene = _scene(0)[:, :160].astype(float)
    pictures = [
        np.clip(scene + rng.normal(0, 25, scene.shape), 0, 255).astype(np.uint8)
        for _ in range(10)
    ]
    assert _cuts(pictures) == []


def test_growing_shake_is_no_row_of_cuts():
    """Change grows past what would be a cut in a calm shot."""
    wide = _scene(3)
    place = [round(60 + (-1) ** i * min(i, 40)) for i in range(80)]
    pictures = [wide[:, p : p + 160] for p in place]
    change = np.abs(pictures[-1].astype(int) - pictures[-2]).mean() / 255
    assert change > 0.14
    assert _cuts(pictures) == []


@pytest.mark.parametrize("height", [12, 90, 720])
def test_size_of_the_picture_does_not_matter(height):
    size = (height * 16 // 9, height)
    one, other = (
        np.asarray(cv2.resize(_scene(seed), size), np.uint8) for seed in (0, 1)
    )
    assert _cuts([one, one, other, other]) == [2]


def test_state_carries_on():
    one, other = (_scene(seed)[:, :160] for seed in (0, 1))
    before, after = ShotDetector(), ShotDetector()
    for rgb in (one, np.roll(one, 4, axis=1), one):
        before.is_cut(rgb)
    after.small, after.usual = before.small, before.usual
    assert before.usual > 0
    assert after.is_cut(other)
    fresh = ShotDetector()
    assert not fresh.is_cut(other)


@pytest.mark.data
def test_the_cut_to_the_cartoon_is_found_and_nothing_before(data):
    """Frame 72 is black and passed over; the cartoon begins with frame 73."""
    path = data / "face_then_cartoon.mov"
    times = frame_times(path)
    frames = read_frames(path, end_s=float(times[90]))
    assert _cuts(frame.rgb for frame in frames) == [73]


def test_black_and_flash_between_two_equal_pictures_are_no_cuts():
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (90, 160, 3), dtype=np.uint8)
    black, white = np.zeros_like(rgb), np.full_like(rgb, 255)
    assert _cuts([rgb, rgb, black, black, rgb, white, rgb]) == []


def test_a_strobe_is_not_a_row_of_cuts():
    """Light that jumps at every frame is what is usual here, after the first few."""
    ramp = np.tile(np.linspace(0, 60, 160).astype(np.uint8)[None, :, None], (90, 1, 3))
    strobe = [ramp + np.uint8(100 * (i % 2)) for i in range(40)]
    assert all(at < 8 for at in _cuts(strobe))
