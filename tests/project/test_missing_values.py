"""A track of which nothing is known: it waits for its first label, in full view."""

import numpy as np
import pytest
from tests.generated import generate, judgement_of

from feltline.pipeline import Export
from feltline.project import Predictor, lay_over, load_video
from feltline.review import LiveProject, Queue, status_of
from feltline.types import DEFAULT_SCHEMA, Dimension, LabelSchema

VIDEOS = {"talk.mp4": [30, 24]}
PAIN = Dimension(name="pain", low=0.0, high=10.0)
SCHEMAS = {
    "alone": LabelSchema(dimensions=(PAIN,), classes=()),
    "beside": LabelSchema(
        dimensions=(PAIN, DEFAULT_SCHEMA.dimensions[0]), classes=DEFAULT_SCHEMA.classes
    ),
}


@pytest.fixture(params=sorted(SCHEMAS))
def project(request, tmp_path):
    made = generate(tmp_path, VIDEOS, schema=SCHEMAS[request.param]).project
    with made:
        yield made


def judge_first(project, frame=10):
    value = [5.0] + [None] * (len(project.schema.dimensions) - 1)
    given = judgement_of(frame, *value)
    project.store.give_judgements([(given, 0, None)])


def test_its_frames_are_pending_with_confidence_0(project):
    judge_first(project)
    video, predictor = load_video(project, "talk.mp4"), Predictor(project)
    rows = [
        lay_over(video.annotations_of(i), predictor.predict(video, i), predictor.schema)
        for i in (0, 1)
    ]
    assert np.isnan(rows[1].value[:, 0]).all()
    assert (rows[1].confidence == 0).all()
    assert rows[1].is_pending(0.01).all()
    assert not rows[1].is_accepted(0.01).any()
    assert rows[0].is_open.sum() == 29
    assert (predictor.posterior(video, 1).confidence() == 0).all()


def test_no_threshold_accepts_it(project):
    """Not even 0: its confidence is 0 because nothing is known."""
    project.store.set_threshold(0.0, rater="anna")
    live = LiveProject(project)
    live.settle()
    status, queue = status_of(live), Queue(live)
    assert (status.accepted, status.pending, status.frames) == (0, 54, 54)
    assert queue.position().total > 0
    assert {i.track_id for i in queue.items(50, only="talk.mp4")} == {0, 1}
    for view in live.views("talk.mp4"):
        assert not view.rows.is_accepted(0.0).any()
        assert view.rows.is_pending(0.0).all()


def test_it_comes_up_in_the_queue_by_its_most_typical_frame(project):
    live = LiveProject(project)
    live.settle()
    status = status_of(live)
    assert (status.pending, status.frames) == (54, 54)
    items = Queue(live).items(50, only="talk.mp4")
    assert {item.track_id for item in items} == {0, 1}
    assert {item.reason for item in items} == {"no_label"}
    assert Queue(live).items(1)[0] == items[0]
    number, predictor = items[0].track_id, Predictor(project)
    posterior = predictor.posterior(live.video("talk.mp4"), number)
    every = np.arange(len(posterior.features))
    gain = np.zeros(len(every))
    for j, covariance in enumerate(posterior.joint(every, every).covariance):
        spread = covariance.diagonal() + posterior.rater_noise(j)
        gain += (covariance**2).sum(axis=1) / spread
    assert live.view("talk.mp4", number).at(items[0].frame) == gain.argmax()


def test_it_is_exported_without_a_value(project):
    judge_first(project)
    first, second = Export.begin(project, layer="final").rows()
    assert len(first.frame) == 30
    assert len(second.frame) == 24
    assert np.isnan(second.value[:, 0]).all()
    assert (second.confidence == 0).all()
    assert first.confidence[10] == 1


def test_a_label_of_its_own_ends_that(project):
    everything = [5.0] + [0.0] * (len(project.schema.dimensions) - 1)
    for track in (0, 1):
        given = judgement_of(10, *everything, track_id=track)
        project.store.give_judgements([(given, track, None)])
    rows = Export.begin(project, layer="final").rows()
    assert all(np.isfinite(r.value).all() and (r.confidence > 0).all() for r in rows)
    live = LiveProject(project)
    live.settle()
    assert "no_label" not in {
        item.reason for item in Queue(live).items(50, only="talk.mp4")
    }
