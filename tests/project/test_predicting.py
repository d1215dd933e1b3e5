"""One model for page and export; learning as an event; rebuilds."""

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.projects import judge, judge_truth

from feltline.errors import InputError
from feltline.pipeline import Export, export, propagate, purge
from feltline.project import (
    Predictor,
    Project,
    current_model,
    is_due,
    lay_over,
    learn,
    load_video,
    predicting,
    rebuild,
)
from feltline.project.export_rows import microseconds


def predicted(project, predictor=None, at=None, name="talk.mp4"):
    predictor = predictor or Predictor(project)
    video = load_video(project, name, at=at)
    return np.concatenate(
        [
            np.column_stack([p.value, p.low, p.high, p.confidence])
            for p in (predictor.predict(video, t.track_id) for t in video.tracks)
        ]
    )


def test_before_any_label_the_default_model_is_in_force(project):
    model = current_model(project)
    assert model.model_id.startswith("default-")
    assert project.store.current_model_id() == model.model_id
    assert np.isfinite(predicted(project)).all()


def test_learning_is_an_event_that_all_see(project, truth):
    before = current_model(project)
    judge_truth(project, truth)
    assert is_due(project)
    assert (
        current_model(project).model_id == before.model_id
    )  # nobody learns in passing
    model = learn(project)
    assert current_model(project).model_id == model.model_id
    assert model.n_judgements == 3
    assert not is_due(project)
    events = project.store.last_event_id()
    assert learn(project).model_id == model.model_id
    assert project.store.last_event_id() == events  # nothing new to learn


def test_a_label_moves_its_own_track_only_until_the_next_learning(project, truth):
    judge_truth(project, truth)
    learn(project)
    pair = predicted(project, name="pair.mp4")
    own = predicted(project)
    judge(project, 40, (0.9, 0.9))
    assert (predicted(project, name="pair.mp4") == pair).all()
    assert (predicted(project) != own).any()


def test_what_was_learnt_and_is_still_said_counts_once(project, truth):
    judge_truth(project, truth)
    model = learn(project)
    fresh = predicted(project)
    event = judge(project, 40, (0.9, 0.9))
    assert (predicted(project) != fresh).any()
    project.store.undo(rater="anna", event_id=event)
    np.testing.assert_allclose(predicted(project), fresh, atol=1e-9)
    assert current_model(project).model_id == model.model_id


def test_a_rebuild_gives_the_same_numbers(project, truth):
    judge_truth(project, truth)
    first = learn(project)
    then = project.store.last_event_id()
    was = predicted(project)
    judge(project, 30, (-0.5, 0.5))
    judge(project, 31, (0.5, 0.5), rater="ken")
    learn(project)
    now = project.store.last_event_id()
    again = predicted(project)
    for built in (
        rebuild(project, event_id=then),
        rebuild(project, model_id=first.model_id),
    ):
        np.testing.assert_allclose(predicted(project, built, at=then), was, atol=1e-9)
    built = rebuild(project, event_id=now)
    np.testing.assert_allclose(predicted(project, built, at=now), again, atol=1e-9)
    assert first.model_id != built.model.model_id


def test_a_rebuild_refuses_after_a_purge(project, truth):
    judge_truth(project, truth)
    model = learn(project)
    made = purge(project, "talk.mp4")
    assert model.model_id in made.models
    with pytest.raises(InputError, match="purged"):
        rebuild(project, model_id=model.model_id)
    assert current_model(project).model_id == made.model_id


