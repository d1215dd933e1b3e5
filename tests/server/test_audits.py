"""Audits, anchoring and comparisons over the API, spoken to as one after another."""

import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.random import PCG64, Generator
from tests.server.test_blindness import assign, become, give, said

from feltline.project import AuditSettings
from feltline.project.project_settings import read_settings, write_settings
from feltline.review.repeats import AFTER

LOW = 0.05


@pytest.fixture
def lead(client, monkeypatch):
    """A lead of a project whose every label is accepted, with a loose bound."""
    monkeypatch.setattr(np.random, "default_rng", lambda *_: Generator(PCG64(1)))
    audit = AuditSettings(bound=0.5, confidence=0.7, repeat_share=0.0)
    client.served.project.change_settings(audit=audit)
    client.change("api/threshold", method="PUT", value=LOW)
    client.served.live.settle()
    accounts = client.projects.people.accounts
    user_id = accounts.add_user("rob", name="Rob").user_id
    project_id = client.served.project.settings.project_id
    accounts.set_membership(project_id, user_id, "rater", rater_id="r1")
    return as_lead(client)


def as_lead(client):
    become(client, "lead", "lea")
    return client


def answer(client, rater, off=0.0, limit=100, **other):
    """Answer open items of a batch by what the model said, off by so much."""
    client.served.worker.wait()
    store = client.served.project.store
    items = {
        (one.item.video_id, one.item.found_track_id, one.item.frame): one.item
        for batch in store.audit_batches()
        for one in store.audit_items(batch.batch_id)
    }
    become(client, "rater", rater)
    n = 0
    while n < limit and (left := client.get("api/work/next")["items"]):
        if left[0]["assignment_id"] is None:
            break
        one, n = left[0], n + 1
        value = items[one["video_id"], one["track_id"], one["frame"]].value
        given = [v - off if v > 0 else v + off for v in value]
        client.judge(
            one["frame"],
            *given,
            video_id=one["video_id"],
            track_id=one["track_id"],
            item_id=one["item_id"],
            **other,
        )
    as_lead(client)
    return n


def draw(client, status=200, **other):
    asked = {"raters": ["r1"], "count": 20} | other
    return client.change("api/audits", status, **asked)


def test_a_batch_is_judged_blind_passes_and_is_told_whole(lead):
    made = draw(lead)
    assert (made["state"], made["n"], made["n_items"]) == ("open", 0, 20)
    assert (made["upper_bound"], made["lower_bound"]) == (1, 0)
    assert made["error_rate"] is None
    assert (made["bound"], made["confidence"]) == (0.5, 0.7)
    draw(lead, 400)
    n = answer(lead, "r1")
    (batch,) = lead.get("api/audits")["batches"]
    assert (batch["state"], batch["n_wrong"], batch["error_rate"]) == ("passed", 0, 0)
    assert batch["upper_bound"] <= 0.5
    assert 0 < n < 20
    told = lead.get("api/audits/1")
    assert [one["n"] for one in told["bounds"]] == list(range(1, batch["n"] + 1))
    assert told["bounds"][-1]["upper_bound"] == batch["upper_bound"]
    assert sum(one["n_items"] for one in told["strata"]) == 20
    assert sum(one["n"] for one in told["strata"]) == batch["n"]
    assert {one["quality"] for one in told["strata"]} <= {"low", "middle", "high"}
    assert told["wrong"] == []
    assert lead.get("api/audits/2", 404)["error"].startswith("there is no audit batch")
    given = lead.judgements() + lead.judgements("pair.mp4")
    own = [one for one in given if one["purpose"] == "audit"]
    items = lead.served.project.store.audit_items(1)
    confidence = {round(one.item.confidence, 6) for one in items}
    # What it was audited against is what the model said when it was drawn.
    assert {round(one["audited"]["confidence"], 6) for one in own} <= confidence


