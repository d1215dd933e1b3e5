"""Arrays of files, read by several threads."""

import ast
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest

from feltline.npy import load_array, load_arrays
from feltline.project.feature_arrays import header_of, read_array, save_array
from feltline.store.rows import pack, unpack


@pytest.fixture
def crowd(monkeypatch):
    """How many threads parsed a head at once, at most, while something was read."""
    parse, counting = ast.literal_eval, threading.Lock()
    found = {"now": 0, "most": 0}

    def counted(source):
        with counting:
            found["now"] += 1
            found["most"] = max(found.values())
        time.sleep(0.002)
        with counting:
            found["now"] -= 1
        return parse(source)

    monkeypatch.setattr(ast, "literal_eval", counted)

    def most(read):
        found["most"] = 0
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(read, range(12)))
        return found["most"]

    return most


def test_one_thread_at_a_time_parses_the_head_of_an_array(crowd, tmp_path):
    blob = pack({"a": np.arange(3.0), "b": np.arange(4.0)})
    files = [tmp_path / f"{n}.npy" for n in range(12)]
    for n, file in enumerate(files):
        save_array(file, np.zeros((n + 1, 2), np.float32))  # each head is another one

    def rows(n):
        read = read_array(files[n], header_of(np.dtype(np.float32), (n + 1, 2)))
        assert read is not None

    assert crowd(lambda n: np.load(files[n])) > 1  # NumPy's own does not wait
    assert crowd(lambda n: load_array(files[n])) == 1
    assert crowd(lambda _: load_arrays(BytesIO(blob))) == 1
    assert crowd(lambda _: unpack(blob, "a track")) == 1
    assert crowd(rows) == 1


def test_no_pickle_is_read(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match="pickle"):
        load_array(tmp_path / "a.npy")
    np.savez(tmp_path / "b.npz", a=np.arange(2), b=np.array([{}]))
    with pytest.raises(ValueError, match="pickle"):
        load_arrays(tmp_path / "b.npz")
    assert load_arrays(tmp_path / "b.npz", ["a"])["a"].tolist() == [0, 1]
    with pytest.raises(KeyError):
        load_arrays(tmp_path / "b.npz", ["c"])