def test_export_says_what_the_page_says(project, truth, tmp_path):
    judge_truth(project, truth)
    made = propagate(project)
    judge(project, 10, (), expression="anger")
    written, promise = export(project, tmp_path / "out.parquet")
    assert promise["model_id"] == made.model.model_id
    table = pl.read_parquet(tmp_path / "out.parquet")
    assert len(table) == written
    video = load_video(project, "talk.mp4")
    rows = lay_over(
        video.annotations_of(0), Predictor(project).predict(video, 0), project.schema
    )
    talk = table.filter(pl.col("video_id") == "talk.mp4")
    assert (talk["valence"].to_numpy() == rows.value[:, 0]).all()
    assert (talk["confidence"].to_numpy() == rows.confidence).all()
    at = talk.filter(pl.col("frame") == 10).to_dicts()[0]
    assert (at["origin"], at["expression_origin"], at["expression"]) == (
        "model",
        "human",
        "anger",
    )


def updated(project):
    """When rows were last changed that nobody judged."""
    rows = Export.begin(project, layer="final").rows()
    return {t for r in rows for t in r.updated_at[r.revision == 0].tolist()}


def test_predicted_rows_were_last_changed_when_their_model_was_put_in_force(
    project, truth
):
    assert updated(project) == updated(project)
    event = project.store.events(after=project.store.last_event_id() - 1)[0]
    assert event.kind == "model"
    assert updated(project) == {microseconds(event.at)}
    judge_truth(project, truth)
    learn(project)
    event = project.store.event(project.store.last_event_id())
    assert event.kind == "model"
    assert updated(project) == {microseconds(event.at)}
    judge(project, 30, (-0.5, 0.5))
    assert updated(project) == {microseconds(event.at)}


def test_a_video_that_is_read_again_is_learnt_from_however_long_the_log(project, truth):
    judge_truth(project, truth)
    learn(project)
    for number in range(1000):
        project.store.note("export", rater="anna", detail={"rows": number})
    before = project.store.last_event_id()
    learn(project)
    assert project.store.last_event_id() == before
    project.store.note("video-read-again", rater="", detail={"video_id": "talk.mp4"})
    model = learn(project)
    assert model.learnt_from_event == before + 1


def test_a_rebuild_is_refused_by_another_version_or_encoder(
    project, truth, monkeypatch
):
    judge_truth(project, truth)
    model = learn(project)
    other = replace(project.settings, encoder="geometry")
    changed = Project(project.folder, other, project.store)
    with pytest.raises(InputError, match="set the former one again"):
        rebuild(changed, model_id=model.model_id)
    monkeypatch.setattr(sys.modules[rebuild.__module__], "version", lambda: "9.9.9")
    with pytest.raises(InputError, match="install that version"):
        rebuild(project, model_id=model.model_id)


def test_a_rebuild_is_refused_where_features_were_lost_then_or_are_now(project, truth):
    judge_truth(project, truth)
    judge(project, 8, (0.1, 0.2), video_id="pair.mp4")
    whole = learn(project)
    content = project.store.video("pair.mp4").content_hash
    folder = project.feature_folder(content)
    away = folder.rename(folder.with_name("away"))
    with pytest.raises(InputError, match=r"learnt from 4 judgements, and now .* 3"):
        rebuild(project, model_id=whole.model_id)
    judge(project, 30, (0.5, 0.5))
    part = learn(project)
    assert part.n_judgements == 4
    again = rebuild(project, model_id=part.model_id)
    assert again.model.model_id == part.model_id
    away.rename(folder)
    with pytest.raises(InputError, match=r"learnt from 4 judgements, and now .* 5"):
        rebuild(project, model_id=part.model_id)
    assert rebuild(project, model_id=whole.model_id).model.n_judgements == 4


def test_several_threads_may_use_one_predictor(project, truth, monkeypatch):
    """What one looks up another may push out meanwhile."""
    judge_truth(project, truth)
    learn(project)
    monkeypatch.setattr(predicting, "MAX_BYTES", 1)
    videos = [load_video(project, name) for name in project.store.video_names()]
    assert len(videos) > 1
    predictor = Predictor(project)

    def learnt(number):
        video = videos[number % len(videos)]
        then = predictor._state_then(video)
        return then.video == video.video

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(learnt, range(400)))
    finally:
        sys.setswitchinterval(before)
    assert len(predictor._then) == 1
