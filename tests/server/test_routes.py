"""What the review page asks for, and what it gets."""

import asyncio
import io
import json
import sqlite3
import uuid
from contextlib import closing
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from PIL import Image

from feltline.pipeline import LONGEST_ROW, Export, purge
from feltline.project import ORIGINS
from feltline.server.routes import import_export as exchange
from feltline.store import TrackEdit, connect
from feltline.types import EXPRESSIONS


def test_the_session_says_what_is_promised(client):
    session = client.get("/api/session")
    assert session["project"]["name"] == "study"
    assert session["rater"] == "anna"
    assert session["expressions"] == list(EXPRESSIONS)
    assert (session["threshold"], session["tolerance"]) == (0.8, 0.2)


def test_videos_and_their_faces(client):
    pair, talk = client.get("/api/videos")
    assert (pair["video_id"], talk["video_id"]) == ("pair.mp4", "talk.mp4")
    assert (talk["n_frames"], talk["width"], talk["height"]) == (45, 320, 240)
    assert [t["track_id"] for t in pair["tracks"]] == [0, 1]
    assert talk["tracks"][0] == {
        "track_id": 0,
        "person": "",
        "ignored": False,
        "n_frames": 45,
        "first_frame": 0,
        "last_frame": 44,
        "n_labels": 0,
        "n_pending": talk["n_pending"],
        "estimated": True,
    }
    assert talk["playable"] == "original"
    assert client.get("/api/videos/talk.mp4") == talk
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


def test_a_video_whose_copy_is_being_made_has_its_times(client, monkeypatch):
    from feltline.server.proxy_builder import ProxyState

    building = ProxyState(playable="building")
    proxies = client.served.proxies
    monkeypatch.setattr(type(proxies), "state", lambda *_args: building)
    assert client.get("/api/videos/talk.mp4")["playable"] == "building"
    times = np.frombuffer(client.get("/api/videos/talk.mp4/times"), "<f8")
    np.testing.assert_allclose(times, np.arange(45) / 15, atol=1e-4)


def test_faces_come_packed(client):
    packed = client.get("/api/videos/talk.mp4/tracks/0/faces")
    n = int(np.frombuffer(packed, "<u4", 1)[0])
    assert n == 45
    assert len(packed) == 4 + n * (4 + 16 + 4)
    assert np.frombuffer(packed, "<i4", n, 4).tolist() == list(range(45))
    box = np.frombuffer(packed, "<f4", 4 * n, 4 + 4 * n).reshape(n, 4)
    assert (box[:, 2] > box[:, 0]).all()


def unpacked(client, video="talk.mp4", track=0):
    packed = client.get(f"/api/videos/{video}/tracks/{track}/estimate")
    n = int(np.frombuffer(packed, "<u4", 1)[0])
    numbers = np.frombuffer(packed, "<i2", 7 * n, 4).reshape(7, n) / 10_000
    expression = np.frombuffer(packed, "u1", n, 4 + 14 * n)
    origin = np.frombuffer(packed, "u1", n, 4 + 15 * n)
    assert len(packed) == 4 + 16 * n
    return numbers, expression, [ORIGINS[o] for o in origin]


def test_curves_come_packed_and_move_with_a_label(client):
    before, _, origin = unpacked(client)
    assert set(origin) == {"model"}
    saved = client.label(20, 0.9, -0.9, expression="anger")
    after, expression, origin = unpacked(client)
    assert after[:2, 20].tolist() == [0.9, -0.9]
    assert abs(after[0, 19] - before[0, 19]) > 0.05
    assert (after[2] <= after[0]).all()
    assert (after[0] <= after[3]).all()
    assert after[6, 20] == 1
    assert expression[20] == 4
    assert origin[20] == "frame"
    one = client.get("/api/videos/talk.mp4/estimates/0/20")
    assert one["valence"] == 0.9
    assert one["run_id"].endswith(f"+{saved['event_id']}")
    assert sum(one["expression"]) == pytest.approx(1, abs=1e-3)


def test_pictures(client):
    crop = client.get("/api/videos/talk.mp4/frames/3/crop", track_id=0, size=64)
    assert Image.open(io.BytesIO(crop)).size == (64, 64)
    small = client.get("/api/videos/talk.mp4/frames/3/thumbnail", width=80)
    assert Image.open(io.BytesIO(small)).width == 80
    client.get("/api/videos/talk.mp4/frames/3/crop", 404, track_id=5)
    client.get("/api/videos/talk.mp4/frames/900/thumbnail", 404)


