"""Files in the folder of a project are closed to who may not come into it."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.projects import copied
from tests.server.conftest import projects_in
from tests.server.people import FAST, PUBLIC, Team

from feltline.project import Project, ProjectSettings
from feltline.server import PublicAddress
from feltline.server.job_sources import found_for
from feltline.server.media_roots import MediaRoots


@pytest.fixture
def team(project_template, tmp_path):
    """Two projects below one media root, an owner of each, and one of both."""
    media = tmp_path / "media"
    with copied(project_template[0], media):
        pass
    settings = ProjectSettings(project_id="b" * 32, name="pilot", rater="r")
    Project.init(media / "pilot", settings).close()
    shutil.copy(media / "study" / "talk.mp4", media / "pilot" / "secret.mp4")
    shutil.copy(media / "study" / "talk.mp4", media / "open.mp4")
    address = PublicAddress.of(PUBLIC)
    projects = projects_in(tmp_path / "home", [media], public=address)
    projects.people.passwords = FAST
    made = Team(projects)
    made.key, pilot = (projects.add(media / name) for name in ("study", "pilot"))
    made.add("owner", "owner")
    both = made.add("both", "owner")
    made.join(both, "owner", pilot)
    yield made
    projects.close()


@pytest.fixture
def media(tmp_path):
    """The media root."""
    return tmp_path.resolve() / "media"


@pytest.mark.parametrize("route", ["add", "relocate"])
@pytest.mark.parametrize("name", ["pilot", "pilot/secret.mp4", "pilot/.feltline"])
def test_what_another_project_has_is_not_there(team, media, monkeypatch, route, name):
    asked = []
    jobs = team.projects.served(team.key).jobs

    def start(*given, **_):
        asked.append(given)
        raise ZeroDivisionError

    monkeypatch.setattr(jobs, "start", start)
    path, none = (str(media / one) for one in (name, "none.mp4"))
    browser = team.browser("owner")
    bodies: list[dict[str, Any]] = [
        {"paths": [one]} if route == "add" else {"path": one} for one in (path, none)
    ]
    route = f"/p/study/api/jobs/{route}"
    answers = [
        browser.http.post(route, json=body, headers=browser.headers) for body in bodies
    ]
    assert [one.status_code for one in answers] == [400, 400]
    words = [one.json()["error"] for one in answers]
    assert words[0].replace(path, none) == words[1]
    assert asked == []
    both = team.browser("both")
    with pytest.raises(ZeroDivisionError):
        both.http.post(route, json=bodies[0], headers=both.headers)
    assert asked


def test_a_folder_above_gives_nothing_of_another_project(team, media):
    project = team.projects.served(team.key).project
    asked: dict[str, Any] = {
        "uploads": [],
        "paths": [str(media)],
        "roots": [str(media)],
    }
    asked |= {"asked_at": datetime.now(tz=UTC).isoformat()}

    def names(**more):
        found = found_for(project, asked | more, lambda *_: None)
        assert "secret" not in f"{found.lost} {found.passed_over}"
        return {Path(one).name for one in found.sources}

    assert "secret.mp4" in names()
    assert names(apart=[str(media / "pilot")]) == names() - {"secret.mp4"}


@pytest.mark.usefixtures("team")
def test_a_folder_that_is_closed_is_outside_the_media_roots(media):
    roots = MediaRoots([media])
    with pytest.raises(Exception, match="is not there, or not below"):
        roots.inside(str(media / "pilot"), [media / "pilot"])
    found = roots.inside(str(media / "open.mp4"), [media / "pilot"])
    assert found.name == "open.mp4"
