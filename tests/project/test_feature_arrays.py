import numpy as np
import pytest

from feltline.project.feature_arrays import (
    FACE_COLUMNS,
    header_of,
    read_array,
    save_array,
)

NUMBERS = header_of(np.dtype(np.float64), (12,))


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
def test_an_array_is_read_as_it_was_saved(tmp_path, array):
    save_array(tmp_path / "a.npy", array)
    for _ in range(2):  # the second time its head is known
        got = read_array(tmp_path / "a.npy", header_of(array.dtype, array.shape))
        assert got is not None
        assert got.dtype == array.dtype
        assert not got.flags.writeable
        np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize("keep", [0, 5, 9, 10, 60, 128, 140])
def test_what_is_no_whole_array_is_none(tmp_path, keep):
    file = tmp_path / "a.npy"
    save_array(file, np.arange(12.0))
    file.write_bytes(file.read_bytes()[:keep])
    assert read_array(file, NUMBERS) is None


def test_what_is_no_array_is_none(tmp_path):
    assert read_array(tmp_path / "missing.npy", NUMBERS) is None
    (tmp_path / "a.npy").write_bytes(b"RIFF" * 100)
    assert read_array(tmp_path / "a.npy", NUMBERS) is None
    np.save(tmp_path / "b.npy", np.array([{}], dtype=object))
    assert read_array(tmp_path / "b.npy", NUMBERS) is None
