"""Videos into a project: what is passed over, extracted again, or refused."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.projects import judge

from feltline import video
from feltline.errors import FacesLostError, InputError, VideoError
from feltline.pipeline import (
    add_videos,
    extract,
    extraction_workers,
    find_sources,
    name_of_file,
    purge,
    purge_file,
)
from feltline.pipeline.sources import FreeNames
from feltline.project import Project, find_damaged, find_orphans, load_video


def paths(project, *names):
    return [str(project.folder / name) for name in names]


def test_a_video_and_its_tracks_are_entered_without_arrays(project):
    record = project.store.video("pair.mp4")
    assert (record.width, record.height, record.n_frames) == (640, 240, 20)
    assert record.location == "pair.mp4"
    assert record.codec == "h264"
    assert record.duration_s == pytest.approx(20 / 15)
    tracks = project.store.found_tracks("pair.mp4")
    assert [(t.track_id, t.n_frames) for t in tracks] == [(0, 20), (1, 20)]
    (place,) = (project.features_folder / record.content_hash).iterdir()
    assert sorted(f.name for f in place.iterdir())[:1] == ["embeddings.npy"]


def test_faces_that_were_lost_are_found_again_and_labels_stay(project):
    judge(project, 5, (0.5, 0.5))
    shutil.rmtree(project.features_folder)
    with pytest.raises(FacesLostError, match="feltline add"):
        load_video(project, "talk.mp4")
    both = paths(project, "talk.mp4", "pair.mp4")
    made = add_videos(project, both)
    assert (made.added, set(made.known)) == ([], set(both))
    assert len(load_video(project, "pair.mp4").found) == 2
    assert len(project.store.judgements()) == 1
    notes = [e for e in project.store.events() if e.kind == "video-read-again"]
    assert len(notes) == 2


def test_damaged_faces_are_found_again(project, caplog):
    content = project.store.video("talk.mp4").content_hash
    (faces,) = (project.features_folder / content).glob("*/faces.npy")
    faces.write_bytes(faces.read_bytes()[:-8])
    assert add_videos(project, paths(project, "talk.mp4")).known
    assert "faces.npy cannot be used" in caplog.text
    assert len(load_video(project, "talk.mp4").found) == 1


def test_what_is_known_is_not_decoded_again(project, monkeypatch):
    def no(*_args, **_named):
        raise AssertionError

    monkeypatch.setattr(extraction_workers, "extract", no)
    made = add_videos(project, paths(project, "talk.mp4", "pair.mp4"))
    assert set(made.known.values()) == {"talk.mp4", "pair.mp4"}


def test_nothing_is_read_again_for_other_settings(project):
    settings = replace(project.settings, every="3")
    other = Project(project.folder, settings, project.store)
    before = sorted(project.features_folder.rglob("*"))
    assert add_videos(other, paths(project, "talk.mp4")).known
    assert sorted(project.features_folder.rglob("*")) == before


@pytest.mark.parametrize("name", [b"x\xff.mp4", b"x\x01.mp4"])
def test_a_name_that_is_no_text_keeps_no_other_out(project, name, tmp_path):
    purge(project, "pair.mp4")
    source = str(tmp_path / os.fsdecode(name))
    shutil.copy(project.folder / "pair.mp4", source)
    made = add_videos(project, [source, *paths(project, "pair.mp4")])
    assert "rename" in made.failed[source]
    assert made.added == ["pair.mp4"]


def test_a_name_in_any_script_is_taken(project):
    purge(project, "pair.mp4")
    name = "面談\u3000その一.mp4"
    (project.folder / "pair.mp4").rename(project.folder / name)
    assert add_videos(project, paths(project, name)).added == [name]
    assert len(load_video(project, name).tracks) == 2


def test_a_file_that_goes_while_it_is_read_keeps_no_other_out(project, monkeypatch):
    purge(project, "pair.mp4")
    purge(project, "talk.mp4")
    both = paths(project, "talk.mp4", "pair.mp4")
    genuine = extract

    def gone(path, *args, **named):
        if path.name == "talk.mp4":
            raise VideoError("it is gone")
        return genuine(path, *args, **named)

    monkeypatch.setattr(extraction_workers, "extract", gone)
    made = add_videos(project, both)
    assert made.failed == {both[0]: "it is gone"}
    assert made.added == ["pair.mp4"]


def test_what_was_fetched_of_a_known_video_does_not_stay(project):
    """A purge would not know of it."""
    made = add_videos(project, [f"file://{project.folder / 'talk.mp4'}"])
    assert list(made.known.values()) == ["talk.mp4"]
    assert not list((project.hidden / "remote").rglob("*.mp4"))


def test_a_remote_video_is_fetched_and_entered_by_its_address(project):
    purge(project, "pair.mp4")
    url = f"file://{project.folder / 'pair.mp4'}"
    assert add_videos(project, [url]).added == ["pair.mp4"]
    record = project.store.video("pair.mp4")
    assert record.location == url
    assert (
        project.path_of(record).read_bytes()
        == (project.folder / "pair.mp4").read_bytes()
    )


def test_a_video_that_another_add_entered_meanwhile_is_known(project, monkeypatch):
    """The slower of two at once aborted, and the rest of its videos stayed out."""
    purge(project, "pair.mp4")
    purge(project, "talk.mp4")
    both = paths(project, "pair.mp4", "talk.mp4")
    genuine = extract

    def slow(path, *args, **named):
        made = genuine(path, *args, **named)
        if path.name == "pair.mp4":
            monkeypatch.setattr(extraction_workers, "extract", genuine)
            with Project.open(project.folder) as other:
                assert add_videos(other, both[:1]).added == ["pair.mp4"]
        return made

    monkeypatch.setattr(extraction_workers, "extract", slow)
    made = add_videos(project, both)
    assert made.known == {both[0]: "pair.mp4"}
    assert made.added == ["talk.mp4"]
    assert project.store.video_names() == ["pair.mp4", "talk.mp4"]


def test_a_content_that_is_entered_while_it_is_being_entered_is_known(
    project, monkeypatch
):
    purge(project, "pair.mp4")
    source = paths(project, "pair.mp4")
    genuine = project.store.add_video

    def raced(record, tracks, **named):
        genuine(
            replace(record, video_id="first.mp4"),
            [replace(t, video_id="first.mp4") for t in tracks],
        )
        return genuine(record, tracks, **named)

    monkeypatch.setattr(project.store, "add_video", raced)
    made = add_videos(project, source)
    assert (made.added, made.known) == ([], {source[0]: "first.mp4"})


def test_a_name_that_another_add_took_meanwhile_is_passed_over(
    project, monkeypatch, tmp_path
):
    source = tmp_path / "new.mp4"
    source.write_bytes((project.folder / "pair.mp4").read_bytes() + b"\0")
    genuine = project.store.add_video

    def raced(record, tracks, **named):
        monkeypatch.setattr(project.store, "add_video", genuine)
        genuine(replace(record, content_hash="f" * 64), tracks)
        return genuine(record, tracks, **named)

    monkeypatch.setattr(project.store, "add_video", raced)
    assert add_videos(project, [str(source)]).added == ["new~2.mp4"]


def test_one_content_under_two_names_is_entered_once(project, tmp_path):
    purge(project, "pair.mp4")
    copy = shutil.copy(project.folder / "pair.mp4", tmp_path / "copy.mp4")
    made = add_videos(project, [*paths(project, "pair.mp4"), str(copy)])
    assert made.added == ["pair.mp4"]
    assert made.known == {str(copy): "pair.mp4"}


def test_free_names_are_found_in_linear_time():
    """One by one, 50,000 of one name would take more than 10^9 steps."""
    names = FreeNames(["talk.mp4"])
    began = time.process_time()
    made = [names.take(Path(f"{n}/talk.mp4")) for n in range(50_000)]
    assert time.process_time() - began < 5
    assert made[0] == "talk~2.mp4"
    assert len(set(made)) == 50_000


@pytest.mark.parametrize(("inside", "source"), [("", "."), ("sub", "..")])
def test_a_folder_of_pictures_is_named_by_its_name(
    project, tmp_path, monkeypatch, inside, source
):
    folder = tmp_path / "frames"
    (folder / "sub").mkdir(parents=True)
    for n, frame in enumerate(video.read_frames(project.folder / "pair.mp4")):
        Image.fromarray(frame.rgb).save(folder / f"{n:03}.png")
    monkeypatch.chdir(folder / inside)
    made = add_videos(project, find_sources([source]).sources)
    assert (made.added, made.failed) == (["frames"], {})
    assert project.path_of(project.store.video("frames")) == folder


def test_a_link_gives_its_own_name(project, tmp_path):
    purge(project, "pair.mp4")
    link = tmp_path / "first.mp4"
    link.symlink_to(project.folder / "pair.mp4")
    assert add_videos(project, [str(link)]).added == ["first.mp4"]


def test_a_folder_that_is_watched_may_be_empty(tmp_path):
    with pytest.raises(InputError, match="neither videos nor pictures"):
        find_sources([str(tmp_path)])
    assert find_sources([str(tmp_path)], may_be_empty=True).sources == []
    with pytest.raises(InputError, match="no file or folder"):
        find_sources([str(tmp_path / "typo")], may_be_empty=True)


class Killed(BaseException):
    """As if the process ended here."""


def test_what_an_interrupted_add_left_can_be_purged(project, monkeypatch):
    source = project.folder / "new.mp4"
    source.write_bytes((project.folder / "pair.mp4").read_bytes() + b"\0")

    def killed(*_args, **_more):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(project.store, "add_video", killed)
        with pytest.raises(Killed):
            add_videos(project, [str(source)])
    content = video.content_hash(source)
    assert list((project.features_folder / content).glob("*/meta.json"))
    (orphan,) = find_orphans(project)
    assert content[:20] in orphan
    assert "feltline purge" in orphan
    assert name_of_file(project, str(source)) is None
    made = purge_file(project, "new.mp4")
    assert made.files["faces and embeddings"] > 0
    assert made.rows == {}
    assert list(find_orphans(project)) == []
    assert len(load_video(project, "pair.mp4").tracks) == 2  # nobody else's faces went
    with pytest.raises(InputError, match=r"is the video talk\.mp4"):
        purge_file(project, str(project.folder / "talk.mp4"))
    with pytest.raises(InputError, match="no such file"):
        purge_file(project, "none.mp4")


def test_what_was_fetched_and_never_entered_can_be_purged(project, tmp_path):
    source = tmp_path / "broken.mp4"
    source.write_bytes(b"no video at all")
    url = f"file://{source}"
    assert add_videos(project, [url]).failed
    assert any("remote" in one for one in find_orphans(project))
    assert purge_file(project, url).files["fetched copy"] == 15
    assert list(find_orphans(project)) == []


def test_workers_read_the_same_as_one_process(project):
    purge(project, "pair.mp4")
    contents = project.store.video("talk.mp4").content_hash
    (place,) = (project.features_folder / contents).iterdir()
    alone = np.load(place / "faces.npy")
    purge(project, "talk.mp4")
    told = []
    made = add_videos(
        project,
        paths(project, "talk.mp4", "pair.mp4"),
        jobs=2,
        progress=lambda *step: told.append(step),
    )
    assert sorted(made.added) == ["pair.mp4", "talk.mp4"]
    assert np.load(place / "faces.npy").tobytes() == alone.tobytes()
    assert ("talk.mp4", 45, 45) in told
    assert list(find_orphans(project)) == []


ADD = """
import sys
from pathlib import Path
from feltline.pipeline import add_videos
from feltline.project import Project
if __name__ == "__main__":
    with Project.open(Path(sys.argv[1])) as project:
        add_videos(project, sys.argv[2:], jobs=2, progress=lambda *step: print(*step))
