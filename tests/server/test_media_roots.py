"""Which paths a page may name."""

import pytest

from feltline.errors import InputError
from feltline.server import MediaRoots


@pytest.fixture
def roots(tmp_path):
    """A media root with a folder and a hidden one, and a folder outside."""
    for name in ("media/clips/deep", "media/.hidden", "outside/secret"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "media" / "talk.mp4").write_bytes(b"")
    (tmp_path / "outside" / "feltline.toml").write_text("")
    (tmp_path / "media" / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "media" / "in").symlink_to(tmp_path / "media" / "clips")
    (tmp_path / "media" / "loop").symlink_to(tmp_path / "media" / "loop")
    return MediaRoots([tmp_path / "media"])


def test_what_lies_below_may_be_named(roots, tmp_path):
    media = tmp_path / "media"
    for path in (media, media / "clips", media / "talk.mp4", media / "clips/../clips"):
        assert roots.inside(str(path)) == path.resolve()
    assert roots.inside(str(media / "in")) == media / "clips"
    assert roots.above(media / "clips" / "deep") == media / "clips"
    assert roots.above(media) is None


@pytest.mark.parametrize(
    "path",
    [
        "{}/outside",
        "{}/media/out",
        "{}/media/out/secret",
        "{}/media/../outside",
        "{}/media/clips/../../outside/secret",
        "{}",
        "/",
        "/etc/passwd",
        "{}/media2",
        "{}/media/none",
        "{}/media/loop",
        "clips",
        "../outside",
        "~",
        "",
        "{}/media/\0",
        "{}/media/" + "a" * 300,
    ],
)
def test_nothing_else_may_be_named(roots, tmp_path, path, monkeypatch):
    (tmp_path / "media2").mkdir()
    monkeypatch.chdir(tmp_path / "media")
    with pytest.raises(InputError):
        roots.inside(path.replace("{}", str(tmp_path)))


def test_what_is_elsewhere_is_refused_as_if_it_were_not_there(roots, tmp_path):
    def said(name):
        with pytest.raises(InputError) as refused:
            roots.inside(str(tmp_path / "outside" / name))
        return str(refused.value).replace(name, "NAME")

    assert said("secret") == said("nothing")


def test_folders_are_listed_without_hidden_ones_and_links_that_lead_out(
    roots, tmp_path
):
    assert [f.path for f in roots.folders()] == [tmp_path / "media"]
    assert [f.name for f in roots.folders(tmp_path / "media")] == ["clips", "in"]


def test_without_a_root_no_path_may_be_named(tmp_path):
    with pytest.raises(InputError, match="--media"):
        MediaRoots().inside(str(tmp_path))
    assert MediaRoots().folders() == []


def test_a_root_that_is_no_folder_is_refused_at_the_start(tmp_path):
    with pytest.raises(InputError, match="is no folder"):
        MediaRoots([tmp_path / "none"])
