from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.soak import examples

from feltline.faces import Crowd, FaceTracker, PreCropped
from feltline.faces.tracking import MOST_COST, match_lost, overlap

STEP_S = 0.04


def _ids(tracker, frames, start=0, step_s=STEP_S):
    return [
        [s.track_id for s in tracker.step(rgb, (start + i) * step_s)]
        for i, rgb in enumerate(frames)
    ]


def test_one_face_is_one_track(stage, detector, mesh_model):
    tracker = FaceTracker(detector, mesh_model)
    seen = [tracker.step(rgb, i * STEP_S) for i, rgb in enumerate(stage.frames)]
    assert [[s.track_id for s in now] for now in seen] == [[0]] * len(stage.frames)
    assert [now[0].time_s for now in seen] == [
        i * STEP_S for i in range(len(stage.frames))
    ]
    assert all(0.5 < now[0].quality <= 1 for now in seen)


def test_a_steady_face_costs_one_mesh_call_a_frame(stage, counting, mesh_model):
    tracker = FaceTracker(counting, mesh_model)
    searched_s, alone = [], []
    for number, rgb in enumerate(stage.frames):
        searches, calls = counting.calls, mesh_model.calls
        tracker.step(rgb, number * STEP_S)
        if counting.calls > searches:
            searched_s.append(number * STEP_S)
        else:
            alone.append(mesh_model.calls - calls)
    assert searched_s[0] == 0
    assert len(searched_s) == 4
    assert np.diff(searched_s).min() >= 0.5
    assert alone == [1] * (len(stage.frames) - 4)


def test_with_all_places_taken_further_faces_are_counted_only(
    stage, counting, mesh_model
):
    """Nobody searched then, and faces that were not followed were not known of."""
    tracker = FaceTracker(counting, mesh_model, max_faces=1)
    _ids(tracker, stage.frames)
    assert counting.calls == 4  # twice a second
    assert mesh_model.calls == 1 + len(stage.frames)
    assert tracker.crowd == Crowd(max_faces=1)


def crowd_of(detector, mesh_model, frames, max_faces):
    tracker = FaceTracker(detector, mesh_model, max_faces=max_faces)
    ids = _ids(tracker, frames)
    assert all(len(now) <= max_faces for now in ids)
    return tracker.crowd.frames, tracker.crowd.most


def test_frames_with_more_faces_than_are_followed_are_counted(
    stage, detector, mesh_model
):
    one, two = stage.frames[:30], stage.pair(30)
    beside = [np.hstack([rgb, np.zeros_like(rgb)]) for rgb in one]
    three = [np.hstack([rgb, one[n]]) for n, rgb in enumerate(two)]
    crowd = [
        crowd_of(detector, mesh_model, frames, max_faces)
        for frames, max_faces in (
            *((two, 1), (two, 2), (three, 1), (three, 2), (three, 3)),
            *((beside, 1), ([*beside, *two], 1)),
        )
    ]
    assert crowd[:6] == [(30, 2), (0, 0), (30, 3), (30, 3), (0, 0), (0, 0)]
    assert 30 - 13 <= crowd[6][0] <= 30  # looked for twice a second
    assert crowd[6][1] == 2


def test_the_count_goes_on_after_an_interruption(stage, detector, mesh_model):
    frames = stage.pair(20)
    whole = FaceTracker(detector, mesh_model, max_faces=1)
    _ids(whole, frames)
    first, then = (FaceTracker(detector, mesh_model, max_faces=1) for _ in range(2))
    _ids(first, frames[:9])
    then.restore(first.state())
    _ids(then, frames[9:], start=9)
    assert then.crowd == whole.crowd == Crowd(max_faces=1, frames=20, most=2)
    former = {k: v for k, v in first.state().items() if k != "crowd"}
    then.restore(former)  # parts of a former version do not say


def test_without_a_face_every_frame_is_searched(stage, counting, mesh_model):
    tracker = FaceTracker(counting, mesh_model)
    empty = [stage.covered(rgb) for rgb in stage.clip(6)]
    assert _ids(tracker, empty) == [[]] * 6
    assert counting.calls == 6


