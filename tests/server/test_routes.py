"""What the review page asks for, and what it gets."""

import asyncio
import io
import json
import sqlite3
import uuid
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image
from tests.server.conftest import SERVER

from feltline.faces import Crowd
from feltline.pipeline import LONGEST_ROW, Export, purge
from feltline.project import SOURCES, FeatureFile
from feltline.server.routes import import_export
from feltline.store import Suggested, TrackEdit, connect
from feltline.types import DEFAULT_SCHEMA


def test_the_session_says_what_is_promised(client):
    session = client.get("/api/session")
    assert session["project"]["name"] == "study"
    assert session["rater"] == "anna"
    assert session["label_schema"] == DEFAULT_SCHEMA.to_json()
    assert (session["threshold"], session["tolerance"]) == (0.8, 0.2)


def test_videos_and_their_faces(client):
    pair, talk = client.get("/api/videos")
    assert (pair["video_id"], talk["video_id"]) == ("pair.mp4", "talk.mp4")
    assert (talk["n_frames"], talk["width"], talk["height"]) == (45, 320, 240)
    assert [t["track_id"] for t in pair["tracks"]] == [0, 1]
    assert talk["playback"] == "original"
    talk = client.get("/api/videos/talk.mp4")
    assert talk["tracks"] == [
        {
            "track_id": 0,
            "person": "",
            "ignored": False,
            "n_frames": 45,
            "first_frame": 0,
            "last_frame": 44,
            "n_judgements": 0,
            "n_pending": talk["n_pending"],
        }
    ]
    assert isinstance(talk["n_pending"], int)
    assert "no video" in client.get("/api/videos/no.mp4", 404)["error"]


def test_the_file_is_played_in_parts_with_the_time_of_each_frame(client):
    whole = client.get("/api/videos/talk.mp4/play")
    part = client.http.get(
        "/api/videos/talk.mp4/play", headers={"Range": "bytes=10-19"}
    )
    assert part.status_code == 206
    assert part.content == whole[10:20]
    times = np.frombuffer(client.get("/api/videos/talk.mp4/times"), "<f8")
    np.testing.assert_allclose(times, np.arange(45) / 15, atol=1e-4)
    looked_at = np.frombuffer(client.get("/api/videos/talk.mp4/looked_at"), "<i4")
    assert looked_at.tolist() == list(range(45))


def test_a_video_whose_proxy_is_being_made_has_its_times(client, monkeypatch):
    from feltline.server.proxy_builder import ProxyState

    building = ProxyState(playback="building")
    proxies = client.served.proxies
    monkeypatch.setattr(type(proxies), "state", lambda *_args: building)
    assert client.get("/api/videos/talk.mp4")["playback"] == "building"
    times = np.frombuffer(client.get("/api/videos/talk.mp4/times"), "<f8")
    np.testing.assert_allclose(times, np.arange(45) / 15, atol=1e-4)


@pytest.mark.parametrize("playback", ["building", "ready"])
def test_a_picture_that_begins_late_has_the_times_of_the_tables(
    client, monkeypatch, playback
):
    """What is played begins at 0; times are those of the clock of players."""
    from feltline.project import FeatureFile
    from feltline.server.proxy_builder import ProxyState

    wanted = np.arange(45) / 15 + 0.2
    monkeypatch.setattr(FeatureFile, "time_s", wanted)
    proxies = type(client.served.proxies)
    state = ProxyState(playback=playback)
    monkeypatch.setattr(proxies, "state", lambda *_args: state)
    monkeypatch.setattr(proxies, "times", lambda *_args: np.arange(45) / 15)
    times = np.frombuffer(client.get("/api/videos/talk.mp4/times"), "<f8")
    np.testing.assert_allclose(times, wanted, atol=1e-9)


