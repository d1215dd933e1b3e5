"""Live rating in a real browser: each device, its lag, and nothing that is lost.

The four devices rate at once, each on a page of its own, at double speed: ten seconds
of the video take five.
"""

import json
import uuid
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.conftest import close_context
from tests.browser.design import SEEN
from tests.browser.rater import Rater, stored
from tests.browser.videos import no_serious_finding
from tests.serving import served

from feltline.lab.demo import portrait_clip
from feltline.pipeline import add_videos
from feltline.project import Project, ProjectSettings
from feltline.video import VideoWriter

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

SECONDS = 11.0
RATE_HZ = 6.0
PERIOD_S = 5.0
HEIGHT = 0.8
SIZE = {"width": 1000, "height": 720}
DEVICES = ("mouse", "keys", "touch", "gamepad")
PHASE = "document.querySelector('[data-testid=tracing]').dataset.phase"
TIME = "document.querySelector('video[data-active=true]').currentTime"

# A pad whose stick follows the motion: up is negative, and its middle is dead.
PAD = f"""
navigator.getGamepads = () => {{
  const time = document.querySelector('video[data-active=true]')?.currentTime ?? 0;
  const up = {HEIGHT} * Math.sin(2 * Math.PI * time / {PERIOD_S});
  const stick = (value) => Math.sign(value) * (0.1 + 0.9 * Math.abs(value));
  return [{{ connected: true, id: 'Planted', axes: [stick(up), stick(-up)] }}];
}};
"""


def motion(time_s):
    return HEIGHT * np.sin(2 * np.pi * np.asarray(time_s) / PERIOD_S)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A project with one face for eleven seconds."""
    folder = tmp_path_factory.mktemp("tracing") / "study"
    settings = ProjectSettings(project_id=uuid.uuid4().hex, name="study", rater="anna")
    clip = portrait_clip(
        seconds=SECONDS, rate_hz=RATE_HZ, width=320, height=240, seed=1
    )
    with Project.init(folder, settings) as project:
        path = folder / "talk.mp4"
        with VideoWriter(path, width=320, height=240, rate=RATE_HZ) as writer:
            for rgb in clip.frames():
                writer.write(np.ascontiguousarray(rgb))
        assert add_videos(project, [str(path)]).added == ["talk.mp4"]
    return folder


@pytest.fixture(scope="module")
def entry(study):
    """The sign-in link, good for one visit; then its cookie and the page's address."""
    with served(study) as link:
        yield {"address": link, "cookies": []}


@pytest.fixture
def open_as(browser, entry):
    """Opens live rating on a page of its own; faults of it fail the test."""
    opened = []

    def open_(language="en", script="", **options):
        kept = {"speed": 2, "mode": "bounded", "rated": ["valence"]} | options
        text = json.dumps(json.dumps(kept))
        context = browser.new_context(locale=language, viewport=SIZE, has_touch=True)
        context.add_cookies(entry["cookies"])
        chosen = f"localStorage['feltline.tracing'] ??= {text};"
        context.add_init_script(SEEN + chosen + script)
        rater = Rater(context.new_page(), f"tracing-{language}")
        opened.append(rater)
        rater.page.goto(entry["address"])
        expect(rater.at("queue-card")).to_be_visible()
        entry["address"] = rater.page.url.split("?")[0]
        entry["cookies"] = context.cookies()
        rater.press("l")
        expect(rater.at("tracing")).to_have_attribute("data-phase", "ready")
        return rater

    yield open_
    for rater in opened:
        close_context(rater.page.context)
    assert [fault for rater in opened for fault in rater.faults] == []


class Hand:
    """Moves a device so that the value follows the motion."""

    def __init__(self, rater, device):
        self.page, self.device, self.level = rater.page, device, 0.0
        self.bar = rater.page.locator(".trace-bar").first
        self.devtools = rater.page.context.new_cdp_session(rater.page)
        self.box = self.bar.bounding_box() if device in ("mouse", "touch") else None
        if device == "touch":
            self.touch("touchStart", 0.0)

    def touch(self, kind, value):
        x, y = self.spot(value)
        asked = {"type": kind, "touchPoints": [{"x": x, "y": y}]}
        self.devtools.send("Input.dispatchTouchEvent", asked)

    def spot(self, value):
        box = self.box
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] * (1 - value) / 2

    def follow(self):
        """One movement; True once the rating is over."""
        time_s, phase = self.page.evaluate(f"[{TIME}, {PHASE}]")
        value = float(motion(time_s))
        if self.device == "mouse":
            self.page.mouse.move(*self.spot(value))
        elif self.device == "touch":
            self.touch("touchMove", value)
        elif self.device == "keys":
            steps = round((value - self.level) / 0.05)
            for _ in range(abs(steps)):
                self.page.keyboard.press("ArrowUp" if steps > 0 else "ArrowDown")
            self.level += 0.05 * steps
        return phase == "review"


def traces_of(study):
    return {one.trace.device: one for one in stored(study, lambda s: s.traces())}


def lags_of(study, event_id):
    lags = stored(study, lambda s: s.trace_lags())
    return [one.lag.lag_s for one in lags if one.trace_event_id == event_id]


