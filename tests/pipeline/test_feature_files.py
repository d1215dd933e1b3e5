"""Feature files: whole or not at all, and noticed when damaged."""

import json
import os
import pickle
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from feltline.errors import EncoderError, FacesLostError, ShapeError
from feltline.project import feature_files
from feltline.project.feature_arrays import (
    FACE_COLUMNS,
    FRAME_COLUMNS,
    PACKET_COLUMNS,
)
from feltline.project.feature_files import FeatureFile, seal
from feltline.types import Basis
from feltline.video import VideoFacts

LENGTHS = (5, 3)


def facts(content="c" * 64, time_base="1/25"):
    return VideoFacts(
        content_hash=content,
        width=320,
        height=240,
        n_frames=10,
        duration_s=0.4,
        time_base=time_base,
        codec="h264",
    )


def arrays():
    rng = np.random.default_rng(0)
    faces = np.zeros(sum(LENGTHS), FACE_COLUMNS)
    faces["track_id"] = np.repeat(np.arange(len(LENGTHS)), LENGTHS)
    faces["frame"] = np.concatenate([2 * np.arange(n) for n in LENGTHS])
    faces["time_s"] = faces["frame"] / 25
    for name in ("box_xyxy", "quality", "zero_shot_expression"):
        faces[name] = rng.uniform(size=faces[name].shape)
    faces["zero_shot_value"] = np.nan
    frames = np.zeros(10, FRAME_COLUMNS)
    frames["pts"] = np.arange(10)
    frames["time_s"] = np.arange(10) / 25
    frames["is_looked_at"][::2] = True
    packets = np.zeros(10, PACKET_COLUMNS)
    packets["pts"], packets["is_key"] = np.arange(10), np.arange(10) % 5 == 0
    vector = rng.normal(size=(sum(LENGTHS), 7)).astype(np.float32)
    return {
        "frames": frames,
        "packets": packets,
        "faces": faces,
        "embeddings": vector,
    }


def write(folder, **changed):
    whole = {"facts": facts(), "encoder_id": "e", "views": (4, 3), **arrays()}
    return FeatureFile.write(folder, video_id="v.mp4", **(whole | changed))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "features" / ("c" * 64) / "key"


def test_what_was_written_is_read(folder):
    write(folder)
    f = FeatureFile.open(folder, video_id="other.mp4", content_hash="c" * 64)
    made = arrays()
    assert f.facts == facts()
    assert (f.encoder_id, f.views, len(f), f.n_tracks) == ("e", (4, 3), 8, 2)
    assert np.array_equal(f.time_s, made["frames"]["time_s"])
    assert f.looked_at.tolist() == [0, 2, 4, 6, 8]
    assert f.frame_index is not None
    assert f.frame_index.time_base == Fraction(1, 25)
    assert f.frame_index.start_for(7) == 5
    assert [t.track_id for t in f.tracks] == [0, 1]
    assert {t.video_id for t in f.tracks} == {"other.mp4"}
    for track, rows in zip(f.tracks, (slice(0, 5), slice(5, 8)), strict=True):
        assert f.rows(track.track_id) == rows
        for name in ("frame", "time_s", "box_xyxy", "quality"):
            assert np.array_equal(getattr(track, name), made["faces"][name][rows])
        seen = f.embeddings_of(track.track_id)
        assert np.array_equal(seen.vector, made["embeddings"][rows])
        assert seen.views == (4, 3)
    with pytest.raises(KeyError):
        f.rows(2)
    f.verify()


def test_arrays_are_shared_and_not_writable(folder):
    f = write(folder)
    assert not f.faces.flags.writeable
    assert not f.tracks[0].box_xyxy.flags.owndata
    assert not f.embeddings().flags.writeable


def test_it_travels_to_another_process_by_name(folder):
    f = write(folder)
    assert len(f.faces) == 8
    sent = pickle.dumps(f)
    assert len(sent) < 3000
    assert pickle.loads(sent).faces.tobytes() == f.faces.tobytes()  # noqa: S301


def test_a_video_without_a_face(folder):
    none = arrays()
    f = write(folder, faces=none["faces"][:0], embeddings=none["embeddings"][:0])
    f = FeatureFile.open(folder)
    assert (len(f), f.tracks, f.n_tracks) == (0, (), 0)
    assert f.appearance(basis()).shape == (0, 2)


def test_pictures_have_no_frame_index(folder):
    assert write(folder, facts=facts(time_base="")).frame_index is None


def basis(name="b", encoder_id="e", seed=0):
    direction = np.random.default_rng(seed).normal(size=(7, 2))
    return Basis(basis_id=name, encoder_id=encoder_id, direction=direction)


def test_appearance_is_the_projection_and_is_made_once(folder, monkeypatch):
    f = write(folder)
    expected = arrays()["embeddings"].astype(np.float64) @ basis().direction
    assert f.appearance(basis()) == pytest.approx(expected, rel=1e-6)
    monkeypatch.setattr(FeatureFile, "embeddings", None)
    again = FeatureFile.open(folder).appearance(basis())
    assert again == pytest.approx(expected, rel=1e-6)
    f.verify()


def test_a_damaged_appearance_is_made_anew(folder):
    f = write(folder)
    f.appearance(basis())
    (folder / "appearance-b.npy").write_bytes(b"\x93NUMPY")
    again = FeatureFile.open(folder).appearance(basis())
    expected = arrays()["embeddings"].astype(np.float64) @ basis().direction
    assert again == pytest.approx(expected, rel=1e-6)


def test_appearance_on_old_bases_goes(folder):
    f = write(folder)
    for number in range(6):
        f.appearance(basis(f"b{number}"))
        os.utime(folder / f"appearance-b{number}.npy", (number, number))
    kept = sorted(p.name for p in folder.glob("appearance-*"))
    assert len(kept) == feature_files._APPEARANCE_KEPT
    assert kept[-1] == "appearance-b5.npy"


