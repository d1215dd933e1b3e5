"""Assignments over the API: who is to judge what, and answers to them."""

import pytest
from tests.server.test_blindness import assign
from tests.server.work_team import RATERS, Team

from feltline.fewshot import Budget
from feltline.pipeline import suggest_in


@pytest.fixture
def team(client):
    return Team(client)


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
        ({"raters": ["ann", "zoe"]}, 400, "nobody who may judge here has the id 'zoe'"),
        ({"raters": []}, 422, "raters"),
    ],
)
def test_a_plan_that_cannot_be_made_is_refused(team, wrong, status, why):
    assert why in team.plan(status=status, **wrong)["error"]
    assert team.client.get("api/assignments") == []


def test_work_goes_to_members_who_may_judge(team):
    accounts = team.client.projects.people.accounts
    project = team.client.served.project
    # Alone on this machine, whoever has no account may, too.
    team.plan(raters=["lea", project.settings.rater], count=2)
    assert team.plan(client_id="before-01")["by_rater"] == {"ann": 4, "ben": 4}
    members = project.settings.project_id, team.users["ben"]
    accounts.set_membership(*members, "viewer")
    assert "'ben'" in team.plan(status=400)["error"]
    accounts.set_membership(*members, "rater")
    accounts.change_user(team.users["ann"], is_disabled=True)
    assert "'ann'" in team.plan(status=400)["error"]
    # What was planned before and is sent once more stands.
    assert team.plan(client_id="before-01")["by_rater"] == {"ann": 4, "ben": 4}


def test_plans_are_listed_with_how_far_they_are(team):
    team.plan(client_id="plan-0001")
    team.plan(client_id="plan-0002", raters=["ben"], count=3)
    team.answer("ann", team.assigned("ann")[0])
    newest, oldest = team.lead().get("api/assignments/plans")
    counted = {"n_open": 7, "n_answered": 1, "n_withdrawn": 0, "n_raters": 2}
    assert oldest["plan"] == "plan-0001"
    assert oldest.items() >= counted.items()
    assert (newest["plan"], newest["n_raters"], newest["n_open"]) == ("plan-0002", 1, 3)
    team.lead().send("DELETE", "api/assignments/plan-0002", None)
    (newest, _) = team.client.get("api/assignments/plans")
    assert (newest["n_open"], newest["n_withdrawn"]) == (0, 3)
    team.rater("ann").change("api/undo")
    (_, oldest) = team.lead().get("api/assignments/plans")
    assert (oldest["n_open"], oldest["n_answered"]) == (8, 0)


def test_an_answer_sent_once_more_is_acknowledged_after_track_edits(team):
    team.plan()
    late = max(team.assigned("ann"), key=lambda item: item["frame"])
    body = {"client_id": "judged-0001", "value": (0.2, 0.1)}
    saved = team.answer("ann", late, **body)
    team.lead().change("api/videos/talk.mp4/tracks/0/split", frame=20)
    assert team.answer("ann", late, **body)["event_id"] == saved["event_id"]


def test_work_on_a_face_that_is_ignored_holds_nobody_up(team):
    for frame in range(12):
        at = {"first_frame": frame, "last_frame": frame, "frame": frame}
        assign(team.client, "ann", [("pair.mp4", 0)], priority=9.0, **at)
    team.plan(count=1, raters=["ann"])
    team.lead().change("api/videos/pair.mp4/tracks/0/ignore")
    # However much of it comes first.
    (item,) = team.next("ann", limit=1)
    assert (item["video_id"], item["kind"]) == ("talk.mp4", "assigned")
    team.answer("ann", item)
    assert {item["kind"] for item in team.next("ann")} == {"queue"}
    assert team.client.get("api/queue")["items"]
    team.lead().change("api/undo")
    assert len(team.assigned("ann")) == 12


def test_an_item_to_keep_may_be_an_assignment(team):
    team.plan()
    item = team.assigned("ann")[0]
    kept = f"{item['item_id']}/{item['video_id']}"
    found = team.rater("ann").get("api/queue", keep=kept)["items"]
    assert [one["item_id"] for one in found].count(item["item_id"]) == 1
    assert team.lead().get("api/queue", keep=kept)["items"]
