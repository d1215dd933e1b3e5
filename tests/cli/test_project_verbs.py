"""The verbs on a project, as a user types them."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing

import polars as pl
import pytest

from feltline.project import Project

pytestmark = pytest.mark.usefixtures("study")


@pytest.fixture(scope="module")
def template(tmp_path_factory, video):
    """A new project that holds talk.mp4, made as a user makes it."""
    folder = tmp_path_factory.mktemp("template") / "study"
    for words in (
        ["init", str(folder), "--rater", "anna", "--threshold", "0.7"],
        ["add", str(video), "--project", str(folder)],
    ):
        said = subprocess.run(
            [sys.executable, "-m", "feltline", *words],
            check=True,
            capture_output=True,
            text=True,
        )
        assert "next:" in said.stdout, said
    return folder


@pytest.fixture
def study(tmp_path, template, monkeypatch):
    """That project, to be changed at will; the working folder is in it."""
    folder = tmp_path / "study"
    shutil.copytree(template, folder)
    monkeypatch.chdir(folder)
    return folder


def filled(path, clip):
    """The CSV with every value filled in."""
    header, *rows = path.read_text().splitlines()
    names = header.split(",")
    lines = [header]
    for row in rows:
        cells = dict(zip(names, row.split(","), strict=True))
        valence, arousal = clip.affect[int(cells["frame"])]
        cells |= {"valence": f"{valence:.2f}", "arousal": f"{arousal:.2f}"}
        lines.append(",".join(cells[n] for n in names))
    path.write_text("\n".join(lines) + "\n")


def test_from_init_to_an_exported_file(study, feltline_json, clip):
    made = feltline_json("suggest", "--labels-per-clip", 4, "--out", "ask.csv")
    assert len(made["suggestions"]) == 4
    assert made["outlook"][0]["more"] == 0
    before = feltline_json("status")
    assert (before["videos"], before["judgements"]) == (1, 0)
    assert before["suggestions_left"] == 4
    filled(study / "ask.csv", clip)
    assert feltline_json("labels", "import", "ask.csv")["added"] == 4
    learnt = feltline_json("status")["model_id"]
    assert learnt != before["model_id"]  # importing learns at its end
    assert feltline_json("labels", "import", "ask.csv") == {
        "added": 0,
        "known": 4,
        "notes": [],
    }
    made = feltline_json("propagate")
    assert (made["labels"], made["frames"], made["threshold"]) == (4, 30, 0.7)
    assert made["model_id"] == made["model_before"] == learnt
    after = feltline_json("status")
    assert (after["judgements"], after["suggestions_left"]) == (4, 0)
    assert after["reviewed"] == 4
    points = feltline_json("threshold", "0.9")
    assert points["threshold"] == 0.9
    assert feltline_json("status")["threshold"] == 0.9
    exported = feltline_json("export", "all.parquet")
    assert (exported["rows"], exported["model_id"]) == (30, learnt)
    assert (exported["threshold"], exported["tolerance"]) == ("0.9", "0.2")
    table = pl.read_parquet("all.parquet")
    assert (table["origin"] == "import").sum() == 4
    # Status and export speak of the same numbers.
    rest = table.filter(pl.col("origin") == "model")
    accepted = (rest["confidence"] >= 0.9).sum()
    status = feltline_json("status")
    assert (status["accepted"], status["pending"]) == (accepted, 26 - accepted)
    assert feltline_json("export", "mine.csv", "--layer", "human")["rows"] == 4
    removed = feltline_json("purge", "talk.mp4", "--yes")
    assert removed["rows"]["judgements"] == 4
    assert learnt in removed["models"]
    assert feltline_json("status")["videos"] == 0


def test_a_project_in_a_label_schema_of_its_own(tmp_path, feltline_json, video):
    schema = tmp_path / "schema.json"
    schema.write_text('{"dimensions": [{"name": "pain", "low": 0, "high": 10}]}')
    other = ("--project", tmp_path / "other")
    feltline_json("init", tmp_path / "other", "--schema", schema)
    feltline_json("add", video, *other)
    out = tmp_path / "ask.csv"
    feltline_json("suggest", "--labels-per-clip", 2, "--out", out, *other)
    header, first, _ = out.read_text().splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True)) | {"pain": "8"}
    out.write_text(",".join(cells) + "\n" + ",".join(cells.values()) + "\n")
    assert feltline_json("labels", "import", out, *other)["added"] == 1
    assert feltline_json("status", *other)["judgements"] == 1
    feltline_json("export", tmp_path / "all.parquet", *other)
    table = pl.read_parquet(tmp_path / "all.parquet")
    assert table.filter(pl.col("origin") == "import")["pain"].to_list() == [8.0]


def test_an_empty_project_says_what_it_lacks(tmp_path, feltline):
    feltline("init", tmp_path / "new")
    other = ("--project", tmp_path / "new")
    for words in (("suggest", "--labels-per-clip", "6"), ("propagate",)):
        code, _, err = feltline(*words, *other)
        assert (code, "feltline add" in err) == (3, True), err
    for verb in (["status"], ["threshold"], ["export", str(tmp_path / "all.csv")]):
        assert feltline(*verb, *other)[0] == 0, verb


def test_what_is_said_in_words(study, feltline, clip):
    feltline("suggest", "--labels-per-clip", 3, "--out", "ask.csv")
    filled(study / "ask.csv", clip)
    for words, says in (
        (("labels", "import", "ask.csv", "--dry-run"), "would bring in 3 labels"),
        (("labels", "import", "ask.csv"), "learnt from 3 labels: model "),
        (("labels", "import", "ask.csv"), "3 were there already"),
        (("propagate",), "labels used"),
        (("status",), "3 in force"),
        (("status", "--check"), "nothing is wrong"),
        (("threshold",), "in force: 0.7"),
        (("export", "all.csv"), "wrote 30 rows"),
        (("suggest", "--labels-per-clip", "2"), "feltline serve"),
        (("purge", "talk.mp4", "--yes"), "left where it is"),
    ):
        code, out, err = feltline(*words)
        assert code == 0, err
        assert says in out, (words, out)


def test_to_look_writes_nothing(study, feltline, feltline_json, clip):
    feltline("suggest", "--labels-per-clip", 3, "--out", "ask.csv")
    filled(study / "ask.csv", clip)
    feltline("labels", "import", "ask.csv")
    with Project.open(study) as project:
        before = project.store.last_event_id()
        feltline_json("status")
        feltline_json("threshold")
        assert project.store.last_event_id() == before


def test_what_is_there_is_passed_over(feltline_json, video, tmp_path):
    copy = tmp_path / "same-bytes.mp4"
    shutil.copy(video, copy)
    made = feltline_json("add", video, copy)
    assert made["added"] == []
    assert set(made["known"].values()) == {"talk.mp4"}


def test_videos_of_one_name_get_names_of_their_own(feltline_json, pair, tmp_path):
    other = tmp_path / "other" / "talk.mp4"
    other.parent.mkdir()
    shutil.copy(pair, other)
    assert feltline_json("add", other)["added"] == ["talk~2.mp4"]


def test_one_bad_file_keeps_no_other_out(feltline, pair, tmp_path):
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    code, out, err = feltline("add", bad, pair)
    assert code == 4
    assert "bad.mp4" in err
    assert "1 of 2" in err
    code, out, _ = feltline("status", "--json")
    assert json.loads(out)["videos"] == 2


def test_a_folder_is_read_by_several_processes(feltline_json, tmp_path, pair):
    folder = tmp_path / "clips" / "deep"
    folder.mkdir(parents=True)
    shutil.copy(pair, folder / "pair.mp4")
    made = feltline_json("add", tmp_path / "clips", "--jobs", 2)
    assert made["added"] == ["pair.mp4"]
    assert feltline_json("status")["tracks"] == 3


def test_a_video_without_a_face_is_named(feltline, empty_room):
    code, out, _ = feltline("add", empty_room)
    assert code == 0
    assert "room.mp4" in out


def test_a_remote_video_is_fetched_and_purged(study, feltline, feltline_json, pair):
    url = f"file://{pair}"
    assert feltline_json("add", url)["added"] == ["pair.mp4"]
    copies = list((study / ".feltline" / "remote").rglob("*.mp4"))
    assert len(copies) == 1
    size = copies[0].stat().st_size
    made = feltline_json("purge", "pair.mp4", "--yes")
    assert made["files"]["fetched copy"] == size
    assert not list((study / ".feltline" / "remote").rglob("*.mp4"))
    code, _, err = feltline("add", "nothing://there/a.mp4")
    assert code == 4
    assert "cannot be fetched" in err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("add", "no.mp4"), 4, "no.mp4"),
        (("add", "."), 4, "neither videos nor pictures"),
        (("init", "."), 4, "already"),
        (("propagate",), 3, "no label"),
        (("labels", "import", "no.csv"), 4, "no.csv"),
        (("export", "all.xls"), 4, ".xlsx"),
        (("export", "no/all.csv"), 4, "does not exist"),
        (("export", "all.csv", "--video", "no.mp4"), 4, "no.mp4"),
        (("purge", "no.mp4", "--yes"), 4, "no.mp4"),
        (("suggest",), 2, "exactly one"),
        (("suggest", "--total", "3", "--support", "x.csv"), 2, "labels already"),
        (("suggest", "--total", "3", "--audit", "0.5"), 4, "audit"),
        (("threshold", "1.5"), 2, "less than or equal"),
        (("status", "--project", "/"), 4, "feltline init"),
    ],
)
def test_bad_input_is_a_sentence(feltline, words, code, says):
    found, out, err = feltline(*words)
    assert found == code, err
    assert says in out + err


def test_a_damaged_database_is_a_sentence(study, feltline):
    (study / "feltline.db").write_bytes(b"no database at all, " * 400)
    for words in (("status",), ("add", "x.mp4"), ("serve", "--port", "0")):
        code, _, err = feltline(*words)
        assert code == 4, err
        assert "feltline.db" in err


def test_faces_that_are_gone_are_a_sentence(study, feltline):
    shutil.rmtree(study / ".feltline" / "features")
    code, out, _ = feltline("status")
    assert code == 0
    assert "talk.mp4: give feltline add the video" in out


def test_a_file_that_was_never_entered_is_purged(
    study, feltline, monkeypatch, pair, video
):
    from feltline.store import Store

    def killed(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_video", killed)
        assert feltline("add", pair)[0] == 130
    assert len(list((study / ".feltline" / "features").iterdir())) == 2
    code, out, _ = feltline("status", "--check")
    assert code == 0
    assert "feltline purge" in out
    code, out, _ = feltline("purge", pair, "--yes")
    assert (code, "faces and embeddings" in out) == (0, True)
    assert len(list((study / ".feltline" / "features").iterdir())) == 1
    # A file whose content is in the project is the video that it is there.
    shutil.copy(video, study / "again.mp4")
    code, out, _ = feltline("purge", "again.mp4", "--yes")
    assert (code, "removed of talk.mp4" in out) == (0, True)


def test_suggestions_that_cannot_be_written_leave_the_list(study, feltline):
    assert feltline("suggest", "--labels-per-clip", "3")[0] == 0
    filled_in = study / "labels.csv"
    filled_in.write_text("video,frame,valence,arousal\ntalk.mp4,3,0.1,0.1\n")
    code, _, err = feltline("suggest", "--total", "1", "--out", filled_in)
    assert (code, "not overwritten" in err) == (4, True)
    with closing(sqlite3.connect(study / "feltline.db")) as database:
        assert database.execute("SELECT count(*) FROM suggestions").fetchone() == (3,)


def test_to_purge_asks_first(feltline, monkeypatch):
    import io

    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    code, _, _ = feltline("purge", "talk.mp4")
    assert code == 1
    code, out, _ = feltline("status", "--json")
    assert json.loads(out)["videos"] == 1


@pytest.fixture
def server(study, tmp_path):
    """`feltline serve`, and the file of what it says of faults."""
    command = [sys.executable, "-m", "feltline", "serve", "--port", "0"]
    log = tmp_path / "said"
    with (
        log.open("w") as said,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, text=True, cwd=study
        ) as process,
    ):
        yield process, log
        process.kill()


def link_of(process):
    return process.stdout.readline().split("page: ")[1].strip()


@pytest.mark.enable_socket
def test_serve_prints_a_link_that_lets_in_once(server):
    process, _ = server
    link = link_of(process)
    assert link.startswith("http://127.0.0.1:")
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(link, timeout=20) as page:
        assert page.status == 200
    again = link_of(process)
    assert "?token=" in again
    assert again.split("token=")[1] != link.split("token=")[1]
    with pytest.raises(urllib.error.HTTPError, match=r"40[13]") as refused:
        urllib.request.build_opener().open(link, timeout=20)
    refused.value.close()
    process.send_signal(signal.SIGINT)
    assert process.wait(20) in (0, 130)


@pytest.mark.enable_socket
def test_serve_ends_at_once_while_a_page_is_open(server):
    process, log = server
    link = link_of(process)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    opener.open(link, timeout=20).close()
    with opener.open(link.split("?")[0] + "api/stream", timeout=20) as stream:
        assert stream.readline().startswith(b"event: hello")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130)
    said = log.read_text()
    assert "graceful shutdown exceeded" not in said, "it waited for the stream"
    assert "Traceback" not in said


SOON = """
import runpy
from feltline.pipeline import watching
watching.watch_sources.__kwdefaults__["settled_s"] = 1.0
runpy.run_module("feltline", run_name="__main__")
"""


def test_watch_adds_what_comes(tmp_path, pair):
    folder = tmp_path / "incoming"
    folder.mkdir()
    log = tmp_path / "said"
    with log.open("w") as said:
        watching = subprocess.Popen(
            [sys.executable, "-c", SOON, "add", str(folder), "--watch", "--json"],
            stdout=said,
            stderr=said,
        )
        try:
            wait_for(lambda: "watching" in log.read_text())
            shutil.copy(pair, folder / "first.mp4")
            wait_for(lambda: '"first.mp4"' in log.read_text())
            (folder / "first.mp4").rename(tmp_path / "first.mp4")
            time.sleep(3)  # it looks once more, into an empty folder
            (folder / "second.mp4").write_bytes(pair.read_bytes() + b"\0")
            wait_for(lambda: '"second.mp4"' in log.read_text())
        finally:
            watching.send_signal(signal.SIGINT)
            watching.wait(20)
    assert watching.returncode == 130
    assert "Traceback" not in log.read_text()


def wait_for(done, seconds=60):
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_project_as_one_file_and_back(study, feltline, feltline_json, clip, tmp_path):
    feltline("suggest", "--labels-per-clip", 3, "--out", "ask.csv")
    filled(study / "ask.csv", clip)
    feltline("labels", "import", "ask.csv")
    before = feltline_json("status")
    assert before["model"]["reasons"] == ["few-labels"]
    code, out, err = feltline("status")
    assert code == 0, err
    assert "provisional: learnt from 3 labels only" in out
    assert "shipped residuals of walks through FER+ (3 blind" in out
    made = feltline_json("backup", study, tmp_path / "b.zip")
    assert (made["videos"], made["lost"]) == (1, [])
    code, _, err = feltline("backup", study, tmp_path / "b.txt")
    assert (code, ".zip" in err) == (4, True)
    feltline("purge", "talk.mp4", "--yes")
    code, out, err = feltline("restore", tmp_path / "b.zip", tmp_path / "again")
    assert code == 0, err
    assert "1 video was purged after the backup" in out
    code, _, err = feltline("restore", tmp_path / "b.zip", tmp_path / "again")
    assert (code, "not empty" in err) == (4, True)
