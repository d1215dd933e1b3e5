"""A project in memory: it always shows what a fresh calculation would."""

import threading
import time
from functools import partial

import numpy as np
import pytest
from tests.projects import label_of

from feltline.fewshot import Filling
from feltline.project import PRIOR, fill_state, rebuild
from feltline.review import LiveProject
from feltline.review import live as live_module
from feltline.store import TrackEdit


def same(shown, want):
    """Alike but for rounding in float32."""
    np.testing.assert_allclose(shown, want, rtol=0, atol=2e-5)


def assert_as_rebuilt(desk, video_id="talk.mp4", track_id=0):
    """What is shown is what the log gives when all is done again."""
    shown = desk.live.view(video_id, track_id).estimate
    again = rebuild(desk.project, shown.run_id)
    number = [(t.video_id, t.track_id) for t in again.tracks].index(
        (video_id, track_id)
    )
    want = again.estimate(number)
    assert want is not None
    for name in ("affect", "low", "high", "confidence", "expression"):
        same(getattr(shown, name), getattr(want, name))
    np.testing.assert_array_equal(shown.is_human, want.is_human)


def look_again(desk):
    desk.live.changed(None, desk.store.last_event_id())
    desk.live.wait()


def test_before_any_label_the_encoder_speaks(desk):
    view = desk.live.view("talk.mp4", 0)
    assert np.isfinite(view.estimate.affect).all()
    assert view.plan.n_pending == view.pending(desk.live.threshold).sum()
    assert desk.live.names == ["pair.mp4", "talk.mp4"]
    assert len(desk.live.views("pair.mp4")) == 2


def test_a_label_moves_the_curve_at_once_and_can_be_rebuilt(desk):
    before = desk.live.view("talk.mp4", 0).estimate
    event = desk.label(20, 0.9, -0.9)
    after = desk.live.view("talk.mp4", 0).estimate
    assert after.affect[20].tolist() == pytest.approx([0.9, -0.9])
    assert after.is_human[20]
    assert np.abs(after.affect[19] - before.affect[19]).max() > 0.05
    assert after.run_id == f"{PRIOR}+{event}"
    assert_as_rebuilt(desk)
    told = desk.told("refilled")[-1]
    assert (told["video_id"], told["track_ids"]) == ("talk.mp4", [0])
    assert told["run_id"] == after.run_id
    assert told["seconds"] > 0


def test_undo_brings_back_what_was(desk):
    before = desk.live.view("talk.mp4", 0).estimate
    desk.label(20, 0.9, -0.9)
    event = desk.store.undo(rater="anna")
    desk.live.changed("talk.mp4", event)
    desk.live.wait()
    after = desk.live.view("talk.mp4", 0).estimate
    same(after.affect, before.affect)
    assert not after.is_human.any()
    assert_as_rebuilt(desk)


def test_classes_and_spans_teach_too(desk):
    desk.label(10, expression="anger")
    view = desk.live.view("talk.mp4", 0)
    assert view.estimate.expression[10].argmax() == 4
    desk.label(20, -0.4, 0.2, scope="span", last_frame=30)
    view = desk.live.view("talk.mp4", 0)
    assert view.judged.dealt_with[20:31].all()
    assert_as_rebuilt(desk)


def test_hyper_parameters_are_learnt_again_when_it_is_calm(desk, truth, monkeypatch):
    monkeypatch.setattr(live_module, "CALM_S", 0.05)
    monkeypatch.setattr(live_module, "GROWTH", 1.0)
    for frame in (2, 12, 22, 32, 42):
        desk.label(frame, float(truth[frame, 0]), float(truth[frame, 1]))
    until = time.monotonic() + 20
    while "+" in desk.live.view("talk.mp4", 0).estimate.run_id:
        assert time.monotonic() < until
        time.sleep(0.05)
    run = desk.store.latest_run()
    assert run.n_labels == 5
    assert desk.live.view("talk.mp4", 0).estimate.run_id == run.run_id
    monkeypatch.setattr(live_module, "CALM_S", 60.0)
    event = desk.label(27, 0.0, 0.0)
    assert desk.live.view("talk.mp4", 0).estimate.run_id == f"{run.run_id}+{event}"
    assert_as_rebuilt(desk)


