"""Learning in the background while a video is purged."""

from feltline.errors import StoreError
from feltline.project import learn
from feltline.review import worker as worker_module


def test_learning_begins_anew_where_a_video_was_purged_meanwhile(desk, monkeypatch):
    tries = []

    def disturbed(project, **options):
        tries.append(project.store.last_event_id())
        if len(tries) == 1:
            raise StoreError("a video was purged; nothing was saved, learn anew")
        return learn(project, **options)

    for frame in (2, 12, 22):
        desk.judge(frame, 0.5, -0.5)
    monkeypatch.setattr(worker_module, "learn", disturbed)
    before = desk.store.current_model_id()
    desk.worker._learn_model()
    assert len(tries) == 2
    assert desk.store.current_model_id() != before
    assert desk.told("failed") == []