def test_a_basis_of_another_encoder_is_refused(folder):
    with pytest.raises(EncoderError, match="of the encoder x"):
        write(folder).appearance(basis(encoder_id="x"))


@pytest.mark.parametrize("name", ["faces.npy", "frames.npy", "embeddings.npy"])
def test_an_array_that_was_cut_off_or_is_gone_is_noticed(folder, name):
    write(folder)
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[:-1])
    with pytest.raises(FacesLostError, match=name):
        FeatureFile.open(folder)
    (folder / name).unlink()
    with pytest.raises(FacesLostError, match=name):
        FeatureFile.open(folder)


def test_an_array_with_another_header_is_noticed(folder):
    write(folder)
    whole = (folder / "faces.npy").read_bytes()
    (folder / "faces.npy").write_bytes(whole.replace(b"quality", b"qualitx"))
    f = FeatureFile.open(folder)
    with pytest.raises(FacesLostError, match="not the array that was written"):
        f.faces  # noqa: B018


def test_a_flipped_byte_is_found_by_verifying(folder):
    write(folder)
    whole = bytearray((folder / "embeddings.npy").read_bytes())
    whole[-5] ^= 1
    (folder / "embeddings.npy").write_bytes(whole)
    f = FeatureFile.open(folder)
    with pytest.raises(FacesLostError, match=r"embeddings\.npy.*checksum"):
        f.verify()


def test_content_of_another_video_is_noticed(folder, tmp_path):
    write(folder)
    with pytest.raises(FacesLostError, match="of another video"):
        FeatureFile.open(folder, content_hash="d" * 64)
    with pytest.raises(FacesLostError, match="there is none"):
        FeatureFile.open(tmp_path)


def test_a_changed_or_broken_meta_file_is_noticed(folder):
    write(folder)
    meta = json.loads((folder / "meta.json").read_text())
    for text in ("{", "[]", json.dumps(meta | {"encoder_id": "x"})):
        (folder / "meta.json").write_text(text)
        with pytest.raises(FacesLostError):
            FeatureFile.open(folder)
    (folder / "meta.json").write_text(json.dumps(seal(meta | {"layout": 9})))
    with pytest.raises(FacesLostError, match="layout is 9"):
        FeatureFile.open(folder)


def test_what_does_not_fit_together_is_refused_and_nothing_stays(folder):
    made = arrays()
    for changed in (
        {"embeddings": made["embeddings"][:-1]},
        {"faces": made["faces"][::-1].copy()},
        {"frames": made["packets"]},
    ):
        with pytest.raises(ShapeError):
            write(folder, **changed)
    assert not folder.exists()


def test_a_failed_writing_leaves_what_stood_there(folder, monkeypatch):
    write(folder)

    def full(*_args, **_named):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(feature_files, "seal", full)
        with pytest.raises(KeyboardInterrupt):
            write(folder, encoder_id="x")
    assert FeatureFile.open(folder).encoder_id == "e"
    assert list(folder.parent.iterdir()) == [folder]
    write(folder, encoder_id="x")
    assert FeatureFile.open(folder).encoder_id == "x"
    assert list(folder.parent.iterdir()) == [folder]


CUT_OFF = """
import sys
from pathlib import Path
from feltline.errors import FacesLostError
from feltline.project.feature_files import FeatureFile
from tests.pipeline.test_feature_files import basis

folder, seen, kept = Path(sys.argv[1]), sys.argv[2] == "seen", int(sys.argv[3])
f = FeatureFile.open(folder)
asked = {
    "faces": lambda: f.faces["box_xyxy"].sum(),
    "frames": lambda: f.time_s.sum(),
    "packets": lambda: f.frame_index.packet_pts.sum(),
    "track": lambda: f.tracks[1].box_xyxy.sum(),
    "embeddings": lambda: f.embeddings(slice(5, 8)).sum(),
    "appearance": lambda: f.appearance(basis()).sum(),
}
before = {name: ask() for name, ask in asked.items()} if seen else {}
for file in folder.glob("*.npy"):
    with file.open("r+b") as stream:
        stream.truncate(kept)
for name, ask in asked.items():
    try:
        assert ask() == before[name], name
        assert name not in ("embeddings", "appearance")
        print("as before", name)
    except FacesLostError:
        print("lost", name)
"""


@pytest.mark.parametrize("kept", [0, 40, 150])
@pytest.mark.parametrize("seen", ["seen", "new"])
def test_a_file_cut_off_while_it_is_open_kills_nobody(folder, seen, kept):
    """Mapped, its arrays would kill the process that reads them."""
    write(folder)
    done = subprocess.run(
        [sys.executable, "-c", CUT_OFF, str(folder), seen, str(kept)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()
    assert len(told) == 6
    assert sum(line.startswith("lost") for line in told) == (2 if seen == "seen" else 6)


def test_rows_are_read_alone(folder):
    f, made = write(folder), arrays()["embeddings"]
    for rows in (slice(5, 8), slice(6, 100), slice(3, 3), slice(None)):
        assert np.array_equal(f.embeddings(rows), made[rows])
        for _ in range(2):
            some = f.appearance(basis(), rows)
            assert some == pytest.approx(made[rows] @ basis().direction, rel=1e-4)


def test_an_open_file_holds_no_descriptor(folder):
    """Thousands of videos are open at once."""
    f = write(folder)
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a count
    assert f.tracks
    assert f.frame_index is not None
    assert len(f.time_s) == 10
    f.appearance(basis())
    f = FeatureFile.open(folder)
    f.appearance(basis())
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