def test_two_faces_keep_their_numbers(stage, detector, mesh_model):
    tracker = FaceTracker(detector, mesh_model)
    sides: dict[int, set[int]] = {0: set(), 1: set()}
    for number, rgb in enumerate(stage.pair(30)):
        seen = tracker.step(rgb, number * STEP_S)
        assert [s.track_id for s in seen] == [0, 1]
        for s in seen:
            sides[s.track_id].add(bool(s.mesh[1, 0] > 320))
    assert sorted(map(list, sides.values())) == [[False], [True]]


def test_no_more_faces_than_asked_for_and_the_best_first(stage, detector, mesh_model):
    frames = stage.pair(8)
    tracker = FaceTracker(detector, mesh_model, max_faces=1)
    seen = [tracker.step(rgb, i * STEP_S) for i, rgb in enumerate(frames)]
    assert [[s.track_id for s in now] for now in seen] == [[0]] * 8
    left, _, right, _ = detector.detect(frames[0]).box_xyxy[0]
    assert left < seen[0][0].mesh[1, 0] < right


@pytest.mark.parametrize("other_stays", [False, True])
@pytest.mark.parametrize(("hidden_s", "same"), [(0.4, True), (3.0, False)])
def test_a_hidden_face_is_known_again_within_a_second(
    stage, detector, mesh_model, hidden_s, same, other_stays
):
    shown = stage.frames[0]
    hidden = stage.covered(shown)
    if other_stays:
        beside = stage.frames[25]
        shown, hidden = np.hstack([shown, beside]), np.hstack([hidden, beside])
    gap = round(hidden_s / 0.1)
    frames = [shown] * 5 + [hidden] * gap + [shown] * 9
    tracker = FaceTracker(detector, mesh_model)
    seen = [tracker.step(rgb, 0.1 * i) for i, rgb in enumerate(frames)]
    on_left = [
        [s.track_id for s in now if not other_stays or s.mesh[1, 0] < 320]
        for now in seen
    ]
    assert on_left[5 : 5 + gap] == [[]] * gap
    (before,), (after,) = on_left[4], on_left[-1]
    assert on_left[:5] == [[before]] * 5
    # Somebody new may have to wait for the next search while another face is in view.
    assert on_left[-4:] == [[after]] * 4
    assert (before == after) == same
    if other_stays:
        stayed = [[s.track_id for s in now if s.mesh[1, 0] > 320] for now in seen]
        assert stayed == [stayed[0]] * len(frames)
        assert len(stayed[0]) == 1


def test_sparse_frames_do_not_end_a_track(stage, detector, mesh_model):
    """At one frame in two seconds a face may still be missed once."""
    shown = stage.frames[0]
    frames = [shown, shown, stage.covered(shown), shown]
    tracker = FaceTracker(detector, mesh_model)
    assert _ids(tracker, frames, step_s=2.0) == [[0], [0], [], [0]]


def test_a_shot_cut_starts_new_numbers(stage, detector, mesh_model):
    shown = stage.frames[0]
    other = np.ascontiguousarray(255 - np.roll(shown, 160, axis=1))
    tracker = FaceTracker(detector, mesh_model)
    ids = _ids(tracker, [shown, shown, other, shown, shown])
    assert ids[:2] == [[0], [0]]
    assert ids[3] == ids[4]
    assert 0 not in ids[3]
    assert len(ids[3]) == 1


def test_crops_of_one_person_are_one_track(stage, mesh_model):
    crops = [np.ascontiguousarray(rgb[30:200, 75:245]) for rgb in stage.clip(6)]
    tracker = FaceTracker(PreCropped(), mesh_model)
    assert _ids(tracker, crops) == [[0]] * 6


