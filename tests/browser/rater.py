"""A person at the review page in a real browser, and what the project has of them.

`FELTLINE_SHOTS=folder` keeps pictures.
"""

import os
import re
import time
from pathlib import Path

from playwright.sync_api import expect

from feltline.project import Project

FACE_GONE = re.compile(
    r"^404 .*(/tracks/\d+/(faces|prediction)|/crop\?track_id=.*)$|status of 404"
)
"""After a track edit what was prefetched of a face that is gone is not there, also
while the page closes."""

SEEN = """() => document.querySelector('[data-testid=queue-card], .sheet-card')
    ?.dataset.seen !== 'false'"""
JUDGING = {"Enter", "x", "u"}


class Rater:
    """Presses keys and watches the page."""

    def __init__(self, page, name):
        self.page, self.name = page, name
        self.faults: list[str] = []
        self.forgiven: re.Pattern[str] | None = None
        self.left: dict[str, list[str]] = {}
        """Per screen, texts that are not in its language."""
        page.on("console", self.logged)
        page.on("response", self.answered)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda d: self.faults.append(f"a dialog: {d.message}"))

    def logged(self, message):
        if message.type == "error":
            self.faults.append(message.text)

    def answered(self, answer):
        if answer.status >= 400:
            self.faults.append(f"{answer.status} {answer.url}")

    def at(self, testid):
        return self.page.get_by_test_id(testid)

    def press(self, *keys):
        for key in keys:
            if key in JUDGING:  # not taken before the face was on screen
                self.page.wait_for_function(SEEN)
            self.page.keyboard.press(key)

    def shoot(self, what):
        folder = os.environ.get("FELTLINE_SHOTS")
        if folder:
            self.page.wait_for_timeout(400)
            self.page.screenshot(path=Path(folder) / f"{self.name}-{what}.png")

    def item(self):
        return self.at("queue-card").get_attribute("data-item")

    def saved(self):
        expect(self.at("save-state")).to_have_attribute("data-state", "saved")

    def set_value(self, value):
        """From 0 to a value in steps of .05, by arrow keys."""
        steps = round(float(value) / 0.05)
        far, near = divmod(abs(steps), 4)
        arrow = "ArrowUp" if steps > 0 else "ArrowDown"
        self.press(*[f"Shift+{arrow}"] * far, *[arrow] * near)
        if not steps:  # a value of 0 is a value too
            self.press("ArrowUp", "ArrowDown")


def stored(study, what):
    with Project.open(study) as project:
        return what(project.store)


def judgements_of(study):
    return stored(study, lambda s: [x.judgement for x in s.judgements()])


def until_judgements(study, holds):
    """Judgements in force once this holds of them: a key is done before it is saved."""
    until = time.monotonic() + 20
    while not holds(found := judgements_of(study)):
        assert time.monotonic() < until, found
        time.sleep(0.05)
    return found
