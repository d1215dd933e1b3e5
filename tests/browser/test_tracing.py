"""Live rating in a real browser: each device against a planted motion, lag, nothing lost.

The four devices rate at once, each on a page of its own, at double speed: ten seconds of
the video take five.
"""

import json
import math
import uuid

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.browser.design import Entry
from tests.browser.rater import Rater, stored
from tests.browser.videos import no_serious_finding
from tests.serving import served

from feltline.lab.demo import portrait_clip
from feltline.pipeline import add_videos
from feltline.project import Project, ProjectSettings
from feltline.video import VideoWriter

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

SECONDS = 11.0
RATE_HZ = 8.0
PERIOD_S = 5.0
HEIGHT = 0.8
DEVICES = ("mouse", "keys", "touch", "gamepad")
TIME = "document.querySelector('video[data-active=true]').currentTime"

# A pad whose stick follows the motion: up is negative, and its middle is dead.
PAD = f"""
navigator.getGamepads = () => {{
  const time = document.querySelector('video[data-active=true]')?.currentTime ?? 0;
  const up = {HEIGHT} * Math.sin(2 * Math.PI * time / {PERIOD_S});
  const stick = (value) => Math.sign(value) * (0.1 + 0.9 * Math.abs(value));
  return [{{ connected: true, id: 'Planted', axes: [stick(-up), stick(-up)] }}];
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
    with served(study) as link:
        yield Entry(link)


@pytest.fixture
def open_as(browser, entry):
    """Opens the page with a way to rate live; faults of it fail the test."""
    opened = []

    def open_(language="en", script="", **options):
        kept = {"speed": 2, "mode": "bounded", "rated": ["valence"]} | options
        # Before a script can be added to a page, it is open: so it is loaded once more.
        page = entry.visit(browser, locale=language, viewport=SIZE, has_touch=True)
        rater = Rater(page, f"tracing-{language}")
        opened.append(rater)
        page.evaluate(f"localStorage['feltline.tracing'] = {json.dumps(json.dumps(kept))}")
        page.context.add_init_script(script or "0")
        page.reload()
        expect(rater.at("queue-card")).to_be_visible()
        rater.press("l")
        expect(rater.at("tracing")).to_have_attribute("data-phase", "ready")
        return rater

    yield open_
    for rater in opened:
        rater.page.context.close()
    assert [fault for rater in opened for fault in rater.faults] == []


SIZE = {"width": 1000, "height": 720}


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
        points = [] if kind == "touchEnd" else [dict(zip("xy", self.spot(value)))]
        self.devtools.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )

    def spot(self, value):
        box = self.box
        return box["x"] + box["width"] / 2, box["y"] + box["height"] * (1 - value) / 2

    def follow(self):
        """One movement; True once the rating is over."""
        time_s, phase = self.page.evaluate(
            f"[{TIME}, document.querySelector('[data-testid=tracing]').dataset.phase]"
        )
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
        return phase != "rating"


def traces_of(study):
    return {one.trace.device: one for one in stored(study, lambda s: s.traces())}


def lags_of(study, event_id):
    lags = stored(study, lambda s: s.trace_lags())
    return [one.lag.lag_s for one in lags if one.trace_event_id == event_id]


def begin(rater):
    rater.press("Enter")
    expect(rater.at("countdown")).to_have_text("3")
    rater.press("Enter")
    expect(rater.at("tracing")).to_have_attribute("data-phase", "rating")


def test_ten_seconds_are_rated_with_each_device(open_as, study):
    ways = {device: {"device": device} for device in DEVICES}
    ways["keys"]["mode"] = "relative"
    ways["gamepad"] |= {"rated": ["valence", "arousal"], "script": PAD}
    raters = {device: open_as(**way) for device, way in ways.items()}
    hands = []
    for device, rater in raters.items():
        begin(rater)
        hands.append(Hand(rater, device))
    raters["mouse"].shoot("rating")
    while hands:
        hands = [hand for hand in hands if not hand.follow()]
    for rater in raters.values():
        expect(rater.at("trace-review")).to_contain_text("10.")
        rater.press("Enter")
        expect(rater.at("trace-lag")).to_be_visible()
    found = traces_of(study)
    assert set(found) == set(DEVICES)
    for device, one in found.items():
        trace = one.trace
        assert (trace.speed, trace.mode) == (2, ways[device].get("mode", "bounded"))
        assert trace.time_s[-1] - trace.time_s[0] > 10
        assert (np.diff(trace.time_s) > 0).all()
        for column in np.asarray(trace.value).T:
            apart = column - motion(trace.time_s)
            assert math.sqrt(np.mean(apart**2)) < 0.25, device
            assert np.corrcoef(column, motion(trace.time_s))[0, 1] > 0.93, device

    rater, event_id = raters["mouse"], found["mouse"].event_id
    before = lags_of(study, event_id)
    shown = float(rater.at("trace-lag-text").get_attribute("data-lag"))
    assert [round(lag, 3) for lag in before] == [round(shown, 3)]
    rater.at("trace-lag-input").fill("0.7")
    rater.press("Enter")
    rater.saved()
    assert lags_of(study, event_id)[-1] == 0.7
    rater.at("trace-lag-undo").click()
    expect(rater.at("trace-lag-text")).to_have_attribute("data-lag", str(shown))
    rater.saved()
    assert lags_of(study, event_id) == before


@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_is_sent_unasked_and_nothing_is_lost(open_as, study, language):
    rater = open_as(language, device="keys")
    page = rater.page
    before = len(stored(study, lambda s: s.traces()))
    no_serious_finding(page)
    begin(rater)
    assert rater.at("pad-model").count() == rater.at("readout").count() == 0
    page.wait_for_function(f"() => {TIME} > 1.5")
    no_serious_finding(page)
    rater.press("Escape")
    expect(rater.at("trace-review")).to_be_visible()
    rater.press("x")
    expect(rater.at("tracing")).to_have_attribute("data-phase", "ready")

    begin(rater)
    page.wait_for_function(f"() => {TIME} > 1.5")
    rater.press("ArrowUp", "Space")
    expect(rater.at("trace-state")).to_have_attribute("data-paused", "true")
    page.reload()
    expect(rater.at("trace-review")).to_be_visible()
    no_serious_finding(page)
    rater.forgiven = None
    page.context.set_offline(True)
    rater.press("Enter")
    expect(rater.at("save-state")).to_have_attribute("data-state", "offline")
    assert len(stored(study, lambda s: s.traces())) == before
    page.context.set_offline(False)
    expect(rater.at("trace-lag")).to_be_visible()
    no_serious_finding(page)
    rater.press("Escape")
    expect(rater.at("queue-card")).to_be_visible()
    assert len(stored(study, lambda s: s.traces())) == before + 1
    rater.faults = [one for one in rater.faults if "ERR_INTERNET" not in one]