def test_faces_come_packed(client):
    packed = client.get("/api/videos/talk.mp4/tracks/0/faces")
    n = int(np.frombuffer(packed, "<u4", 1)[0])
    assert n == 45
    assert len(packed) == 4 + n * (4 + 16 + 4)
    assert np.frombuffer(packed, "<i4", n, 4).tolist() == list(range(45))
    box = np.frombuffer(packed, "<f4", 4 * n, 4 + 4 * n).reshape(n, 4)
    assert (box[:, 2] > box[:, 0]).all()


@dataclass
class Unpacked:
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    confidence: np.ndarray
    expression: np.ndarray
    value_source: list[str]
    class_source: list[str]


def unpacked(client, video="talk.mp4", track=0):
    """A prediction, by the layout at the head of `feltline.server.serializers`."""
    packed = client.get(f"/api/videos/{video}/tracks/{track}/prediction")
    n, m = np.frombuffer(packed, "<u4", 2).tolist()
    assert len(packed) == 8 + 4 * n * (3 * m + 1) + 3 * n
    floats = np.frombuffer(packed, "<f4", n * (3 * m + 1), 8)
    value, low, high = floats[: 3 * n * m].reshape(3, n, m)
    expression, *sources = np.frombuffer(packed[-3 * n :], "u1").reshape(3, n)
    named = [[SOURCES[code] for code in source] for source in sources]
    return Unpacked(value, low, high, floats[3 * n * m :], expression, *named)


def test_curves_come_packed_and_move_with_a_judgement(client):
    before = unpacked(client)
    assert set(before.value_source) == set(before.class_source) == {"model"}
    client.judge(20, 0.9, -0.9, expression="anger")
    after = unpacked(client)
    assert after.value[20].tolist() == pytest.approx([0.9, -0.9])
    assert abs(after.value[19, 0] - before.value[19, 0]) > 0.02
    assert (after.low <= after.value).all()
    assert (after.value <= after.high).all()
    assert after.confidence[20] == 1
    assert after.expression[20] == 4
    assert after.value_source[20] == after.class_source[20] == "frame"
    one = client.get("/api/videos/talk.mp4/predictions/0/20")
    assert one["model_id"] == client.served.live.model_id
    assert len(one["value"]) == len(one["low"]) == 2
    assert sum(one["class_probability"]) == pytest.approx(1, abs=1e-3)


def test_a_class_alone_leaves_the_value_to_the_model(client):
    client.judge(20, expression="anger")
    after = unpacked(client)
    assert (after.value_source[20], after.class_source[20]) == ("reviewed", "frame")
    assert after.value_source[19] == "model"
    assert after.confidence[20] < 1


def test_pictures(client):
    crop = client.get("/api/videos/talk.mp4/frames/3/crop", track_id=0, size=64)
    assert Image.open(io.BytesIO(crop)).size == (64, 64)
    small = client.get("/api/videos/talk.mp4/frames/3/thumbnail", width=80)
    assert Image.open(io.BytesIO(small)).width == 80
    client.get("/api/videos/talk.mp4/frames/3/crop", 404, track_id=5)
    client.get("/api/videos/talk.mp4/frames/900/thumbnail", 404)


def test_all_that_is_said_is_kept(client):
    shown = {"model_id": "m-1", "value": [0.5, None], "confidence": 0.25}
    said = {
        "scope": "span",
        "last_frame": 9,
        "value": [0.25, None],
        "expression": "fear",
        "decision": "edit",
        "shown": shown,
        "touched": [True, False],
        "unsure": True,
        "purpose": "repeat",
        "active_s": 2.5,
        "comment": "hm",
    }
    saved = client.judge(3, **said)
    (body,) = client.judgements()
    assert body["event_id"] == saved["event_id"]
    assert body["at"] == saved["at"]
    assert body["shown"] == shown | {"proposed_by_class": False}
    kept = {k: body[k] for k in said if k != "shown"}
    assert kept == {k: v for k, v in said.items() if k != "shown"}
    assert (body["audited"], body["rater"], body["origin"]) == (None, "anna", "human")
    assert (body["reviewed_first_frame"], body["reviewed_last_frame"]) == (3, 9)


