"""A project that is worked in: what is shown is always what the log says."""

import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import numpy as np
import pytest
from tests.generated import add_generated, generate, judgement_of
from tests.review.conftest import Desk

from feltline.project import FeatureFile, Predictor, lay_over, learn, load_video
from feltline.project.feature_arrays import PACKET_COLUMNS
from feltline.review import LiveProject, Queue, Worker, status_of
from feltline.review import worker as worker_module
from feltline.store import TrackEdit

ARRAYS = ("value", "low", "high", "confidence", "expression", "origin", "reviewed")


def assert_as_read_anew(desk, video_id="talk.mp4", track_id=0):
    """What is shown is what the log gives when all is read and computed again."""
    video, predictor = load_video(desk.project, video_id), Predictor(desk.project)
    want = lay_over(
        video.annotations_of(track_id),
        predictor.predict(video, track_id),
        desk.project.schema,
    )
    shown = desk.view(video_id, track_id).rows
    for name in ARRAYS:
        np.testing.assert_array_equal(getattr(shown, name), getattr(want, name), name)


def until(holds, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_before_any_judgement_the_default_model_speaks(desk):
    view = desk.view()
    assert view.prediction.model_id.startswith("default-")
    assert np.isfinite(view.rows.value).all()
    assert list(desk.live.index.videos) == ["pair.mp4", "talk.mp4"]
    assert len(desk.live.views("pair.mp4")) == 2


def test_a_judgement_moves_the_curve_at_once(desk):
    before = desk.view()
    judgement = judgement_of(20, 0.9, -0.9)
    (event,) = desk.store.give_judgements([(judgement, 0, None)])
    desk.live.touched("talk.mp4", event.event_id)  # nobody has waited for the worker
    after = desk.view()
    np.testing.assert_allclose(after.rows.value[20], [0.9, -0.9], atol=1e-6)
    assert np.abs(after.rows.value[19] - before.rows.value[19]).max() > 0.02
    assert_as_read_anew(desk)


def test_a_judgement_costs_its_own_track(desk):
    until(lambda: not desk.live.stale())  # the worker is done with both videos
    others = {key: desk.view(*key) for key in (("pair.mp4", 0), ("talk.mp4", 0))}
    desk.judge(5, 0.3, 0.3, video_id="pair.mp4", track_id=1)
    for key, view in others.items():
        assert desk.view(*key) is view
    told = desk.told("refilled")[-1]
    assert told["video_id"] == "pair.mp4"
    assert told["seconds"] > 0


def test_undo_brings_back_what_was(desk):
    before = desk.view().rows
    desk.judge(20, 0.9, -0.9)
    desk.undo()
    for name in ARRAYS:
        np.testing.assert_array_equal(
            getattr(desk.view().rows, name), getattr(before, name)
        )


def test_classes_and_spans_count(desk):
    desk.judge(10, expression="anger")
    desk.judge(20, -0.4, 0.2, scope="span", last_frame=30)
    view = desk.view()
    assert view.rows.expression[10] == 4
    assert view.annotations.reviewed[20:31].all()
    assert_as_read_anew(desk)


def test_a_track_is_split_and_its_judgements_follow(desk):
    desk.judge(5, 0.1, 0.1)
    desk.judge(40, 0.7, 0.1)
    desk.edit("split", track_id=0, frame=30, other_track_id=5)
    left, right = desk.view(), desk.view("talk.mp4", 5)
    assert (left.track.frame[-1], right.track.frame[0]) == (29, 30)
    assert np.flatnonzero(left.annotations.reviewed).tolist() == [5]
    assert right.track.frame[right.annotations.reviewed].tolist() == [40]
    assert_as_read_anew(desk)
    assert_as_read_anew(desk, "talk.mp4", 5)
    desk.undo()
    assert len(desk.view().track) == 45
    with pytest.raises(KeyError):
        desk.view("talk.mp4", 5)


def test_an_ignored_face_is_gone_with_its_frames(desk):
    desk.judge(5, 0.1, 0.1, video_id="pair.mp4", track_id=1)
    frames = status_of(settled(desk)).frames
    desk.edit("ignore", "pair.mp4", track_id=1)
    assert [v.track.track_id for v in desk.live.views("pair.mp4")] == [0]
    assert desk.live.index.totals().frames == frames - 20


def settled(desk):
    desk.live.settle()
    return desk.live


def test_a_threshold_costs_no_prediction(desk, monkeypatch):
    live = settled(desk)
    monkeypatch.setattr(Predictor, "posterior", lambda *_: 1 / 0)
    for threshold in (0.0, 0.31, 0.8, 1.0):
        desk.set_threshold(threshold)
        views = [v for name in live.index.videos for v in live.views(name)]
        totals = live.index.totals()
        pending = sum(int(v.rows.is_pending(threshold).sum()) for v in views)
        assert totals.pending(threshold) == pending
        assert totals.accepted(threshold) == totals.frames - pending


def test_judgements_that_stream_in_from_many_threads_are_all_taken_in(desk):
    def rate(start):
        for frame in range(start, 45, 4):
            judgement = judgement_of(frame, frame / 100, -frame / 100)
            (event,) = desk.store.give_judgements([(judgement, 0, None)])
            desk.worker.changed("talk.mp4", event.event_id)

    threads = [threading.Thread(target=rate, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desk.worker.wait()
    assert desk.view().annotations.reviewed.all()
    assert desk.live.n_decided() == 45
    assert_as_read_anew(desk)


def test_a_fault_in_the_worker_is_told_and_outlived(desk, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(desk.live, "summarise", lambda *_: 1 / 0)
        desk.judge(20, 0.9, -0.9)
    assert desk.told("failed")
    desk.judge(21, 0.9, -0.9)
    assert desk.view().annotations.reviewed[[20, 21]].all()


def test_what_failed_is_tried_again_by_itself(desk, monkeypatch):
    monkeypatch.setattr(worker_module, "AFTER_FAULT_S", 0.05)
    until(lambda: not desk.live.stale())
    with monkeypatch.context() as patch:
        patch.setattr(desk.live, "summarise", lambda *_: 1 / 0)
        desk.judge(20, 0.9, -0.9)
        assert desk.live.stale() == ["talk.mp4"]
    until(lambda: not desk.live.stale())
    assert desk.live.index.totals().reviewed == 1


def test_a_video_that_is_purged_after_a_fault_holds_nothing_up(desk, monkeypatch):
    monkeypatch.setattr(worker_module, "AFTER_FAULT_S", 0.05)
    with monkeypatch.context() as patch:
        patch.setattr(desk.live, "summarise", lambda *_, **__: 1 / 0)
        desk.judge(5, 0.9, -0.9, video_id="pair.mp4")
        desk.store.purge_video("pair.mp4")
    desk.worker.look()
    until(lambda: list(desk.live.index.videos) == ["talk.mp4"])
    until(lambda: not desk.worker._touched)
    desk.judge(20, 0.9, -0.9)
    assert desk.live.index.totals().reviewed == 1


def test_a_project_without_a_face_can_be_opened(project):
    for name in ("talk.mp4", "pair.mp4"):
        project.store.purge_video(name)
    with closing(Desk(project)) as desk:
        assert desk.queue.items(5) == []
        assert desk.live.model_id == ""
        assert status_of(desk.live).frames == 0


def test_a_video_that_came_meanwhile_is_taken_in(desk):
    add_generated(desk.project, "new.mp4", [30], np.random.default_rng(9))
    desk.worker.look()
    desk.worker.wait()
    assert len(desk.live.views("new.mp4")) == 1
    assert desk.told("changed")[-1]["video_id"] is None
    until(lambda: desk.live.index.totals().frames == 45 + 40 + 30)


def test_a_video_that_was_read_again_is_shown_by_its_new_features(desk):
    until(lambda: not desk.live.stale())
    before = desk.view().prediction.value
    file = load_video(desk.project, "talk.mp4").features
    faces = file.faces.copy()
    faces["zero_shot_value"] *= -1
    FeatureFile.write(
        file.folder,
        video_id=file.video_id,
        facts=file.facts,
        encoder_id=file.encoder_id,
        views=file.views,
        frames=file._frames,
        packets=np.zeros(0, PACKET_COLUMNS),
        faces=faces,
        embeddings=file.embeddings(),
    )
    note = {"video_id": "talk.mp4"}
    event_id = desk.store.note("video-read-again", rater="", detail=note)
    desk.worker.look()
    desk.worker.wait()
    assert np.abs(desk.view().prediction.value - before).max() > 0.05
    assert_as_read_anew(desk)
    until(lambda: not desk.live.stale())
    assert desk.live.summarise("talk.mp4").revision >= event_id


def test_a_purged_video_is_gone(desk):
    settled(desk)
    desk.store.purge_video("pair.mp4")
    desk.worker.look()
    desk.worker.wait()
    assert list(desk.live.index.videos) == ["talk.mp4"]
    with pytest.raises(KeyError):
        desk.view("pair.mp4", 0)
    until(lambda: desk.live.index.totals().frames == 45)


def test_summaries_are_kept_and_hold_after_a_restart(project, monkeypatch):
    with closing(Desk(project)) as desk:
        desk.judge(20, 0.9, -0.9)
        of = {"model_id": desk.live.model_id, "threshold": desk.live.threshold}
        until(lambda: not desk.store.stale_summaries(**of))
        before = desk.live.index.totals()
    monkeypatch.setattr(Predictor, "posterior", lambda *_: 1 / 0)
    live = LiveProject(project)
    assert live.stale() == []
    after = live.index.totals()
    assert (after.frames, after.reviewed) == (85, 1)
    np.testing.assert_array_equal(after.confidence_counts, before.confidence_counts)


def test_a_judgement_of_another_process_makes_its_summaries_stale(project):
    with closing(Desk(project)) as desk:
        until(lambda: len(desk.store.summaries()) == 2)
    project.store.give_judgements([(judgement_of(20, 0.9, -0.9), 0, None)])
    live = LiveProject(project)
    assert live.stale() == ["talk.mp4"]
    live.settle()
    assert live.index.totals().reviewed == 1


def test_a_model_is_learnt_when_it_is_due_and_all_see_it(project, truth, monkeypatch):
    monkeypatch.setattr(worker_module, "IDLE_S", 0.05)
    monkeypatch.setattr(worker_module, "LOOK_EVERY_S", 0.05)
    with closing(Desk(project, learns=True)) as desk:
        first = desk.live.model_id
        for frame in (2, 12, 22, 32, 42):
            desk.judge(frame, *map(float, truth["talk.mp4", 0][frame]))
        until(lambda: desk.live.model_id != first)
        model_id = desk.live.model_id
        assert desk.store.current_model_id() == model_id
        assert desk.view("pair.mp4", 1).prediction.model_id == model_id
        assert {"video_id": None, "track_ids": [], "model_id": model_id} in (
            desk.told("refilled")
        )
        until(lambda: not desk.live.stale())
        assert_as_read_anew(desk)
        assert_as_read_anew(desk, "pair.mp4", 1)


def test_a_model_that_another_process_learnt_is_taken_in(desk):
    desk.judge(20, 0.9, -0.9)
    model = learn(desk.project)
    desk.worker.look()
    desk.worker.wait()
    assert desk.view().prediction.model_id == model.model_id
    assert_as_read_anew(desk)


def test_no_notification_storm(project):
    """Twenty videos are summarised; pages are told a few times, not twenty."""
    for number in range(20):
        rng = np.random.default_rng(number)
        add_generated(project, f"more{number}.mp4", [15], rng)
    with closing(Desk(project)) as desk:
        until(lambda: not desk.live.stale())
        until(lambda: desk.told("refilled"))
        assert len(desk.told("refilled")) <= 6


def test_close_ends_what_is_under_way(project):
    live = LiveProject(project)
    worker = Worker(live, Queue(live))
    for _ in range(2):
        worker.start()
        thread = worker._thread
        assert thread is not None
        assert thread.is_alive()
        worker.close()
        assert not thread.is_alive()


def test_close_waits_for_a_model_that_is_begun_at_the_very_end(project, monkeypatch):
    live = LiveProject(project)
    worker = Worker(live, Queue(live))
    learning = threading.Thread(target=time.sleep, args=(0.5,))

    def last_task():
        until(lambda: worker._closing)
        time.sleep(0.1)  # `close` waits for this thread by now
        worker._learning = learning
        learning.start()

    monkeypatch.setattr(worker, "_next_task", iter([last_task, None]).__next__)
    worker.start()
    worker.close()
    assert not learning.is_alive()


def test_two_who_ask_for_a_track_compute_it_once(project, monkeypatch):
    live, predicted = LiveProject(project), []
    posterior = Predictor.posterior

    def slowly(self, video, track_id):
        predicted.append(track_id)
        time.sleep(0.1)
        return posterior(self, video, track_id)

    monkeypatch.setattr(Predictor, "posterior", slowly)
    with ThreadPoolExecutor(4) as pool:
        views = list(pool.map(lambda _: live.view("talk.mp4", 0), range(4)))
    assert predicted == [0]
    assert all(view is views[0] for view in views)


def test_a_track_that_cannot_be_computed_holds_nobody_up(project, monkeypatch):
    live, calls = LiveProject(project), []

    def fails_once(self, video, track_id):
        calls.append(track_id)
        if len(calls) == 1:
            raise ZeroDivisionError
        return posterior(self, video, track_id)

    posterior = Predictor.posterior
    monkeypatch.setattr(Predictor, "posterior", fails_once)
    with pytest.raises(ZeroDivisionError):
        live.view("talk.mp4", 0)
    assert live.view("talk.mp4", 0).key == ("talk.mp4", 0)


def test_a_pass_over_all_videos_leaves_at_hand_what_was(project, monkeypatch):
    """Or a project of thousands of videos pushes out those of its own queue."""
    live = LiveProject(project)
    live.view("talk.mp4", 0)
    for name in ("talk.mp4", "pair.mp4"):
        live.summarise(name, keeps=False)
    predicted: list[int] = []
    posterior = Predictor.posterior

    def counted(self, video, number):
        predicted.append(number)
        return posterior(self, video, number)

    monkeypatch.setattr(Predictor, "posterior", counted)
    live.view("talk.mp4", 0)
    assert predicted == []
    live.view("pair.mp4", 0)
    assert predicted == [0]


def test_a_state_takes_no_more_memory_than_is_counted(tmp_path):
    """Its edited tracks, what was said, and all of that as it was at learning."""
    with closing(generate(tmp_path, {"a.mp4": [10_000, 10_000]}).project) as project:
        said = [judgement_of(n, 0.1, 0.2, video_id="a.mp4") for n in (5, 900, 8000)]
        project.store.give_judgements([(one, 0, None) for one in said])
        predictor = Predictor(project, learn(project))
        split = {"track_id": 0, "frame": 4000, "other_track_id": 5}
        edit = TrackEdit(video_id="a.mp4", kind="split", **split)
        project.store.edit_track(edit, rater="anna")
        load_video(project, "a.mp4")  # statements are compiled once, and kept
        tracemalloc.start()
        try:
            video = load_video(project, "a.mp4")
            for track in video.tracks:
                predictor.predict(video, track.track_id)
                video.annotations_of(track.track_id)
            taken, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert video.past
        assert video.features.n_bytes * 1.5 < taken < video.n_bytes * 1.1
