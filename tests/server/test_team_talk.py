"""Over the API: disagreements, comments, and what is told to whom."""

import asyncio
from dataclasses import replace

import pytest
from fastapi import Request
from tests.server.test_blindness import give, said
from tests.server.work_team import Team

from feltline.server.event_stream import EventBroadcaster
from feltline.server.identity import Identity, local_caller
from feltline.server.routes import session


@pytest.fixture
def team(client):
    return Team(client)


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
    more = {"text": "And?", "reply_to": number, "client_id": "more-0001", **place}
    said = team.lead().change("api/comments", **more)
    team.rater("ann").change("api/undo")
    assert team.lead().change("api/comments", **more) == said
    lead.change(f"api/events/{said['event_id']}/undo")
    ann = team.rater("ann")
    assert [c["text"] for c in ann.get("api/comments")] == ["Yes."]
    assert ann.change("api/comments", 404, text="x", video_id="no.mp4", frame=1)


def test_a_comment_calls_only_whom_its_writer_knows(team):
    place = {"video_id": "talk.mp4", "frame": 5}
    for role, names, wrong in (("rater", ["lea"], "ben"), ("lead", ["ann"], "zoe")):
        client = team.are(role, "lea" if role == "lead" else "ann")
        said = {"text": "See this.", "client_id": f"called-by-{role}", **place}
        client.change("api/comments", mentions=names, **said)
        other = {"text": "And this.", "mentions": [*names, wrong], **place}
        assert (
            f"cannot call '{wrong}'"
            in client.change("api/comments", 422, **other)["error"]
        )
    accounts = team.client.projects.people.accounts
    accounts.change_user(team.users["ann"], is_disabled=True)
    # Sent once more, it stands.
    team.lead().change("api/comments", mentions=["ann"], **said)
    assert len(team.client.get("api/comments")) == 2


def test_who_leads_knows_the_team_and_a_rater_who_leads(team):
    give(team.client, said("talk.mp4", 0, 5, (0.5, 0.5), "gone"))
    alone = team.client.served.project.settings.rater
    found = {one["rater_id"]: one for one in team.lead().get("api/team")}
    assert found.keys() == {"ann", "ben", "lea", alone, "gone"}
    assert found["ann"] == {
        "rater_id": "ann",
        "name": "Ann",
        "role": "rater",
        "may_judge": True,
    }
    assert (found["gone"]["role"], found["gone"]["may_judge"]) == (None, False)
    seen = [one["rater_id"] for one in team.rater("ann").get("api/team")]
    assert seen == ["ann", "lea", alone]


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


def test_only_edited_videos_are_opened_to_list_comments(team, monkeypatch):
    live = team.client.served.live
    for video_id in ("talk.mp4", "pair.mp4"):
        place = {"video_id": video_id, "track_id": 0, "frame": 15}
        team.lead().change("api/comments", text="Smile?", **place)
    team.client.change("api/videos/talk.mp4/tracks/0/split", frame=10)
    opened = []
    for name in ("video", "tracks_of"):
        own = getattr(live, name)

        def opening(video_id, own=own):
            opened.append(video_id)
            return own(video_id)

        monkeypatch.setattr(live, name, opening)
    numbers = [one["track_id"] for one in team.client.get("api/comments")]
    assert (numbers, set(opened)) == ([1, 0], {"talk.mp4"})
