from contextlib import closing
from typing import Any

import pytest
from tests.projects import label_of

from feltline.review import LiveProject


class Desk:
    """A project that is worked in, and what it told."""

    def __init__(self, project):
        self.news: list[tuple[str, dict[str, Any]]] = []
        self.project, self.store = project, project.store
        self.live = LiveProject(
            project, lambda name, what: self.news.append((name, what))
        )

    def close(self):
        self.live.close()

    def label(self, frame, valence=None, arousal=None, found=0, review=None, **other):
        label = label_of(frame, valence, arousal, **other)
        event = self.store.give_label(label, found_track_id=found, review=review)
        self.live.changed(label.video_id, event)
        self.live.wait()
        return event

    def told(self, name):
        return [what for said, what in self.news if said == name]


@pytest.fixture
def desk(project):
    with closing(Desk(project)) as made:
        yield made
