from pathlib import Path

import pytest
from tests.projects import judge_truth

from feltline.errors import InputError, StoreError
from feltline.project import (
    AuditSettings,
    Project,
    ProjectSettings,
    current_model,
    find_project,
    learn,
)
from feltline.store import Store


def settings(**other):
    return ProjectSettings(project_id="a" * 32, name="study", **other)


def test_a_project_reads_back_as_it_was_made(tmp_path):
    asked = settings(
        rater='Žofie "Z" \\ 田中',
        every="5Hz",
        faces=2,
        tolerance=0.25,
        threshold=0.7,
        audit=AuditSettings(every_judgements=500, bound=0.05, blocks_export=True),
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
        ("audit=3\n[project]\nproject_id='x'\nname='x'", "audit in"),
        ("[project]\nproject_id='x'\nname='x'\n[audit]\ncolour=1", "colour"),
        ("[project]\nproject_id='x'\nname='x'\n[audit]\nbound=0", "0.01 to 0.9"),
        (
            "[project]\nproject_id='x'\nname='x'\n[audit]\nevery_judgements=1.5",
            "every_judgements",
        ),
        (
            "[project]\nproject_id='x'\nname='x'\n[audit]\nblocks_export=1",
            "true or false",
        ),
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


def test_two_made_at_once_in_a_folder_are_one(tmp_path):
    """The second finds the database of the first, before there is a feltline.toml."""
    first = Store.create(
        f"sqlite:///{tmp_path / 'feltline.db'}", project_id="b" * 32, name="first"
    )
    first.close()
    with pytest.raises(StoreError):
        Project.init(tmp_path, settings())


def test_a_folder_that_was_deleted_is_a_sentence(tmp_path, monkeypatch):
    here = tmp_path / "gone"
    here.mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    with pytest.raises(InputError, match="not there any more"):
        find_project(Path())


def test_another_promise_in_the_settings_is_a_model_put_in_force(project, truth):
    judge_truth(project, truth)
    before = learn(project)
    settings_file = project.folder / "feltline.toml"
    text = settings_file.read_text()
    settings_file.write_text(text.replace("tolerance = 0.2", "tolerance = 0.1"))
    with Project.open(project.folder) as again:
        after = current_model(again)
        assert after.tolerance == 0.1
        assert after.model_id != before.model_id
        assert after.learnt_from_event == before.learnt_from_event
        assert after.hyperparameters == before.hyperparameters
        last = again.store.last_event_id()
    with Project.open(project.folder) as again:
        assert again.store.last_event_id() == last
