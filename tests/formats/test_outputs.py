"""Files that a user names: nobody's work is lost, writing is whole or not at all."""

import os

import pytest

from feltline.atomic import replacing
from feltline.errors import InputError
from feltline.formats import check_replaceable, replacing_output

WORK = [
    b"video,frame,valence,arousal\na.mp4,1,0.1,0.2\n",
    b"video,frame,time_s,face,valence,arousal,expression,rater,rank,reason\n"
    b"base.mp4,24,0.800,0,,,happiness,mina,1,most typical\n",
    b"video,frame,time_s,face,valence,arousal,expression,rater,rank,reason\n"
    b"base.mp4,24,0.800,0,,,,,1,blurred: ask ben\n",
    b"video,frame,time_s,face,valence,arousal,expression,rater,rank,reason,note\n",
    b"PK\x03\x04 anything",
    b"",
]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("FELTLINE_CACHE", str(tmp_path / "cache"))


def write(path, content, **more):
    with replacing_output(path, **more), replacing(path) as scratch:
        scratch.write_bytes(content)


@pytest.mark.parametrize("content", WORK)
def test_what_feltline_did_not_write_is_never_replaced(tmp_path, content):
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"not overwritten.*--force.*csv\.bak-1"):
        check_replaceable(path)
    with pytest.raises(InputError, match="not overwritten"):
        write(path, b"new")
    assert path.read_bytes() == content
    assert [p.name for p in tmp_path.iterdir()] == ["labels.csv"]


def test_what_feltline_wrote_is_replaced_until_somebody_changes_it(tmp_path):
    path = tmp_path / "all.csv"
    write(path, b"one")
    write(path, b"two")
    path.write_bytes(b"two, and more")
    with pytest.raises(InputError, match="changed since feltline wrote it"):
        write(path, b"three")
    path.write_bytes(b"two")
    write(path, b"three")
    assert path.read_bytes() == b"three"
    path.rename(tmp_path / "kept.csv")
    with pytest.raises(InputError, match="not overwritten"):
        write(tmp_path / "kept.csv", b"four")


def test_forced_the_old_files_are_kept_beside(tmp_path):
    path = tmp_path / "all.csv"
    for n in range(3):
        path.write_bytes(b"mine %d" % n)
        write(path, b"theirs", force=True)
        assert path.read_bytes() == b"theirs"
    kept = sorted(p.name for p in tmp_path.glob("all.csv.bak-*"))
    assert kept == ["all.csv.bak-1", "all.csv.bak-2", "all.csv.bak-3"]
    assert (tmp_path / "all.csv.bak-2").read_bytes() == b"mine 1"
    write(path, b"again", force=True)  # its own file is not kept
    assert sorted(p.name for p in tmp_path.glob("all.csv.bak-*")) == kept


def test_if_writing_fails_all_is_as_it_was(tmp_path):
    path = tmp_path / "all.csv"
    path.write_bytes(b"mine")

    def failing():
        with replacing_output(path, force=True), replacing(path) as scratch:
            scratch.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        failing()
    assert path.read_bytes() == b"mine"
    assert [p.name for p in tmp_path.iterdir()] == ["all.csv"]


def test_without_links_the_old_file_is_copied(tmp_path, monkeypatch):
    def no_links(*_names):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "all.csv"
    path.write_bytes(b"mine")
    write(path, b"theirs", force=True)
    assert (tmp_path / "all.csv.bak-1").read_bytes() == b"mine"


def test_a_cache_that_cannot_be_written_makes_every_file_somebodys(tmp_path):
    (tmp_path / "cache").write_text("in the way")
    path = tmp_path / "all.csv"
    write(path, b"one")
    with pytest.raises(InputError, match="not overwritten"):
        write(path, b"two")


def test_a_link_that_leads_nowhere_is_not_replaced(tmp_path):
    path = tmp_path / "all.csv"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="not overwritten"):
        write(path, b"one")
    assert path.is_symlink()


def test_a_name_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / os.fsdecode(b"z\xe9.csv")
    with pytest.raises(InputError, match=r"z\\udce9\.csv.*no text"):
        check_replaceable(path, force=True)


def test_a_file_that_was_replaced_before_the_rest_failed_is_kept(tmp_path):
    """An encoder is refused once its graphs are written: theirs went for good."""
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"mine")

    def fail_late():
        with replacing_output(path, force=True):
            with replacing(path) as scratch:
                scratch.write_bytes(b"new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_late()
    assert (tmp_path / "mine.onnx.bak-1").read_bytes() == b"mine"


@pytest.mark.parametrize("has_links", [True, False])
def test_two_at_once_keep_a_file_under_two_names(tmp_path, monkeypatch, has_links):
    path, theirs = tmp_path / "all.csv", tmp_path / "all.csv.bak-1"
    path.write_bytes(b"mine")
    genuine = os.link

    def late(old, new):
        if not theirs.exists():
            theirs.write_bytes(b"theirs")  # by another process, just now
        if not has_links:
            raise PermissionError
        genuine(old, new)

    monkeypatch.setattr(os, "link", late)
    write(path, b"new", force=True)
    assert theirs.read_bytes() == b"theirs"
    assert (tmp_path / "all.csv.bak-2").read_bytes() == b"mine"