@pytest.mark.parametrize("decision", ["accept", "edit"])
def test_an_answer_to_a_prediction_says_to_which(client, decision):
    error = client.judge(3, 0.1, 0.1, decision=decision, status=422)["error"]
    assert error.startswith(f"the decision {decision} answers a prediction, but shown")
    assert client.judgements() == []


def test_two_judgements_of_one_name_are_refused_together(client):
    body = {
        "client_id": uuid.uuid4().hex,
        "video_id": "talk.mp4",
        "track_id": 0,
        "first_frame": 3,
        "last_frame": 3,
    }
    both = [body | {"value": [0.1, 0.1]}, body | {"value": [0.7, 0.7]}]
    said = client.post("/api/judgements/many", 400, judgements=both)
    assert "two different judgements" in said["error"]
    assert client.judgements() == []


def test_a_change_sent_twice_is_one(client):
    name = uuid.uuid4().hex
    first = client.judge(3, 0.1, 0.1, client_id=name)
    again = client.judge(3, 0.1, 0.1, client_id=name)
    assert first == again
    assert len(client.judgements()) == 1


@pytest.mark.parametrize("decision", ["label", "skip", "reject", "cannot"])
def test_a_saved_decision_is_acknowledged_again_after_a_track_edit(client, decision):
    """The answer was lost; meanwhile the face was left out, and then renumbered."""
    name = uuid.uuid4().hex
    body: dict[str, Any] = {"value": [0.1, 0.1]} if decision == "label" else {}
    body |= {"client_id": name, "decision": decision, "item_id": "queue.0.30.30.30"}
    first = client.judge(30, **body)
    client.change("/api/videos/talk.mp4/tracks/0/ignore")
    assert client.judge(30, **body) == first
    client.change("/api/undo")
    client.change("/api/videos/talk.mp4/tracks/0/split", frame=20)
    assert client.judge(30, **body) == first
    assert len(client.served.project.store.judgements()) == 1


def test_naming_is_acknowledged_again_after_a_track_edit(client):
    path, name = "/api/videos/talk.mp4/tracks/0/person", uuid.uuid4().hex
    first = client.change(path, method="PUT", name="Yuki", client_id=name)
    client.change("/api/videos/talk.mp4/tracks/0/ignore")
    assert client.change(path, method="PUT", name="Yuki", client_id=name) == first


def test_undo_and_redo(client):
    client.judge(3, 0.1, 0.1)
    undone = client.change("/api/undo")["undone"]
    detail = undone.pop("detail")  # what the page says of it
    assert (detail["decision"], detail["value"]) == ("label", [0.1, 0.1])
    assert undone == {
        "kind": "judgement",
        "video_id": "talk.mp4",
        "track_id": 0,
        "frame": 3,
    }
    assert client.judgements() == []
    assert client.change("/api/redo")["undone"]["kind"] == "judgement"
    assert len(client.judgements()) == 1
    assert client.change("/api/redo") == {"event_id": None, "undone": None}


def test_an_undo_takes_back_what_it_names(client):
    def frames():
        return [s["first_frame"] for s in client.judgements()]

    names = {frame: uuid.uuid4().hex for frame in (3, 4)}
    for frame, name in names.items():
        client.judge(frame, 0.1, 0.1, client_id=name)
    undo = uuid.uuid4().hex
    for _ in range(2):  # sent twice, it is one
        client.change("/api/undo", client_id=undo, of=names[3])
        assert frames() == [4]
    client.change("/api/undo")
    assert frames() == []
    client.change("/api/redo", of=undo)
    assert frames() == [3]
    # What never came to the server is not there to be undone.
    nothing = {"event_id": None, "undone": None}
    assert client.change("/api/undo", of=uuid.uuid4().hex) == nothing
    assert client.change("/api/redo", of=uuid.uuid4().hex) == nothing
    assert frames() == [3]


def strict(client):
    """Everything is under the threshold."""
    client.change("/api/threshold", method="PUT", value=1.0)


def first_item(client, **query):
    return client.get("/api/queue", limit=1, **query)["items"][0]


