"""People's judgements on a track, and what stands once they are laid over it."""

from datetime import UTC, datetime

import numpy as np
import pytest
from tests.projects import judgement_of

from feltline.formats import ORIGINS
from feltline.project import SOURCES, annotate, lay_over
from feltline.store import StoredJudgement
from feltline.types import (
    DEFAULT_SCHEMA,
    Dimension,
    ExpressionClass,
    LabelSchema,
    Prediction,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
N = 30
FRAME = np.arange(10, 10 + N)


def stored(event_id, *args, **more):
    judgement = judgement_of(*args, **more)
    return StoredJudgement(
        event_id=event_id, at=NOW, found_track_id=0, judgement=judgement
    )


def prediction(n=N, m=2, c=8):
    value = np.full((n, m), 0.25, np.float32)
    return Prediction(
        model_id="model",
        value=value,
        low=value - np.float32(0.1),
        high=value + np.float32(0.1),
        confidence=np.full(n, 0.6, np.float32),
        class_probability=np.full((n, c), 1 / max(c, 1), np.float32),
        evidence=np.full((n, 1), 3, np.int32),
        is_observed=np.zeros(n, bool),
    )


def laid(*judgements, schema=DEFAULT_SCHEMA, **more):
    annotations = annotate(FRAME, judgements, schema)
    return annotations, lay_over(annotations, prediction(**more), schema)


def names(codes):
    return [ORIGINS[code] for code in codes]


def test_nothing_said():
    made, rows = laid()
    assert np.isnan(made.value).all()
    assert not made.reviewed.any()
    assert set(names(rows.origin)) == set(names(rows.expression_origin)) == {"model"}
    assert (rows.confidence == np.float32(0.6)).all()


def test_a_value_stands_in_its_frame():
    made, rows = laid(stored(3, 12, (0.5, -0.25)))
    assert made.value[2].tolist() == [0.5, -0.25]
    assert rows.value[2].tolist() == rows.low[2].tolist() == [0.5, -0.25]
    assert made.revision.tolist() == [0, 0, 3] + [0] * (N - 3)
    assert made.reviewed.sum() == 1
    assert SOURCES[made.value_source[2]] == "frame"
    assert (names(rows.origin)[2], names(rows.expression_origin)[2]) == (
        "human",
        "model",
    )
    assert rows.confidence[2] == 1


def test_a_class_alone_never_makes_the_machines_value_a_persons():
    _, rows = laid(stored(1, 12, expression="fear"))
    assert names(rows.origin)[2] == "model"
    assert names(rows.expression_origin)[2] == "human"
    assert rows.confidence[2] == np.float32(0.6)
    assert rows.expression_confidence[2] == 1
    assert rows.value[2].tolist() == [0.25, 0.25]


def test_a_later_reject_removes_value_and_class():
    said = [
        stored(1, 12, (0.5, 0.5), expression="fear"),
        stored(2, 12, decision="reject"),
    ]
    made, rows = laid(*said)
    assert np.isnan(rows.value[2]).all()
    assert np.isnan(rows.confidence[2])
    assert rows.expression[2] == -1
    assert names(rows.origin)[2] == names(rows.expression_origin)[2] == "human"
    assert made.rejected.sum() == 1
    _, again = laid(*said, stored(3, 12, (0.1, 0.2)))
    assert again.value[2].tolist() == pytest.approx([0.1, 0.2])
    assert names(again.expression_origin)[2] == "model"  # fear does not come back


def test_a_reject_is_everybodys():
    made, _ = laid(
        stored(1, 12, (0.5, 0.5)),
        stored(2, 12, (0.1, 0.1), rater="ben"),
        stored(3, 12, decision="reject", rater="cho"),
    )
    assert made.rejected[2]
    assert np.isnan(made.value[2]).all()


def test_the_later_judgement_of_a_rater_stands():
    made, _ = laid(stored(1, 12, (0.5, 0.5)), stored(2, 12, (-1.0, 0.0)))
    assert made.value[2].tolist() == [-1.0, 0.0]
    assert made.revision[2] == 2


def test_a_later_class_leaves_the_value_alone():
    made, rows = laid(stored(1, 12, (0.5, 0.5)), stored(2, 12, expression="fear"))
    assert made.value[2].tolist() == [0.5, 0.5]
    assert made.expression[2] == 6
    assert names(rows.origin)[2] == names(rows.expression_origin)[2] == "human"


def test_a_dimension_that_was_not_given_stays_missing():
    made, rows = laid(stored(1, 12, (None, 0.5)))
    assert np.isnan(made.value[2, 0])
    assert np.isnan(rows.value[2, 0])  # never a machine's number as a person's
    assert rows.value[2, 1] == 0.5
    made, _ = laid(stored(1, 12, (None, 0.5)), stored(2, 12, (-0.5, None)))
    assert made.value[2].tolist() == [-0.5, 0.5]


def test_a_span_stands_everywhere():
    made, _ = laid(stored(1, 12, (0.2, 0.1), scope="span", last_frame=35))
    given = np.isfinite(made.value).all(axis=1)
    assert FRAME[given].tolist() == list(range(12, 36))
    assert {SOURCES[s] for s in made.value_source[given]} == {"span"}


def test_a_span_past_the_track_touches_what_there_is():
    made, _ = laid(stored(1, 0, (0.2, 0.1), scope="span", last_frame=11))
    assert np.isfinite(made.value).all(axis=1).tolist() == [True, True] + [False] * 28


def test_a_clip_label_says_nothing_of_frames_but_rejecting_a_clip_does():
    whole = {"scope": "clip", "last_frame": 39}
    made, rows = laid(stored(1, 10, (0.2, 0.1), expression="fear", **whole))
    assert not made.reviewed.any()
    assert set(names(rows.origin)) == {"model"}
    assert laid(stored(1, 10, decision="reject", **whole))[0].rejected.all()


def test_raters_stand_side_by_side():
    made, rows = laid(
        stored(1, 12, (0.2, 0.0), expression="anger"),
        stored(2, 12, (0.6, 0.2), rater="ben", expression="anger"),
        stored(3, 12, expression="fear", rater="cho"),
    )
    np.testing.assert_allclose(made.value[2], [0.4, 0.1])
    assert made.expression[2] == 4
    assert made.raters["ben"].value[2].tolist() == [0.6, 0.2]
    assert names(rows.origin)[2] == "consensus"


def test_an_import_says_so():
    _, rows = laid(stored(1, 12, (0.2, 0.0), origin="import"))
    assert names(rows.origin)[2] == "import"
    annotations = annotate(FRAME, [stored(1, 12, (0.2, 0.0))], DEFAULT_SCHEMA)
    rows = lay_over(annotations, prediction(), DEFAULT_SCHEMA, is_support=True)
    assert names(rows.origin)[2] == "support"


def test_accepting_an_item_reviews_its_neighbours_but_leaves_them_the_machines():
    near = {"reviewed_first_frame": 13, "reviewed_last_frame": 17}
    made, rows = laid(stored(5, 15, (0.1, 0.1), decision="accept", **near))
    assert FRAME[made.reviewed].tolist() == [13, 14, 15, 16, 17]
    assert rows.revision[3:8].tolist() == [5] * 5
    assert names(rows.origin)[3:8] == ["model", "model", "human", "model", "model"]
    assert SOURCES[made.value_source[5]] == "accepted"
    assert SOURCES[made.value_source[4]] == "reviewed"
    assert not rows.is_pending(0.99)[3:8].any()
    assert rows.is_pending(0.99).sum() == N - 5


def test_skips_deal_with_nothing_and_cannot_sets_aside():
    made, rows = laid(stored(5, 15, decision="skip"), stored(6, 20, decision="cannot"))
    assert FRAME[made.reviewed].tolist() == [20]
    assert SOURCES[made.value_source[10]] == "set-aside"
    assert names(rows.origin)[10] == "model"


def test_without_a_prediction_only_people_speak():
    annotations = annotate(FRAME, [stored(1, 12, (0.5, 0.5))], DEFAULT_SCHEMA)
    rows = lay_over(annotations, None, DEFAULT_SCHEMA)
    assert names(rows.origin) == ["", "", "human"] + [""] * (N - 3)
    assert rows.model_id is None


def test_values_are_in_the_units_of_the_schema():
    schema = LabelSchema(
        dimensions=(Dimension(name="pain", low=0.0, high=10.0),), classes=()
    )
    made, rows = laid(stored(1, 12, (7.5,)), schema=schema, m=1, c=0)
    assert made.value[2].tolist() == [7.5]
    assert rows.value[:3, 0].tolist() == [6.25, 6.25, 7.5]
    assert rows.low[0, 0] == pytest.approx(5.75)
    assert set(rows.expression.tolist()) == {-1}


def test_classes_of_ones_own():
    schema = LabelSchema(
        dimensions=DEFAULT_SCHEMA.dimensions,
        classes=tuple(ExpressionClass(name=f"c{i}") for i in range(6)),
    )
    made, _ = laid(stored(1, 12, expression="c5"), schema=schema, c=6)
    assert made.expression[2] == 5
