import numpy as np
import pytest

from feltline.project import ExtractOptions
from feltline.project.extraction_cache import Shelf, DetectionRows
from feltline.video import parse_every


def _rows(frames, track_ids, width=3):
    n = len(frames)
    frame = np.array(frames, np.int64)
    return DetectionRows(
        {
            "frame": frame,
            "time_s": frame / 10,
            "track_id": np.array(track_ids, np.int64),
            "box_xyxy": np.arange(4 * n, dtype=np.float32).reshape(n, 4),
            "quality": np.full(n, 0.5, np.float32),
            "vector": np.arange(n * width, dtype=np.float32).reshape(n, width),
            "zero_shot_value": np.full((n, 2), np.nan, np.float32),
            "zero_shot_expression": np.full((n, 8), np.nan, np.float32),
            "views": np.tile(np.array([1, width - 1], np.int64), (n, 1)),
        }
    )


def _same(one, other):
    return one.column.keys() == other.column.keys() and all(
        np.array_equal(array, other.column[name], equal_nan=True)
        for name, array in one.column.items()
    )


@pytest.fixture
def shelf(tmp_path):
    return Shelf.of(tmp_path, "c" * 64, "models", ExtractOptions())


def test_mixed_rows_are_sorted_into_tracks():
    rows = _rows([0, 0, 1, 2, 2], [4, 7, 7, 4, 7])
    tracks, embeddings = rows.by_track("v", "e", 0.0)
    assert [e.views for e in embeddings] == [(1, 2)] * 2
    assert [t.track_id for t in tracks] == [0, 1]
    assert [t.frame.tolist() for t in tracks] == [[0, 2], [0, 1, 2]]
    assert tracks[0].time_s == pytest.approx([0, 0.2])
    assert [e.vector[:, 0].tolist() for e in embeddings] == [[0, 9], [3, 6, 12]]
    assert {e.encoder_id for e in embeddings} == {"e"}


def test_short_tracks_are_dropped_and_the_rest_numbered():
    rows = _rows([0, 1, 1, 2, 3, 4], [0, 0, 1, 2, 2, 2])
    kept = {
        least_s: [t.frame.tolist() for t in rows.by_track("v", "e", least_s)[0]]
        for least_s in (0.0, 0.05, 0.15, 1.0)
    }
    assert kept == {
        0.0: [[0, 1], [1], [2, 3, 4]],
        0.05: [[0, 1], [2, 3, 4]],
        0.15: [[2, 3, 4]],
        1.0: [],
    }
    assert [t.track_id for t in rows.by_track("v", "e", 0.15)[0]] == [0]


def test_stretches_join_in_order_and_empty_ones_do_not_count():
    parts = [_rows([0], [0]), DetectionRows.none(), _rows([1, 2], [0, 1])]
    joined = DetectionRows.joined(parts)
    assert joined.column["frame"].tolist() == [0, 1, 2]
    assert joined.column["vector"].shape == (3, 3)
    assert len(DetectionRows.joined([])) == len(DetectionRows.joined([DetectionRows.none()])) == 0
    assert DetectionRows.none().by_track("v", "e", 0.0) == ((), ())


def test_what_is_finished_is_found_again(tmp_path, shelf):
    assert shelf.load() is None
    rows = _rows([0, 1], [0, 0])
    shelf.finish(rows)
    again = Shelf.of(tmp_path, "c" * 64, "models", ExtractOptions())
    found = again.load()
    assert found is not None
    assert _same(found, rows)


def test_no_face_is_a_result_too(shelf):
    shelf.finish(DetectionRows.none())
    found = shelf.load()
    assert found is not None
    assert len(found) == 0


def test_parts_come_back_in_order_with_the_last_state(tmp_path, shelf):
    assert shelf.load_parts() == ([], None)
    parts = [_rows([i], [0]) for i in range(12)]
    for number, rows in enumerate(parts):
        shelf.add_part(rows, {"clock": np.array([number, np.inf])})
    again = Shelf.of(tmp_path, "c" * 64, "models", ExtractOptions())
    found, state = again.load_parts()
    assert state is not None
    assert all(_same(a, b) for a, b in zip(found, parts, strict=True))
    assert state.keys() == {"clock"}
    assert state["clock"].tolist() == [11, np.inf]
    assert again.load() is None
    again.finish(DetectionRows.joined(found))
    assert [path.name for path in again.folder.iterdir()] == ["faces.npz"]


def test_each_key_has_a_shelf_of_its_own(tmp_path):
    plain = ExtractOptions()
    shelves = [
        Shelf.of(tmp_path, "c" * 64, "models", plain),
        Shelf.of(tmp_path, "d" * 64, "models", plain),
        Shelf.of(tmp_path, "c" * 64, "other models", plain),
        *(
            Shelf.of(tmp_path, "c" * 64, "models", options)
            for options in (
                ExtractOptions(every=parse_every("2")),
                ExtractOptions(every=parse_every("2Hz")),
                ExtractOptions(start_s=1.0),
                ExtractOptions(end_s=1.0),
                ExtractOptions(max_faces=5),
                ExtractOptions(encoder="card.json"),
                ExtractOptions(cropped=True),
                ExtractOptions(image_rate_hz=24.0),
            )
        ),
    ]
    assert len({shelf.folder for shelf in shelves}) == len(shelves)
    same = Shelf.of(tmp_path, "c" * 64, "models", ExtractOptions())
    assert same.folder == shelves[0].folder
