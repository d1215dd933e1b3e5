"""Live rating over HTTP: traces in, their lags, and who sees what."""

import numpy as np

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
