import io
import time

import hypothesis.extra.numpy as arrays_of
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feltline.errors import StoreError
from feltline.store.rows import pack, unpack

ANY = arrays_of.arrays(
    dtype=st.sampled_from([np.float32, np.float64, np.int32, np.int64, np.bool_]),
    shape=arrays_of.array_shapes(max_dims=2, min_side=0, max_side=20),
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["frame", "time_s", "box"]), ANY))
def test_arrays_come_back_as_they_were(given_arrays):
    back = unpack(pack(given_arrays), "a test")
    assert list(back) == list(given_arrays)
    for name, array in given_arrays.items():
        assert back[name].dtype == array.dtype
        assert back[name].shape == array.shape
        assert back[name].tobytes() == array.tobytes()


def test_numpy_alone_reads_a_blob():
    blob = pack({"frame": np.arange(5)})
    with np.load(io.BytesIO(blob)) as archive:
        assert archive["frame"].tolist() == [0, 1, 2, 3, 4]


def test_nothing_that_runs_on_loading_gets_in():
    with pytest.raises(ValueError, match="pickle"):
        pack({"frame": np.array([object()])})


@pytest.mark.parametrize("cut", [0, 1, 10, 60])
def test_a_cut_blob_is_a_sentence(cut):
    with pytest.raises(StoreError, match=r"arrays of track 3 of a\.mp4 .* damaged"):
        unpack(pack({"frame": np.arange(50)})[:cut], "track 3 of a.mp4")


def test_a_changed_byte_is_noticed():
    blob = bytearray(pack({"frame": np.arange(5000)}))
    blob[len(blob) // 2] ^= 0xFF
    with pytest.raises(StoreError, match="damaged"):
        unpack(bytes(blob), "a test")


def test_an_hour_of_video_packs_faster_than_two_seconds():
    n = 108_000
    rng = np.random.default_rng(0)
    smooth = np.cumsum(rng.standard_normal((n, 16)), axis=0).astype(np.float32)
    begun = time.process_time()
    blob = pack({"values": smooth})
    unpack(blob, "a test")
    assert time.process_time() - begun < 2
    assert len(blob) < smooth.nbytes