def test_a_change_sent_twice_is_one(client):
    name = uuid.uuid4().hex
    first = client.label(3, 0.1, 0.1, client_id=name)
    again = client.label(3, 0.1, 0.1, client_id=name)
    assert first["event_id"] == again["event_id"]
    assert len(client.get("/api/videos/talk.mp4/labels")) == 1


def test_undo_and_redo(client):
    client.label(3, 0.1, 0.1)
    client.label(4, 0.2, 0.2)
    undone = client.change("/api/undo")["undone"]
    assert (undone["kind"], undone["video_id"], undone["frame"]) == (
        "label",
        "talk.mp4",
        4,
    )
    assert [s["first_frame"] for s in client.get("/api/videos/talk.mp4/labels")] == [3]
    client.change("/api/redo")
    assert len(client.get("/api/videos/talk.mp4/labels")) == 2
    for _ in range(2):
        client.change("/api/undo")
    assert client.change("/api/undo") == {"event_id": None, "undone": None}
    events = client.get("/api/events", limit=3)
    assert events[0]["kind"] == "undo"
    assert events[0]["event_id"] > events[1]["event_id"]
    undone = [e for e in client.get("/api/events", limit=100) if e["undone"]]
    assert {e["kind"] for e in undone} >= {"label"}


def strict(client):
    client.change("/api/threshold", method="PUT", value=1.0)


def test_the_queue_is_worked(client):
    strict(client)
    asked = client.get("/api/queue", limit=5, video_id="talk.mp4")
    item = asked["items"][0]
    assert item["kind"] == "queue"
    assert item["estimate"]["confidence"] < 1
    assert asked["position"]["done"] == 0
    assert client.get("/api/queue/next", video_id="talk.mp4")["item"] == item
    alone = client.get("/api/queue", limit=50, only="pair.mp4")
    assert {i["video_id"] for i in alone["items"]} == {"pair.mp4"}
    other = client.get("/api/queue/next", video_id="talk.mp4", skip=item["item_id"])
    assert other["item"]["item_id"] != item["item_id"]
    saved = client.label(
        item["frame"],
        item["estimate"]["valence"],
        item["estimate"]["arousal"],
        video_id=item["video_id"],
        track_id=item["track_id"],
        decision="accept",
        item_id=item["item_id"],
        shown_run_id=item["estimate"]["run_id"],
        active_s=2.5,
    )
    assert saved["position"]["done"] == 1
    assert saved["next"]["item_id"] != item["item_id"]
    review = client.served.project.store.reviews()[0].review
    assert (review.decision, review.active_s) == ("accept", 2.5)
    assert review.first_frame == item["first_frame"]
    for decision in ("reject", "unsure", "skip"):
        item = client.get("/api/queue/next")["item"]
        keys = ("video_id", "track_id", "frame", "first_frame", "last_frame", "item_id")
        client.change("/api/reviews", decision=decision, **{k: item[k] for k in keys})
    assert client.get("/api/queue")["position"]["done"] == 3  # skipped is not done


def test_suggested_frames_are_judged_blind(client):
    made = client.post("/api/suggestions", labels_per_clip=3)
    assert made["total"] == 6
    assert all(i["blind"] and i["estimate"] is None for i in made["items"])
    first = made["items"][0]
    client.label(
        first["frame"],
        0.1,
        0.1,
        video_id=first["video_id"],
        track_id=first["track_id"],
        item_id=first["item_id"],
    )
    left = client.get("/api/suggestions")
    assert (left["done"], len(left["items"])) == (1, 5)
    assert client.served.project.store.reviews() == []