def test_other_videos_follow_when_it_is_calm(desk, monkeypatch):
    monkeypatch.setattr(live_module, "CALM_S", 0.05)
    monkeypatch.setattr(live_module, "GROWTH", 1e9)
    desk.live._learnt_from = 1  # learning again would do them all
    before = desk.live.view("pair.mp4", 0).estimate
    event = desk.label(20, 0.9, -0.9)
    until = time.monotonic() + 20
    while {v.estimate.run_id for v in desk.live.views()} != {f"{PRIOR}+{event}"}:
        assert time.monotonic() < until
        time.sleep(0.05)
    after = desk.live.view("pair.mp4", 0).estimate
    assert np.abs(after.affect - before.affect).max() > 1e-4
    assert_as_rebuilt(desk, "pair.mp4", 0)


def edit(desk, kind, video_id="pair.mp4", **numbers):
    made = TrackEdit(video_id=video_id, kind=kind, **numbers)
    event = desk.store.edit_track(made, rater="anna")
    desk.live.changed(video_id, event)
    desk.live.wait()
    return event


def test_a_track_is_split_and_its_labels_follow(desk):
    desk.label(5, 0.1, 0.1)
    desk.label(40, 0.7, 0.1)
    edit(desk, "split", "talk.mp4", track_id=0, frame=30, other_track_id=5)
    left, right = desk.live.view("talk.mp4", 0), desk.live.view("talk.mp4", 5)
    assert (left.track.frame[-1], right.track.frame[0]) == (29, 30)
    assert left.judged.support.frame.tolist() == [5]
    assert right.judged.support.frame.tolist() == [40]
    assert {s.label.track_id for s in desk.live.labels("talk.mp4")} == {0, 5}
    assert_as_rebuilt(desk, "talk.mp4", 5)
    event = desk.store.undo(rater="anna")
    desk.live.changed("talk.mp4", event)
    desk.live.wait()
    assert len(desk.live.view("talk.mp4", 0).track) == 45
    with pytest.raises(KeyError):
        desk.live.view("talk.mp4", 5)


def test_an_ignored_face_is_gone_with_its_labels(desk):
    desk.label(5, 0.1, 0.1, video_id="pair.mp4", track_id=1, found=1)
    edit(desk, "ignore", track_id=1)
    assert [v.track.track_id for v in desk.live.views("pair.mp4")] == [0]
    assert desk.live.video("pair.mp4").ignored == (1,)
    assert desk.live.labels("pair.mp4") == ()
    assert len(desk.live.filling.support) == 0


def test_a_threshold_changes_what_is_asked(desk):
    desk.live.set_threshold(0.0)
    desk.live.wait()
    assert all(v.plan.n_pending == 0 for v in desk.live.views())
    desk.live.set_threshold(1.0)
    desk.live.wait()
    assert all(v.plan.n_pending == len(v.track) for v in desk.live.views())


