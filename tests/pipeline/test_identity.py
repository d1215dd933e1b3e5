"""Identity of videos: renamed, moved, missing and replaced files of a project."""

import json
import os
import shutil

import pytest
from PIL import Image
from tests.projects import judge, write_clip

from feltline import video
from feltline.errors import InputError, OriginalLostError, StoreError
from feltline.pipeline import (
    add_videos,
    adding,
    extract,
    extraction_workers,
    find_again,
    find_sources,
    purge,
    relocate,
)
from feltline.pipeline.sources import nth_of
from feltline.project import (
    Project,
    find_damaged,
    find_lost_originals,
    originals,
    stamp_of,
)
from feltline.review import LiveProject, status_of


def lost(project):
    return list(find_lost_originals(project))


def entered_elsewhere(project, folder, *names):
    """Videos of the project anew, from a folder outside it."""
    folder.mkdir(exist_ok=True)
    for name in names:
        purge(project, name)
        shutil.move(project.folder / name, folder / name)
    add_videos(project, [str(folder / name) for name in names])
    return folder


def varied(source, target, tail=b"\0"):
    """The same pictures with other bytes: another content."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes() + tail)
    return target


# ---- names: case 1


def test_add_says_what_it_renamed(project, tmp_path):
    pair = project.folder / "pair.mp4"
    purge(project, "talk.mp4")
    ann = varied(pair, tmp_path / "anna/talk.mp4", b"\0a")
    ben = varied(pair, tmp_path / "ben/talk.mp4", b"\0b")
    made = add_videos(project, [str(ann), str(ben)])
    assert sorted(made.added) == ["talk.mp4", "talk~2.mp4"]
    places = {v.video_id: v.location for v in project.store.videos()}
    first, second = places["talk.mp4"], places["talk~2.mp4"]
    assert made.renamed == {"talk~2.mp4": second}
    assert made.notes == [
        f"the second talk.mp4 became talk~2.mp4: {second}; the first is {first}"
    ]


def test_a_third_of_one_name_and_a_folder_of_pictures(project, tmp_path):
    pair = project.folder / "pair.mp4"
    more = [varied(pair, tmp_path / f"{n}/talk.mp4", bytes([n])) for n in (1, 2)]
    Image.new("RGB", (64, 64)).save(tmp_path / "x.png")
    for n in (1, 2):
        (tmp_path / f"{n}/frames").mkdir()
        Image.new("RGB", (64, 64), (n, 0, 0)).save(tmp_path / f"{n}/frames/1.png")
    sources = [*more, tmp_path / "1/frames", tmp_path / "2/frames"]
    made = add_videos(project, [str(s) for s in sources])
    assert [note.split(":")[0] for note in made.notes] == [
        "the second talk.mp4 became talk~2.mp4",
        "the third talk.mp4 became talk~3.mp4",
        "the second frames became frames~2",
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [("a~2.mp4", "second"), ("a~9.mp4", "number 9"), ("a~2~3.mp4", "third")],
)
def test_the_number_of_a_name(name, said):
    assert nth_of(name) == said


# ---- moved: case 19


def test_a_moved_file_is_listed_and_known_at_its_new_place(project, tmp_path):
    judge(project, 5, (0.5, 0.5))
    new = tmp_path / "archive" / "interview.mp4"
    new.parent.mkdir()
    shutil.move(project.folder / "talk.mp4", new)
    (said,) = lost(project)
    assert said.startswith("talk.mp4: ")
    assert "not there any more" in said
    assert "feltline relocate" in said
    status = status_of(LiveProject(project), check=True)
    assert said in status.problems
    made = add_videos(project, [str(new)])
    assert (made.added, made.known) == ([], {str(new): "talk.mp4"})
    assert made.relocated == {"talk.mp4": str(new)}
    assert made.notes == [f"talk.mp4 lies at {new} now, no longer at talk.mp4"]
    assert project.path_of(project.store.video("talk.mp4")) == new
    assert lost(project) == []
    assert len(project.store.judgements()) == 1
    note = project.store.events()[-1]
    assert (note.kind, note.detail["from"]) == ("video-relocated", "talk.mp4")


def test_a_copy_takes_no_ones_place(project, tmp_path):
    copy = shutil.copy(project.folder / "talk.mp4", tmp_path / "talk.mp4")
    made = add_videos(project, [str(copy)])
    assert (made.known, made.relocated) == ({str(copy): "talk.mp4"}, {})
    assert project.store.video("talk.mp4").location == "talk.mp4"


def test_a_file_that_took_anothers_place_does_not_keep_it(project, tmp_path):
    """Both files were swapped: each content is known again where it is now."""
    talk, pair = project.folder / "talk.mp4", project.folder / "pair.mp4"
    shutil.move(talk, tmp_path / "x.mp4")
    shutil.move(pair, talk)
    shutil.move(tmp_path / "x.mp4", pair)
    assert len(lost(project)) == 2
    made = add_videos(project, [str(talk), str(pair)])
    assert made.relocated == {"pair.mp4": "talk.mp4", "talk.mp4": "pair.mp4"}
    assert lost(project) == []


def test_who_has_the_project_open_sees_the_new_place(project, tmp_path):
    live = LiveProject(project)
    new = tmp_path / "talk.mp4"
    shutil.move(project.folder / "talk.mp4", new)
    add_videos(project, [str(new)])
    from feltline.review.log_delta import read_delta

    delta = read_delta(project.store, after=live.taken, until=live.taken + 9)
    assert delta.has_videos


# ---- replaced: case 20


def replaced_by(project, how):
    """Put other content in the place of talk.mp4."""
    talk = project.folder / "talk.mp4"
    before = talk.stat()
    match how:
        case "another video":
            shutil.copy(project.folder / "pair.mp4", talk)
        case "same size":
            whole = bytearray(talk.read_bytes())
            whole[-9] ^= 1
            talk.write_bytes(whole)
        case "same size and time":
            whole = bytearray(talk.read_bytes())
            whole[-9] ^= 1
            talk.write_bytes(whole)
            os.utime(talk, ns=(before.st_atime_ns, before.st_mtime_ns))
        case "cut off":
            talk.write_bytes(talk.read_bytes()[:-100])
        case "a folder":
            talk.unlink()
            talk.mkdir()
        case "a dead link":
            talk.unlink()
            talk.symlink_to("nowhere.mp4")
        case "empty":
            talk.write_bytes(b"")
        case "renamed over":
            shutil.copy(project.folder / "pair.mp4", talk.with_name("other"))
            talk.with_name("other").replace(talk)


@pytest.mark.parametrize(
    "how",
    [
        *("another video", "same size", "same size and time", "cut off"),
        *("a folder", "a dead link", "empty", "renamed over"),
    ],
)
def test_a_replaced_file_is_noticed(project, how):
    assert lost(project) == []
    replaced_by(project, how)
    (said,) = lost(project)
    assert said.startswith("talk.mp4: ")
    with pytest.raises(OriginalLostError, match=r"talk\.mp4"):
        project.verify(project.store.video("talk.mp4"))


def test_a_replaced_file_is_a_video_of_its_own(project):
    judge(project, 5, (0.5, 0.5))
    talk = project.folder / "talk.mp4"
    before = project.store.video("talk.mp4").content_hash
    varied(project.folder / "pair.mp4", talk, b"\0new")
    made = add_videos(project, [str(talk)])
    assert made.added == ["talk~2.mp4"]
    assert made.notes == [
        f"the second talk.mp4 became talk~2.mp4: {talk} holds another video now than "
        f"the one that was added from it, whose labels stay with talk.mp4"
    ]
    assert project.store.video("talk.mp4").content_hash == before
    (stored,) = project.store.judgements()
    assert stored.judgement.video_id == "talk.mp4"
    (said,) = lost(project)
    assert said.startswith("talk.mp4: ")


def test_what_is_as_it_was_is_not_hashed_again(project, monkeypatch):
    assert lost(project) == []

    def no(*_args):
        raise AssertionError

    monkeypatch.setattr(originals, "content_hash", no)
    assert lost(project) == []
    os.utime(project.folder / "talk.mp4")
    with pytest.raises(AssertionError):
        lost(project)


def test_a_file_of_another_size_is_noticed_without_hashing_it(project, monkeypatch):
    assert lost(project) == []
    replaced_by(project, "another video")
    monkeypatch.setattr(originals, "content_hash", None)
    for _ in range(2):  # each export asks again, in a process of its own
        with Project.open(project.folder) as again:
            (said,) = find_lost_originals(again, ["talk.mp4"])
            assert said.startswith("talk.mp4: ")


def test_what_was_verified_is_kept_once_the_file_is_at_rest(project, monkeypatch):
    talk = project.store.video("talk.mp4")
    kept = project.hidden / "originals" / f"{talk.content_hash}.json"
    kept.unlink(missing_ok=True)
    os.utime(project.folder / "talk.mp4")
    project.verify(talk)
    assert "just before" in kept.read_text()  # its times prove nothing yet
    monkeypatch.setattr(originals, "SETTLED_NS", 0)
    with Project.open(project.folder) as again:
        again.verify(talk)
    path, *stamp = json.loads(kept.read_text())
    assert path == str(project.folder / "talk.mp4")
    assert tuple(stamp) == stamp_of(project.folder / "talk.mp4")
    purge(project, "talk.mp4")
    assert not kept.exists()


def test_a_touched_file_is_the_same_video(project):
    os.utime(project.folder / "talk.mp4", (1, 1))
    (project.folder / "talk.mp4").chmod(0o600)
    assert lost(project) == []


def test_pictures_that_changed_are_another_video(project, tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    frames = list(video.read_frames(project.folder / "talk.mp4"))[:4]
    for n, frame in enumerate(frames):
        Image.fromarray(frame.rgb).save(folder / f"{n}.png")
    assert add_videos(project, [str(folder)]).added == ["frames"]
    assert lost(project) == []
    (folder / "Thumbs.db").write_bytes(b"x")  # no picture of the sequence
    assert lost(project) == []
    (folder / "3.png").rename(folder / "10.png")
    (said,) = lost(project)
    assert "pictures in another order" in said
    (folder / "10.png").rename(folder / "3.png")
    assert lost(project) == []
    (folder / "2.png").unlink()
    assert len(lost(project)) == 1


def test_a_file_that_is_written_to_while_it_is_read_is_not_entered(
    project, tmp_path, monkeypatch
):
    """What was read first and what was read later were of two videos."""
    source = varied(project.folder / "pair.mp4", tmp_path / "slow.mp4")
    genuine = extract

    def growing(path, *args, **named):
        made = genuine(path, *args, **named)
        with path.open("ab") as file:
            file.write(b"more")
        return made

    monkeypatch.setattr(extraction_workers, "extract", growing)
    made = add_videos(project, [str(source)])
    assert "being copied" in made.failed[str(source)]
    assert made.added == []
    assert len(list(project.features_folder.iterdir())) == 2


def test_a_copy_that_is_written_to_takes_nothing_from_the_first(
    project, tmp_path, monkeypatch
):
    first = varied(project.folder / "pair.mp4", tmp_path / "first.mp4")
    second = varied(project.folder / "pair.mp4", tmp_path / "second.mp4")
    genuine = extract

    def growing(path, *args, **named):
        made = genuine(path, *args, **named)
        if path == second:
            path.write_bytes(path.read_bytes() + b"more")
        return made

    monkeypatch.setattr(extraction_workers, "extract", growing)
    made = add_videos(project, [str(first), str(second)])
    assert made.added == ["first.mp4"]
    assert list(made.failed) == [str(second)]
    assert list(find_damaged(project)) == []


def test_a_video_that_is_purged_while_it_is_added_keeps_no_other_out(
    project, monkeypatch
):
    genuine = extraction_workers.run_extractions

    def purged_first(*args):
        for result in genuine(*args):
            if result.job.source.endswith("talk.mp4"):
                purge(project, "talk.mp4")
            yield result

    monkeypatch.setattr(adding, "run_extractions", purged_first)
    sources = [str(project.folder / name) for name in ("talk.mp4", "pair.mp4")]
    made = add_videos(project, sources)
    assert "purged just now" in made.failed[sources[0]]
    assert made.known == {sources[1]: "pair.mp4"}


# ---- relocate


def test_a_folder_is_relocated(project, tmp_path):
    old = entered_elsewhere(project, tmp_path / "old", "talk.mp4", "pair.mp4")
    (tmp_path / "new").mkdir()
    old.rename(tmp_path / "new/clips")
    assert len(lost(project)) == 2
    made = relocate(project, str(old), tmp_path / "new/clips")
    assert made.moved == {
        name: str(tmp_path / "new/clips" / name) for name in ("pair.mp4", "talk.mp4")
    }
    assert made.unchanged == {}
    assert lost(project) == []
    assert project.store.events()[-1].kind == "video-relocated"


@pytest.mark.parametrize("how", ["name", "path", "into folder", "other name"])
def test_a_single_video_is_relocated(project, tmp_path, how):
    talk, new = project.folder / "talk.mp4", tmp_path / "x/talk.mp4"
    if how == "other name":
        new = new.with_name("interview 1.mp4")
    new.parent.mkdir()
    shutil.move(talk, new)
    old = str(talk) if how == "path" else "talk.mp4"
    made = relocate(project, old, new.parent if how == "into folder" else new)
    assert made.moved == {"talk.mp4": str(new)}
    assert lost(project) == []


@pytest.mark.parametrize("how", ["another video", "cut off", "same size and time"])
def test_nothing_is_relocated_to_another_content(project, tmp_path, how):
    project.verify(project.store.video("talk.mp4"))
    replaced_by(project, how)
    new = tmp_path / "talk.mp4"
    shutil.move(project.folder / "talk.mp4", new)
    events = project.store.last_event_id()
    with pytest.raises(InputError, match="nothing was changed"):
        relocate(project, "talk.mp4", new)
    assert project.store.video("talk.mp4").location == "talk.mp4"
    assert project.store.last_event_id() == events


def test_of_a_folder_what_is_the_same_is_relocated_and_the_rest_stays(
    project, tmp_path
):
    old = entered_elsewhere(project, tmp_path / "old", "talk.mp4", "pair.mp4")
    new = tmp_path / "new"
    new.mkdir()
    shutil.copy(old / "talk.mp4", new / "talk.mp4")
    varied(old / "pair.mp4", new / "pair.mp4")
    shutil.rmtree(old)
    made = relocate(project, str(old), new)
    assert list(made.moved) == ["talk.mp4"]
    assert made.unchanged == {
        "pair.mp4": f"pair.mp4 was not found: {new / 'pair.mp4'} is another file"
    }
    assert project.store.video("pair.mp4").location == str(old / "pair.mp4")


def test_a_place_that_means_nothing_is_refused(project, tmp_path):
    with pytest.raises(InputError, match="no file or folder"):
        relocate(project, "talk.mp4", tmp_path / "none")
    with pytest.raises(InputError, match="no video of this project is named"):
        relocate(project, str(tmp_path / "else"), tmp_path)
    with pytest.raises(StoreError, match="no video 'x'"):
        project.store.relocate_video("x", "y", rater="anna")


@pytest.mark.parametrize("by", ["file", "folder", "folder above"])
def test_missing_videos_are_found_in_a_place(project, tmp_path, by):
    new = tmp_path / "disk/2026/t.mp4"
    new.parent.mkdir(parents=True)
    (project.folder / "talk.mp4").rename(new)
    (new.parent / "broken.mp4").write_text("no video")
    (new.parent / "other.mkv").write_text("of another ending")
    place = {"file": new, "folder": new.parent, "folder above": tmp_path / "disk"}[by]
    assert find_again(project, place).moved == {"talk.mp4": str(new)}
    assert lost(project) == []
    assert find_again(project, place).moved == {}


def test_missing_videos_that_are_not_found_are_named(project, tmp_path):
    (project.folder / "talk.mp4").rename(tmp_path / "t.mp4")
    made = find_again(project, project.folder)
    assert made.unchanged == {"talk.mp4": f"talk.mp4 is not in {project.folder}"}
    with pytest.raises(InputError, match="there is no file or folder"):
        find_again(project, tmp_path / "typo")


def test_a_folder_that_was_named_by_a_link_is_relocated(project, tmp_path):
    real = entered_elsewhere(project, tmp_path / "real", "talk.mp4")
    link = tmp_path / "link"
    link.symlink_to(real)
    shutil.copytree(real, tmp_path / "new")
    assert list(relocate(project, str(link), tmp_path / "new").moved) == ["talk.mp4"]


def test_a_project_that_is_moved_as_a_whole_finds_its_own_videos(project, tmp_path):
    project.close()
    moved = tmp_path / "moved"
    shutil.move(project.folder, moved)
    with Project.open(moved) as again:
        assert lost(again) == []


def test_on_postgresql(postgresql, project_template, tmp_path):
    from feltline.project import ProjectSettings

    url = postgresql.new_database()
    settings = ProjectSettings(project_id="c" * 32, name="s", database=url)
    talk = tmp_path / "a/talk.mp4"
    talk.parent.mkdir()
    shutil.copy(project_template[0] / "talk.mp4", talk)
    try:
        with Project.init(tmp_path / "study", settings) as project:
            add_videos(project, [str(talk)])
            assert lost(project) == []
            shutil.move(tmp_path / "a", tmp_path / "b")
            assert len(lost(project)) == 1
            made = relocate(project, str(tmp_path / "a"), tmp_path / "b")
            assert made.moved == {"talk.mp4": str(tmp_path / "b/talk.mp4")}
            assert lost(project) == []
            shutil.copy(project_template[0] / "pair.mp4", tmp_path / "b/talk.mp4")
            assert "is not the video" in lost(project)[0]
            shutil.copy(project_template[0] / "talk.mp4", tmp_path / "c.mp4")
            assert add_videos(project, [str(tmp_path / "c.mp4")]).relocated
            assert project.store.check() == lost(project) == []
    finally:
        postgresql.drop(url)


# ---- faces that are not followed: case 32


def test_add_says_that_more_faces_were_in_view(project, tmp_path):
    import numpy as np

    frames = [f.rgb for f in video.read_frames(project.folder / "talk.mp4")][:6]
    row = [np.hstack([rgb, rgb[:, ::-1], rgb]) for rgb in frames]
    crowd = write_clip(
        tmp_path / "crowd.mp4", [np.vstack([rgb, rgb[:, ::-1]]) for rgb in row]
    )
    made = add_videos(project, [str(crowd)])
    assert made.notes == [
        "crowd.mp4: in 6 frames more than 4 faces were in view, and only 4 at once are "
        "followed; --faces 6 (of init, extract, label, suggest) follows all of them"
    ]
    again = add_videos(
        project, find_sources([str(project.folder / "pair.mp4")]).sources
    )
    assert again.notes == []
