"""Tables of people by upload, model state, overview, backup and restore, as served."""

import io
import zipfile
from dataclasses import replace
from urllib.parse import quote

import openpyxl
import pytest
from tests.projects import judge_truth
from tests.server.conftest import SERVER

from feltline.pipeline import purge
from feltline.review import status_of

TABLE = "clip,frame,pleasure,arousal\ntalk,3,9,5\nmy take,20,1,1\n"
HOW = [("column", "video=clip"), ("column", "valence=pleasure")]
HOW += [("scale", "valence=1..9"), ("scale", "arousal=1..9")]


def send_table(client, path, content, how=(), status=200, name="theirs.csv"):
    answer = client.http.post(
        path, content=content, params=[("name", name), *how], headers=client.headers
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_table_is_looked_at_mapped_tried_and_brought_in(client):
    seen = send_table(client, "/api/labels/preview", TABLE)
    assert seen["columns"] == ["clip", "frame", "pleasure", "arousal"]
    assert seen["rows"][0] == {"row": 2, "cells": ["talk", "3", "9", "5"]}
    assert seen["meant"] == {
        "video": "clip",
        "frame": "frame",
        "valence": "pleasure",
        "arousal": "arousal",
    }
    # What is guessed is not used: the table is refused until somebody says so.
    assert "lacks the column video" in seen["trial"]["fault"]
    assert seen["videos"] == [
        {"name": "talk", "video_id": "talk.mp4", "n_rows": 1},
        {"name": "my take", "video_id": None, "n_rows": 1},
    ]
    seen = send_table(client, "/api/labels/preview", TABLE, HOW)
    assert seen["trial"]["fault"].startswith("1 row of theirs.csv cannot be used:")
    assert "row 3: there is no video 'my take'" in seen["trial"]["fault"]
    how = [*HOW, ("video", "talk.mp4=my take")]
    seen = send_table(client, "/api/labels/preview", TABLE, how)
    assert seen["trial"] == {"added": 2, "known": 0, "notes": [], "fault": None}
    assert client.judgements() == []
    made = send_table(client, "/api/labels", TABLE, how)
    assert made == {"added": 2, "known": 0, "notes": []}
    client.served.worker.wait()
    assert [j["value"] for j in client.judgements()] == [[1.0, 0.0], [-1.0, -1.0]]
    assert send_table(client, "/api/labels", TABLE, how)["known"] == 2


def test_a_mapping_that_is_half_typed_still_shows_the_table(client):
    how = [*HOW[:2], ("scale", "valence=1..1")]
    seen = send_table(client, "/api/labels/preview", TABLE, how)
    assert seen["n_rows"] == 2
    assert "cannot read the scale '1..1'" in seen["trial"]["fault"]
    send_table(client, "/api/labels", TABLE, how, status=400)


def test_a_workbook_comes_in_and_what_is_no_table_does_not(client):
    book = openpyxl.Workbook()
    for row in (["video", "frame", "valence", "arousal"], ["talk.mp4", 4, 0.5, 0.25]):
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    brought = send_table(client, "/api/labels", made.getvalue(), name="../a/b.xlsx")
    assert brought["added"] == 1
    for content, why in (
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as Excel workbook"),
        (b"", "is empty"),
        (b"video,video\n", "more than once"),
    ):
        fault = send_table(client, "/api/labels", content, status=400)["error"]
        assert why in fault
        assert "feltline-table-" not in fault
    fault = send_table(
        client, "/api/labels", TABLE, [("column", "pace=frame")], status=400
    )
    assert "NAME is one of" in fault["error"]


@pytest.mark.parametrize(
    "name", ["判断" * 100, "判断" * 95 + ".csv", "😀" * 190 + ".csv"]
)
def test_a_table_may_have_a_name_as_long_as_a_name_can_be(client, name):
    table = "video,frame,valence,arousal\ntalk.mp4,3,0.5,0.25\n"
    for path in ("/api/labels/preview", "/api/labels"):
        send_table(client, path, table, name=name)


def test_the_model_is_provisional_until_there_are_labels(client, truth):
    state = client.get("/api/model")
    assert state["reasons"] == ["no-labels"]
    assert (state["n_judgements"], state["n_since"]) == (0, 0)
    assert state["learnt_at"] is None
    assert "shipped residuals" in state["calibration"]
    client.served.worker._learns = False  # so that nothing is learnt by itself
    for frame in (5, 20, 35):
        client.judge(frame, *map(float, truth[frame].round(2)))
    state = client.get("/api/model")
    assert state["n_since"] == 3
    assert "older-labels" in state["reasons"]
    begun = client.send("POST", "/api/model/learn", None, 202)
    assert begun["model_id"] == state["model_id"]
    client.served.worker._learning.join(30)
    client.served.worker.wait()
    state = client.get("/api/model")
    assert state["learning"] is None
    assert (state["n_judgements"], state["n_since"]) == (3, 0)
    assert state["reasons"] == ["few-labels"]
    assert state["n_blind"] == 3
    assert state["n_clips"] == 1
    assert state["learnt_at"] is not None


def test_learning_says_how_far_it_is(client, truth, monkeypatch):
    told = []
    monkeypatch.setattr(
        client.served.worker, "_publish", lambda name, what: told.append((name, what))
    )
    client.served.worker._learns = False
    for frame in (5, 20):
        client.judge(frame, *map(float, truth[frame].round(2)))
    client.send("POST", "/api/model/learn", None, 202)
    client.served.worker._learning.join(30)
    steps = [what for name, what in told if name == "progress"]
    assert {step["what"] for step in steps} == {"learn"}
    assert [(s["done"], s["of"]) for s in steps] == [(0, 1), (1, 1)]


@pytest.fixture
def worked(client, truth):
    client.served.worker._learns = False
    for frame, seconds in ((5, 2.0), (20, 4.0)):
        value = map(float, truth[frame].round(2))
        client.judge(frame, *value, active_s=seconds, expression="happiness")
    client.judge(30, 0.1, 0.1)  # not timed
    client.change("/api/videos/talk.mp4/tracks/0/person", method="PUT", name="Mae")
    return client


def test_the_overview_says_what_status_says(worked):
    seen = worked.get("/api/overview")
    status = status_of(worked.served.live)
    assert seen["active_s"] == 6.0
    assert status.active_minutes == pytest.approx(0.1)
    assert (seen["judgements"], seen["n_timed"]) == (3, 2)
    for name in ("frames", "reviewed", "accepted", "pending"):
        assert seen[name] == getattr(status, name)
        assert seen[name] == sum(video[name] for video in seen["videos"])
    talk = next(v for v in seen["videos"] if v["video_id"] == "talk.mp4")
    assert (talk["judgements"], talk["reviewed"], talk["active_s"]) == (3, 3, 6.0)
    (mae,) = seen["persons"]
    assert (mae["name"], mae["videos"], mae["frames"]) == ("Mae", 1, 45)
    (anna,) = seen["raters"]
    assert (anna["labels"], anna["blind"], anna["n_timed"]) == (3, 3, 2)
    for values in seen["values"]:
        assert sum(values["counts"]) == 3
        assert (values["low"], values["high"]) == (-1, 1)
    classes = {one["name"]: one["count"] for one in seen["classes"]}
    assert (classes["happiness"], classes["anger"]) == (2, 0)
    left = seen["position"]["total"] - seen["position"]["done"]
    assert left == status.items_left
    assert seen["audits"] == {
        "n": 0,
        "right": None,
        "promised": None,
        "error": [None, None],
    }


def test_looking_again_reads_only_what_was_judged_since(worked, monkeypatch):
    worked.get("/api/overview")
    read = []
    store = type(worked.served.project.store)
    inner = store.judgements

    def counted(self, **what):
        read.append(what.get("video_id"))
        return inner(self, **what)

    monkeypatch.setattr(store, "judgements", counted)
    worked.get("/api/overview")
    assert read == []
    worked.judge(7, 0.2, 0.2)
    read.clear()
    assert worked.get("/api/overview")["judgements"] == 4
    assert set(read) == {"talk.mp4"}


def test_an_audit_counts_by_what_the_machine_had_said(client):
    from tests.projects import judge

    from feltline.types import Shown

    for frame, value in ((5, 0.1), (6, 0.5)):
        said = Shown(model_id="m", value=(0.0, 0.0), confidence=0.9)
        judge(client.served.project, frame, [value, 0.0], purpose="audit", audited=said)
    client.served.worker.look()
    client.served.worker.wait()
    audits = client.get("/api/overview")["audits"]
    assert audits == {"n": 2, "right": 0.5, "promised": 0.9, "error": [0.3, 0.0]}
    assert status_of(client.served.live).audits_right == 0.5


def send_backup(client, content, status=201, name="study-backup.zip"):
    answer = client.http.post(
        f"{SERVER}/api/projects/restore",
        content=content,
        params={"name": name},
        headers=client.headers,
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_backup_is_downloaded_and_restored_as_another_project(client, truth):
    judge_truth(client.served.project, truth)
    answer = client.http.get("/api/backup")
    assert answer.status_code == 200
    assert "study-backup.zip" in answer.headers["content-disposition"]
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    assert list(client.served.project.hidden.glob("backup-*")) == []
    made = send_backup(client, answer.content)
    assert (made["n_videos"], made["n_purged"]) == (2, 0)
    assert sorted(made["missing"]) == ["pair.mp4", "talk.mp4"]
    key = made["project"]["key"]
    assert key != client.key
    there = client.http.get(f"{SERVER}/p/{key}/api/videos/talk.mp4/judgements")
    assert len(there.json()) == 3
    purge(client.served.project, "talk.mp4")
    assert send_backup(client, answer.content)["n_purged"] == 1


def test_a_backup_is_named_after_its_project_in_any_letters(client):
    project = client.served.project
    project.settings = replace(project.settings, name="感情/調査")
    said = client.http.get("/api/backup").headers["content-disposition"]
    assert quote("感情_調査-backup.zip") in said


def test_what_is_no_backup_leaves_nothing(client):
    def keys():
        return [p["key"] for p in client.http.get(f"{SERVER}/api/projects").json()]

    before = keys()
    fault = send_backup(client, b"no", 400, name="mine.zip")["error"]
    assert fault.startswith("mine.zip is no backup")
    assert keys() == before
    home = client.projects.home
    assert [p.name for p in home.iterdir() if p.name.startswith(".restore")] == []


def test_nothing_of_this_without_sign_in_or_token(stranger):
    for path in ("/api/model", "/api/overview", "/api/backup"):
        assert stranger.http.get(path).status_code == 401
    stranger.sign_in()
    stranger.headers = {}
    for path in ("/api/labels", "/api/labels/preview", "/api/model/learn"):
        answer = stranger.http.post(path, content=b"", params={"name": "x.csv"})
        assert answer.status_code == 403, path
