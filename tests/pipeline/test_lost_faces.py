"""A video whose faces are lost keeps neither the others nor its labels in."""

import shutil

import polars as pl
import pytest
from tests.projects import label_of

from feltline.errors import FacesLostError
from feltline.pipeline import add_videos, export, import_labels
from feltline.project import current_run, load_state, propagate, rebuild
from feltline.review import LiveProject, status_of


def lose_faces(project, *names):
    for name in names:
        content = project.store.video(name).content_hash
        for folder in project.faces_folder.glob(f"{content[:20]}*"):
            shutil.rmtree(folder)


@pytest.fixture
def labelled(project):
    """Labels in both videos, and no run yet."""
    for frame in (2, 20, 40):
        project.store.give_label(label_of(frame, 0.3, 0.1), found_track_id=0)
    other = label_of(5, -0.5, 0.2, video_id="pair.mp4", comment="which of them?")
    project.store.give_label(other, found_track_id=0)
    return project


@pytest.fixture
def lacking(labelled):
    """The faces of pair.mp4 are lost, and its file is gone."""
    lose_faces(labelled, "pair.mp4")
    (labelled.folder / "pair.mp4").rename(labelled.folder / "pair.away")
    return labelled


def names_the_loss(text):
    return all(
        words in text
        for words in ("pair.mp4", "no longer kept", "feltline add", "feltline purge")
    )


def test_what_people_said_needs_no_faces(lacking, tmp_path):
    assert export(lacking, tmp_path / "h.csv", layer="human") == 4
    lose_faces(lacking, "talk.mp4")
    assert export(lacking, tmp_path / "h.csv", layer="human") == 4
    table = pl.read_csv(tmp_path / "h.csv")
    assert "which of them?" in table["comment"].to_list()


def test_labels_are_imported_without_faces(lacking, tmp_path):
    file = tmp_path / "l.csv"
    file.write_text("video,frame,face,valence,arousal\npair.mp4,7,1,0.5,0.5\n")
    assert import_labels(lacking, file).added == 1


def test_other_videos_are_exported(lacking, tmp_path, caplog):
    out = tmp_path / "t.parquet"
    assert export(lacking, out, videos=["talk.mp4"]) == 45
    assert names_the_loss(caplog.text)
    caplog.clear()
    assert export(lacking, out) == 45
    assert "pair.mp4 is not in this export" in caplog.text
    assert names_the_loss(caplog.text)
    with pytest.raises(FacesLostError) as refused:
        export(lacking, out, videos=["pair.mp4"])
    assert names_the_loss(str(refused.value))


def test_labels_are_carried_on_in_the_others(lacking, caplog):
    made = propagate(lacking)
    assert [t.video_id for t in made.state.tracks] == ["talk.mp4"]
    assert made.run.n_labels == 3
    assert names_the_loss(caplog.text)
    assert current_run(lacking) == made.run
    again = rebuild(lacking, made.run.run_id)
    assert again.run_id == made.run.run_id


def test_the_project_is_worked_in_without_it(lacking, caplog):
    live = LiveProject(lacking)
    try:
        assert live.names == ["talk.mp4"]
        assert names_the_loss(caplog.text)
        status = status_of(live)
        assert (status.videos, status.labels, status.frames) == (1, 3, 45)
        event = lacking.store.give_label(label_of(30, 0.1, 0.1), found_track_id=0)
        live.changed("talk.mp4", event)
        live.wait()
        assert len(live.labels("talk.mp4")) == 4
        (lacking.folder / "pair.away").rename(lacking.folder / "pair.mp4")
        add_videos(lacking, [str(lacking.folder / "pair.mp4")])
        live.changed(None, lacking.store.last_event_id())
        live.wait()
        assert live.names == ["pair.mp4", "talk.mp4"]
    finally:
        live.close()


def test_read_again_it_is_filled_in_too(lacking, tmp_path):
    assert export(lacking, tmp_path / "one.csv") == 45
    before = current_run(lacking)
    (lacking.folder / "pair.away").rename(lacking.folder / "pair.mp4")
    assert add_videos(lacking, [str(lacking.folder / "pair.mp4")]).known
    assert export(lacking, tmp_path / "both.csv") == 45 + 2 * 20
    assert current_run(lacking) != before


def test_what_was_filled_in_before_is_exported_without_faces(
    labelled, tmp_path, caplog
):
    run = current_run(labelled)
    lose_faces(labelled, "pair.mp4", "talk.mp4")
    assert export(labelled, tmp_path / "all.csv") == 45 + 2 * 20
    assert current_run(labelled) == run
    assert caplog.text == ""
    assert run is not None
    with pytest.raises(FacesLostError):
        rebuild(labelled, run.run_id)


def test_a_project_of_which_all_faces_are_lost_says_so(lacking):
    lose_faces(lacking, "talk.mp4")
    for attempt in (load_state, propagate, current_run, LiveProject):
        with pytest.raises(FacesLostError, match="feltline add"):
            attempt(lacking)
