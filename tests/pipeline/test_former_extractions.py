"""A project of version 0.1 opens: its faces become feature files, its labels stay."""

import numpy as np
import pytest
from tests.former_project import CONTENT, VIEWS, arrays, make_former_project

from feltline.project import Project
from feltline.project.feature_files import FeatureFile
from feltline.project.former_extractions import convert_former_extractions


def converted(project, **named):
    return convert_former_extractions(
        project.store, project.hidden, project.settings.extraction, **named
    )


def features(folder):
    (place,) = (folder / ".feltline" / "features" / CONTENT).iterdir()
    return FeatureFile.open(place, video_id="talk.mp4", content_hash=CONTENT)


@pytest.mark.parametrize("renamed", [False, True])
def test_faces_and_labels_of_a_former_project_are_kept(tmp_path, renamed):
    folder = make_former_project(tmp_path, renamed=renamed)
    told = []
    with Project.open(folder, progress=lambda *step: told.append(step)) as project:
        assert told == [("converting", 1, 1)]
        assert project.store.legacy_videos() == []
        said = [stored.judgement for stored in project.store.judgements()]
    assert [j.first_frame for j in said] == [5, 30, 60]
    assert [j.value for j in said] == [(0.1, 0.2), (0.5, 0.2), (-0.2, 0.2)]
    assert [j.expression for j in said] == [None, "happiness", None]
    f, made = features(folder), arrays()
    f.verify()
    (track,) = f.tracks
    for name in ("frame", "time_s", "box_xyxy", "quality"):
        assert np.array_equal(getattr(track, name), made[name])
    assert np.array_equal(f.embeddings(), made["vector"])
    assert np.array_equal(f.faces["zero_shot_value"], made["prior_va"])
    assert np.array_equal(f.faces["zero_shot_expression"], made["prior_expression"])
    assert f.views == VIEWS
    assert f.looked_at.tolist() == list(range(72))
    assert (f.faces["ood_score"] > 1).all()  # noise is no face
    assert f.facts.duration_s == 2.4
    assert f.frame_index is None  # the file was not read again
    assert not list((folder / ".feltline").glob("faces"))


def test_opening_again_converts_nothing(tmp_path):
    folder = make_former_project(tmp_path)
    told = []
    for _ in range(2):
        with Project.open(folder, progress=lambda *step: told.append(step)):
            pass
    assert len(told) == 1


def test_faces_that_are_lost_keep_their_arrays(tmp_path, caplog):
    """Adding the video again extracts it anew; until then nothing is thrown away."""
    folder = make_former_project(tmp_path)
    (faces,) = (folder / ".feltline" / "faces").glob("*/faces.npz")
    faces.write_bytes(faces.read_bytes()[:-100])
    with Project.open(folder) as project:
        assert "was not converted" in caplog.text
        assert converted(project) == ("talk.mp4",)
        assert project.store.legacy_videos() == ["talk.mp4"]
        assert len(project.store.judgements()) == 3
        assert faces.exists()


def test_tracks_that_are_not_those_of_the_labels_are_not_taken(tmp_path, caplog):
    folder = make_former_project(tmp_path)
    (faces,) = (folder / ".feltline" / "faces").glob("*/faces.npz")
    np.savez(faces, **{name: array[1:] for name, array in arrays().items()})
    with Project.open(folder) as project:
        assert converted(project) == ("talk.mp4",)
    assert "not of the tracks in the database" in caplog.text


def test_an_interrupted_conversion_goes_on(tmp_path, monkeypatch):
    folder = make_former_project(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(FeatureFile, "write", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            Project.open(folder)
    with Project.open(folder) as project:
        assert project.store.legacy_videos() == []
    assert len(features(folder).tracks[0]) == 72


def _interrupted(*_args, **_named):
    raise KeyboardInterrupt
