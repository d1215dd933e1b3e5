"""`feltline assign`: work dealt out from the command line."""

import json

import pytest

from feltline.project import Project
from feltline.settings import accounts_url, home_folder
from feltline.store import Accounts
from feltline.types import Role


@pytest.fixture
def folder(project):
    return project.folder


def test_work_is_dealt_out_evenly(run_feltline, folder):
    words = ("assign", folder, "--raters", "ann, ben", "--source", "video")
    code, out, _ = run_feltline(
        *words, "--video", "talk.mp4", "--count", "9", "--overlap", "0", "--json"
    )
    assert code == 0
    said = json.loads(out)
    assert said["n_assignments"] == 9
    assert sorted(said["by_rater"].values()) == [4, 5]
    code, out, _ = run_feltline(*words, "--video", "talk.mp4", "--overlap", "1")
    assert code == 0
    assert "plan " in out
    with Project.open(folder) as project:
        made = project.store.assignments()
        frames = {(o.plan, o.rater_id, o.frame) for o in made}
        assert len(frames) == len(made) == 9 + 2 * 45


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--source", "video", "--raters", "ann"), "--source video needs --video"),
        (("--raters", ""), "at least one rater"),
        (("--raters", "ann", "--video", "none.mp4"), "none.mp4"),
    ],
)
def test_what_cannot_be_dealt_out_is_refused(run_feltline, folder, words, why):
    code, _, err = run_feltline("assign", folder, *words)
    assert code == 4
    assert why in err


def test_work_of_a_project_with_members_goes_to_those_who_judge(
    run_feltline, folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("FELTLINE_HOME", str(tmp_path / "home"))
    with Project.open(folder) as project:
        project_id = project.settings.project_id
    home_folder().mkdir(parents=True, exist_ok=True)
    accounts = Accounts.open(accounts_url(home_folder()))
    roles: dict[str, Role] = {"ann": "owner", "vic": "viewer"}
    for name, role in roles.items():
        user_id = accounts.add_user(name, name=name).user_id
        accounts.set_membership(project_id, user_id, role, rater_id=name)
    accounts.close()
    words = ("assign", folder, "--source", "video", "--video", "talk.mp4", "--raters")
    code, _, err = run_feltline(*words, "ann,vic")
    assert code == 4
    assert "'vic'" in err
    assert run_feltline(*words, "ann")[0] == 0
    drawn = ("audit", folder, "--draw", "--count", "3", "--raters")
    code, _, err = run_feltline(*drawn, "ann,vic")
    assert (code, "'vic'" in err) == (4, True)
    assert run_feltline(*drawn, "ann")[0] == 0


def test_members_are_named_as_they_sign_in(run_feltline, folder, enter):
    """Their ids are drawn by chance, and stand nowhere that a lead would look."""
    ids = enter(folder, ann="owner", ben="rater")
    words = ("assign", folder, "--source", "video", "--video", "talk.mp4")
    code, out, err = run_feltline(*words, "--raters", "ann, ben", "--count", "9")
    assert code == 0, err
    assert ids["ann"] not in out
    with Project.open(folder) as project:
        made = {one.rater_id for one in project.store.assignments()}
    assert made == set(ids.values())
