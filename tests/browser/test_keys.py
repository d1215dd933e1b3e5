"""Values by the fewest keys, in a real browser, as the project stores them.

All ways are counted by `benchmarks/bars/keys.py`; these are some of each kind.
"""

import pytest
from playwright.sync_api import expect
from tests.browser.judging import suggested_study
from tests.browser.rater import (
    Rater,
    judgements_of,
    until_judgements,
)
from tests.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

BLIND = [
    ("5-46", (-0.4, 0.6), "anger"),
    ("=642", (0.6, 0.4), "happiness"),
    ("1=00", (0.0, 0.0), "neutral"),
    ("4-3-2", (-0.3, -0.2), "sadness"),
    ("3=.35 .2", (0.35, 0.2), "surprise"),
    (["7", "PageDown", "w", "w"], (-0.2, 0.4), "fear"),
]
CORRECTIONS = [
    (["PageUp", "q", "2"], (1, -1), "happiness"),
    (["w", "5"], (0, 1), "anger"),
]
"""Keys, the large steps up or down that they are per dimension, and the class. With an
accept they are nine: the tenth decision is an audit."""


@pytest.fixture
def study(project_template, tmp_path):
    """A project with six suggested frames, and a queue behind them."""
    return suggested_study(project_template[0], tmp_path)


def answer(rater, keys):
    card = rater.at("queue-card")
    expect(card).not_to_have_attribute("data-item", "")  # more is being asked for
    item = rater.item()
    rater.press(*("Space" if key == " " else key for key in keys), "Enter")
    expect(card).not_to_have_attribute("data-item", item)


def test_the_fewest_keys_store_what_is_meant(browser, study):
    context = browser.new_context(locale="en")
    with served(study) as link:
        rater = Rater(context.new_page(), "en-keys")
        rater.page.goto(link)
        card = rater.at("queue-card")
        for keys, _, _ in BLIND:
            expect(card).to_have_attribute("data-lane", "suggested")
            answer(rater, keys)
        expect(card).to_have_attribute("data-lane", "queue")
        rater.saved()
        for keys, _, _ in CORRECTIONS:
            # What was learnt from the one before is there: else it comes amid the keys.
            rater.saved()
            rater.page.wait_for_timeout(1500)
            expect(rater.at("pad-model")).to_be_visible()
            answer(rater, keys)
        expect(rater.at("pad-model")).to_be_visible()
        answer(rater, [])
        until_judgements(study, lambda found: len(found) == 9)
        context.close()
    *made, accepted = judgements_of(study)
    for one, (_, value, name) in zip(made[: len(BLIND)], BLIND, strict=True):
        assert (one.value, one.expression) == (value, name)
        assert one.shown is None
    corrected = made[len(BLIND) :]
    for one, (_, steps, name) in zip(corrected, CORRECTIONS, strict=True):
        assert (one.decision, one.expression) == ("edit", name)
        assert one.touched == tuple(step != 0 for step in steps)
        for own, model, step in zip(one.value, one.shown.value, steps, strict=True):
            # A step counts from the grid of 0.05; what is not moved stays the model's.
            near = 0.026 if step else 0.0051
            assert own == pytest.approx(min(max(model + 0.2 * step, -1), 1), abs=near)
    assert accepted.decision == "accept"
    assert accepted.value == pytest.approx(accepted.shown.value)
