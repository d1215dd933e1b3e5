"""`feltline train --recipe readout`, as people type it."""

import shutil

import pytest

from feltline.encoder import EncoderCard, load_encoder


@pytest.fixture
def rated(tmp_path, video, support):
    """The portrait's ratings beside its video."""
    shutil.copy(video, tmp_path / "talk.mp4")
    return support


def test_the_shipped_encoder_learns_from_own_clips(feltline_json, rated, tmp_path):
    asked = ("train", "clips", rated, "--recipe", "readout", "--out")
    told = feltline_json(*asked, tmp_path / "mine")
    assert (told["clips"], told["rated_frames"], told["persons"]) == (1, 3, 1)
    card = EncoderCard.read(tmp_path / "mine" / "mine.json")
    assert card.name == "mine"
    assert [*card.readout_persons.values()] == [("talk.mp4",)]
    shipped = load_encoder("affect-s").encoder_id
    assert load_encoder(f"{card.path}").encoder_id != shipped


@pytest.mark.parametrize("encoder", ["geometry", "affect-s+geometry"])
def test_what_is_no_network_alone_is_named(feltline, rated, tmp_path, encoder):
    asked = ("train", "clips", rated, "--recipe", "readout", "--encoder", encoder)
    code, _, err = feltline(*asked, "--out", tmp_path / "mine")
    assert code == 4
    assert f"--encoder {encoder} is not a network alone" in err
    assert "such as affect-s" in err


@pytest.mark.parametrize(
    ("made", "out", "said"),
    [
        ("mine", "mine", "mine is a file; give the path of a folder"),
        ("mine/mine.json", "mine", "mine.json is there already"),
        ("mine/mine-readout.npz", "mine", "mine-readout.npz is there already"),
        ("x", ".hidden", "the name '.hidden' is no plain name"),
    ],
)
def test_a_folder_that_will_not_do_is_said_before_the_work(
    feltline, rated, tmp_path, made, out, said
):
    (tmp_path / made).parent.mkdir(exist_ok=True)
    (tmp_path / made).write_text("something of somebody")
    # The rated video is not there, so whatever is looked at later cannot be reached.
    (tmp_path / "talk.mp4").unlink()
    asked = ("train", "clips", rated, "--recipe", "readout", "--encoder", "affect-s")
    code, _, err = feltline(*asked, "--out", tmp_path / out)
    assert code == 4
    assert said in err
    assert (tmp_path / made).read_text() == "something of somebody"


def test_the_folder_one_is_in_gives_its_name(
    feltline_json, rated, tmp_path, monkeypatch
):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    asked = ("train", "clips", rated, "--recipe", "readout", "--encoder", "affect-s")
    feltline_json(*asked, "--out", ".")
    assert (tmp_path / "here" / "here.json").is_file()
