"""One model for page and export; learning as an event; rebuilds."""

import sys
from contextlib import contextmanager
from dataclasses import asdict, replace
from hashlib import sha256

import numpy as np
import polars as pl
import pytest
from tests.projects import judge, judge_truth, write_clip

from feltline.errors import FacesLostError, InputError
from feltline.fewshot import predict_posterior, track_posterior
from feltline.lab.demo import portrait_clip
from feltline.pipeline import Export, add_videos, export, propagate, purge
from feltline.project import (
    FeatureFile,
    Predictor,
    Project,
    current_model,
    is_due,
    lay_over,
    learn,
    load_video,
    rebuild,
)
from feltline.project import basis as basis_module
from feltline.project import learning as learning_module
from feltline.project.basis import fitted_basis, is_outgrown
from feltline.project.export_rows import microseconds
from feltline.project.feature_arrays import PACKET_COLUMNS
from feltline.project.learning import keep_default_model, learnt_model
from feltline.review import LiveProject, status_of


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
    assert np.isfinite(predicted(project)).all()


def test_asking_writes_nothing_also_before_a_model_was_learnt(project):
    """The default model has an id without a row; whoever learns keeps the same one."""
    before = project.store.last_event_id()
    named = current_model(project).model_id
    for layer in ("final", "human", "model"):
        list(Export.begin(project, layer=layer).rows())
    status_of(LiveProject(project))
    rebuild(project, event_id=before)
    assert project.store.current_model_id() is None
    assert project.store.last_event_id() == before
    assert learn(project).model_id == named
    assert project.store.current_model_id() == named


def test_the_default_model_of_the_past_is_that_of_the_videos_of_then(project, tmp_path):
    was, first = predicted(project), Predictor(project).basis.direction
    then = project.store.last_event_id()
    clip = portrait_clip(seconds=1.0, rate_hz=15.0, width=320, height=240, seed=3)
    added = write_clip(tmp_path / "new.mp4", list(clip.frames()))
    assert add_videos(project, [str(added)]).added == ["new.mp4"]
    # What the encoder says is the same; how faces are told apart is not.
    now = Predictor(project).basis.direction
    assert now.shape != first.shape or not np.allclose(now, first)
    built = rebuild(project, event_id=then)
    np.testing.assert_allclose(built.basis.direction, first, atol=1e-9)
    np.testing.assert_allclose(predicted(project, built, at=then), was, atol=1e-9)
    away = project.feature_folder(project.store.video("pair.mp4").content_hash)
    away = away.rename(away.with_name("away"))
    with pytest.raises(InputError, match=r"cannot be rebuilt: .*pair\.mp4"):
        rebuild(project, event_id=then)
    away.rename(project.feature_folder(project.store.video("pair.mp4").content_hash))
    purge(project, "pair.mp4")
    with pytest.raises(InputError, match="was purged, or lost and read again"):
        rebuild(project, event_id=then)


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
    last = max(video.added_at for video in project.store.videos())
    assert updated(project) == {microseconds(last)}  # of the default model
    judge_truth(project, truth)
    learn(project)
    event = project.store.event(project.store.last_event_id())
    assert event.kind == "model"
    assert updated(project) == {microseconds(event.at)}
    judge(project, 30, (-0.5, 0.5))
    assert updated(project) == {microseconds(event.at)}


def read_again(project, name, **others):
    """The features of a video are extracted once more, and come out otherwise."""
    file = load_video(project, name).features
    arrays = {"faces": file.faces, "embeddings": file.embeddings()} | others
    FeatureFile.write(
        file.folder,
        video_id=file.video_id,
        facts=file.facts,
        encoder_id=file.encoder_id,
        views=file.views,
        frames=file._frames,
        packets=np.zeros(0, PACKET_COLUMNS),
        **arrays,
    )
    project.store.note("video-read-again", rater="", detail={"video_id": name})


@contextmanager
def lost(project, name):
    """The features of a video are gone for a while."""
    folder = project.feature_folder(project.store.video(name).content_hash)
    away = folder.rename(folder.with_name("away"))
    yield
    away.rename(folder)


def test_a_model_knows_what_it_could_not_learn_from(project, truth):
    """Taken for learnt from, what was lost then would be taken off the shared sums."""
    judge_truth(project, truth)
    judge(project, 8, (0.9, -0.9), video_id="pair.mp4")
    with lost(project, "pair.mp4"):
        model = learn(project)
        assert (model.n_judgements, model.left_out) == (3, ("pair.mp4",))
        assert not is_due(project)
    assert project.store.model(model.model_id).left_out == ("pair.mp4",)
    video = load_video(project, "pair.mp4")
    predictor = Predictor(project)
    shared = track_posterior(
        model, predictor.features(video, 0), video.observations_of(0), learnt=()
    )
    fresh = predict_posterior(shared, project.schema)
    np.testing.assert_array_equal(predictor.predict(video, 0).value, fresh.value)
    assert is_due(project)
    again = learn(project)
    assert (again.n_judgements, again.left_out) == (4, ())
    events = project.store.last_event_id()
    assert learn(project).model_id == again.model_id
    assert project.store.last_event_id() == events


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


def test_a_rebuild_leaves_out_what_was_lost_then_and_refuses_what_is_lost_now(
    project, truth
):
    judge_truth(project, truth)
    judge(project, 8, (0.1, 0.2), video_id="pair.mp4")
    whole = learn(project)
    with lost(project, "pair.mp4"):
        with pytest.raises(InputError, match=r"cannot be rebuilt without .*pair\.mp4"):
            rebuild(project, model_id=whole.model_id)
        judge(project, 30, (0.5, 0.5))
        part = learn(project)
        assert part.n_judgements == 4
        then, was = project.store.last_event_id(), predicted(project)
        assert rebuild(project, model_id=part.model_id).model.model_id == part.model_id
    built = rebuild(project, model_id=part.model_id)  # they are there again
    assert built.model.model_id == part.model_id
    np.testing.assert_allclose(predicted(project, built, at=then), was, atol=1e-9)
    assert rebuild(project, model_id=whole.model_id).model.n_judgements == 4


