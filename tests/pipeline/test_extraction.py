import numpy as np
import pytest

from feltline.project import ExtractOptions
from feltline.project.extraction_cache import (
    DetectionRows,
    ExtractionParts,
    feature_folder,
)
from feltline.project.feature_arrays import FACE_COLUMNS
from feltline.video import parse_every


def _rows(frames, track_ids, width=3):
    n = len(frames)
    faces = np.zeros(n, FACE_COLUMNS)
    faces["frame"], faces["track_id"] = frames, track_ids
    faces["time_s"], faces["quality"] = faces["frame"] / 10, 0.5
    vector = np.arange(n * width, dtype=np.float32).reshape(n, width)
    return DetectionRows(faces, vector)


def _frames(rows):
    numbers = rows.faces["track_id"]
    return [rows.faces["frame"][numbers == n].tolist() for n in np.unique(numbers)]


def test_mixed_rows_are_sorted_into_tracks():
    rows = _rows([0, 0, 1, 2, 2], [4, 7, 7, 4, 7]).by_track(0.0)
    assert rows.faces["track_id"].tolist() == [0, 0, 1, 1, 1]
    assert _frames(rows) == [[0, 2], [0, 1, 2]]
    assert rows.faces["time_s"][:2] == pytest.approx([0, 0.2])
    assert rows.vector[:, 0].tolist() == [0, 9, 3, 6, 12]


def test_short_tracks_are_dropped_and_the_rest_numbered():
    rows = _rows([0, 1, 1, 2, 3, 4], [0, 0, 1, 2, 2, 2])
    kept = {min_s: _frames(rows.by_track(min_s)) for min_s in (0.0, 0.05, 0.15, 1.0)}
    assert kept == {
        0.0: [[0, 1], [1], [2, 3, 4]],
        0.05: [[0, 1], [2, 3, 4]],
        0.15: [[2, 3, 4]],
        1.0: [],
    }
    assert set(rows.by_track(0.15).faces["track_id"]) == {0}
    assert rows.by_track(0.15).vector[:, 0].tolist() == [9, 12, 15]


def test_stretches_join_in_order_and_empty_ones_do_not_count():
    none = DetectionRows.joined([])
    joined = DetectionRows.joined([_rows([0], [0]), none, _rows([1, 2], [0, 1])])
    assert joined.faces["frame"].tolist() == [0, 1, 2]
    assert joined.vector.shape == (3, 3)
    assert len(none.faces) == len(DetectionRows.joined([none]).faces) == 0
    assert len(none.by_track(0.0).faces) == 0


def test_parts_come_back_in_order_with_the_last_state(tmp_path):
    place = tmp_path / "content" / "key"
    assert ExtractionParts(place).load() == ([], None)
    parts = [_rows([i], [0]) for i in range(12)]
    kept = ExtractionParts(place)
    for number, rows in enumerate(parts):
        kept.add(rows, {"clock": np.array([number, np.inf])})
    again = ExtractionParts(place)
    found, state = again.load()
    assert state is not None
    assert [r.faces.tobytes() for r in found] == [r.faces.tobytes() for r in parts]
    assert [r.vector.tobytes() for r in found] == [r.vector.tobytes() for r in parts]
    assert state.keys() == {"clock"}
    assert state["clock"].tolist() == [11, np.inf]
    again.drop()
    assert list(place.parent.iterdir()) == []


def test_a_damaged_part_and_those_after_it_do_not_count(tmp_path, caplog):
    place = tmp_path / "key"
    kept = ExtractionParts(place)
    for number in range(4):
        kept.add(_rows([number], [0]), {"clock": np.array([number])})
    broken = kept.folder / "part-000002.npz"
    broken.write_bytes(broken.read_bytes()[:-40])
    found, state = ExtractionParts(place).load()
    assert len(found) == 2
    assert state is not None
    assert state["clock"].tolist() == [1]
    assert "part-000002.npz is damaged" in caplog.text


def test_each_content_encoder_and_options_have_a_folder_of_their_own(tmp_path):
    plain = ExtractOptions()
    folders = [
        feature_folder(tmp_path, "c" * 64, "e", plain),
        feature_folder(tmp_path, "d" * 64, "e", plain),
        feature_folder(tmp_path, "c" * 64, "other", plain),
        *(
            feature_folder(tmp_path, "c" * 64, "e", options)
            for options in (
                ExtractOptions(every=parse_every("2")),
                ExtractOptions(every=parse_every("2Hz")),
                ExtractOptions(start_s=1.0),
                ExtractOptions(end_s=1.0),
                ExtractOptions(max_faces=5),
                ExtractOptions(cropped=True),
                ExtractOptions(image_rate_hz=24.0),
            )
        ),
    ]
    assert len(set(folders)) == len(folders)
    # The encoder's id says all: the same card by another path is the same encoder.
    named = ExtractOptions(encoder="elsewhere/card.json")
    assert feature_folder(tmp_path, "c" * 64, "e", named) == folders[0]
