"""Noninterference: what a rater is answered does not depend on what another said.

Two copies of a project differ in nothing but another rater's values, classes, words and
reasons. Every GET route of the API, asked as a rater, must give the same bytes in both.
"""

import itertools
import json
import re
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.projects import copied, judgement_of
from tests.server.conftest import opened_pages

from feltline.review import worker
from feltline.server.app import create_api
from feltline.server.identity import Identity
from feltline.server.security.permissions import PERMISSION_OF, PROJECT_API
from feltline.store import (
    FrameComment,
    GivenTrace,
    NewAssignment,
    NewTrace,
    TraceLag,
)
from feltline.types import Judgement, Shown

FACES = [("talk.mp4", 0), ("pair.mp4", 0), ("pair.mp4", 1)]
FRAMES = (3, 8, 15)
WORDS = ("Surely happy!", "", "no idea")

VARYING = re.compile(
    rb'"(at|csrf|folder_id|opened_at)":"[^"]*"'  # of the copy and the moment only
)
QUERIES: dict[str, list[dict[str, Any]]] = {
    "/queue": [{}, {"only": "talk.mp4"}, {"video_id": "pair.mp4", "limit": 5}],
    "/done": [{}, {"only": "talk.mp4"}],
    "/sheet": [
        {"kind": "suggested"},
        {"kind": "pending"},
        {"kind": "pending", "video_id": "pair.mp4"},
        {"kind": "similar", "video_id": "talk.mp4", "track_id": 0, "frame": 8},
    ],
    "/events": [
        {},
        {"after": 0},
        {"about": "judgements"},
        {"about": "undo"},
        {"about": "notes"},
        {"rater": "ben"},
        {"video_id": "talk.mp4"},
        {"person": "Aiko"},
    ],
    "/videos/{video_id}/frames/{frame}/crop": [{"track_id": 0}],
}
"""Queries of routes that have more to ask than their path."""

ENDLESS = {"/stream"}


def said(video_id, track_id, frame, value, rater="ben", **other):
    place = {"video_id": video_id, "track_id": track_id, "rater": rater}
    return judgement_of(frame, value, **(place | other))


def give(client, *judgements):
    store = client.served.project.store
    given = [(one, one.track_id, None) for one in judgements]
    event_ids = [event.event_id for event in store.give_judgements(given)]
    for one, event_id in zip(judgements, event_ids, strict=True):
        client.served.worker.changed(one.video_id, event_id, is_edit=False)
    client.served.worker.wait()
    return event_ids


def assign(client, rater_id, faces=FACES, **other):
    frame = 6
    given: dict[str, Any]
    given = {"first_frame": frame, "last_frame": frame, "frame": frame}
    given |= {"scope": "frame", "kind": "label", "is_blind": True} | other
    new = [
        NewAssignment(
            rater_id=rater_id,
            video_id=video_id,
            found_track_id=track_id,
            track_id=track_id,
            **given,
        )
        for video_id, track_id in faces
    ]
    return client.served.project.store.assign(new, plan="p", rater="anna")


def rate(client, value, rater="ben", video_id="talk.mp4", track_id=0):
    """A trace of a second, its lag found against nobody."""
    time_s = np.arange(0, 1, 0.1)
    trace = GivenTrace(
        video_id=video_id,
        track_id=track_id,
        first_frame=0,
        last_frame=13,
        dimensions=("valence", "arousal"),
        mode="bounded",
        device="keys",
        speed=1.0,
        time_s=time_s,
        value=np.cos(np.outer(time_s, (5, 7))) * value,
        rater=rater,
    )
    (saved,) = client.served.project.store.give_traces(
        [NewTrace(trace=trace, found_track_id=track_id)]
    )
    client.served.worker.changed(video_id, saved.event_id, is_edit=False)
    client.served.worker.wait()
    return saved.event_id


def rate_as(client, rater_id):
    """The same over HTTP, by who is blind; the server finds the lag."""
    become(client, "rater", rater_id)
    time_s = np.round(np.arange(0, 1.4, 0.1), 3)
    saved = client.change(
        "api/traces",
        video_id="talk.mp4",
        track_id=0,
        dimensions=["valence"],
        device="mouse",
        time_s=time_s.tolist(),
        value=np.round(np.sin(time_s * 4), 3)[:, None].tolist(),
    )
    become(client, "owner", "anna")
    return saved


def become(client, role, rater_id):
    def identity_in(_key, caller):
        return Identity.of(caller, role, rater_id)

    client.projects.identity_in = identity_in