def test_labels_that_stream_in_from_many_threads_are_all_taken_in(desk):
    def rate(start):
        for frame in range(start, 45, 4):
            label = {"video_id": "talk.mp4"}
            event = desk.store.give_label(_label(frame), found_track_id=0)
            desk.live.changed(label["video_id"], event)

    def _label(frame):
        return label_of(frame, frame / 100, -frame / 100)

    threads = [threading.Thread(target=rate, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.live.wait()
    view = desk.live.view("talk.mp4", 0)
    assert view.estimate.is_human.all()
    assert len(view.judged.support) == 45
    assert_as_rebuilt(desk)


def test_a_fault_in_re_filling_is_told_and_outlived(desk, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(live_module, "reread", broken)
        desk.label(20, 0.9, -0.9)
    assert desk.told("failed") == [{}]
    desk.label(21, 0.9, -0.9)
    assert desk.live.view("talk.mp4", 0).estimate.is_human[[20, 21]].all()


def test_a_project_without_a_face_can_be_opened(project):
    from feltline.pipeline import purge

    for name in ("talk.mp4", "pair.mp4"):
        purge(project, name)
    live = LiveProject(project)
    assert live.views() == []
    assert live.names == []
    live.close()


def test_a_video_that_was_added_meanwhile_is_taken_in(desk):
    from feltline.pipeline import add_videos, purge

    purge(desk.project, "pair.mp4")
    look_again(desk)
    assert desk.live.names == ["talk.mp4"]
    add_videos(desk.project, [str(desk.project.folder / "pair.mp4")])
    look_again(desk)
    assert len(desk.live.views("pair.mp4")) == 2
    assert desk.told("changed")[-1]["video_id"] is None


def test_a_video_added_anew_under_its_old_name_is_another_one(desk):
    from feltline.pipeline import add_videos, purge

    desk.label(20, 0.9, -0.9)
    purge(desk.project, "talk.mp4")
    add_videos(desk.project, [str(desk.project.folder / "talk.mp4")])
    look_again(desk)
    assert desk.live.labels("talk.mp4") == ()
    assert not desk.live.view("talk.mp4", 0).estimate.is_human.any()


def test_a_label_that_is_read_before_it_is_told_is_learnt_from(desk):
    event = desk.store.give_label(label_of(20, 0.9, -0.9), found_track_id=0)
    desk.live.set_threshold(0.9)
    desk.live.wait()
    desk.live.changed("talk.mp4", event)
    desk.live.wait()
    assert desk.live.view("talk.mp4", 0).estimate.is_human[20]
    assert_as_rebuilt(desk)


def test_changes_told_out_of_order_are_named_by_the_last(desk):
    events = [
        desk.store.give_label(label_of(frame, 0.9, -0.9), found_track_id=0)
        for frame in (20, 30)
    ]
    for event in reversed(events):
        desk.live.changed("talk.mp4", event)
    desk.live.wait()
    assert desk.live.view("talk.mp4", 0).estimate.run_id == f"{PRIOR}+{events[-1]}"
    assert_as_rebuilt(desk)


def test_labels_of_several_videos_are_learnt_together(desk, monkeypatch):
    """What is named after an event rests on all labels up to it."""
    monkeypatch.setattr(live_module, "CALM_S", 60.0)
    desk.store.give_label(label_of(20, 0.9, -0.9), found_track_id=0)
    other = label_of(5, -0.9, 0.9, video_id="pair.mp4")
    event = desk.store.give_label(other, found_track_id=0)
    desk.live.changed("pair.mp4", event)
    desk.live.wait()
    assert_as_rebuilt(desk, "pair.mp4", 0)
    assert_as_rebuilt(desk, "talk.mp4", 0)


def test_a_fault_after_the_labels_were_read_loses_none(desk, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(Filling, "with_track_labels", broken)
        desk.label(20, 0.9, -0.9)
    look_again(desk)
    assert desk.live.view("talk.mp4", 0).estimate.is_human[20]
    assert_as_rebuilt(desk)


def test_a_fault_in_a_repair_leaves_all_as_it_was(desk, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(live_module, "fill_state", broken)
        edit(desk, "split", "talk.mp4", track_id=0, frame=30, other_track_id=5)
    assert [t.track_id for t in desk.live.video("talk.mp4").tracks] == [0]
    assert len(desk.live.views("talk.mp4")) == 1
    assert desk.live.filling.tracks
    look_again(desk)
    assert [v.track.track_id for v in desk.live.views("talk.mp4")] == [0, 5]


def test_while_tracks_are_repaired_the_old_ones_stand(desk, monkeypatch):
    """Whoever looks meanwhile finds videos, views and engine that agree."""
    seen = []

    def slow(*args, **kwargs):
        seen.append([t.track_id for t in desk.live.video("talk.mp4").tracks])
        seen.append([v.track.track_id for v in desk.live.views("talk.mp4")])
        seen.append([t.track_id for t in desk.live.filling.tracks[2:]])
        return fill_state(*args, **kwargs)

    monkeypatch.setattr(live_module, "fill_state", slow)
    edit(desk, "split", "talk.mp4", track_id=0, frame=30, other_track_id=5)
    assert seen == [[0], [0], [0]]
    assert len(desk.live.views("talk.mp4")) == 2


def test_waiting_does_not_last_as_long_as_others_go_on(desk):
    """Labels that stream in, and what is done when it is calm, hold nobody up."""
    stop = threading.Event()

    def stream():
        frame = 0
        while not stop.is_set():
            frame = (frame + 1) % 45
            label = label_of(frame, 0.1, 0.1)
            event = desk.store.give_label(label, found_track_id=0)
            desk.live.changed("talk.mp4", event)

    thread = threading.Thread(target=stream)
    thread.start()
    try:
        for _ in range(3):
            desk.live.wait(10.0)
    finally:
        stop.set()
        thread.join()


def test_what_can_wait_holds_nobody_up(desk, monkeypatch):
    """To bring thousands of tracks up to date takes minutes."""
    monkeypatch.setattr(live_module, "CALM_S", 0.0)
    monkeypatch.setattr(desk.live, "_idle_task", lambda: partial(time.sleep, 0.05))
    event = desk.store.give_label(label_of(20, 0.9, -0.9), found_track_id=0)
    desk.live.changed("talk.mp4", event)
    time.sleep(0.5)
    desk.live.wait(5.0)
    assert desk.live.view("talk.mp4", 0).estimate.is_human[20]


def test_a_fault_is_not_tried_again_at_once(desk, monkeypatch):
    """Learning that fails, as on a full disk, must not keep the processor busy."""

    def broken(*_args, **_kwargs):
        raise RuntimeError("broken")

    monkeypatch.setattr(live_module, "CALM_S", 0.01)
    monkeypatch.setattr(live_module, "keep_run", broken)
    desk.label(20, 0.9, -0.9)
    until = time.monotonic() + 20
    while not desk.told("failed"):
        assert time.monotonic() < until
        time.sleep(0.05)
    time.sleep(0.5)
    assert len(desk.told("failed")) == 1
    desk.label(30, 0.9, -0.9)
    assert_as_rebuilt(desk)


def test_what_failed_to_be_taken_in_is_tried_again_by_itself(desk, monkeypatch):
    monkeypatch.setattr(live_module, "AFTER_FAULT_S", 0.1)
    with monkeypatch.context() as patch:
        patch.setattr(live_module, "reread", lambda *_, **__: 1 / 0)
        event = desk.label(20, 0.9, -0.9)
        assert desk.live.taken < event
    until = time.monotonic() + 20
    while desk.live.taken < event:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert desk.live.view("talk.mp4", 0).estimate.is_human[20]


def test_to_look_at_a_project_writes_nothing(project):
    project.store.give_label(label_of(20, 0.9, -0.9), found_track_id=0)
    before = project.store.last_event_id()
    LiveProject(project, keeps_runs=False).close()
    assert project.store.last_event_id() == before
    assert project.store.runs() == []


def test_a_span_follows_every_part_of_its_track(desk):
    desk.label(10, 0.4, 0.1, scope="span", last_frame=40)
    edit(desk, "split", "talk.mp4", track_id=0, frame=30, other_track_id=5)

    def spoken(track_id):
        judged = desk.live.view("talk.mp4", track_id).judged
        track = desk.live.view("talk.mp4", track_id).track
        return track.frame[np.isfinite(judged.affect).all(axis=1)].tolist()

    assert spoken(0) == list(range(10, 30))
    assert spoken(5) == list(range(30, 41))
    desk.label(32, -0.2, 0.1, scope="span", last_frame=34, track_id=5)
    edit(desk, "ignore", "talk.mp4", track_id=0)
    assert spoken(5) == list(range(30, 41))
    made = {e.edit.kind: e.event_id for e in desk.store.track_edits()}
    for kind in ("ignore", "split"):
        desk.store.undo(rater="anna", event_id=made[kind])
    desk.live.changed("talk.mp4", desk.store.last_event_id())
    desk.live.wait()
    assert spoken(0) == list(range(10, 41))
    # The second span was given to a track that is no more; its face still is.
    affect = desk.live.view("talk.mp4", 0).judged.affect
    assert affect[32:35, 0].tolist() == pytest.approx([-0.2] * 3)