def test_an_audit_reopens_labels_and_its_undo_takes_that_back(lead):
    before = {v["video_id"]: v["n_pending"] for v in lead.get("api/videos")}
    assert set(before.values()) == {0}
    draw(lead)
    answer(lead, "r1", off=0.6)
    told = lead.get("api/audits/1")
    assert told["state"] == "reopened"
    assert told["lower_bound"] > 0.5 or told["n"] == told["n_items"]
    assert told["n_wrong"] == len(told["wrong"]) == told["n"]
    wrong = told["wrong"][0]
    assert (wrong["decision"], wrong["rater_id"]) == ("label", "r1")
    assert abs(wrong["value"][0] - wrong["answer"][0]) == pytest.approx(0.6, abs=0.001)
    reopening = told["reopening"]
    assert (reopening["least_confidence"], reopening["n_videos"]) == (1.01, 2)
    videos = lead.get("api/videos")
    assert {v["threshold"] for v in videos} == {1.01}
    assert all(v["n_pending"] > 0 for v in videos)
    lead.served.live.settle()
    assert lead.get("api/overview")["accepted"] == 0
    become(lead, "rater", "r1")
    path = f"api/events/{reopening['event_id']}/undo"
    lead.change(path, 400)
    as_lead(lead)
    lead.change(path)
    assert not lead.get("api/audits/1")["reopening"]["is_in_force"]
    assert {v["threshold"] for v in lead.get("api/videos")} == {LOW}
    assert {v["n_pending"] for v in lead.get("api/videos")} == {0}


def test_no_audit_waits_for_somebody_who_may_not_judge(lead):
    told = draw(lead, 400, raters=["r1", "nobody"])["error"]
    assert "nobody who may judge here has the id 'nobody'" in told
    assert lead.get("api/audits")["batches"] == []
    first = draw(lead, client_id="batch-0001")
    (r1,) = lead.projects.people.accounts.users()
    lead.projects.people.accounts.change_user(r1.user_id, is_disabled=True)
    # Drawn before and sent once more, it stands.
    assert draw(lead, client_id="batch-0001")["batch_id"] == first["batch_id"]
    lead.change(f"api/audits/{first['batch_id']}/stop")
    assert "'r1'" in draw(lead, 400)["error"]


def test_a_batch_can_be_stopped_and_asks_no_more(lead):
    draw(lead)
    assert lead.change("api/audits/1/stop")["state"] == "stopped"
    become(lead, "rater", "r1")
    assert all(i["assignment_id"] is None for i in lead.get("api/work/next")["items"])
    as_lead(lead)
    lead.change("api/audits/7/stop", 404)
    first = draw(lead, client_id="c0000001")
    assert draw(lead, client_id="c0000001")["batch_id"] == first["batch_id"] == 2


def test_an_overdue_audit_blocks_the_export_and_is_drawn_by_itself(lead):
    asked = {"every_judgements": 2, "blocks_export": True}
    told = lead.send("PUT", "api/audits/schedule", asked)
    assert (told["due"]["judgements_left"], told["due"]["is_overdue"]) == (2, False)
    assert told["schedule"]["least_items"] > 2
    lead.judge(3, 0.2, 0.2)
    assert "# " not in lead.get("api/export").decode()
    lead.judge(4, 0.2, 0.2)
    due = lead.get("api/audits")["due"]
    assert (due["is_overdue"], due["blocks_export"]) == (True, True)
    refused = lead.get("api/export", 409)["error"]
    assert "overdue" in refused
    lead.get("api/export", layer="human")
    lead.get("api/export", despite_audit=True)
    notes = [e for e in lead.get("api/events", about="notes") if e["kind"] == "export"]
    assert [n["detail"].get("despite_audit") for n in notes].count(True) == 1
    until = time.monotonic() + 20
    while not (batches := lead.get("api/audits")["batches"]):
        assert time.monotonic() < until  # the worker draws one when it is idle
        time.sleep(0.05)
    assert (batches[0]["state"], batches[0]["due_judgements"]) == ("open", 4)
    lead.send("PUT", "api/audits/schedule", {}, 400)
    lead.send("PUT", "api/audits/schedule", {"bound": 0}, 422)


def test_a_schedule_keeps_what_another_program_wrote_down(lead):
    project = lead.served.project
    written = replace(read_settings(project.folder), audit=AuditSettings(bound=0.3))
    write_settings(project.folder, written)
    told = lead.send("PUT", "api/audits/schedule", {"every_days": 3})["schedule"]
    assert (told["bound"], told["every_days"]) == (0.3, 3)


