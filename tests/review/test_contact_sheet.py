"""Contact sheets: faces of one group look alike and are predicted alike."""

from contextlib import closing

import numpy as np
import pytest
from tests.review.conftest import Desk

from feltline.review import contact_sheet
from feltline.review.contact_sheet import SIDE, clusters


@pytest.fixture
def desk(project):
    with closing(Desk(project)) as desk:
        for frame, value, name in (
            (2, (0.9, 0.9), "surprise"),
            (22, (0.8, -0.6), "happiness"),
            (42, (-0.9, -0.8), "sadness"),
        ):
            desk.judge(frame, *value, expression=name)
        desk.set_threshold(1.0)
        desk.live.settle()
        yield desk


def predicted(desk, face):
    view = desk.live.view(face.video_id, face.track_id)
    at = view.at(face.frame)
    named = view.prediction.class_probability[at]
    return int(np.nanargmax(named)), view.prediction.value[at]


def test_a_group_holds_one_class_and_values_near_each_other(desk, monkeypatch):
    monkeypatch.setattr(contact_sheet, "APART_S", 0.0)  # all faces of the pool
    groups = clusters(desk.live, video_id="talk.mp4", limit=600)
    assert len(groups) > 2
    seen = [[predicted(desk, face) for face in group] for group in groups]
    named = [{name for name, _ in group} for group in seen]
    assert all(len(names) == 1 for names in named)
    assert len(set.union(*named)) > 1
    for group in seen:
        values = np.array([value for _, value in group])
        assert (np.ptp(values, axis=0) <= SIDE).all()


def test_no_more_groups_than_can_be_looked_through(desk):
    groups = clusters(desk.live, video_id=None, limit=48)
    assert 1 < len(groups) <= contact_sheet.MAX_CLUSTERS
    faces = [face for group in groups for face in group]
    assert len(set(faces)) == len(faces) <= 48
