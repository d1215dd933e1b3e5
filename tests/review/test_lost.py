"""A video whose feature file is lost does not stop the review of the others."""

import shutil
from contextlib import closing

import pytest
from tests.review.conftest import Desk
from tests.server.conftest import served_client

from feltline.errors import FacesLostError
from feltline.review import LiveProject, status_of
from feltline.review.contact_sheet import clusters


def features(project, name="pair.mp4"):
    content = project.store.video(name).content_hash
    return project.features_folder / content


def cut_off(project):
    (file,) = features(project).rglob("faces.npy")
    with file.open("r+b") as stream:
        stream.truncate(200)


def lose(project):
    shutil.rmtree(features(project))


@pytest.mark.parametrize("fault", [lose, cut_off])
def test_the_others_are_reviewed(project, fault, caplog):
    fault(project)
    with closing(Desk(project)) as desk:
        desk.set_threshold(1.0)
        items = desk.queue.items(50)
        assert {i.video_id for i in items} == {"talk.mp4"}
        assert desk.live.stale() == []
        groups = clusters(desk.live, video_id=None, limit=12)
        assert {f.video_id for group in groups for f in group} == {"talk.mp4"}
        desk.worker.look()
        desk.worker.wait()
    warned = [r for r in caplog.records if r.name == "feltline.review.live"]
    assert [r.args[0] for r in warned] == ["pair.mp4"]
    assert "a task of the review failed" not in caplog.text


def test_what_is_lost_while_it_is_asked_about_goes(project):
    with closing(Desk(project)) as desk:
        desk.set_threshold(1.0)
        desk.live.settle()
        desk.build_all()
        before = desk.live.index.totals().frames
        assert "pair.mp4" in {i.video_id for i in desk.queue.items(50)}
        lose(project)
        desk.live.find_lost()
        assert desk.live.lost == ["pair.mp4"]
        assert {i.video_id for i in desk.queue.items(50)} == {"talk.mp4"}
        assert desk.live.index.totals().frames == before - 40
        with pytest.raises(FacesLostError):
            desk.live.view("pair.mp4", 0)


@pytest.mark.parametrize("fault", [lose, cut_off])
@pytest.mark.parametrize("check", [False, True])
def test_status_names_it_and_does_not_count_it(project, fault, check):
    LiveProject(project).settle()  # its summaries stand in the database
    fault(project)
    live = LiveProject(project)
    live.settle()
    s = status_of(live, check=check)
    assert (s.lost, s.videos, s.frames) == (("pair.mp4",), 2, 45)
    assert any("pair.mp4" in one for one in s.problems) == check


def test_with_all_lost_a_project_still_opens(project):
    for name in ("pair.mp4", "talk.mp4"):
        shutil.rmtree(features(project, name))
    live = LiveProject(project)
    live.settle()
    assert status_of(live).lost == ("pair.mp4", "talk.mp4")


def test_pages_are_answered_and_keep_what_cannot_be_judged(project):
    lose(project)
    with served_client(project) as client:
        client.sign_in()
        client.get("/api/queue")
        for kind in ("pending", "suggested"):
            client.get("/api/sheet", kind=kind)
        client.get("/api/suggestions")
        assert len(client.get("/api/videos")) == 2
        assert client.judge(3, 0.1, 0.1)["event_id"]
        refused = client.judge(3, 0.1, 0.1, status=503, video_id="pair.mp4")
        assert "feltline add" in refused["error"]
        assert len(client.judgements()) == 1
