"""Live rating over HTTP: traces in, their lags, and who sees what."""

import json
import uuid

import numpy as np
import pytest
from tests.server.test_blindness import assign, become, packed, rate

from feltline.server.trace_bodies import MAX_TRACE_BYTES

PATH = "api/videos/talk.mp4/traces"
DURATION_S = 2.9


def rated(rate_hz=10.0, level=None, **other):
    """A trace of the face of talk.mp4 from its first second to its last."""
    time_s = np.round(np.arange(0, DURATION_S, 1 / rate_hz), 4)
    value = np.full((len(time_s), 2), 0.9) if level is None else level(time_s)
    body = {
        "video_id": "talk.mp4",
        "track_id": 0,
        "dimensions": ["valence", "arousal"],
        "device": "mouse",
        "time_s": time_s.tolist(),
        "value": np.round(value, 5).tolist(),
        "active_s": 3.5,
    }
    return body | other


def trace(client, status=200, **other):
    return client.change("api/traces", status, **rated(**other))


def test_a_trace_comes_back_as_it_was_given(client):
    saved = trace(client, speed=0.5, device="gamepad")
    (one,) = client.get(PATH)
    asked = rated(speed=0.5, device="gamepad")
    assert one["event_id"] == saved["event_id"]
    assert one["time_s"] == asked["time_s"]
    assert np.allclose(one["value"], asked["value"])
    assert (one["rater"], one["track_id"], one["active_s"]) == ("anna", 0, 3.5)
    assert (one["mode"], one["device"], one["speed"]) == ("bounded", "gamepad", 0.5)
    assert (one["first_frame"], one["last_frame"]) == (0, 42)
    assert one["lag"] == saved["lag"]
    assert one["lag"]["low_s"] <= one["lag"]["lag_s"] <= one["lag"]["high_s"]


def test_a_trace_that_is_sent_once_more_is_kept_once(client):
    name = uuid.uuid4().hex
    first = trace(client, client_id=name)
    client.change("api/videos/talk.mp4/tracks/0/ignore")
    again = trace(client, client_id=name)
    assert (again["event_id"], again["lag"]) == (first["event_id"], first["lag"])
    (one,) = client.get(PATH)
    assert one["track_id"] is None


def test_the_page_sees_what_was_rated_at_once_and_undo_takes_it_back(client):
    before = packed(client)[0]
    saved = trace(client)
    after = packed(client)[0]
    assert after[:, 0].mean() > before[:, 0].mean() + 0.1
    undone = client.change("api/undo")
    assert undone["undone"]["kind"] == "trace"
    assert undone["undone"]["track_id"] == 0
    np.testing.assert_array_equal(packed(client)[0], before)
    assert client.get(PATH) == []
    kept = {one["event_id"]: one for one in client.get("api/events")}
    assert kept[saved["event_id"]]["undone"]
    assert "arrays" not in kept[saved["event_id"]]["detail"]
    about = {one["kind"] for one in client.get("api/events", about="judgements")}
    assert about == {"trace", "trace-lag"}


def test_a_lag_is_set_shown_and_taken_back(client):
    saved = trace(client)
    before = packed(client)[0]
    path = f"api/traces/{saved['event_id']}/lag"
    made = client.change(path, method="PUT", lag_s=0.1)
    lag = client.get(PATH)[0]["lag"]
    assert (lag["event_id"], lag["lag_s"], lag["method"]) == (
        *(made["event_id"], 0.1),
        "set",
    )
    assert np.abs(packed(client)[0] - before).max() > 0.005
    client.change(f"api/events/{made['event_id']}/undo")
    assert client.get(PATH)[0]["lag"] == saved["lag"]
    np.testing.assert_array_equal(packed(client)[0], before)
    client.change(f"api/events/{saved['lag']['event_id']}/undo")
    assert client.get(PATH)[0]["lag"] is None


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_a_lag_that_is_expected_goes_with_the_speed(client, speed):
    assign(client, "r1", [("talk.mp4", 0)])
    become(client, "rater", "r1")
    lag = trace(client, speed=speed)["lag"]
    assert (lag["method"], lag["lag_s"]) == ("expected", pytest.approx(speed))
    # Half of what is expected where only rise and fall are rated.
    relative = trace(client, speed=speed, mode="relative")["lag"]
    assert relative["lag_s"] == pytest.approx(speed / 2)


def test_former_lags_of_a_rater_count(client):
    assign(client, "r1", [("talk.mp4", 0)])
    become(client, "rater", "r1")
    saved = trace(client, speed=0.5)
    path = f"api/traces/{saved['event_id']}/lag"
    client.change(path, method="PUT", lag_s=0.1)
    # .2 s of the person, and 1 s that is expected of anybody.
    assert trace(client)["lag"]["lag_s"] == pytest.approx(0.6)


def test_a_lag_against_the_model_is_found_where_its_curve_is_in_sight(client):
    track = client.served.view("talk.mp4", 0).track
    time_s = np.round(np.arange(0, 2.9, 0.05), 3)
    curve = client.served.view("talk.mp4", 0).prediction.value
    late = np.stack(
        [np.interp(time_s - 0.4, track.time_s, own) for own in curve.T], axis=1
    )
    asked = {"time_s": time_s.tolist(), "value": np.round(late, 4).tolist()}
    lag = trace(client, **asked)["lag"]
    assert lag["method"] == "model"
    assert lag["lag_s"] == pytest.approx(0.4, abs=0.1)
    assign(client, "r1", [("talk.mp4", 0)])
    become(client, "rater", "r1")
    assert trace(client, **asked)["lag"]["method"] == "expected"


