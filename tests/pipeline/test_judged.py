"""People's word laid over a track."""

from datetime import UTC, datetime

import numpy as np
import pytest
from tests.projects import label_of

from feltline.project.annotations import ORIGINS, judged
from feltline.store import Review, StoredLabel, StoredReview
from feltline.types import FaceTrack

NOW = datetime(2026, 1, 1, tzinfo=UTC)
N = 30


@pytest.fixture
def track():
    frame = np.arange(10, 10 + N)
    return FaceTrack(
        video_id="talk.mp4",
        track_id=0,
        frame=frame,
        time_s=frame / 25.0,
        box_xyxy=np.zeros((N, 4), np.float32),
        quality=np.ones(N, np.float32),
    )


def stored(event_id, label):
    return StoredLabel(event_id=event_id, at=NOW, found_track_id=0, label=label)


def decided(event_id, frame, decision, first=None, last=None):
    review = Review(
        video_id="talk.mp4",
        track_id=0,
        frame=frame,
        first_frame=frame if first is None else first,
        last_frame=frame if last is None else last,
        decision=decision,
        run_id=None,
        rater="anna",
        active_s=None,
    )
    return StoredReview(event_id=event_id, at=NOW, found_track_id=0, review=review)


def origins(made):
    return [ORIGINS[o] for o in made.origin]


def test_nothing_said(track):
    made = judged(track, [])
    assert np.isnan(made.affect).all()
    assert not made.dealt_with.any()
    assert len(made.support) == len(made.choices) == 0


def test_a_label_stands_in_its_frame_and_teaches(track):
    made = judged(track, [stored(3, label_of(12, 0.5, -0.25))])
    assert made.affect[2].tolist() == [0.5, -0.25]
    assert made.revision.tolist() == [0, 0, 3] + [0] * (N - 3)
    assert made.dealt_with.sum() == 1
    assert made.support.frame.tolist() == [12]
    assert origins(made)[2] == "frame"


def test_the_later_word_of_a_rater_stands(track):
    first, later = label_of(12, 0.5, 0.5), label_of(12, -1.0, 0.0)
    made = judged(track, [stored(1, first), stored(2, later)])
    assert made.affect[2].tolist() == [-1.0, 0.0]
    assert made.revision[2] == 2
    assert len(made.support) == 1


def test_a_later_class_leaves_the_value_alone(track):
    value, chosen = label_of(12, 0.5, 0.5), label_of(12, expression="fear")
    made = judged(track, [stored(1, value), stored(2, chosen)])
    assert made.affect[2].tolist() == [0.5, 0.5]
    assert made.expression[2] == 6
    assert made.support.expression.tolist() == [6]
    assert len(made.choices) == 0


def test_a_class_alone_is_a_choice(track):
    made = judged(track, [stored(1, label_of(12, expression="fear"))])
    assert len(made.support) == 0
    assert made.choices.frame.tolist() == [12]
    assert made.dealt_with[2]


def test_a_span_stands_everywhere_and_teaches_a_few_frames(track):
    span = label_of(12, 0.2, 0.1, scope="span", last_frame=35)
    made = judged(track, [stored(1, span)])
    given = np.isfinite(made.affect).all(axis=1)
    assert track.frame[given].tolist() == list(range(12, 36))
    assert len(made.support) == 8
    assert {made.support.frame[0], made.support.frame[-1]} == {12, 35}
    assert set(np.array(origins(made))[given]) == {"span"}


def test_a_span_past_the_track_touches_what_there_is(track):
    span = label_of(0, 0.2, 0.1, scope="span", last_frame=11)
    made = judged(track, [stored(1, span)])
    assert np.isfinite(made.affect).all(axis=1).tolist() == [True, True] + [False] * 28


def test_a_clip_label_says_nothing_of_frames(track):
    clip = label_of(10, 0.2, 0.1, scope="clip", last_frame=39)
    made = judged(track, [stored(1, clip)])
    assert not made.dealt_with.any()


def test_raters_stand_side_by_side_and_their_mean_counts(track):
    said = [
        stored(1, label_of(12, 0.2, 0.0, expression="anger")),
        stored(2, label_of(12, 0.6, 0.2, rater="ben", expression="anger")),
        stored(3, label_of(12, expression="fear", rater="cho")),
    ]
    made = judged(track, said)
    np.testing.assert_allclose(made.affect[2], [0.4, 0.1], atol=1e-6)
    assert made.expression[2] == 4
    assert sorted(made.support.rater) == ["anna", "ben"]
    assert made.raters["ben"].affect[2].tolist() == pytest.approx([0.6, 0.2])


def test_decisions_deal_with_their_stretch(track):
    made = judged(track, [], [decided(5, 15, "reject", 14, 16), decided(6, 20, "skip")])
    assert track.frame[made.dealt_with].tolist() == [14, 15, 16]
    assert track.frame[made.rejected].tolist() == [14, 15, 16]
    assert set(np.array(origins(made))[made.dealt_with]) == {"set-aside"}
    assert made.revision[4] == 5


def test_to_accept_deals_with_neighbours_but_leaves_them_the_machines(track):
    made = judged(
        track,
        [stored(5, label_of(15, 0.1, 0.1, decision="accept"))],
        [decided(5, 15, "accept", 13, 17)],
    )
    assert track.frame[made.dealt_with].tolist() == [13, 14, 15, 16, 17]
    found = dict(zip(track.frame.tolist(), origins(made), strict=True))
    assert found[15] == "accepted"
    assert found[14] == found[17] == "model"


def test_a_value_outweighs_a_rejection(track):
    made = judged(
        track, [stored(7, label_of(15, 0.1, 0.1))], [decided(5, 15, "reject", 14, 16)]
    )
    assert track.frame[made.rejected].tolist() == [14, 16]


def test_a_later_unsure_takes_a_rejection_back(track):
    made = judged(track, [], [decided(5, 15, "reject"), decided(6, 15, "unsure")])
    assert not made.rejected.any()
    assert made.dealt_with[5]