def test_a_rebuild_refuses_features_that_are_others_now(project, truth):
    judge_truth(project, truth)
    model = learn(project)
    faces = load_video(project, "talk.mp4").features.faces.copy()
    faces["zero_shot_value"] *= 0.5
    read_again(project, "talk.mp4", faces=faces)
    with pytest.raises(InputError, match="is not what it was learnt from"):
        rebuild(project, model_id=model.model_id)
    again = learn(project)  # as that message says
    assert again.model_id != model.model_id
    assert rebuild(project, model_id=again.model_id).model.model_id == again.model_id


def test_a_basis_is_of_the_features_that_are_there(project):
    before = fitted_basis(project).basis.basis_id
    embeddings = load_video(project, "talk.mp4").features.embeddings()
    other = np.random.default_rng(0).normal(size=embeddings.shape)
    read_again(project, "talk.mp4", embeddings=other.astype(np.float32))
    assert fitted_basis(project).basis.basis_id != before


def test_the_default_model_takes_the_place_of_none_that_was_learnt_meanwhile(
    project, truth, monkeypatch
):
    judge_truth(project, truth)

    def fitted_slowly(project):
        fitted = fitted_basis(project)
        with monkeypatch.context() as patch:
            patch.setattr(learning_module, "fitted_basis", fitted_basis)
            learn(project)  # in another process
        return fitted

    monkeypatch.setattr(learning_module, "fitted_basis", fitted_slowly)
    keep_default_model(project)
    assert current_model(project).n_judgements == 3


def test_a_rebuild_takes_no_older_model_for_one_that_was_purged(project, truth):
    judge(project, 8, (0.9, -0.9), video_id="pair.mp4")
    basis, videos = fitted_basis(project, without=["talk.mp4"])
    project.store.save_basis(basis, videos=videos)
    first = learnt_model(project, basis, at=project.store.last_event_id())
    at_first = project.store.save_model(first)
    was = predicted(project, name="pair.mp4")
    judge_truth(project, truth)
    learn(project)
    then = project.store.last_event_id()
    project.store.purge_video("talk.mp4")
    after = project.store.last_event_id()
    with pytest.raises(InputError, match=f"in force at event {then} is not kept"):
        rebuild(project, event_id=then)
    for event_id in (at_first, after):
        built = rebuild(project, event_id=event_id)
        got = predicted(project, built, at=event_id, name="pair.mp4")
        np.testing.assert_allclose(got, was, atol=1e-9)


def test_a_basis_is_outgrown_however_many_tracks_there_are(project, monkeypatch):
    """Its sample is bounded, and stands for a share of the project."""
    videos, found = project.store.videos(), project.store.found_tracks()
    basis = project.store.basis(learn(project).basis_id)

    def sample_of(n):
        """What is sampled where there are n tracks."""
        names = [f"v{i:05d}" for i in range(n - len(found))]
        hashes = [sha256(name.encode()).hexdigest() for name in names]
        more = [
            replace(videos[0], video_id=name, content_hash=content)
            for name, content in zip(names, hashes, strict=True)
        ]
        tracks = [*found, *(replace(found[0], video_id=name) for name in names)]
        monkeypatch.setattr(project.store, "videos", lambda: [*videos, *more])
        monkeypatch.setattr(project.store, "found_tracks", lambda: tracks)
        return basis_module._sample(project)

    for before in (100, 400, 700, 5000):
        sample = sample_of(before)
        assert sum(len(numbers) for _, numbers in sample) == min(before, 500)
        then = [video.video_id for video, _ in sample]
        monkeypatch.setattr(
            project.store, "basis_videos", lambda _, fitted=then: fitted
        )
        monkeypatch.setattr(basis_module, "lack_of", lambda *_: None)
        for share, outgrown in ((1.0, False), (1.3, False), (1.7, True), (10, True)):
            sample_of(int(before * share))
            assert is_outgrown(project, basis) is outgrown, (before, share)
        # What is lost would be no part of a new basis.
        monkeypatch.setattr(basis_module, "lack_of", lambda *_: FacesLostError("lost"))
        assert not is_outgrown(project, basis)


def all_said(project):
    """What page, export and status say."""
    live = LiveProject(project)
    live.settle()
    shown = [view.rows for name in live.index.videos for view in live.views(name)]
    exported = list(Export.begin(project, layer="final").rows())
    numbers = [np.column_stack([r.value, r.low, r.high, r.confidence]) for r in shown]
    written = [np.column_stack([r.value, r.confidence]) for r in exported]
    figures = asdict(status_of(live)) | {"events": 0}
    return np.concatenate(numbers), np.concatenate(written), figures, live.model_id


def test_a_default_model_that_is_kept_is_the_one_that_was_computed(project, truth):
    computed = all_said(project)
    keep_default_model(project)
    assert project.store.current_model_id() == computed[-1]
    for before, after in zip(computed, all_said(project), strict=True):
        np.testing.assert_equal(after, before)
    events = project.store.last_event_id()
    keep_default_model(project)
    assert project.store.last_event_id() == events
    judge_truth(project, truth)
    said = predicted(project)
    built = rebuild(project, event_id=project.store.last_event_id())
    np.testing.assert_allclose(predicted(project, built), said, atol=1e-9)