def answer(client, item, decision, *value, **other):
    face = {k: item[k] for k in ("video_id", "track_id", "item_id")}
    return client.judge(item["frame"], *value, decision=decision, **(face | other))


def test_the_queue_is_worked(client):
    strict(client)
    queue = client.get("/api/queue", limit=5)
    assert 0 < len(queue["items"]) <= 5
    assert queue["position"]["done"] == 0 < queue["position"]["total"]
    item = queue["items"][0]
    prediction = item["prediction"]
    shown = {k: prediction[k] for k in ("model_id", "value", "confidence")}
    answer(client, item, "accept", *prediction["value"], shown=shown, active_s=2.5)
    (stored,) = client.served.project.store.judgements()
    judgement = stored.judgement
    assert (judgement.decision, judgement.active_s) == ("accept", 2.5)
    assert (judgement.first_frame, judgement.last_frame) == (item["frame"],) * 2
    assert judgement.reviewed == (item["first_frame"], item["last_frame"])
    assert judgement.shown.model_id == prediction["model_id"]
    assert judgement.audited is None
    for decision in ("reject", "cannot", "skip"):
        item = first_item(client)
        answer(client, item, decision)
        judgement = client.served.project.store.judgements()[-1].judgement
        ends = item["first_frame"], item["last_frame"]
        assert (judgement.first_frame, judgement.last_frame) == ends
        assert judgement.reviewed == ends
    assert client.get("/api/queue")["position"]["done"] == 3  # skipped is not done


def test_items_that_a_page_has_the_faces_of_come_first(client):
    strict(client)
    items = client.get("/api/queue", limit=12)["items"]
    keep = [f"{one['item_id']}/{one['video_id']}" for one in (items[2], items[1])]
    found = client.get("/api/queue", limit=12, keep=keep)["items"]
    assert found[:2] == [items[2], items[1]]
    answer(client, items[2], "cannot")
    found = client.get("/api/queue", limit=12, keep=keep)["items"]
    assert found[0]["item_id"] == items[1]["item_id"]
    client.get("/api/queue", 422, keep=["queue.0.3.3.3"])
    client.get("/api/queue", 422, keep=keep[:1] * 17)
    client.get("/api/queue", 400, keep=["queue.0.3.9.1/talk.mp4"])


def test_a_value_of_another_frame_leaves_the_item_waiting(client):
    strict(client)
    item = first_item(client)
    other = 0 if item["first_frame"] > 5 else 44
    answer(client, item | {"frame": other}, "label", 0.1, 0.1)
    judgement = client.served.project.store.judgements()[-1].judgement
    assert judgement.reviewed == (other, other)


def test_an_audit_keeps_what_it_audited(client):
    first = client.get("/api/videos/talk.mp4/predictions/0/20")
    saved = client.judge(20, 0.5, 0.5, item_id="audit.0.20.20.20")
    (body,) = client.judgements()
    assert (body["purpose"], body["shown"]) == ("audit", None)
    assert body["audited"] == {
        "model_id": first["model_id"],
        "value": first["value"],
        "confidence": first["confidence"],
        "proposed_by_class": False,
    }
    assert saved["audited"] == body["audited"]  # now the rater may see it
    assert client.judge(30, 0.5, 0.5)["audited"] is None
    client.judge(21, 0.5, 0.5, purpose="repeat")
    assert client.judgements()[-1]["audited"]["model_id"] == first["model_id"]


def test_a_skipped_audit_does_not_return(client, project):
    """Nine decisions are made; the tenth place has an audit, which is skipped."""
    client.change("/api/threshold", method="PUT", value=0.0)
    for frame in range(9):
        client.judge(frame, 0.1, 0.1, video_id="pair.mp4")
    client.served.live.settle()
    audit = client.served.queue._audits.item(9, None)
    client.judge(
        audit.frame,
        decision="skip",
        item_id=audit.item_id,
        video_id=audit.video_id,
        track_id=audit.track_id,
    )
    assert project.store.judgements()[-1].judgement.purpose == "audit"
    assert client.get("/api/queue")["position"]["done"] == 10