def addresses():
    """Every GET route below a project, with the values that its path may have."""
    described = create_api().openapi()["paths"]
    for path, methods in described.items():
        if "get" not in methods or not path.startswith(PROJECT_API):
            continue
        route = path.removeprefix(PROJECT_API)
        if route in ENDLESS:
            continue
        names = re.findall(r"\{(\w+)\}", route)
        for face, frame in itertools.product(FACES, FRAMES[:2]):
            own = dict(zip(("video_id", "track_id"), face, strict=True))
            own |= {"frame": frame}
            values = {name: own.get(name, 1) for name in names}
            filled = route.format(**values)
            for query in QUERIES.get(route, [{}]):
                yield route, filled, tuple(query.items())


ADDRESSES = list(dict.fromkeys(addresses()))


def walk(client, routes=ADDRESSES):
    """Status, headers of arrays and bytes of every answer."""
    found = {}
    for route, path, query in routes:
        answer = client.http.get(f"api{path}", params=dict(query) or None)
        body = VARYING.sub(b"", answer.content)
        model = answer.headers.get("X-Model-Id")
        found[route, path, query] = answer.status_code, model, body
    return found


@pytest.fixture(scope="module")
def served_pair(project_template, tmp_path_factory):
    """Two copies of a project, each with a client of its own."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        # A model learnt from other judgements has another name.
        patch.setattr(worker, "is_due", lambda _project: False)
        pages = []
        for name in ("one", "other"):
            folder = tmp_path_factory.mktemp(name)
            project = stack.enter_context(copied(project_template[0], folder))
            page = stack.enter_context(opened_pages(project))()
            page.served.worker.start()
            pages.append(page)
        for page in pages:
            give(page, said("talk.mp4", 0, 12, (0.25, -0.5), "r1"))
            page.change(
                "api/videos/talk.mp4/tracks/0/person", method="PUT", name="Aiko"
            )
        yield pages


def settle(*clients):
    """Summaries as they would be after a while; else the slower copy differs."""
    for client in clients:
        client.served.worker.wait()
        client.served.live.settle()


def tell_apart(clients, *, as_role="rater"):
    """Answers that differ between two copies."""
    settle(*clients)
    for client in clients:
        become(client, as_role, "r1")
    try:
        one, other = map(walk, clients)
    finally:
        for client in clients:
            become(client, "owner", "anna")
    assert one.keys() == other.keys()
    return one, [key for key in one if one[key] != other[key]]


SAYS: dict[str, tuple[Any, Any]] = {
    "value": ((0.75, 0.5), (-0.75, -0.25)),
    "expression": ("happiness", "sadness"),
    "comment": ("Surely happy!", "Not at all."),
    "purpose": ("work", "repeat"),
    "unsure": (False, True),
    "active_s": (1.5, 40.0),
}


@pytest.fixture(scope="module")
def told_pair(served_pair):
    """As others said: on the same frames, and unlike in all that they said."""
    for at, client in enumerate(served_pair):
        own = {name: values[at] for name, values in SAYS.items()}
        give(client, *(said(*face, 8, **own) for face in FACES))
        frames = {"reviewed_first_frame": 14, "reviewed_last_frame": 17}
        give(client, *(said(*face, 15, **(own | frames)) for face in FACES))
        shown = Shown(model_id="m", value=(0.1, 0.1), confidence=0.9)
        audit = own | {"purpose": "audit", "audited": shown}
        give(client, said("talk.mp4", 0, 30, **audit))
        (last,) = give(client, said("talk.mp4", 0, 40, **own))
        client.served.project.store.undo(rater="ben", event_id=last)
        client.served.worker.look()
        assign(client, "r1")
        assign(client, "ben", [FACES[0]], kind="honeypot" if at else "label")
        store = client.served.project.store
        store.comment(
            FrameComment(video_id="talk.mp4", frame=8, text=SAYS["comment"][at]),
            rater="ben",
        )
        give(client, said("talk.mp4", 0, 8, SAYS["value"][at], purpose="resolve"))
        for face in FACES:
            rate(client, (0.75, -0.5)[at], "ben", *face)
        saved = rate_as(client, "r1")
        assert saved["lag"]["method"] == "expected"
        # What the raters' traces say of each other is for who leads.
        lag_s = (0.5, 1.5)[at]
        lag = TraceLag(lag_s=lag_s, low_s=lag_s, high_s=lag_s, method="raters")
        store.set_trace_lag(saved["event_id"], lag)
        lag = replace(lag, method="set")
        store.set_trace_lag(saved["event_id"], lag, rater="lead")
        client.served.worker.look()
    return served_pair


def test_every_get_route_is_walked():
    walked = {PROJECT_API + route for route, _, _ in ADDRESSES}
    listed = {path for method, path in PERMISSION_OF if method == "GET"}
    ours = {path for path in listed if path.startswith(PROJECT_API)}
    assert walked | {PROJECT_API + one for one in ENDLESS} == ours


def test_no_answer_to_a_rater_depends_on_what_another_said(told_pair):
    answers, differing = tell_apart(told_pair)
    assert differing == []
    good = {route for (route, _, _), (status, _, _) in answers.items() if status == 200}
    readable = {
        path.removeprefix(PROJECT_API)
        for (method, path), permission in PERMISSION_OF.items()
        if method == "GET"
        and permission in ("read", "judge")
        and path.startswith(PROJECT_API)
    }
    assert good >= readable - ENDLESS


def test_the_copies_do_differ_for_who_leads(told_pair):
    """Else the test before could not fail."""
    _, differing = tell_apart(told_pair, as_role="lead")
    routes = {route for route, _, _ in differing}
    assert routes >= {
        "/videos/{video_id}/judgements",
        "/videos/{video_id}/traces",
        "/videos/{video_id}/tracks/{track_id}/prediction",
        "/videos/{video_id}/predictions/{track_id}/{frame}",
        "/events",
        "/overview",
        "/sheet",
        "/done",
    }


def test_a_viewer_sees_no_rater_either(told_pair):
    client = told_pair[0]
    become(client, "viewer", "v1")
    try:
        assert client.get("api/videos/talk.mp4/judgements") == []
        assert client.get("api/raters") == []
        videos = client.get("api/videos")
        assert [one["n_judgements"] for one in videos] == [0, 0]
        assert [one["raters"] for one in videos] == [[], []]
        events = client.get("api/events", after=0)
        assert {one["kind"] for one in events} == {"person"}
    finally:
        become(client, "owner", "anna")


acts = st.lists(
    st.tuples(
        st.sampled_from(FACES),
        st.integers(0, 17),
        st.tuples(*[st.tuples(*[st.sampled_from((-0.8, 0.0, 0.6))] * 2)] * 2),
        st.sampled_from(["label", "reject", "cannot"]),
        st.sampled_from(WORDS),
    ),
    min_size=1,
    max_size=4,
)
OFTEN = [
    one
    for one in ADDRESSES
    if "/frames/" not in one[0] and PERMISSION_OF["GET", PROJECT_API + one[0]] != "lead"
]
"""Pictures apart, and what is refused without a look."""
OF_WORK = [
    one
    for one in OFTEN
    if one[0]
    in ("/work/next", "/queue", "/done", "/events", "/videos", "/comparisons/next")
    or one[0].endswith("/judgements")
]
"""What a rater's work is seen by."""


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts=acts)
def test_whatever_another_says(told_pair, acts):
    for at, client in enumerate(told_pair):
        judgements = []
        for (video_id, track_id), frame, values, decision, words in acts:
            own = {"decision": decision, "comment": words + str(values[at])}
            value = values[at] if decision == "label" else ()
            judgements.append(said(video_id, track_id, frame, value, **own))
        give(client, *judgements)
    settle(*told_pair)
    for client in told_pair:
        become(client, "rater", "r1")
    try:
        one, other = (walk(client, OFTEN) for client in told_pair)
    finally:
        for client in told_pair:
            become(client, "owner", "anna")
    assert [key for key in one if one[key] != other[key]] == []