def is_in(rater, phase):
    expect(rater.at("tracing")).to_have_attribute("data-phase", phase)


def begin(rater):
    rater.press("Enter")
    expect(rater.at("countdown")).to_have_text("3")
    rater.press("Enter")
    is_in(rater, "rating")


def late_by(trace, column):
    """Seconds that a rating comes after the motion, and how alike they are then."""
    lags = np.arange(0, 0.61, 0.05)
    alike = [np.corrcoef(column, motion(trace.time_s - lag))[0, 1] for lag in lags]
    return float(lags[np.argmax(alike)]), float(np.max(alike))


def test_ten_seconds_are_rated_with_each_device(open_as, study):
    ways: dict[str, dict[str, Any]] = {one: {"device": one} for one in DEVICES}
    ways["keys"]["mode"] = "relative"
    ways["touch"]["language"] = "ja"
    ways["gamepad"] |= {"rated": ["valence", "arousal"], "script": PAD}
    raters = {device: open_as(**way) for device, way in ways.items()}
    for rater in raters.values():
        rater.press("Enter")
    hands = [Hand(rater, device) for device, rater in raters.items()]
    for rater in raters.values():
        rater.press("Enter")
    while hands:
        hands = [hand for hand in hands if not hand.follow()]
    for rater in raters.values():
        expect(rater.at("trace-review")).to_contain_text("10.")
        rater.press("Enter")
    for rater in raters.values():
        expect(rater.at("trace-lag")).to_be_visible()
    no_serious_finding(raters["touch"].page)
    found = traces_of(study)
    assert set(found) == set(DEVICES)
    for device, one in found.items():
        trace = one.trace
        assert (trace.speed, trace.mode) == (2, ways[device].get("mode", "bounded"))
        assert trace.time_s[-1] - trace.time_s[0] > 10
        for column in np.asarray(trace.value).T:
            lag, alike = late_by(trace, column)
            assert alike > 0.95, device
            # A page that is driven from another process has a lag of its own.
            assert lag <= (0.05 if device == "gamepad" else 0.5), device
            assert np.ptp(column) == pytest.approx(2 * HEIGHT, abs=0.3), device

    rater, event_id = raters["mouse"], found["mouse"].event_id
    before = lags_of(study, event_id)
    shown = float(rater.at("trace-lag-text").get_attribute("data-lag"))
    assert before == [pytest.approx(shown)]
    rater.at("trace-lag-input").fill("0.7")
    rater.press("Enter")
    expect(rater.at("trace-lag-undo")).to_be_enabled()
    assert lags_of(study, event_id) == [*before, 0.7]
    rater.at("trace-lag-undo").click()
    expect(rater.at("trace-lag-text")).to_have_attribute("data-lag", str(shown))
    rater.saved()
    assert lags_of(study, event_id) == before


def rated_a_second(rater):
    begin(rater)
    rater.page.wait_for_function(f"() => {TIME} > 1.6")


@pytest.mark.parametrize("language", ["en", "ja"])
def test_everybody_can_rate_live_and_discard_it(open_as, study, language):
    before = len(stored(study, lambda s: s.traces()))
    rater = open_as(language, device="keys")
    no_serious_finding(rater.page)
    rated_a_second(rater)
    for hidden in ("pad-model", "readout", "timeline", "queue-card"):
        expect(rater.at(hidden)).to_have_count(0)
    no_serious_finding(rater.page)
    rater.press("Escape")
    expect(rater.at("trace-review")).to_be_visible()
    no_serious_finding(rater.page)
    rater.press("x")
    is_in(rater, "ready")
    rater.page.reload()
    expect(rater.at("queue-card")).to_be_visible()
    assert len(stored(study, lambda s: s.traces())) == before


def test_a_rating_outlives_a_reload_and_a_line_that_breaks(open_as, study):
    before = len(stored(study, lambda s: s.traces()))
    rater = open_as(device="keys")
    rated_a_second(rater)
    rater.press("ArrowUp", "Space")
    expect(rater.at("trace-state")).to_have_attribute("data-paused", "true")
    rater.page.reload()
    expect(rater.at("trace-review")).to_be_visible()
    rater.page.context.set_offline(True)
    rater.press("Enter")
    expect(rater.at("trace-sent")).to_have_attribute("data-waiting", "true")
    expect(rater.at("save-state")).to_have_attribute("data-state", "offline")
    assert len(stored(study, lambda s: s.traces())) == before
    rater.page.context.set_offline(False)
    expect(rater.at("trace-lag")).to_be_visible()
    # What was sent is not asked about again.
    rater.page.reload()
    expect(rater.at("queue-card")).to_be_visible()
    expect(rater.at("tracing")).to_have_count(0)
    assert len(stored(study, lambda s: s.traces())) == before + 1
    rater.press("h")
    rows = rater.at("history-list")
    expect(rows).to_contain_text("Rated Valence live: frames")
    rater.page.keyboard.press("Escape")
    rater.press("l")
    expect(rater.at("trace-earlier").locator("li").first).to_be_visible()
    rater.faults = [one for one in rater.faults if "ERR_INTERNET" not in one]