def test_contact_sheets(client):
    client.post("/api/suggestions", labels_per_clip=2)
    suggested = client.get("/api/sheet", kind="suggested")
    assert sum(len(c["cells"]) for c in suggested["clusters"]) == 4
    strict(client)
    pending = client.get("/api/sheet", kind="pending", limit=12)
    cells = [c for cluster in pending["clusters"] for c in cluster["cells"]]
    assert 2 <= len(cells) <= 12
    like = client.get(
        "/api/sheet", kind="similar", video_id="talk.mp4", track_id=0, frame=10
    )
    (cluster,) = like["clusters"]
    assert cluster["cells"][0]["frame"] == 10
    client.get("/api/sheet", 422, kind="similar")
    labels = [
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
    saved = client.post("/api/labels/many", labels=labels)
    assert len({s["event_id"] for s in saved}) == 3
    client.served.live.wait()
    face = {k: cells[0][k] for k in ("video_id", "track_id", "frame")}
    again = client.get("/api/sheet", kind="similar", **face)
    assert again["clusters"][0]["cells"][0]["label"]["expression"] == "happiness"


def test_many_labels_are_saved_all_or_none(client):
    def label(frame, video="talk.mp4"):
        face = {"video_id": video, "track_id": 0, "expression": "fear"}
        ends = {"first_frame": frame, "last_frame": frame}
        return {"client_id": uuid.uuid4().hex} | face | ends

    good = [label(3), label(4)]
    client.post("/api/labels/many", 404, labels=[*good, label(5, "none.mp4")])
    assert client.get("/api/videos/talk.mp4/labels") == []
    first = client.post("/api/labels/many", labels=good)
    again = client.post("/api/labels/many", labels=[*good, label(6)])
    client.served.live.wait()
    assert [s["event_id"] for s in again[:2]] == [s["event_id"] for s in first]
    assert len(client.get("/api/videos/talk.mp4/labels")) == 3


def test_an_undo_takes_back_what_it_names(client):
    def frames():
        return [s["first_frame"] for s in client.get("/api/videos/talk.mp4/labels")]

    names = {frame: uuid.uuid4().hex for frame in (3, 4)}
    for frame, name in names.items():
        client.label(frame, 0.1, 0.1, client_id=name)
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


def test_a_restored_face_is_left_out_again_by_undo(client):
    client.label(3, 0.1, 0.1)
    client.change("/api/videos/talk.mp4/tracks/0/ignore")
    restored = uuid.uuid4().hex
    client.change("/api/videos/talk.mp4/tracks/0/restore", client_id=restored)
    client.change("/api/undo", of=restored)
    assert faces_of(client, "talk.mp4")[0]["ignored"]
    client.change("/api/videos/talk.mp4/tracks/0/restore")
    assert len(client.get("/api/videos/talk.mp4/labels")) == 1


def test_who_restores_a_face_is_named_and_can_take_that_back(client, project):
    client.label(3, 0.1, 0.1)
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


def test_a_label_lays_its_decision_on_the_face_of_the_item(client, project):
    """Both halves of one face are parts of two found tracks."""
    tracks = "/api/videos/pair.mp4/tracks"
    for face in (0, 1):
        client.change(f"{tracks}/{face}/split", frame=10)
    client.change(f"{tracks}/3/merge", into=0)  # found 0, then found 1 from frame 10
    span = {"video_id": "pair.mp4", "scope": "span", "last_frame": 3}
    client.label(0, 0.5, 0.5, item_id="queue.0.14.12.16", **span)
    spoken = {
        view.track.track_id: view.track.frame[view.judged.dealt_with].tolist()
        for view in client.served.live.views("pair.mp4")
    }
    assert spoken == {0: [0, 1, 2, 3, 12, 13, 14, 15, 16], 1: [], 2: []}
    before = project.store.last_event_id()
    client.label(0, 0.5, 0.5, item_id="queue.1.4.4.4", status=422, **span)
    client.label(0, 0.5, 0.5, item_id="queue.0.19999.1.19999", status=404, **span)
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


def test_tracks_are_repaired(client):
    client.change("/api/videos/talk.mp4/tracks/0/split", frame=20)
    left, right = faces_of(client, "talk.mp4")
    assert (left["last_frame"], right["first_frame"]) == (19, 20)
    other = right["track_id"]
    assert len(unpacked(client, "talk.mp4", other)[0][0]) == 25
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


def test_a_repair_sent_twice_is_one(client):
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


def test_labels_go_out_as_files(client):
    client.label(3, 0.1, 0.1)
    client.label(20, -0.2, 0.3, scope="span", last_frame=25)
    csv = pl.read_csv(client.get("/api/export"))
    assert len(csv) == 85
    lines = client.get("/api/export", format="jsonl", layer="human").splitlines()
    assert len(lines) == 7
    parquet = client.get("/api/export", format="parquet", video_id="talk.mp4")
    assert len(pl.read_parquet(io.BytesIO(parquet))) == 45
    client.get("/api/export", 404, video_id="no.mp4")


def test_an_export_of_a_video_that_is_purged_meanwhile_fails(
    client, project, monkeypatch
):
    client.label(3, 0.1, 0.1)

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


def test_estimates_of_another_model_come_in(client):
    rows = [
        {"video_id": "talk.mp4", "track_id": 0, "frame": f, "valence": 0, "arousal": 0}
        for f in range(45)
    ]
    body = "\n".join(json.dumps(r) for r in rows)

    def send(content, status):
        answer = client.http.post(
            "/api/estimates?method=other", content=content, headers=client.headers
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    made = send(body, 200)
    assert made["rows"] == 45
    run = client.served.project.store.latest_run(origin="import")
    assert run.run_id == made["run_id"]
    assert "row 2" in send(body.split("\n")[0] + "\n{}", 400)["error"]


def test_health_and_metrics(client):
    client.label(3, 0.1, 0.1)
    assert client.get("/health") == {"status": "ok"}
    metrics = client.get("/metrics").decode()
    assert "feltline_judgements_total" in metrics
    assert 'route="/api/labels"' in metrics
    assert "talk.mp4" not in metrics


def test_videos_added_meanwhile_appear(client, project):
    from feltline.pipeline import purge
    from feltline.server.log_watcher import Watcher

    watcher = Watcher(client.served)
    purge(project, "pair.mp4")
    watcher.look()
    client.served.live.wait()
    assert [v["video_id"] for v in client.get("/api/videos")] == ["talk.mp4"]


def test_labels_of_a_file_appear(client, project, tmp_path):
    from feltline.pipeline import import_labels
    from feltline.server.log_watcher import Watcher

    watcher = Watcher(client.served)
    file = tmp_path / "l.csv"
    file.write_text("video,frame,valence,arousal\ntalk.mp4,3,0.5,0.5\n")
    import_labels(project, file)
    watcher.look()
    client.served.live.wait()
    assert unpacked(client)[0][0, 3] == 0.5
    assert unpacked(client)[2][3] == "import"


def test_a_track_is_split_again_after_that_was_undone(client):
    client.change("/api/videos/talk.mp4/tracks/0/split", frame=20)
    client.change("/api/undo")
    client.change("/api/videos/talk.mp4/tracks/0/split", frame=22)
    left, right = faces_of(client, "talk.mp4")
    assert (left["last_frame"], right["first_frame"]) == (21, 22)
    assert right["track_id"] > 1  # no number comes to mean two things


def test_a_repair_that_fits_no_more_is_refused(client, project):
    """Also if memory does not know yet of the one before it."""
    edit = TrackEdit(
        video_id="talk.mp4", kind="split", track_id=0, frame=20, other_track_id=1
    )
    project.store.edit_track(edit, rater="anna")
    path = "/api/videos/talk.mp4/tracks/0/split"
    assert "seen from" in client.change(path, 400, frame=30)["error"]


def test_history_is_found_behind_a_gap(client, project):
    """What a purge removed leaves numbers without an event."""
    client.label(3, 0.1, 0.1)
    first = client.get("/api/events", limit=1)[0]["event_id"]
    for frame in range(12):
        client.label(frame, 0.1, 0.1, video_id="pair.mp4")
    purge(project, "pair.mp4")
    latest = client.get("/api/events", limit=2)
    assert [e["kind"] for e in latest] == ["purge", "label"]
    assert latest[1]["event_id"] == first
    older = client.get("/api/events", limit=2, before=first)
    assert all(e["event_id"] < first for e in older)


def test_a_database_that_is_busy_is_no_refusal(client, project, monkeypatch):
    """The page sends a change again after 503, but gives up after 400."""
    monkeypatch.setattr(connect, "LOCK_WAIT_S", 0.1)
    project.store.close()  # connections are made anew, and wait no longer than that
    with closing(sqlite3.connect(project.folder / "feltline.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        busy = client.label(3, 0.1, 0.1, status=503)
        other.rollback()
    assert "locked" in busy["error"]
    assert client.label(3, 0.1, 0.1)["event_id"]


def test_a_re_fill_that_takes_long_is_a_sentence(client, monkeypatch):
    def late():
        raise TimeoutError("it is saved")

    with monkeypatch.context() as patch:
        patch.setattr(client.served.live, "wait", late)
        name = uuid.uuid4().hex
        path = "/api/videos/talk.mp4/tracks/0/split"
        body = {"client_id": name, "frame": 20}
        assert client.send("POST", path, body, 503) == {"error": "it is saved"}
    assert client.change(path, frame=20, client_id=name)["event_id"]
    assert len(faces_of(client, "talk.mp4")) == 2


def test_a_row_without_an_end_is_refused_while_it_comes():
    taken = []

    async def chunks():
        for _ in range(1000):
            taken.append(1)
            yield b"a" * 1000

    async def main():
        return [line async for line in exchange._lines(chunks())]

    (line,) = asyncio.run(main())
    assert LONGEST_ROW < len(line) <= LONGEST_ROW + 1000
    assert len(taken) < 20