@pytest.mark.parametrize(
    ("frame", "kind"), [(9, "audit"), (10, "repeat"), (11, "honeypot")]
)
def test_a_rater_cannot_tell_why_work_was_assigned(told_pair, frame, kind):
    """Neither before it is answered, nor by what comes back, nor after."""
    at = {"first_frame": frame, "last_frame": frame, "frame": frame}
    for client, own in zip(told_pair, ("label", kind), strict=True):
        (one,) = assign(client, "r1", [FACES[2]], kind=own, **at)
    settle(*told_pair)
    for client in told_pair:
        become(client, "rater", "r1")
    try:
        before = [walk(client, OF_WORK) for client in told_pair]
        place = {"video_id": FACES[2][0], "track_id": FACES[2][1]}
        number = {"assignment_id": one.assignment_id, "client_id": f"why-{kind}-1"}
        saved = [c.judge(frame, 0.5, 0.5, **place, **number) for c in told_pair]
        settle(*told_pair)
        after = [walk(client, OF_WORK) for client in told_pair]
        undone = [client.change("api/undo") for client in told_pair]
    finally:
        for client in told_pair:
            become(client, "owner", "anna")
    for one, other in (before, after):
        assert [key for key in one if one[key] != other[key]] == []
    for said_of in (saved, undone):
        texts = [VARYING.sub(b"", json.dumps(s).encode()) for s in said_of]
        plain = [re.sub(rb'"at": "[^"]*"', b"", text) for text in texts]
        assert plain[0] == plain[1]


# --- one by one: what is left of a rater's own


