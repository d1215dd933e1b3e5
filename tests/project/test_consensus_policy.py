"""One value of several raters': by mean, median, weight, or the engine."""

from typing import get_args

import numpy as np
import pytest
from tests.generated import generate, judgement_of

from feltline.errors import InputError
from feltline.pipeline import Export
from feltline.project import Predictor, lay_over, learn, load_video
from feltline.project.consensus_policy import combined
from feltline.project.project_settings import SETTINGS_FILE, read_settings
from feltline.review import LiveProject
from feltline.settings import ConsensusPolicy

POLICIES = get_args(ConsensusPolicy)
NAN = np.nan
BY_TWO, BY_ONE = 10, 30


def ratings(*rows):
    """Of one dimension: raters by frames."""
    return np.array(rows, np.float64)[:, :, None]


@pytest.mark.parametrize("policy", POLICIES)
def test_a_value_of_one_rater_is_the_value(policy):
    values = ratings([0.5, NAN, 0.1, 0.3, NAN], [NAN, -0.4, 0.2, 0.5, NAN])
    got = combined(values, policy)[:, 0]
    np.testing.assert_array_equal(got[[0, 1, 4]], [0.5, -0.4, NAN])
    np.testing.assert_allclose(got[2:4], [0.15, 0.4])
    np.testing.assert_array_equal(combined(values[:1], policy), values[0])


def test_median_and_weights_leave_out_who_is_far_off():
    along = np.linspace(-0.5, 0.5, 9)
    values = ratings(along, along + 0.02 * (-1) ** np.arange(9), -along)
    assert np.abs(combined(values, "mean")[:, 0] - along / 3).max() < 0.01
    assert np.abs(combined(values, "ewe")[:, 0] - along).max() < 0.02
    assert np.abs(combined(values, "median")[:, 0] - along).max() < 0.03


def test_where_nobody_goes_with_anybody_all_count_alike():
    values = ratings([0.1, 0.2, 0.3], [0.3, 0.2, 0.1])
    mean = combined(values, "mean")
    np.testing.assert_array_equal(combined(values, "ewe"), mean)
    alone = ratings([0.1, 0.2, 0.3, NAN], [0.1, 0.2, 0.3, NAN], [0.3, 0.1, NAN, 0.9])
    assert combined(alone, "ewe")[3, 0] == 0.9


@pytest.fixture
def judged(tmp_path):
    """Ben is .3 above Anna; both judge some frames, and each some alone."""
    made = generate(tmp_path, {"talk.mp4": [45]})
    for frame in range(0, 45, 5):
        truth = made.truth["talk.mp4", 0][frame].clip(-0.8, 0.5)
        for rater, off in (("anna", 0.0), ("ben", 0.3)):
            if frame != BY_ONE or rater == "anna":
                given = judgement_of(frame, *(truth + off), rater=rater)
                made.project.store.give_judgements([(given, 0, None)])
    yield made.project
    made.project.close()


@pytest.mark.parametrize("policy", POLICIES)
def test_page_and_export_say_what_the_policy_says(judged, policy):
    learn(judged)
    judged.change_settings(consensus=policy)
    video = load_video(judged, "talk.mp4")
    rows = lay_over(*Predictor(judged).annotated(video, 0), judged.schema)
    (exported,) = Export.begin(judged, layer="final").rows()
    view = LiveProject(judged).view("talk.mp4", 0)
    for name in ("value", "low", "high", "confidence"):
        np.testing.assert_array_equal(getattr(exported, name), getattr(rows, name))
        np.testing.assert_array_equal(getattr(view.rows, name), getattr(rows, name))
    np.testing.assert_allclose(view.annotations.value[BY_TWO], rows.value[BY_TWO])
    raters = view.annotations.raters
    anna = raters["anna"].value
    np.testing.assert_allclose(rows.value[BY_ONE], anna[BY_ONE], rtol=1e-6)
    assert (rows.low[BY_ONE] == rows.high[BY_ONE]).all()
    wide = rows.high[BY_TWO] - rows.low[BY_TWO]
    assert (wide > 0.01).all() if policy == "posterior" else not wide.any()
    assert (rows.low <= rows.value).all()
    assert (rows.value <= rows.high).all()
    mean = (anna[BY_TWO] + raters["ben"].value[BY_TWO]) / 2
    assert np.abs(rows.value[BY_TWO] - mean).max() < 0.12
    assert rows.confidence[BY_TWO] == 1


def test_another_policy_shows_at_once_where_a_project_is_open(judged):
    live = LiveProject(judged)
    before = live.view("talk.mp4", 0)
    assert live.view("talk.mp4", 0) is before
    judged.change_settings(consensus="posterior")
    after = live.view("talk.mp4", 0)
    assert (after.rows.value[BY_TWO] != before.rows.value[BY_TWO]).all()
    np.testing.assert_array_equal(after.prediction.value, before.prediction.value)
    file = judged.folder / SETTINGS_FILE
    text = file.read_text()
    file.write_text(text.replace('"posterior"', '"mean"'))
    assert judged.reread_settings()
    again = live.view("talk.mp4", 0)
    np.testing.assert_array_equal(again.rows.value, before.rows.value)


def test_an_unknown_policy_is_refused_and_a_former_project_has_the_mean(judged):
    file = judged.folder / SETTINGS_FILE
    text = file.read_text()
    file.write_text(text.replace('consensus = "mean"', 'consensus = "best"'))
    with pytest.raises(InputError, match="must be one of mean, median, ewe, posterior"):
        read_settings(judged.folder)
    file.write_text(text.replace('consensus = "mean"\n', ""))
    assert read_settings(judged.folder).consensus == "mean"