def suggest(client, *frames, **other):
    client.served.project.store.save_suggestions(
        [
            Suggested(
                video_id="talk.mp4", track_id=0, frame=f, rank=r, reason="far", **other
            )
            for r, f in enumerate(frames, start=1)
        ]
    )


def test_suggested_frames_come_at_once_and_are_judged_blind(client):
    assert client.get("/api/suggestions") == {"items": [], "done": 0, "total": 0}
    suggest(client, 30, 3)
    made = client.get("/api/suggestions")
    assert made["total"] == 2
    assert all(i["blind"] and i["prediction"] is None for i in made["items"])
    sheet = client.get("/api/sheet", kind="suggested")
    cells = [c for cluster in sheet["clusters"] for c in cluster["cells"]]
    assert [c["frame"] for c in cells] == [30, 3]
    assert all(c["prediction"] is None for c in cells)
    answer(client, made["items"][0], "label", 0.1, 0.1)
    left = client.get("/api/suggestions")
    assert (left["done"], len(left["items"])) == (1, 1)
    judgement = client.served.project.store.judgements()[0].judgement
    assert (judgement.purpose, judgement.audited) == ("suggested", None)


def test_a_suggested_audit_keeps_what_it_audited(client):
    suggest(client, 30, is_audit=True)
    (item,) = client.get("/api/suggestions")["items"]
    answer(client, item, "label", 0.1, 0.1)
    judgement = client.served.project.store.judgements()[0].judgement
    assert judgement.purpose == "audit"
    assert judgement.audited.model_id == client.served.live.model_id


def test_contact_sheets(client):
    strict(client)
    client.served.live.settle()
    pending = client.get("/api/sheet", kind="pending", limit=12)
    cells = [c for cluster in pending["clusters"] for c in cluster["cells"]]
    assert 2 <= len(cells) <= 12
    one = client.get("/api/sheet", kind="pending", video_id="pair.mp4")
    assert {c["video_id"] for cluster in one["clusters"] for c in cluster["cells"]} == {
        "pair.mp4"
    }
    like = client.get(
        "/api/sheet", kind="similar", video_id="talk.mp4", track_id=0, frame=10
    )
    (cluster,) = like["clusters"]
    assert cluster["cells"][0]["frame"] == 10
    client.get("/api/sheet", 422, kind="similar")
    judgements = [
        {
            "client_id": uuid.uuid4().hex,
            "video_id": c["video_id"],
            "track_id": c["track_id"],
            "first_frame": c["frame"],
            "last_frame": c["frame"],
            "expression": "happiness",
        }
        for c in cells[:3]
    ]
    saved = client.post("/api/judgements/many", judgements=judgements)
    assert len({s["event_id"] for s in saved}) == 3
    face = {k: cells[0][k] for k in ("video_id", "track_id", "frame")}
    again = client.get("/api/sheet", kind="similar", **face)
    annotation = again["clusters"][0]["cells"][0]["annotation"]
    assert annotation == {"value": [None, None], "expression": "happiness"}


def test_many_judgements_are_saved_all_or_none(client):
    def judgement(frame, video="talk.mp4"):
        face = {"video_id": video, "track_id": 0, "expression": "fear"}
        ends = {"first_frame": frame, "last_frame": frame}
        return {"client_id": uuid.uuid4().hex} | face | ends

    path, good = "/api/judgements/many", [judgement(3), judgement(4)]
    client.post(path, 404, judgements=[*good, judgement(5, "none.mp4")])
    client.post(path, 404, judgements=[*good, judgement(999)])
    assert client.judgements() == []
    first = client.post(path, judgements=good)
    again = client.post(path, judgements=[*good, judgement(6)])
    assert again[:2] == first
    assert len(client.judgements()) == 3