def alone(client):
    """One client, as the rater `r1`."""
    become(client, "rater", "r1")
    return client


@pytest.fixture
def rater(client):
    give(
        client,
        said("talk.mp4", 0, 5, (0.5, 0.5)),
        said("talk.mp4", 0, 9, (0.25, 0.75), "r1"),
    )
    return alone(client)


def packed(client, path="api/videos/talk.mp4/tracks/0/prediction"):
    """Value, confidence and source of the value of each frame."""
    raw = client.get(path)
    n, m = np.frombuffer(raw[:8], "<u4").tolist()
    floats = np.frombuffer(raw[8 : 8 + 4 * n * (3 * m + 1)], "<f4")
    rest = np.frombuffer(raw[8 + floats.nbytes :], np.uint8).reshape(3, n)
    return floats[: n * m].reshape(n, m), floats[-n:], rest[1]


def test_a_rater_sees_the_own_values_and_the_model_elsewhere(rater):
    value, confidence, source = packed(rater)
    assert source[9] == 1
    assert np.allclose(value[9], (0.25, 0.75))
    assert source[5] == 0
    assert not np.allclose(value[5], (0.5, 0.5))
    assert np.isfinite(confidence).all()


def test_an_open_blind_assignment_hides_the_model_on_its_track_alone(rater):
    assign(rater, "r1", [("talk.mp4", 0)])
    value, confidence, source = packed(rater)
    assert np.flatnonzero(np.isfinite(value).any(axis=1)).tolist() == [9]
    assert np.flatnonzero(np.isfinite(confidence)).tolist() == [9]
    assert source[9] == 1
    single = rater.get("api/videos/talk.mp4/predictions/0/9")
    assert single["value"] == [None, None]
    assert single["confidence"] is None
    (only,) = rater.get("api/queue")["items"]
    assert (only["kind"], only["prediction"]) == ("assigned", None)
    shown = packed(rater, "api/videos/pair.mp4/tracks/0/prediction")[0]
    assert np.isfinite(shown).all()
    by_video = {one["video_id"]: one for one in rater.get("api/videos")}
    assert [t["n_pending"] for t in by_video["talk.mp4"]["tracks"]] == [None]
    assert by_video["talk.mp4"]["confidence"] is None


@pytest.mark.parametrize(
    "named", [{"purpose": "audit"}, {"purpose": "repeat"}, {"item_id": "audit.0.8.8.8"}]
)
def test_no_audit_of_ones_own_tells_the_model_of_a_hidden_track(rater, named):
    place = {"video_id": "pair.mp4", "track_id": 0}
    told = rater.judge(8, 0.5, 0.5, **place, **named)
    assert told["audited"]["value"] != []
    assign(rater, "r1", [("pair.mp4", 0)], first_frame=8, last_frame=8, frame=8)
    hidden = rater.judge(8, 0.5, 0.5, **place, **named)
    assert hidden["audited"] is None
    kept = rater.get("api/videos/pair.mp4/judgements")
    assert {one["event_id"]: one["audited"] for one in kept}[hidden["event_id"]] is None
    (latest, *_) = rater.get("api/events", about="judgements")
    assert (latest["event_id"], latest["detail"]["audited"]) == (
        *(hidden["event_id"], None),
    )


def test_a_split_of_a_hidden_track_hides_both_parts(rater):
    assign(rater, "r1", [("talk.mp4", 0)])
    become(rater, "owner", "anna")
    rater.change("api/videos/talk.mp4/tracks/0/split", frame=20)
    become(rater, "rater", "r1")
    numbers = [t["track_id"] for t in rater.get("api/videos/talk.mp4")["tracks"]]
    assert len(numbers) == 2
    for number in numbers:
        path = f"api/videos/talk.mp4/tracks/{number}/prediction"
        assert np.isfinite(packed(rater, path)[0]).any(axis=1).sum() <= 1


def test_a_rater_cannot_tell_a_honeypot_from_other_assignments(rater):
    (one,) = assign(rater, "r1", [("talk.mp4", 0)], kind="honeypot")
    judgement = Judgement(
        video_id="talk.mp4",
        track_id=0,
        scope="frame",
        first_frame=6,
        last_frame=6,
        value=(0.5, 0.5),
        rater="r1",
        purpose="honeypot",
        assignment_id=str(one.assignment_id),
    )
    give(rater, judgement)
    own = rater.judgements()[-1]
    assert (own["first_frame"], own["purpose"]) == (6, "suggested")
    assert "honeypot" not in rater.http.get("api/events").text
    assert rater.get("api/events")[0]["detail"]["purpose"] == "suggested"
    undone = rater.change("api/undo")
    assert undone["undone"]["detail"]["purpose"] == "suggested"
