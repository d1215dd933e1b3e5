"""Known answers over the API: practice with feedback, and honeypots."""

import pytest
from tests.server.work_team import Team, know

from feltline.review import RaterView, status_of
from feltline.review.index import Index


@pytest.fixture
def team(client):
    return Team(client)


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


def test_no_number_and_no_stretch_gives_a_check_away(team):
    """Neither a honeypot nor an audit that is drawn while other work is open."""
    know(team, "training", frame=30)
    know(team, "honeypot", frame=20)
    shared = {"by": "share", "share": 1}
    team.plan(source="queue", video_id=None, count=9, honeypots=0.1, overlap=shared)
    items = team.assigned("ann")
    assert 20 in [one["frame"] for one in items]
    assert all(i["first_frame"] == i["frame"] == i["last_frame"] for i in items)
    numbers = [one["assignment_id"] for one in items]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    team.lead().change("api/threshold", method="PUT", value=0.0)
    team.client.change("api/audits", raters=["ann"], count=6)
    drawn = [i for i in team.assigned("ann") if i["assignment_id"] not in numbers]
    later = [one["assignment_id"] for one in drawn]
    assert later == sorted(later)
    assert all(i["first_frame"] == i["frame"] == i["last_frame"] for i in drawn)


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


def test_a_plan_may_be_of_practice_alone(team):
    know(team, "training")
    know(team, "honeypot", frame=30)
    made = team.plan(source="queue", video_id=None, count=0, raters=["ben"])
    assert made["by_rater"] == {"ben": 1}
    (item,) = team.assigned("ben")
    assert item["is_training"]


@pytest.mark.parametrize("use", ["training", "honeypot"])
def test_what_is_known_never_stands_as_a_label(team, use):
    client = team.client
    live = client.served.live
    know(team, use)
    team.plan(honeypots=1, raters=["ann"], count=1)
    (item,) = [i for i in team.assigned("ann") if i["frame"] == 20]
    team.lead()
    sources = ("final", "human")
    before = [client.get("api/export", layer=layer, format="csv") for layer in sources]
    team.answer("ann", item, (0.9, -0.9), expression="happiness")
    live.settle()
    team.lead()
    # The curve, both layers that people see, what is counted, and the queue.
    rows = live.view("talk.mp4", 0).rows
    assert rows.is_open[20]
    after = [client.get("api/export", layer=layer, format="csv") for layer in sources]
    assert after == before
    assert b"happiness" not in after[1]
    (entry,) = [v for v in client.get("api/videos") if v["video_id"] == "talk.mp4"]
    assert entry["origins"] == []
    assert live.index.videos["talk.mp4"].n_labels == 0
    assert status_of(live).labels == 0
    seen = client.get("api/overview")
    assert not any(one["count"] for one in seen["classes"])
    assert not any(count for one in seen["values"] for count in one["counts"])
    assert seen["position"]["done"] == 1
    # Opened anew, the same is counted.
    index = Index(
        live.project.store, threshold=0.8, model_id=live.model_id, reopened={}
    )
    assert index.videos["talk.mp4"].n_labels == 0
    assert index.videos["talk.mp4"].n_by_origin == {}


def test_a_rater_sees_an_own_honeypot_as_any_other_answer(team):
    know(team, "honeypot")
    team.plan(honeypots=1, raters=["ann"], count=1)
    items = team.assigned("ann")
    assert len(items) == 2
    for item in items:
        team.answer("ann", item, (0.5, -0.5))
    video = team.client.served.live.video("talk.mp4")
    seen = RaterView(team.client.served.live, "ann")
    own = seen.view(video, team.client.served.live.view("talk.mp4", 0))
    for item in items:
        assert own.rows.value[item["frame"]].tolist() == [0.5, -0.5]
    (entry,) = [v for v in team.client.get("api/videos") if v["video_id"] == "talk.mp4"]
    assert entry["origins"] == ["label"]
