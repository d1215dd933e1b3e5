"""What the side sheets ask for: the log by kind, work per video, names of files."""

import datetime
from dataclasses import replace
from urllib.parse import unquote

import pytest
from tests.projects import copied, judge
from tests.server.conftest import served_client

from feltline.fewshot import Budget
from feltline.pipeline import suggest_in


def kinds_of(client, **asked):
    return [e["kind"] for e in client.get("/api/events", **asked)]


def test_the_log_is_read_by_kind_rater_and_video(client):
    client.judge(3, 0.1, 0.1)
    client.judge(4, 0.2, 0.1)
    client.change("/api/videos/pair.mp4/tracks/1/ignore")
    client.change("/api/threshold", method="PUT", value=0.9)
    client.change("/api/undo")
    assert kinds_of(client, about="judgements") == ["judgement"] * 2
    assert kinds_of(client, about="faces") == ["track-edit"]
    assert kinds_of(client, about="undo") == ["undo"]
    assert kinds_of(client, about="threshold") == ["threshold"]
    notes = kinds_of(client, about="notes")
    assert "video-added" in notes
    assert not {"judgement", "undo", "track-edit"} & set(notes)
    assert set(kinds_of(client, video_id="pair.mp4")) == {"video-added", "track-edit"}
    assert "judgement" not in kinds_of(client, rater="ben")
    first, *_ = client.get("/api/events", rater="anna", about="judgements")
    assert first["detail"]["first_frame"] == 4
    older = client.get("/api/events", about="judgements", before=first["event_id"])
    assert [e["detail"]["first_frame"] for e in older] == [3]
    (rater,) = client.get("/api/raters")
    assert rater == {"rater_id": "anna", "name": "anna", "role": None}
    client.get("/api/events", 422, about="everything")


def test_the_log_is_read_by_person(client):
    named = client.change(
        "/api/videos/pair.mp4/tracks/1/person", method="PUT", name="Yuki"
    )
    judged = client.judge(3, 0.1, 0.1, video_id="pair.mp4", track_id=1)
    client.judge(3, 0.1, 0.1, video_id="pair.mp4", track_id=0)
    client.judge(3, 0.1, 0.1)
    ours = [named["event_id"], judged["event_id"]]
    for _ in range(2):  # an undo, and what takes it back, are about the face, too
        changed = ours[-1]
        ours.append(client.change(f"/api/events/{changed}/undo")["event_id"])
    found = client.get("/api/events", person="Yuki")
    assert [e["event_id"] for e in found] == ours[::-1]
    assert kinds_of(client, person="Yuki", about="judgements") == ["judgement"]
    assert kinds_of(client, person="Yuki", video_id="talk.mp4") == []
    assert kinds_of(client, person="nobody") == []
    client.get("/api/events", 422, person="")


def test_a_line_of_the_log_is_taken_back_and_brought_back(client):
    event_id = client.judge(3, 0.1, 0.1)["event_id"]
    client.judge(4, 0.2, 0.1)
    undone = client.change(f"/api/events/{event_id}/undo")
    assert undone["undone"]["frame"] == 3
    assert [s["first_frame"] for s in client.judgements()] == [4]
    again = client.change(f"/api/events/{event_id}/undo", 400)
    assert "undone already" in again["error"]
    client.change(f"/api/events/{undone['event_id']}/undo")
    assert [s["first_frame"] for s in client.judgements()] == [3, 4]
    client.change("/api/events/999999/undo", 400)


def test_nobody_takes_back_what_another_rater_judged(client, project):
    event_id = judge(project, 3, (0.1, 0.1), rater="ben")
    refused = client.change(f"/api/events/{event_id}/undo", 400)
    assert "another rater's change" in refused["error"]


def test_a_video_says_what_waits_and_how_sure_and_by_whom(project_template, tmp_path):
    with copied(project_template[0], tmp_path) as project:
        suggest_in(project, Budget(total=4))
        with served_client(project) as client:
            client.sign_in()
            videos = {v["video_id"]: v for v in client.get("/api/videos")}
            assert sum(v["n_suggested"] for v in videos.values()) == 4
            assert all(v["raters"] == v["origins"] == [] for v in videos.values())
            asked = client.get("/api/suggestions")["items"][0]
            name, frame = asked["video_id"], asked["frame"]
            before = videos[name]["n_suggested"]
            client.judge(frame, 0.1, 0.1, video_id=name, track_id=asked["track_id"])
            video = client.get(f"/api/videos/{name}")
            assert video["n_suggested"] == before - 1
            assert (video["raters"], video["origins"]) == (["anna"], ["label"])
            assert 0 < video["confidence"] < 1


@pytest.mark.parametrize(
    ("name", "layer", "expected"),
    [
        ("study", "final", "study-final"),
        ("面接 1/2: <a>", "human", "面接 1_2_ _a_-human"),
    ],
)
def test_an_exported_file_has_a_name_of_its_own(
    project_template, tmp_path, name, layer, expected
):
    with copied(project_template[0], tmp_path) as project:
        project.settings = replace(project.settings, name=name)
        with served_client(project) as client:
            client.sign_in()
            answer = client.http.get("/api/export", params={"layer": layer})
    today = datetime.datetime.now().astimezone().date().isoformat()
    given = answer.headers["content-disposition"]
    assert given.isascii()
    assert unquote(given.split("filename*=UTF-8''")[1]) == f"{expected}-{today}.csv"
    assert 'filename="' in given


def test_what_was_done_is_counted_with_its_time(client):
    assert client.get("/api/done") == {"decisions": 0, "seconds": 0}
    client.judge(3, 0.1, 0.1, active_s=2.5)
    client.judge(4, 0.1, 0.1, active_s=1.5)
    client.judge(5, 0.1, 0.1)
    assert client.get("/api/done") == {"decisions": 3, "seconds": 4}
    assert client.get("/api/done", only="pair.mp4") == {"decisions": 0, "seconds": 0}
    client.change("/api/undo")
    client.change("/api/undo")
    assert client.get("/api/done") == {"decisions": 1, "seconds": 2.5}
    client.get("/api/done", 404, only="no.mp4")
