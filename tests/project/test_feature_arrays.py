import numpy as np
import pytest

from feltline.project.feature_arrays import FACE_COLUMNS, map_array, save_array


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.float32).reshape(3, 4),
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.zeros(5, FACE_COLUMNS),
        np.zeros(0, FACE_COLUMNS),
        np.zeros((0, 7), np.float32),
    ],
)
def test_an_array_is_mapped_as_it_was_saved(tmp_path, array):
    save_array(tmp_path / "a.npy", array)
    for _ in range(2):  # the second time its head is known
        got = map_array(tmp_path / "a.npy")
        assert got is not None
        assert got.dtype == array.dtype
        assert not got.flags.writeable
        np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize("keep", [0, 5, 9, 10, 60, 128, 140])
def test_what_is_no_whole_array_is_none(tmp_path, keep):
    file = tmp_path / "a.npy"
    save_array(file, np.arange(12.0))
    file.write_bytes(file.read_bytes()[:keep])
    assert map_array(file) is None


def test_what_is_no_array_is_none(tmp_path):
    assert map_array(tmp_path / "missing.npy") is None
    (tmp_path / "a.npy").write_bytes(b"RIFF" * 100)
    assert map_array(tmp_path / "a.npy") is None
    np.save(tmp_path / "b.npy", np.array([{}], dtype=object))
    assert map_array(tmp_path / "b.npy") is None
