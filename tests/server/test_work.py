"""The work of a team over the API: assignments, practice, resolutions, comments."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from fastapi import Request
from tests.server.test_blindness import become, give, said

from feltline.fewshot import Budget
from feltline.pipeline import suggest_in
from feltline.server.activity import IDLE_S, ActivityClock
from feltline.server.event_stream import EventBroadcaster
from feltline.server.identity import Identity, local_caller
from feltline.server.routes import session

RATERS = ["ann", "ben"]


class Team:
    """One server, spoken to as one person after another."""

    def __init__(self, client):
        self.client = client
        self.store = client.served.project.store

    def are(self, role, rater_id):
        become(self.client, role, rater_id)
        return self.client

    def lead(self):
        return self.are("lead", "lea")

    def rater(self, name):
        return self.are("rater", name)

    def plan(self, **other):
        asked: dict[str, Any]
        asked = {"source": "video", "video_id": "talk.mp4", "raters": RATERS}
        asked |= {"count": 4, "overlap": {"by": "share", "share": 1}} | other
        return self.lead().change("api/assignments/plan", **asked)

    def next(self, name, limit=50):
        return self.rater(name).get("api/work/next", limit=limit)["items"]

    def assigned(self, name):
        return [i for i in self.next(name) if i["assignment_id"] is not None]

    def answer(self, name, item, value=(0.5, 0.5), status=200, **other):
        body = {
            "video_id": item["video_id"],
            "track_id": item["track_id"],
            "assignment_id": item["assignment_id"],
        }
        client = self.rater(name)
        return client.judge(item["frame"], *value, status=status, **(body | other))


@pytest.fixture
def team(client):
    return Team(client)


def know(team, use, frame=20, **other):
    asked = {
        "video_id": "talk.mp4",
        "track_id": 0,
        "first_frame": frame,
        "last_frame": frame,
        "value": [0.5, 0.0],
        "tolerance": [0.2, 0.2],
        "text": "Mouth and eyes smile.",
        "use": use,
    }
    return team.lead().change("api/known-answers", **(asked | other))


# --- assignments


def test_two_raters_judge_the_same_frames_blind(team):
    made = team.plan()
    assert made["by_rater"] == {"ann": 4, "ben": 4}
    items = {name: team.assigned(name) for name in RATERS}
    frames = {name: sorted(i["frame"] for i in own) for name, own in items.items()}
    assert frames["ann"] == frames["ben"]
    assert len(set(frames["ann"])) == 4
    for item in items["ann"]:
        assert (item["kind"], item["reason"], item["blind"]) == ("assigned",) * 2 + (
            True,
        )
        assert item["prediction"] is None
        assert not item["is_training"]
    # The common queue waits.
    assert len(team.next("ann")) == 4
    for item in items["ann"]:
        assert set(team.answer("ann", item)) == {
            "event_id",
            "at",
            "audited",
            "feedback",
        }
    assert team.assigned("ann") == []
    assert all(item["kind"] != "assigned" for item in team.next("ann"))
    assert len(team.assigned("ben")) == 4
    team.rater("ann")
    stored = team.client.judgements()
    assert {one["purpose"] for one in stored} == {"suggested"}
    assert {s.judgement.purpose for s in team.store.judgements()} == {"work"}


def test_a_plan_sent_twice_is_made_once_and_can_be_withdrawn(team):
    first = team.plan(client_id="plan-0001")
    assert team.plan(client_id="plan-0001") == first
    assert len(team.lead().get("api/assignments", plan="plan-0001")) == 8
    team.answer("ann", team.assigned("ann")[0])
    withdrawn = team.lead().send("DELETE", "api/assignments/plan-0001", None)
    assert withdrawn == {"withdrawn": 7}
    states = [one["state"] for one in team.client.get("api/assignments")]
    assert sorted(states) == ["answered"] + ["withdrawn"] * 7
    assert team.assigned("ann") == []
    assert team.client.get("api/work/next")["items"], "the common queue is open"


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (
            {
                "decision": "accept",
                "shown": {"model_id": "m", "value": [0.5, 0.5], "confidence": 0.9},
            },
            "judged blind",
        ),
        ({"shown": {"model_id": "m"}}, "judged blind"),
        ({"decision": "skip", "value": []}, "cannot be skipped"),
        ({"video_id": "pair.mp4"}, "asks for a frame of talk.mp4"),
        ({"scope": "clip"}, "asks for a frame"),
        ({"first_frame": 1, "last_frame": 1}, "shows frame"),
    ],
)
def test_what_is_no_answer_to_an_assignment_is_refused(team, other, why):
    team.plan()
    item = team.assigned("ann")[0]
    assert why in team.answer("ann", item, status=422, **other)["error"]
    assert team.store.judgements() == []
    assert len(team.assigned("ann")) == 4


def test_the_server_decides_the_purpose_and_the_rater(team):
    team.plan()
    item = team.assigned("ann")[0]
    # Another's, and one that is not there, in the same words.
    error = team.answer("ben", item, status=400)["error"]
    missing = dict(item, assignment_id=999)
    other = team.answer("ben", missing, status=400)["error"]
    assert other == error.replace(str(item["assignment_id"]), "999")
    team.answer("ann", item, purpose="resolve", item_id=item["item_id"])
    (stored,) = team.store.judgements()
    assert (stored.judgement.purpose, stored.judgement.rater) == ("work", "ann")
    again = team.answer("ann", item, status=400)["error"]
    assert "answered already" in again


def test_an_item_id_alone_names_its_assignment(team):
    team.plan()
    item = team.assigned("ann")[0]
    client_id = "judged-0001"
    body = {"assignment_id": None, "item_id": item["item_id"], "client_id": client_id}
    saved = team.answer("ann", item, **body)
    assert team.answer("ann", item, **body)["event_id"] == saved["event_id"]
    assert len(team.assigned("ann")) == 3
    team.client.change("api/undo")
    assert len(team.assigned("ann")) == 4


def test_an_assignment_follows_its_face_through_track_edits(team):
    team.plan()
    team.lead().change("api/videos/talk.mp4/tracks/0/split", frame=20)
    numbers = {i["frame"]: i["track_id"] for i in team.assigned("ann")}
    assert {number for frame, number in numbers.items() if frame < 20} == {0}
    assert {number for frame, number in numbers.items() if frame >= 20} == {1}
    late = next(i for i in team.assigned("ann") if i["frame"] >= 20)
    wrong = team.answer("ann", late, track_id=0, status=404)["error"]
    assert "not seen in frame" in wrong
    team.answer("ann", late)
    team.lead().change("api/videos/talk.mp4/tracks/1/ignore")
    assert all(i["track_id"] == 0 for i in team.assigned("ann"))


@pytest.mark.parametrize("source", ["queue", "suggested"])
def test_work_comes_from_the_queue_and_from_suggested_frames(team, source):
    if source == "suggested":
        suggest_in(team.client.served.project, Budget(total=4))
    made = team.plan(source=source, video_id=None, overlap={"share": 0})
    assert made["n_assignments"] >= 2
    item = team.assigned("ann")[0]
    assert item["blind"] == (source == "suggested")
    if source == "queue":
        assert item["prediction"]["confidence"] is not None
        shown = {"model_id": "m", "value": [0.5, 0.5], "confidence": 0.9}
        team.answer("ann", item, decision="accept", shown=shown)


@pytest.mark.parametrize(
    ("wrong", "status", "why"),
    [
        ({"source": "video", "video_id": None}, 422, "video_id is missing"),
        ({"video_id": "none.mp4"}, 404, "no video"),
        ({"raters": ["ann", "ann"]}, 400, "each of them once"),
        ({"raters": []}, 422, "raters"),
    ],
)
def test_a_plan_that_cannot_be_made_is_refused(team, wrong, status, why):
    assert why in team.plan(status=status, **wrong)["error"]
    assert team.client.get("api/assignments") == []


# --- practice and honeypots


def test_a_training_item_gives_feedback_and_teaches_nothing(team):
    know(team, "training")
    team.plan()
    first = team.assigned("ann")[0]
    assert first["is_training"]
    assert first["frame"] == 20
    wrong = team.answer("ann", first, (-0.5, 0.0), client_id="practice-1")
    assert wrong["feedback"] == {
        "is_within": False,
        "value": [0.5, 0.0],
        "tolerance": [0.2, 0.2],
        "expression": None,
        "text": "Mouth and eyes smile.",
    }
    again = team.answer("ann", first, (-0.5, 0.0), client_id="practice-1")
    assert again == wrong
    right = team.answer("ben", team.assigned("ben")[0], (0.6, 0.1))
    assert right["feedback"]["is_within"]
    video = team.client.served.live.video("talk.mp4")
    assert video.observations_of(0) == []
    assert not video.annotations_of(0).reviewed.any()
    # Who did it is not asked again.
    team.plan(client_id="plan-0002")
    assert not any(i["is_training"] for i in team.assigned("ann"))
    progress = {one["rater_id"]: one for one in team.lead().get("api/work")}
    assert progress["ann"]["training"] == {"n": 1, "within": 0, "rmse": 0.7071}
    assert progress["ben"]["training"]["within"] == 1
    assert progress["ann"]["honeypots"] == {"n": 0, "within": 0}
    assert progress["ben"]["answered"] == 1


def test_a_honeypot_is_like_any_other_assignment(team):
    know(team, "honeypot")
    team.plan(honeypots=0.1)
    items = team.assigned("ann")
    assert len(items) == 5
    (honeypot,) = [i for i in items if i["frame"] == 20]
    other = next(i for i in items if i["frame"] != 20)
    told_apart = {key for key in honeypot if honeypot[key] != other[key]}
    varying = {"item_id", "frame", "time_s", "first_frame", "last_frame"}
    assert told_apart <= varying | {"assignment_id"}
    answers = [team.answer("ann", i, (0.5, 0.1)) for i in (honeypot, other)]
    for saved in answers:
        assert (saved["audited"], saved["feedback"]) == (None, None)
    video = team.client.served.live.video("talk.mp4")
    assert len(video.observations_of(0)) == 1
    (progress,) = [
        one for one in team.lead().get("api/work") if one["rater_id"] == "ann"
    ]
    assert progress["honeypots"] == {"n": 1, "within": 1}


@pytest.mark.parametrize("purpose", ["training", "honeypot"])
def test_practice_without_an_assignment_is_refused(team, purpose):
    client = team.rater("ann")
    error = client.judge(5, 0.5, 0.5, purpose=purpose, status=422)["error"]
    assert "assignment" in error


def test_a_known_answer_can_be_taken_out(team):
    made = know(team, "training")
    path = f"api/known-answers/{made['answer_id']}"
    (left,) = team.lead().send("PATCH", path, {"is_active": False})
    assert not left["is_active"]
    team.plan()
    assert not any(i["is_training"] for i in team.assigned("ann"))


# --- disagreements and resolutions


def test_a_lead_resolves_what_raters_see_differently(team):
    client = team.lead()
    give(
        client,
        said("talk.mp4", 0, 5, (0.5, 0.5), "ann", expression="happiness"),
        said("talk.mp4", 0, 5, (-0.5, 0.5), "ben", expression="happiness"),
        said("talk.mp4", 0, 9, (0.1, 0.1), "ann", expression="happiness"),
        said("talk.mp4", 0, 9, (0.1, 0.1), "ben", expression="sadness"),
        said("talk.mp4", 0, 12, (0.1, 0.1), "ann", expression="happiness"),
        said("talk.mp4", 0, 12, (0.15, 0.1), "ben", expression="happiness"),
        said("talk.mp4", 0, 15, (0.9, 0.9), "ann"),
    )
    found = client.get("api/disagreements")
    assert [one["frame"] for one in found] == [5, 9]
    assert found[0]["spread"] == 1.0
    assert found[0]["answers"] == [
        {"rater_id": "ann", "value": [0.5, 0.5], "expression": "happiness"},
        {"rater_id": "ben", "value": [-0.5, 0.5], "expression": "happiness"},
    ]
    rater = team.rater("ann")
    assert "lead" in rater.judge(5, 0, 0, purpose="resolve", status=403)["error"]
    saved = team.lead().judge(5, 0.25, 0.5, purpose="resolve")
    assert [one["frame"] for one in client.get("api/disagreements")] == [9]
    stands = client.served.live.view("talk.mp4", 0).annotations
    assert stands.value[5].tolist() == [0.25, 0.5]
    # The raters themselves still see what each of them said.
    assert team.rater("ann").judgements()[0]["value"] == [0.5, 0.5]
    team.lead().change(f"api/events/{saved['event_id']}/undo")
    assert len(client.get("api/disagreements")) == 2


# --- comments


def test_a_question_reaches_whom_it_names_and_nobody_else(team):
    place = {"video_id": "talk.mp4", "track_id": 0, "frame": 5}
    ann = team.rater("ann")
    asked = ann.change(
        "api/comments", text="Smile?", is_question=True, mentions=["lea"], **place
    )
    number = asked["event_id"]
    assert team.rater("ben").get("api/comments") == []
    ben = team.client
    missing = ben.change(f"api/comments/{number}/state", 404, "PUT", is_resolved=True)
    assert f"no comment {number} for you" in missing["error"]
    reply = {"text": "me too", "reply_to": number, **place}
    assert ben.change("api/comments", 404, **reply)
    lead = team.lead()
    (seen,) = lead.get("api/comments", open=True)
    assert (seen["rater_id"], seen["is_question"]) == ("ann", True)
    lead.change("api/comments", text="Yes.", reply_to=number, **place)
    lead.change(f"api/comments/{number}/state", method="PUT", is_resolved=True)
    ann = team.rater("ann")
    texts = [one["text"] for one in ann.get("api/comments", video_id="talk.mp4")]
    assert texts == ["Smile?", "Yes."]
    assert [c["text"] for c in ann.get("api/comments", open=True)] == ["Yes."]
    ann.change("api/undo")
    assert [c["text"] for c in ann.get("api/comments")] == ["Yes."]
    assert ann.change("api/comments", 404, text="x", video_id="no.mp4", frame=1)


# --- news


@pytest.mark.parametrize(
    ("role", "news"),
    [("lead", ["hello", "job", "failed", "changed"]), ("rater", ["hello", "changed"])],
)
def test_jobs_and_faults_are_told_to_who_leads(team, role, news):
    here = replace(
        team.client.served,
        identity=Identity.of(local_caller("link"), role, "someone"),
        events=EventBroadcaster(),
    )

    request = Request({"type": "http"})

    async def listen():
        names = []
        async for event in session.stream(request, "study", here):
            names.append(event.event)
            if names == ["hello"]:
                for name in ("job", "failed", "changed"):
                    here.events.publish(name, {})
                here.events.close()
        return names

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "_job_in", lambda _language, event: event)
        patch.setattr(session, "is_still_here", lambda *_: True)
        assert asyncio.run(listen()) == news


# --- active time


def test_idle_time_is_no_work(team):
    clock = ActivityClock(team.store)
    for now in (0.0, 10.0, 25.0, 25.0 + IDLE_S + 1, 25.0 + IDLE_S + 6):
        clock.seen("ann", now)
    clock.seen("ben", 3.0)
    clock.close()
    assert team.store.active_seconds_by_rater() == {"ann": 30.0}


def test_minutes_of_live_rating_are_no_idle_time(team):
    clock = ActivityClock(team.store)
    clock.rated("ann", 50.0)  # of whom nothing is known yet
    for now in (0.0, 10.0, 200.0):
        clock.seen("ann", now)
    clock.rated("ann", 150.0)
    clock.rated("ann", 150.0)
    clock.seen("ann", 330.0)
    clock.rated("ann", 500.0)
    clock.close()
    assert team.store.active_seconds_by_rater() == {"ann": 10.0 + 150.0 + 130.0}


def test_answers_claim_no_more_time_than_passed(team):
    clock = ActivityClock(team.store)
    assert clock.answered("ann", 500.0, 0.0) == 500.0
    assert clock.answered("ann", 20.0, 5.0) == 5.0
    assert clock.answered("ann", 2.0, 15.0) == 2.0
    assert clock.answered("ann", None, 16.0) is None
    # Kept while offline, and sent all at once.
    assert [clock.answered("ann", 4.0, 16.0) for _ in range(4)] == [4.0, 4.0, 1.0, 0.0]


def test_a_rater_claims_no_more_than_passed_and_who_leads_is_believed(team):
    for role, name in (("rater", "ann"), ("lead", "lea")):
        client = team.are(role, name)
        client.judge(3, 0.1, 0.1, active_s=1.0)
        client.judge(4, 0.1, 0.1, active_s=500.0)
    told = {
        (s.judgement.rater, s.judgement.first_frame): s.judgement.active_s
        for s in team.store.judgements()
    }
    assert told["ann", 3] == told["lea", 3] == 1.0
    assert told["ann", 4] < 100
    assert told["lea", 4] == 500.0


def test_the_server_measures_who_works(team):
    team.plan()
    for item in team.assigned("ann")[:3]:
        team.answer("ann", item)
    # Ben's page is open, and looks at what the others do.
    for _ in range(3):
        team.assigned("ben")
    team.client.served.activity.close()
    assert team.store.active_seconds_by_rater().keys() == {"ann"}
    progress = {one["rater_id"]: one for one in team.lead().get("api/work")}
    assert progress["ben"]["active_s"] == 0