def test_a_restored_face_is_left_out_again_by_undo(client):
    client.judge(3, 0.1, 0.1)
    client.change("/api/videos/talk.mp4/tracks/0/ignore")
    restored = uuid.uuid4().hex
    client.change("/api/videos/talk.mp4/tracks/0/restore", client_id=restored)
    client.change("/api/undo", of=restored)
    assert faces_of(client, "talk.mp4")[0]["ignored"]
    client.change("/api/videos/talk.mp4/tracks/0/restore")
    assert len(client.judgements()) == 1


def test_who_restores_a_face_is_named_and_can_take_that_back(client, project):
    client.judge(3, 0.1, 0.1)
    client.change("/api/videos/talk.mp4/tracks/0/ignore")
    project.settings = replace(project.settings, rater="ben")
    name = uuid.uuid4().hex
    client.change("/api/videos/talk.mp4/tracks/0/restore", client_id=name)
    event = project.store.event(project.store.last_event_id())
    assert (event.kind, event.rater) == ("undo", "ben")
    assert not faces_of(client, "talk.mp4")[0]["ignored"]
    undone = client.change("/api/undo", of=name)["undone"]
    assert undone["kind"] == "track-edit"
    assert faces_of(client, "talk.mp4")[0]["ignored"]


def test_an_answer_deals_with_the_frames_of_its_item(client, project):
    """Both halves of one face are parts of two found tracks."""
    tracks = "/api/videos/pair.mp4/tracks"
    for face in (0, 1):
        client.change(f"{tracks}/{face}/split", frame=10)
    client.change(f"{tracks}/3/merge", into=0)  # found 0, then found 1 from frame 10
    span = {"video_id": "pair.mp4", "scope": "span", "last_frame": 3}
    client.judge(0, 0.5, 0.5, item_id="queue.0.3.2.16", **span)
    reviewed = {
        view.track.track_id: view.track.frame[view.annotations.reviewed].tolist()
        for view in client.served.live.views("pair.mp4")
    }
    assert reviewed == {0: list(range(17)), 1: [], 2: []}
    before = project.store.last_event_id()
    client.judge(0, 0.5, 0.5, item_id="queue.1.4.4.4", status=422, **span)
    assert project.store.last_event_id() == before


def test_the_threshold_panel(client):
    body = client.get("/api/threshold")
    assert body["threshold"] == 0.8
    assert len(body["points"]) == 51
    made = client.change("/api/threshold", method="PUT", value=0.9)
    assert made["threshold"] == 0.9
    event = client.get("/api/events", limit=1)[0]
    assert (event["kind"], event["event_id"]) == ("threshold", made["event_id"])
    client.change("/api/undo")
    assert client.get("/api/threshold")["threshold"] == 0.8


def faces_of(client, video="pair.mp4"):
    return client.get(f"/api/videos/{video}")["tracks"]


def test_tracks_are_edited(client):
    client.change("/api/videos/talk.mp4/tracks/0/split", frame=20)
    left, right = faces_of(client, "talk.mp4")
    assert (left["last_frame"], right["first_frame"]) == (19, 20)
    other = right["track_id"]
    assert len(unpacked(client, "talk.mp4", other).value) == 25
    client.change(f"/api/videos/talk.mp4/tracks/{other}/merge", into=0)
    assert [t["n_frames"] for t in faces_of(client, "talk.mp4")] == [45]
    refused = client.change("/api/videos/pair.mp4/tracks/1/merge", 400, into=0)
    assert "frame" in refused["error"]
    client.change("/api/videos/pair.mp4/tracks/1/ignore")
    assert [t["ignored"] for t in faces_of(client)] == [False, True]
    client.change("/api/videos/pair.mp4/tracks/1/restore")
    assert [t["ignored"] for t in faces_of(client)] == [False, False]
    assert (
        "not ignored"
        in client.change("/api/videos/pair.mp4/tracks/1/restore", 404)["error"]
    )


def test_a_track_edit_sent_twice_is_one(client):
    name = uuid.uuid4().hex
    for _ in range(2):
        client.change("/api/videos/talk.mp4/tracks/0/split", frame=20, client_id=name)
    assert len(faces_of(client, "talk.mp4")) == 2