@pytest.mark.parametrize(
    ("wrong", "status", "why"),
    [
        ({"time_s": [0.1, 0.3, 0.2], "value": [[0, 0]] * 3}, 400, "sample 2 is at 0.2"),
        ({"time_s": [0.1, 0.3], "value": [[0, 0]] * 3}, 422, "2 times"),
        ({"time_s": [0.1, 0.3], "value": [[0, 0], [2, 0]]}, 400, "runs from -1 to 1"),
        ({"time_s": [0.1, 0.3], "value": [[0, 0], [0]]}, 422, "value 1 of the trace"),
        ({"dimensions": ["valence", "glee"]}, 400, "rates 'glee'"),
        ({"dimensions": ["valence", "valence"]}, 400, "twice"),
        ({"track_id": 7}, 404, "has no face 7"),
        ({"video_id": "none.mp4"}, 404, "none.mp4"),
        (
            {"time_s": [60.0, 61.0], "value": [[0, 0], [0, 0]]},
            422,
            "is not seen from 60 to 61 s",
        ),
        ({"speed": 9}, 422, "speed"),
        ({"time_s": [0.1], "value": [[0, 0]]}, 422, "time_s"),
        ({"device": "pen"}, 422, "device"),
        ({"assignment_id": 12}, 400, "no assignment 12 of yours"),
    ],
)
def test_what_is_no_trace_is_refused_in_a_sentence(client, wrong, status, why):
    assert why in trace(client, status, **wrong)["error"]
    assert client.get(PATH) == []


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e12"])
def test_numbers_that_are_none_are_refused(client, number):
    body = json.dumps(rated() | {"client_id": "c" * 8}).replace("0.1,", f"{number},", 1)
    headers = client.headers | {"Content-Type": "application/json"}
    answer = client.http.post("api/traces", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    assert "time_s.1" in answer.json()["error"]


def test_a_trace_may_be_larger_than_other_requests_and_is_bounded(client):
    n = 33_000
    time_s = np.round(np.linspace(0, 2.9, n), 6)
    value = np.round(np.full((n, 2), 0.123456), 6)
    long = {"time_s": time_s.tolist(), "value": value.tolist()}
    assert trace(client, **long)["event_id"]
    too_long = json.dumps({"x": "y" * MAX_TRACE_BYTES})
    headers = client.headers | {"Content-Type": "application/json"}
    answer = client.http.post("api/traces", content=too_long, headers=headers)
    assert answer.status_code == 413


def test_a_rater_sees_and_moves_the_own_traces_alone(client):
    of_ben = rate(client, 0.5)
    become(client, "rater", "r1")
    own = trace(client)
    assert [one["event_id"] for one in client.get(PATH)] == [own["event_id"]]
    path = "api/traces/{}/lag"
    words = client.change(path.format(of_ben), 404, method="PUT", lag_s=1)["error"]
    missing = client.change(path.format(9999), 404, method="PUT", lag_s=1)["error"]
    assert words.replace(str(of_ben), "9999") == missing
    client.change(path.format(own["event_id"]), method="PUT", lag_s=1)
    become(client, "lead", "l1")
    assert len(client.get(PATH)) == 2
    client.change(path.format(of_ben), method="PUT", lag_s=1)
    become(client, "rater", "ben")
    # A lead may know what others rated, so a rater sees no lag that a lead set.
    assert client.get(PATH)[0]["lag"] is None


def test_an_assignment_to_rate_is_answered(client):
    (asked,) = assign(client, "r1", [("talk.mp4", 0)], kind="trace", is_blind=True)
    become(client, "rater", "r1")
    saved = trace(client, assignment_id=asked.assignment_id)
    (one,) = client.get(PATH)
    assert one["assignment_id"] == asked.assignment_id
    store = client.served.project.store
    assert store.assignment(asked.assignment_id).answered_event_id == saved["event_id"]


def test_an_assignment_to_rate_is_answered_by_its_own_face_and_rater(client):
    asked = assign(client, "r1", [("pair.mp4", 1)], kind="trace")[0]
    of_ben = assign(client, "ben", [("pair.mp4", 1)], kind="trace")[0]
    become(client, "rater", "r1")
    own = {"video_id": "pair.mp4", "time_s": [0.1, 0.9], "value": [[0, 0], [0.5, 0]]}
    number = asked.assignment_id
    error = trace(client, 422, track_id=0, assignment_id=number, **own)["error"]
    assert "is about another face than 0 of pair.mp4" in error
    number = of_ben.assignment_id
    for missing in (number, 999):
        error = trace(client, 400, track_id=1, assignment_id=missing, **own)["error"]
        assert error.replace(str(missing), "N") == (
            "there is no assignment N of yours; load your work again"
        )
    assert trace(client, track_id=1, assignment_id=asked.assignment_id, **own)


def test_seconds_that_were_rated_are_in_the_overview(client):
    trace(client)
    become(client, "rater", "r1")
    trace(client)
    become(client, "owner", "anna")
    seen = client.get("api/overview")
    assert seen["traced_s"] == pytest.approx(2 * 43 / 15, abs=0.1)
    by_rater = {one["rater"]: one["traced_s"] for one in seen["raters"]}
    assert by_rater["r1"] == by_rater["anna"] == pytest.approx(43 / 15, abs=0.1)
    by_video = {one["video_id"]: one["traced_s"] for one in seen["videos"]}
    assert by_video["pair.mp4"] == 0
    assert by_video["talk.mp4"] == pytest.approx(2 * 43 / 15, abs=0.1)