"""


def children(pid):
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(n) for task in tasks for n in task.read_text().split()]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_end_when_their_parent_is_killed(project, tmp_path):
    """They waited for the dead parent for ever, with 400 MB each."""
    script = tmp_path / "add.py"
    script.write_text(ADD)
    frames = [f.rgb for f in video.read_frames(project.folder / "talk.mp4")]
    sources = [tmp_path / f"{n}.mp4" for n in range(2)]
    for n, source in enumerate(sources):
        with video.VideoWriter(source, width=320, height=240, rate=15) as writer:
            for rgb in frames[n:] * 20:
                writer.write(rgb)
    command = [sys.executable, "-u", script, project.folder, *sources]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline()  # the workers are at work
        workers = children(parent.pid)
        assert len(workers) >= 2
        os.kill(parent.pid, signal.SIGKILL)
    ends_s = time.monotonic() + 10
    while alive := [pid for pid in workers if Path(f"/proc/{pid}/stat").exists()]:
        states = [Path(f"/proc/{pid}/stat").read_text().split()[2] for pid in alive]
        if set(states) <= {"Z"}:
            break
        assert time.monotonic() < ends_s, f"{alive} live on: {states}"
        time.sleep(0.1)


def test_a_flipped_byte_is_found_by_a_check(project):
    content = project.store.video("talk.mp4").content_hash
    (vectors,) = (project.features_folder / content).glob("*/embeddings.npy")
    assert list(find_damaged(project)) == []
    whole = bytearray(vectors.read_bytes())
    whole[-7] ^= 4
    vectors.write_bytes(whole)
    (fault,) = find_damaged(project)
    assert fault.startswith("talk.mp4: ")
    assert "checksum" in fault