def test_persons_are_named_across_clips(client):
    for video, track in (("talk.mp4", 0), ("pair.mp4", 1)):
        client.change(
            f"/api/videos/{video}/tracks/{track}/person", method="PUT", name="田中 <b>"
        )
    (person,) = client.get("/api/persons")
    assert person["name"] == "田中 <b>"
    assert len(person["tracks"]) == 2
    client.change("/api/videos/pair.mp4/tracks/1/person", method="PUT", name="")
    assert [t["person"] for t in faces_of(client)] == ["", ""]
    client.change("/api/videos/talk.mp4/tracks/0/split", frame=20)
    # Who splits a track does so because the rest is somebody else.
    assert [t["person"] for t in faces_of(client, "talk.mp4")] == ["田中 <b>", ""]


def test_labels_go_out_as_files_and_nothing_is_learnt(client, project):
    client.judge(3, 0.1, 0.1)
    client.judge(20, -0.2, 0.3, scope="span", last_frame=25)
    csv = pl.read_csv(client.get("/api/export"))
    assert len(csv) == 85
    lines = client.get("/api/export", format="jsonl", layer="human").splitlines()
    assert len(lines) == 7
    parquet = client.get("/api/export", format="parquet", video_id="talk.mp4")
    assert len(pl.read_parquet(io.BytesIO(parquet))) == 45
    client.get("/api/export", 404, video_id="no.mp4")
    kinds = [e.kind for e in project.store.events(limit=1000)]
    assert kinds[-3:] == ["export"] * 3
    assert kinds.count("model") == 1  # the one that opening put in force


def test_an_export_of_a_video_that_is_purged_meanwhile_fails(
    client, project, monkeypatch
):
    client.judge(3, 0.1, 0.1)

    def purging(begun):
        rows = begun_rows(begun)
        yield next(rows)
        purge(project, "talk.mp4")
        yield from rows

    begun_rows = Export.rows
    monkeypatch.setattr(Export, "rows", purging)
    # The answer has begun and is broken off: no browser takes it for a whole file.
    with pytest.raises(RuntimeError, match="response already started"):
        client.get("/api/export", layer="human", video_id="talk.mp4")
    assert "talk.mp4" not in str(project.store.events(limit=1000))
    project.close()
    assert b"talk.mp4" not in (project.folder / "feltline.db").read_bytes()


