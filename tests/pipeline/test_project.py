import sqlite3
from contextlib import closing

import pytest
from tests.projects import label_of

from feltline.errors import InputError
from feltline.project import Project, ProjectSettings, find_project, load_state
from feltline.store import Review


def settings(**other):
    return ProjectSettings(project_id="a" * 32, name="study", **other)


def test_a_project_reads_back_as_it_was_made(tmp_path):
    asked = settings(
        rater='Žofie "Z" \\ 田中',
        every="5Hz",
        faces=2,
        tolerance=0.25,
        threshold=0.7,
    )
    Project.init(tmp_path / "new" / "study", asked).close()
    with Project.open(tmp_path / "new" / "study") as project:
        assert project.settings == asked
        assert project.threshold == 0.7
        assert str(project.settings.extraction.every) == "5Hz"


def test_a_project_is_found_from_inside_it(project):
    inside = project.folder / "deep" / "er"
    inside.mkdir(parents=True)
    assert find_project(inside) == project.folder.resolve()
    with pytest.raises(InputError, match="feltline init"):
        find_project(project.folder.parent)


def test_a_second_project_in_a_folder_is_refused(project):
    with pytest.raises(InputError, match="already"):
        Project.init(project.folder, settings())


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("nonsense", "cannot be read"),
        ("[project]\nname = 'x'", "lacks project_id"),
        ("[project]\nproject_id = 'x'\nname = 'x'\ncolour = 'red'", "colour"),
        ("[colours]\nname = 'x'", r"\[colours\]"),
        ("project = 3", r"\[project\]"),
        ("[project]\nproject_id = 'x'\nname = 3", "must be text"),
        ("[project]\nproject_id = 'x'\nname = ''", "is empty"),
        ("[project]\nproject_id='x'\nname='x'\n[labels]\ntolerance=9", "0.01 to 2"),
        ("[project]\nproject_id='x'\nname='x'\n[faces]\nfaces=1.5", "1 to 64"),
        ("[project]\nproject_id='x'\nname='x'\n[faces]\nevery='no'", "every"),
        ("[project]\nproject_id='x'\nname='x'\n[labels]\nthreshold=true", "number"),
    ],
)
def test_faults_in_the_settings_are_named(tmp_path, wrong, says):
    (tmp_path / "feltline.toml").write_text(wrong)
    with pytest.raises(InputError, match=says):
        Project.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="choose another"):
        Project.init(tmp_path / "file" / "study", settings())


def test_the_database_of_the_environment_wins(tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere.db"
    monkeypatch.setenv("FELTLINE_DATABASE", f"sqlite:///{elsewhere}")
    Project.init(tmp_path / "study", settings()).close()
    assert elsewhere.exists()
    assert not (tmp_path / "study" / "feltline.db").exists()


def test_a_decision_laid_on_a_track_without_its_frame_is_passed_over(project):
    """Older versions wrote such rows; a project that holds some must open."""
    review = Review(
        video_id="talk.mp4",
        track_id=0,
        frame=5,
        first_frame=5,
        last_frame=5,
        decision="reject",
        run_id=None,
        rater="anna",
        active_s=None,
    )
    project.store.give_review(review, found_track_id=0)
    project.store.give_label(label_of(3, 0.1, 0.1), found_track_id=0)
    with closing(sqlite3.connect(project.folder / "feltline.db")) as database:
        database.execute("UPDATE reviews SET frame = 900, last_frame = 900")
        database.commit()
    (talk,) = load_state(project, videos=["talk.mp4"]).videos
    assert talk.tracks[0].frame[talk.judged[0].dealt_with].tolist() == [3]
    assert [s.label.first_frame for s in talk.labels] == [3]