@pytest.mark.parametrize("stop", [0, 12, 22])
def test_going_on_from_a_state_gives_the_same_detections(
    stage, detector, mesh_model, stop
):
    """Two faces, of which one is hidden from frame 10 to 14; a cut at 20."""
    frames = stage.pair(30)
    for number in range(10, 15):
        frames[number] = frames[number].copy()
        frames[number][:, :320] = stage.covered(frames[number][:, :320])
    for number in range(20, 24):
        frames[number] = 255 - frames[number]
    whole = FaceTracker(detector, mesh_model)
    halves = [FaceTracker(detector, mesh_model) for _ in range(2)]
    expected = [whole.step(rgb, i * STEP_S) for i, rgb in enumerate(frames)]
    found = [
        halves[0].step(rgb, i * STEP_S) for i, rgb in enumerate(frames) if i < stop
    ]
    state = halves[0].state()
    assert all(isinstance(array, np.ndarray) for array in state.values())
    halves[1].restore(state)
    found += [
        halves[1].step(rgb, i * STEP_S) for i, rgb in enumerate(frames) if i >= stop
    ]
    assert sum(map(len, expected)) > 40
    assert [len(now) for now in expected] == [len(now) for now in found]
    assert all(
        stage.same(a, b)
        for now, then in zip(expected, found, strict=True)
        for a, b in zip(now, then, strict=True)
    )


whole_numbers = st.integers(0, 12)
boxes = st.tuples(whole_numbers, whole_numbers, whole_numbers, whole_numbers).map(
    lambda v: (min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3]))
)


@given(a=boxes, b=boxes)
def test_overlap_counts_shared_pixels(a, b):
    def pixels(box):
        return {(x, y) for x in range(box[0], box[2]) for y in range(box[1], box[3])}

    shared, either = pixels(a) & pixels(b), pixels(a) | pixels(b)
    found = overlap(np.array(a, np.float32), np.array(b, np.float32))
    assert found == pytest.approx(len(shared) / len(either) if shared else 0)


def _cost(fresh, lost):
    boxes = [
        np.array([*s.mesh[:, :2].min(axis=0), *s.mesh[:, :2].max(axis=0)], np.float32)
        for s in (fresh, lost)
    ]
    correlation = float(fresh.descriptor @ lost.descriptor)
    return 1 - overlap(boxes[0], boxes[1]) / 2 - correlation / 2


def _best_pairs(cost):
    """The cheapest full pairing, by trying them all."""
    n, m = cost.shape
    if n > m:
        return {i: j for j, i in _best_pairs(cost.T).items()}
    ways = permutations(range(m), n)
    best = min(ways, key=lambda way: sum(cost[i, j] for i, j in enumerate(way)))
    return dict(enumerate(best))


@settings(max_examples=examples(60))
@given(n=st.integers(0, 4), m=st.integers(0, 4), seed=st.integers(0, 2**32 - 1))
def test_matching_is_the_cheapest_of_all_pairings(stage, n, m, seed):
    rng = np.random.default_rng(seed)

    def someone():
        left, top, wide, high = rng.uniform(5, 25, 4)
        look = rng.standard_normal(3)
        return stage.detection(
            (left, top, left + wide, top + high), look / np.linalg.norm(look)
        )

    fresh, lost = [someone() for _ in range(n)], [someone() for _ in range(m)]
    cost = np.array([[_cost(f, other) for other in lost] for f in fresh])
    expected = _best_pairs(cost.reshape(n, m)) if n and m else {}
    kept = {i: j for i, j in expected.items() if cost[i, j] <= MOST_COST}
    assert match_lost(fresh, lost) == kept


def test_looks_decide_between_faces_in_one_place(stage):
    box = (0, 0, 10, 10)
    fresh = [stage.detection(box, (1, 0)), stage.detection(box, (0, 1))]
    lost = [stage.detection(box, (0, 1)), stage.detection(box, (1, 0))]
    assert match_lost(fresh, lost) == {0: 1, 1: 0}


def test_a_stranger_elsewhere_is_nobody_lost(stage):
    fresh = [stage.detection((0, 0, 10, 10), (1, 0))]
    assert match_lost(fresh, [stage.detection((50, 50, 60, 60), (0, 1))]) == {}
    assert match_lost(fresh, [stage.detection((50, 50, 60, 60), (1, 0))]) == {0: 0}
