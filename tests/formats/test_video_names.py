import unicodedata

import pytest

from feltline.formats import VideoNames, file_beside

TWO = {"talk.mp4": "/data/anna/talk.mp4", "talk~2.mp4": "/data/ben/talk.mp4"}
ONE = {"talk.mp4": "/data/anna/talk.mp4", "walk.mov": "/data/walk.mov"}
NFC, NFD = (unicodedata.normalize(form, "かいぎ zoé が.mp4") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("anna/talk.mp4", "talk.mp4"),
        ("ben/talk.mp4", "talk~2.mp4"),
        ("ben/talk", "talk~2.mp4"),
        ("/data/ben/talk.mp4", "talk~2.mp4"),
        ("./ben/talk.mp4", "talk~2.mp4"),
        ("../ben/talk.mp4", "talk~2.mp4"),
        ("ben\\talk.mp4", "talk~2.mp4"),
        ("C:\\x\\ben\\talk.mp4", "talk~2.mp4"),
        ("\\\\nas\\study\\anna\\talk.mp4", "talk.mp4"),
        ("D:/study/anna/talk.mp4", "talk.mp4"),
        ("file:///data/ben/talk.mp4", "talk~2.mp4"),
        ("C:\u00a5x\u00a5ben\u00a5talk.mp4", "talk~2.mp4"),
        ("data\\ben/talk.mp4", "talk~2.mp4"),
        ("talk~2.mp4", "talk~2.mp4"),
        ("talk~2", "talk~2.mp4"),
    ],
)
def test_a_path_matches_by_path(text, name):
    assert VideoNames(TWO).find(text)[0] == name


@pytest.mark.parametrize("text", ["talk.mp4", "talk", "D:\\talk.mp4", "/x/y/talk.mp4"])
def test_a_name_that_several_have_is_refused_with_the_candidates(text):
    with pytest.raises(ValueError, match="fits 2 of the videos") as caught:
        VideoNames(TWO).find(text)
    assert "/data/anna/talk.mp4" in str(caught.value)
    assert "/data/ben/talk.mp4" in str(caught.value)


@pytest.mark.parametrize("text", ["ben/talk.mp4", "ben\\talk.mp4", "x/anna/talk.mp4"])
def test_a_path_never_leads_to_another_file_of_that_name(text):
    with pytest.raises(ValueError, match=r"there is no video .*talk\.mp4"):
        VideoNames(ONE).find(text)


def test_a_path_of_another_machine_is_taken_with_a_warning():
    names = VideoNames(ONE)
    assert names.find("C:\\Users\\mina\\Videos\\talk.mp4") == ("talk.mp4", True)
    assert names.find("/mnt/nas/talk.mp4") == ("talk.mp4", True)
    assert names.find("C:\\x\\anna\\talk.mp4") == ("talk.mp4", False)
    assert names.find("talk.mp4") == ("talk.mp4", False)


def test_a_path_that_is_there_is_that_file_or_none(tmp_path):
    for who in ("anna", "ben"):
        (tmp_path / who).mkdir()
        (tmp_path / who / "talk.mp4").touch()
    names = VideoNames({"talk.mp4": str(tmp_path / "anna/talk.mp4")})
    assert names.find(str(tmp_path / "anna/talk.mp4"))[0] == "talk.mp4"
    assert names.find(f"{tmp_path}/ben/../anna/talk.mp4")[0] == "talk.mp4"
    with pytest.raises(ValueError, match=r"is another file than talk\.mp4"):
        names.find(str(tmp_path / "ben/talk.mp4"))


@pytest.mark.parametrize("own", [NFC, NFD])
@pytest.mark.parametrize("text", [NFC, NFD, f"x/{NFD}", f"C:\\x\\{NFC}", NFD[:-4]])
def test_names_are_compared_composed(own, text):
    assert VideoNames({own: f"/data/x/{own}"}).find(text)[0] == own


def test_names_lost_to_an_encoding_say_so():
    with pytest.raises(ValueError, match="save it as CSV UTF-8"):
        VideoNames({"zoé.mp4": ""}).find("zo?.mp4")


@pytest.mark.parametrize(
    "text", ["", "/", "\\", "..", ".", "C:", "C:\\", "\x00", "a/\x00", "file://", "//"]
)
def test_what_is_no_name_is_refused(text):
    with pytest.raises(ValueError, match="there is no video"):
        VideoNames(TWO).find(text)


def test_a_name_that_looks_like_a_path_of_windows_is_still_a_name():
    assert VideoNames({"a\\b.mp4": "/data/a\\b.mp4"}).find("a\\b.mp4")[0] == "a\\b.mp4"


def test_what_is_written_leads_back():
    for location in (TWO, ONE, {"a.mp4": ""}, {"p": "/x/p", "p~2": "/y/x/p"}):
        names = VideoNames(location)
        for name in location:
            assert names.find(names.name_for(name))[0] == name
    assert VideoNames(TWO).name_for("talk.mp4") == "anna/talk.mp4"
    assert VideoNames(ONE).name_for("talk.mp4") == "talk.mp4"


def test_files_beside_a_table_are_found(tmp_path):
    (tmp_path / "sub").mkdir()
    for at in (tmp_path / NFD, tmp_path / "sub" / "b.mp4"):
        at.touch()
    assert file_beside(tmp_path, NFC).name == NFD
    assert file_beside(tmp_path, f"C:\\x\\{NFC}").name == NFD
    assert file_beside(tmp_path, "sub\\b.mp4") == tmp_path / "sub" / "b.mp4"
    assert file_beside(tmp_path, "gone.mp4") == tmp_path / "gone.mp4"