def test_predictions_of_another_model_come_in(client):
    rows = [
        {"video_id": "talk.mp4", "track_id": 0, "frame": f, "valence": 0, "arousal": 0}
        for f in range(45)
    ]
    body = "\n".join(json.dumps(r) for r in rows)

    def send(content, status):
        answer = client.http.post(
            "/api/predictions?method=other", content=content, headers=client.headers
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    made = send(body, 200)
    assert made["rows"] == 45
    (run,) = client.served.project.store.prediction_runs()
    assert run.run_id == made["run_id"]
    assert "row 2" in send(body.split("\n")[0] + "\n{}", 400)["error"]


def test_health_and_metrics(client):
    client.judge(3, 0.1, 0.1)
    client.served.live.settle()
    assert client.get(f"{SERVER}/health") == {"status": "ok"}
    metrics = client.get(f"{SERVER}/metrics").decode()
    assert "feltline_judgements_total" in metrics
    assert 'route="/p/{project}/api/judgements"' in metrics
    assert 'feltline_queue_frames{project="study"}' in metrics
    assert "talk.mp4" not in metrics


def test_a_track_is_split_again_after_that_was_undone(client):
    client.change("/api/videos/talk.mp4/tracks/0/split", frame=20)
    client.change("/api/undo")
    client.change("/api/videos/talk.mp4/tracks/0/split", frame=22)
    left, right = faces_of(client, "talk.mp4")
    assert (left["last_frame"], right["first_frame"]) == (21, 22)
    assert right["track_id"] > 1  # no number comes to mean two things


def test_a_track_edit_that_fits_no_more_is_refused(client, project):
    """Also if memory does not know yet of the one before it."""
    edit = TrackEdit(
        video_id="talk.mp4", kind="split", track_id=0, frame=20, other_track_id=1
    )
    project.store.edit_track(edit, rater="anna")
    path = "/api/videos/talk.mp4/tracks/0/split"
    assert "seen from" in client.change(path, 400, frame=30)["error"]


def test_history_is_found_behind_a_gap(client, project):
    """What a purge removed leaves numbers without an event."""
    client.judge(3, 0.1, 0.1)
    first = client.get("/api/events", limit=1)[0]["event_id"]
    for frame in range(12):
        client.judge(frame, 0.1, 0.1, video_id="pair.mp4")
    purge(project, "pair.mp4")
    latest = client.get("/api/events", limit=2)
    numbers = [e["event_id"] for e in latest]
    assert numbers == sorted(numbers, reverse=True)
    assert "purge" in [e["kind"] for e in latest]
    older = client.get("/api/events", before=numbers[-1], limit=500)
    assert older
    assert all(e["event_id"] < numbers[-1] for e in older)
    assert client.get("/api/events", limit=500) == latest + older
    kinds = {e["event_id"]: e["kind"] for e in client.get("/api/events", limit=500)}
    assert kinds[first] == "judgement"
    after = client.get("/api/events", after=first)
    assert all(e["event_id"] > first for e in after)


def test_a_database_that_is_busy_is_no_refusal(client, project, monkeypatch):
    """The page sends a change again after 503, but gives up after 400."""
    monkeypatch.setattr(connect, "LOCK_WAIT_S", 0.1)
    project.store.close()  # connections are made anew, and wait no longer than that
    with closing(sqlite3.connect(project.folder / "feltline.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        busy = client.judge(3, 0.1, 0.1, status=503)
        other.rollback()
    assert "locked" in busy["error"]
    assert client.judge(3, 0.1, 0.1)["event_id"]


def test_a_row_without_an_end_is_refused_while_it_comes():
    taken = []

    async def chunks():
        for _ in range(1000):
            taken.append(1)
            yield b"a" * 1000

    async def main():
        return [lines async for lines in import_export._lines(chunks())]

    ((line,),) = asyncio.run(main())
    assert LONGEST_ROW < len(line) <= LONGEST_ROW + 1000
    assert len(taken) < 20


def test_a_redo_brings_back_only_what_an_undo_took(client):
    said = uuid.uuid4().hex
    client.judge(3, 0.4, 0.2, client_id=said)
    refused = client.change("/api/redo", 409, of=said)
    assert "takes nothing back" in refused["error"]
    assert len(client.judgements()) == 1
    undo, redo = uuid.uuid4().hex, uuid.uuid4().hex
    client.change("/api/undo", of=said, client_id=undo)
    client.change("/api/redo", of=undo, client_id=redo)
    client.change("/api/redo", 409, of=redo)
    assert len(client.judgements()) == 1


def test_more_faces_than_are_followed_are_told(client, monkeypatch):
    assert client.get("/api/videos/talk.mp4/crowd") is None
    crowd = Crowd(max_faces=4, frames=15, most=6)
    monkeypatch.setattr(FeatureFile, "crowd", crowd)
    assert client.get("/api/videos/talk.mp4/crowd") == {
        "max_faces": 4,
        "frames": 15,
        "most": 6,
    }
    client.get("/api/videos/none.mp4/crowd", 404)


@pytest.mark.parametrize("path", ["/api/videos", "/api/videos/talk.mp4"])
def test_a_judgement_is_counted_at_once(client, path):
    """Whether or not anybody asked for the queue since."""
    for n in (1, 2):
        client.judge(2 + n, 0.1, 0.1)
        body = client.get(path)
        found = body if isinstance(body, dict) else body[1]
        assert (found["video_id"], found["n_judgements"]) == ("talk.mp4", n)
        assert found["tracks"][0]["n_judgements"] == n
