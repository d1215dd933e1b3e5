from contextlib import closing
from typing import Any

import pytest
from tests.generated import copied, generate, judgement_of

from feltline.review import LiveProject, Queue, Worker
from feltline.store import TrackEdit

VIDEOS = {"talk.mp4": [45], "pair.mp4": [20, 20]}


class Desk:
    """A project that is worked in, and what it published."""

    def __init__(self, project, *, learns=False):
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.project, self.store = project, project.store
        self.live = LiveProject(project)
        self.queue = Queue(self.live)
        self.worker = Worker(
            self.live,
            self.queue,
            lambda name, what: self.published.append((name, what)),
            learns=learns,
        )
        self.worker.start()

    def close(self):
        self.worker.close()

    def view(self, video_id="talk.mp4", track_id=0):
        return self.live.view(video_id, track_id)

    def judge(self, frame, *value, found=None, **other):
        judgement = judgement_of(frame, *value, **other)
        if found is None:
            video = self.live.video(judgement.video_id)
            found = video.found_at(judgement.track_id, judgement.first_frame)
        (event,) = self.store.give_judgements([(judgement, found, None)])
        return self.take_in(judgement.video_id, event.event_id)

    def decide(self, item, decision, **other):
        """Answer an item of the queue without a value."""
        ends = {"first_frame": item.first_frame, "last_frame": item.last_frame}
        said = {
            "video_id": item.video_id,
            "track_id": item.track_id,
            "scope": "span",
            "decision": decision,
            "purpose": item.purpose,
            "active_s": 2.0,
        }
        return self.judge(item.frame, **(said | ends | other))

    def edit(self, kind, video_id="talk.mp4", **numbers):
        edit = TrackEdit(video_id=video_id, kind=kind, **numbers)
        return self.take_in(video_id, self.store.edit_track(edit, rater="anna"))

    def undo(self, video_id="talk.mp4"):
        return self.take_in(video_id, self.store.undo(rater="anna"))

    def set_threshold(self, value):
        event_id = self.store.set_threshold(value, rater="anna")
        self.live.read_threshold()
        return self.take_in(None, event_id)

    def take_in(self, video_id, event_id):
        self.worker.changed(video_id, event_id)
        self.worker.wait()
        return event_id

    def build_all(self):
        """All queues that are worth building, as the worker does when idle."""
        while (key := self.queue.next_to_build()) is not None:
            self.queue.build(key)

    def told(self, name):
        return [what for said, what in self.published if said == name]


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A project that nobody changes. At 5 Hz, an item covers few frames."""
    made = generate(tmp_path_factory.mktemp("review"), VIDEOS, rate_hz=5.0)
    made.project.close()
    return made


@pytest.fixture
def truth(template):
    return template.truth


@pytest.fixture
def project(template, tmp_path):
    with copied(template.project.folder, tmp_path) as made:
        yield made


@pytest.fixture
def desk(project):
    with closing(Desk(project)) as made:
        yield made
