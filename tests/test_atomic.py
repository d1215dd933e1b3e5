import errno
import os
import stat

import pytest

from feltline.atomic import replacing, replacing_folder
from feltline.errors import InputError, SetupError


@pytest.fixture
def target(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("old")
    return path


def assert_untouched(target):
    assert target.read_text() == "old"
    assert list(target.parent.iterdir()) == [target]


def test_success_puts_the_whole_file_in_place(target):
    with replacing(target) as scratch:
        assert scratch != target
        assert scratch.parent == target.parent
        assert scratch.suffix == ".csv"
        scratch.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def test_a_new_file_appears_only_at_the_end(tmp_path):
    target = tmp_path / "new.mp4"
    with replacing(target) as scratch:
        scratch.write_bytes(b"x")
        assert not target.exists()
    assert target.read_bytes() == b"x"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_failure_leaves_the_old_file_and_nothing_else(target, error):
    with pytest.raises(error), replacing(target) as scratch:  # noqa: PT012
        scratch.write_text("half")
        raise error
    assert_untouched(target)


def test_failure_leaves_no_new_file(tmp_path):
    target = tmp_path / "new.csv"
    with pytest.raises(ZeroDivisionError), replacing(target) as scratch:  # noqa: PT012
        scratch.write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    target = tmp_path / "none" / "labels.csv"
    with pytest.raises(InputError, match=r"folder .*none does not exist"):  # noqa: SIM117
        with replacing(target):
            pytest.fail("the block must not run")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file_name(tmp_path):
    folder = tmp_path / "labels.csv"
    folder.mkdir()
    with pytest.raises(InputError, match=r"labels\.csv: it is a folder"):  # noqa: SIM117
        with replacing(folder):
            pytest.fail("the block must not run")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_so(target, number):
    with pytest.raises(SetupError, match="disk is full") as caught:  # noqa: PT012, SIM117
        with replacing(target) as scratch:
            scratch.write_text("half")
            raise OSError(number, os.strerror(number))
    assert str(target) in str(caught.value)
    assert "free some space" in str(caught.value)
    assert isinstance(caught.value.__cause__, OSError)
    assert_untouched(target)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_missing_rights_are_said_so(target, number):
    with pytest.raises(SetupError, match="no permission to write in"):  # noqa: SIM117
        with replacing(target):
            raise OSError(number, os.strerror(number))
    assert_untouched(target)


def test_other_errors_of_the_system_pass_through(target):
    error = OSError(errno.EIO, "broken disk")
    with pytest.raises(OSError, match="broken disk") as caught, replacing(target):
        raise error
    assert caught.value is error
    assert_untouched(target)


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_rights_follow_the_mask_of_the_process(tmp_path, mask):
    target = tmp_path / "labels.csv"
    before = os.umask(mask)
    try:
        with replacing(target) as scratch:
            scratch.write_text("x")
        after = os.umask(mask)
    finally:
        os.umask(before)
    assert stat.S_IMODE(target.stat().st_mode) == 0o666 & ~mask
    assert after == mask


def test_a_folder_appears_whole_and_replaces_what_stood_there(tmp_path):
    target = tmp_path / "above" / "features"
    for content in ("one", "two"):
        with replacing_folder(target) as scratch:
            (scratch / "a").write_text(content)
            assert not target.exists() or (target / "a").read_text() != content
        assert (target / "a").read_text() == content
        assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_folder_that_fails_leaves_the_old_one(tmp_path, error):
    target = tmp_path / "features"
    target.mkdir()
    (target / "a").write_text("old")
    with pytest.raises(error), replacing_folder(target) as scratch:  # noqa: PT012
        (scratch / "a").write_text("half")
        raise error
    assert (target / "a").read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_said_of_a_folder_too(tmp_path):
    with (
        pytest.raises(SetupError, match="disk is full"),
        replacing_folder(tmp_path / "features"),
    ):
        raise OSError(errno.ENOSPC, "full")
    assert list(tmp_path.iterdir()) == []