def test_raters_are_asked_again_blind_and_leads_see_the_pull(lead):
    audit = AuditSettings(repeat_share=1.0)
    lead.served.project.change_settings(audit=audit)
    give(lead, *(said("talk.mp4", 0, n, (0.1, 0.1), "r1") for n in range(2, AFTER + 1)))
    become(lead, "rater", "r1")
    shown = {"model_id": "m", "value": [0.4, 0.4], "confidence": 0.9}
    lead.judge(1, 0.3, 0.3, decision="edit", shown=shown)
    give(lead, *(said("pair.mp4", 0, n % 20, (0.1, 0.1), "r1") for n in range(AFTER)))
    lead.judge(40, 0.3, 0.3, decision="edit", shown=shown)
    (one,) = [
        i for i in lead.get("api/work/next")["items"] if i["assignment_id"] is not None
    ]
    assert (one["frame"], one["blind"], one["prediction"]) == (1, True, None)
    lead.judge(
        1, 0.2, 0.2, item_id=one["item_id"], decision="edit", shown=shown, status=422
    )
    lead.judge(1, 0.2, 0.2, item_id=one["item_id"])
    assert lead.judgements()[-1]["purpose"] == "suggested"
    lead.get("api/anchoring", 403)
    told = as_lead(lead).get("api/anchoring")
    assert told["least_repeats"] == 8
    assert [(p["rater_id"], p["dimension"], p["n"]) for p in told["raters"]] == [
        ("r1", "valence", 1),
        ("r1", "arousal", 1),
    ]
    assert told["raters"][0]["pull"] is None


def test_pairs_are_compared_undone_and_scored(lead):
    become(lead, "rater", "r1")
    pair = lead.get("api/comparisons/next")["pair"]
    assert pair["dimension"] == "valence"
    body = {
        "video_id": pair["first"]["video_id"],
        "track_id": pair["first"]["track_id"],
        "frame": pair["first"]["frame"],
        "other_video_id": pair["second"]["video_id"],
        "other_track_id": pair["second"]["track_id"],
        "other_frame": pair["second"]["frame"],
        "dimension": "valence",
        "answer": "first",
        "client_id": "c0000001",
    }
    first = lead.change("api/comparisons", **body)
    assert lead.change("api/comparisons", **body) == first
    assert lead.get("api/comparisons/next")["pair"]["dimension"] == "arousal"
    lead.get("api/comparisons/score", 403)
    score = as_lead(lead).get("api/comparisons/score")
    assert [(one["dimension"], one["n"]) for one in score] == [
        ("valence", 1),
        ("arousal", 0),
    ]
    assert score[1]["share"] is None
    become(lead, "rater", "r1")
    assert lead.change("api/undo")["undone"]["kind"] == "comparison"
    assert lead.get("api/comparisons/next")["pair"] == pair
    lead.change(
        "api/comparisons",
        400,
        **(body | {"dimension": "glee", "client_id": "c0000002"}),
    )
    lead.change(
        "api/comparisons", 404, **(body | {"frame": 9999, "client_id": "c0000003"})
    )
    assign(lead, "r1")
    assert lead.get("api/comparisons/next")["pair"] is None


def test_a_late_answer_to_a_decided_batch_is_work_like_other(lead):
    draw(lead)
    become(lead, "rater", "r1")
    late = lead.get("api/work/next")["items"][-1]
    as_lead(lead)
    lead.change("api/audits/1/stop")
    become(lead, "rater", "r1")
    name = {"item_id": late["item_id"], "client_id": "late-0001"}
    place = {"video_id": late["video_id"], "track_id": late["track_id"]}
    saved = lead.judge(late["frame"], 0.2, 0.1, **name, **place)
    assert lead.judge(late["frame"], 0.2, 0.1, **name, **place) == saved
    (stored,) = lead.served.project.store.judgements()
    said = stored.judgement
    assert (said.purpose, said.assignment_id, said.audited) == ("work", None, None)
    assert as_lead(lead).get("api/audits/1")["n"] == 0


def test_an_audit_is_judged_by_members_and_ends_by_its_own_rules(lead):
    assert "'zoe'" in draw(lead, 400, raters=["zoe"])["error"]
    draw(lead)
    assert lead.send("DELETE", "api/assignments/audit-1", None) == {"withdrawn": 0}
    assert lead.get("api/assignments/plans") == []
    told = lead.get("api/audits/1")["tolerance"]
    lead.served.project.change_settings(tolerance=told + 0.1)
    assert lead.get("api/audits/1")["tolerance"] == told == 0.2
    become(lead, "rater", "r1")
    assert lead.get("api/work/next")["items"][0]["assignment_id"] is not None
