"""Agreement and profiles of raters over the API, for who leads."""

import csv
import io
from typing import get_args

import numpy as np
import pytest
from tests.server.test_blindness import become, give, said

from feltline.pipeline import agreement_in
from feltline.project import read_settings
from feltline.settings import ConsensusPolicy
from feltline.types import Shown

VALENCES = (-0.8, -0.3, 0.1, 0.4, 0.7, 0.9)


@pytest.fixture
def lead(client):
    become(client, "lead", "lea")
    return client


def judged(client, video_id="talk.mp4", bias=0.2, **other):
    """Ann and Ben on the same frames, Ben higher in valence."""
    for at, valence in enumerate(VALENCES):
        for rater, more in (("ann", 0.0), ("ben", bias)):
            value = (round(min(valence + more, 1.0), 2), -0.1 * at)
            give(client, said(video_id, 0, 3 * at, value, rater, **other))


def test_figures_are_those_of_the_command(lead):
    judged(lead)
    seen = lead.get("api/agreement")
    made = agreement_in(lead.served.project)
    assert seen["raters"] == ["ann", "ben"]
    assert (seen["n_judgements"], seen["n_shown"]) == (12, 0)
    assert [one["name"] for one in seen["values"]] == ["valence", "arousal"]
    for one in seen["values"]:
        report = made.values[one["name"]]
        assert report.icc is not None
        assert one["n_items"] == report.n_items == len(VALENCES)
        assert one["alpha"]["value"] == pytest.approx(report.alpha, abs=1e-4)
        assert one["icc"]["icc2"]["low"] == pytest.approx(
            report.icc["icc2"].low, abs=1e-4
        )
    valence = seen["values"][0]
    low, high = valence["ccc"]["low"], valence["ccc"]["high"]
    assert low < valence["ccc"]["value"] < high < 1
    assert valence["raters"][1]["bias"] > 0.05
    assert seen["groups"] == []


def test_one_dimension_and_each_video(lead):
    judged(lead)
    judged(lead, "pair.mp4", bias=0.6)
    seen = lead.get("api/agreement", dimension="valence", by="video")
    assert [one["name"] for one in seen["values"]] == ["valence"]
    assert [one["name"] for one in seen["groups"]] == ["pair.mp4", "talk.mp4"]
    near = [min(v + 0.2, 1) - v for v in VALENCES]
    rmse = (sum(one**2 for one in near) / len(near)) ** 0.5
    assert seen["groups"][1]["rmse"] == pytest.approx(rmse, abs=1e-4)
    refused = lead.get("api/agreement", status=400, dimension="dominance")
    assert "no dimension dominance" in refused["error"]


def test_a_project_of_one_rater_has_no_agreement_and_no_fault(lead):
    give(lead, said("talk.mp4", 0, 3, (0.5, 0.5), "ann"))
    seen = lead.get("api/agreement", by="video")
    assert seen["raters"] == ["ann"]
    assert seen["values"] == seen["groups"] == []
    profile = lead.get("api/raters/ann/profile")
    assert profile["n_blind"] == 1
    assert [one["own"] for one in profile["values"]] == [None, None]


def test_only_what_was_touched_is_read_anew(lead, monkeypatch):
    judged(lead)
    judged(lead, "pair.mp4")
    first = lead.get("api/agreement")
    store = lead.served.project.store
    read, judgements = [], store.judgements

    def reading(**asked):
        read.append(asked.get("video_id"))
        return judgements(**asked)

    monkeypatch.setattr(type(store), "judgements", lambda _self, **a: reading(**a))
    assert lead.get("api/agreement") == first
    assert read == []
    give(lead, said("pair.mp4", 0, 17, (0.5, 0.5), "ann"))
    read.clear()
    assert lead.get("api/agreement")["n_judgements"] == first["n_judgements"] + 1
    assert "talk.mp4" not in read
    assert None not in read


def test_ratings_follow_track_edits_and_what_is_taken_back(lead):
    judged(lead)
    track = lead.get("api/videos/talk.mp4")["tracks"][0]["track_id"]
    lead.change(f"api/videos/talk.mp4/tracks/{track}/split", frame=7, client_id="s" * 8)
    made = agreement_in(lead.served.project)
    seen = lead.get("api/agreement")
    assert seen["values"][0]["n_items"] == made.values["valence"].n_items
    lead.served.project.store.undo(rater="ben")
    lead.served.worker.look()
    lead.served.worker.wait()
    assert lead.get("api/agreement")["n_judgements"] == 11


def test_a_profile_says_what_a_rater_is_like(lead):
    judged(lead)
    shown = Shown(model_id="m", value=(0.5, 0.5), confidence=0.9)
    give(
        lead,
        said("talk.mp4", 0, 40, (0.5, 0.5), "ben", decision="accept", shown=shown),
        said("talk.mp4", 0, 0, (0.0, 0.0), "ben", purpose="repeat"),
    )
    ben = lead.get("api/raters/ben/profile")
    assert (ben["n_blind"], ben["n_shown"]) == (7, 1)
    valence = ben["values"][0]
    assert valence["own"]["bias"] > 0.05
    assert valence["repeats"]["n"] == 1
    assert valence["repeats"]["shift"] == pytest.approx(0.6)
    course = valence["course"]
    assert sum(one["n"] for one in course) == len(VALENCES)
    assert lead.get("api/raters/ann/profile")["values"][0]["repeats"] is None
    lead.get("api/raters/nobody/profile", status=404)


def test_raters_see_neither(client):
    judged(client)
    become(client, "rater", "ann")
    client.get("api/agreement", status=403)
    client.get("api/raters/ann/profile", status=403)


def stands(client):
    """What the page draws of a frame of the face: value, low and high of valence."""
    raw = client.get("api/videos/talk.mp4/tracks/0/prediction")
    n, m = np.frombuffer(raw[:8], "<u4").tolist()
    columns = np.frombuffer(raw[8:], "<f4", 3 * n * m).reshape(3, n, m)
    return columns[:, 15, 0]


def test_another_consensus_stands_at_once_on_page_and_in_exports(client):
    judged(client)
    give(client, said("talk.mp4", 0, 15, (0.2, 0.0), "cat"))
    found = {}
    for policy in get_args(ConsensusPolicy):
        made = client.send("PATCH", "api/settings", {"consensus": policy})
        assert made["consensus"] == policy
        assert read_settings(client.served.project.folder).consensus == policy
        text = client.get("api/export").decode("utf-8-sig")
        (row,) = [
            one
            for one in csv.DictReader(io.StringIO(text))
            if (one["video_id"], one["frame"]) == ("talk.mp4", "15")
        ]
        out = [float(row[f"{end}valence"]) for end in ("", "low_", "high_")]
        found[policy] = stands(client)
        assert found[policy] == pytest.approx(out, abs=1e-4)
    assert found["mean"] == pytest.approx([(0.9 + 1.0 + 0.2) / 3] * 3, abs=1e-4)
    assert found["median"] == pytest.approx([0.9] * 3, abs=1e-4)
    value, low, high = found["posterior"]
    assert low < value < high
    client.send("PATCH", "api/settings", {"consensus": "best"}, 422)
