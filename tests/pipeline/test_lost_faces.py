"""A video whose features are lost keeps neither the others nor its labels in."""

import shutil

import polars as pl
import pytest
from tests.projects import judge

from feltline.errors import FacesLostError
from feltline.fewshot import Budget
from feltline.pipeline import add_videos, export, import_labels, propagate, suggest_in
from feltline.project import current_model, learn, load_video


def lose_features(project, *names):
    for name in names:
        content = project.store.video(name).content_hash
        shutil.rmtree(project.features_folder / content)


@pytest.fixture
def labelled(project):
    """Labels in both videos, and no model learnt yet."""
    for frame in (2, 20, 40):
        judge(project, frame, (0.3, 0.1))
    judge(project, 5, (-0.5, 0.2), video_id="pair.mp4", comment="which of them?")
    return project


@pytest.fixture
def lacking(labelled):
    """The features of pair.mp4 are lost, and its file is gone."""
    lose_features(labelled, "pair.mp4")
    (labelled.folder / "pair.mp4").rename(labelled.folder / "pair.away")
    return labelled


def names_the_loss(text):
    return all(
        words in text
        for words in ("pair.mp4", "no longer kept", "feltline add", "feltline purge")
    )


def test_what_people_said_needs_no_features(lacking, tmp_path):
    assert export(lacking, tmp_path / "h.csv", layer="human") == (4, {})
    lose_features(lacking, "talk.mp4")
    assert export(lacking, tmp_path / "h.csv", layer="human") == (4, {})
    table = pl.read_csv(tmp_path / "h.csv")
    assert "which of them?" in table["comment"].to_list()
    assert sorted(table["frame"].to_list()) == [2, 5, 20, 40]
    assert table["time_s"].null_count() == 4


def test_labels_of_a_video_without_features_are_refused(lacking, tmp_path):
    """Whether the face is seen in that frame nobody knows."""
    file = tmp_path / "l.csv"
    file.write_text("video,frame,face,valence,arousal\npair.mp4,7,1,0.5,0.5\n")
    with pytest.raises(FacesLostError) as refused:
        import_labels(lacking, file)
    assert names_the_loss(str(refused.value))
    file.write_text("video,frame,face,valence,arousal\ntalk.mp4,7,0,0.5,0.5\n")
    assert import_labels(lacking, file).added == 1


def test_other_videos_are_exported(lacking, tmp_path, caplog):
    out = tmp_path / "t.parquet"
    assert export(lacking, out, videos=["talk.mp4"])[0] == 45
    caplog.clear()
    assert export(lacking, out)[0] == 45
    assert "pair.mp4 is not in this export" in caplog.text
    assert names_the_loss(caplog.text)
    with pytest.raises(FacesLostError) as refused:
        export(lacking, out, videos=["pair.mp4"])
    assert names_the_loss(str(refused.value))


def test_the_others_are_learnt_from_and_asked_about(lacking, caplog):
    made = propagate(lacking)
    assert (made.model.n_judgements, made.frames) == (3, 45)
    assert names_the_loss(caplog.text)
    assert {s.video_id for s in suggest_in(lacking, Budget(per_clip=1))} == {"talk.mp4"}


def test_read_again_it_is_exported_too(lacking, tmp_path):
    assert export(lacking, tmp_path / "one.csv")[0] == 45
    (lacking.folder / "pair.away").rename(lacking.folder / "pair.mp4")
    assert add_videos(lacking, [str(lacking.folder / "pair.mp4")]).known
    assert export(lacking, tmp_path / "both.csv")[0] == 45 + 2 * 20
    assert learn(lacking).n_judgements == 4


def test_a_project_of_which_all_features_are_lost_says_so(lacking, tmp_path):
    lose_features(lacking, "talk.mp4")
    for attempt in (
        lambda: load_video(lacking, "talk.mp4"),
        lambda: propagate(lacking),
        lambda: current_model(lacking),
        lambda: export(lacking, tmp_path / "all.csv"),
    ):
        with pytest.raises(FacesLostError, match="feltline add"):
            attempt()
