"""From a double click to an exported table, in a browser alone.

`benchmarks/bars/first_walk.py` walks with real clips and a watch,
`tests/browser/test_first_walk.py` with two tiny ones.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from playwright.sync_api import Browser, Locator, Page, expect
from tests.browser.rater import SEEN
from tests.browser.test_japanese import NAMES, TEXTS, english_in
from tests.browser.videos import drop
from tests.cli.test_starter import entry_of, words_of_exec

PER_CLIP = 5
"""Frames that the page has suggested of each new video."""
ACCEPTS = 5
LONGEST_MS = 180_000.0
TYPED = {
    "6 4": (0.6, 0.4),
    "-3 2": (-0.3, 0.2),
    "0 0": (0.0, 0.0),
    ".45 -.2": (0.45, -0.2),
}
"""What is typed after `=`, and the valence and arousal that are meant."""


class Walk:
    """One person's way through the page.

    Args:
        page: Chromium's.
        language: Of the page; in Japanese no English may be left on it.
        clips: Videos to bring in.
        names: Words in Latin letters that are no English, as those of the clips.
        done: Told of each step that is done.
    """

    def __init__(
        self,
        page: Page,
        language: str,
        clips: list[Path],
        names: set[str],
        done: Callable[[str], None] = lambda _step: None,
    ) -> None:
        self.page, self.language, self.clips = page, language, clips
        self.names, self.tell = NAMES | names, done
        self.faults: list[str] = []
        self.n_labelled = self.n_accepted = 0
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        page.on("response", self._answered)

    def _answered(self, answer) -> None:
        if answer.status >= 400:
            self.faults.append(f"{answer.status} {answer.url}")

    def done(self, step: str) -> None:
        self.tell(step)
        if self.language == "ja":
            left = english_in(self.page.evaluate(TEXTS), self.names)
            self.faults += [f"English after “{step}”: {text}" for text in left]

    def at(self, testid: str) -> Locator:
        return self.page.get_by_test_id(testid)

    def enter(self) -> None:
        """Save, and wait for the next card with its face."""
        item = self.at("queue-card").get_attribute("data-item") or ""
        self.page.keyboard.press("Enter")
        expect(self.at("queue-card")).not_to_have_attribute("data-item", item)
        self.page.wait_for_function(SEEN)

    def make_project(self, link: str) -> None:
        self.page.goto(link)
        expect(self.at("no-project")).to_be_visible()
        self.done("page opened")
        self.at("new-name").fill("表情研究" if self.language == "ja" else "Study")
        self.at("new-rater").fill("花子" if self.language == "ja" else "Hana")
        self.page.keyboard.press("Enter")
        expect(self.at("empty-folder")).to_be_visible()
        self.done("project made")

    def bring(self) -> None:
        for _ in drop(self.page, *self.clips):
            expect(self.at("drop-hint")).to_be_visible()
        expect(self.at("job").first).to_be_visible()
        self.done("clips dropped, the first is being read")
        suggest = self.at("suggest-new")
        expect(suggest).to_be_visible(timeout=LONGEST_MS)
        expect(self.at("video-row")).to_have_count(len(self.clips))
        expect(suggest).to_have_count(1)
        self.done("all clips read")
        suggest.click()
        card = self.at("queue-card")
        expect(card).to_have_attribute("data-lane", "suggested", timeout=LONGEST_MS)
        self.page.wait_for_function(SEEN)
        self.done("frames suggested, first card")

    def label(self) -> None:
        """Label what is suggested, by keys, then accept some of the queue."""
        typed = list(TYPED)
        while self.at("queue-card").get_attribute("data-lane") == "suggested":
            self.page.keyboard.press(str(1 + self.n_labelled % 3))
            self.page.keyboard.press("=")
            self.page.keyboard.type(typed[self.n_labelled % len(typed)])
            self.enter()
            self.n_labelled += 1
            assert self.n_labelled <= PER_CLIP * len(self.clips)
        expect(self.at("save-state")).to_have_attribute("data-state", "saved")
        self.done(f"{self.n_labelled} suggested frames labelled")
        while self.n_accepted < ACCEPTS:
            if not self.at("queue-card").get_attribute("data-item"):
                break
            if self.at("blind").count():  # an audit wants a value of one's own
                self.page.keyboard.press("ArrowUp")
            self.enter()
            self.n_accepted += 1
        expect(self.at("save-state")).to_have_attribute("data-state", "saved")
        self.done(f"{self.n_accepted} of the queue accepted")

    def export(self) -> pl.DataFrame:
        self.at("open-export").click()
        expect(self.at("panel-export")).to_be_visible()
        with self.page.expect_download() as downloading:
            self.at("export").click()
        file = downloading.value.path()
        self.done("table downloaded")
        return pl.read_csv(file)


def check(table: pl.DataFrame, one: Walk) -> None:
    """The table holds every clip, and what was said by hand is marked as that."""
    assert set(table["video_id"]) == {clip.name for clip in one.clips}
    by_hand = table.filter(pl.col("origin") == "human")
    assert len(by_hand) >= one.n_labelled, (len(by_hand), one.n_labelled)
    values = set(by_hand.select("valence", "arousal").iter_rows())
    assert set(TYPED.values()) <= values, values
    assert {"neutral", "happiness", "surprise"} <= set(by_hand["expression"])
    assert table.filter(pl.col("origin") == "model")["valence"].is_not_null().all()


def starter_file(folder: Path) -> tuple[list[str], dict[str, str], Path]:
    """What a double click runs, its environment, and where it writes the address to."""
    opened, browser = folder / "opened", folder / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    command = [sys.executable, "-m", "feltline", "starter"]
    subprocess.run(
        [*command, "--to", folder, "--media", folder],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    entry = entry_of((folder / "feltline.desktop").read_text(encoding="utf-8"))
    env = os.environ | {"BROWSER": str(browser), "FELTLINE_HOME": str(folder / "home")}
    return words_of_exec(entry["Exec"]), env, opened


@contextmanager
def double_clicked(
    command: list[str], env: dict[str, str], opened: Path
) -> Iterator[str]:
    """The address that a double click sends the browser to, as long as this."""
    process = subprocess.Popen(command, cwd="/", env=env, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 90
        while not (opened.exists() and opened.read_text().strip()):
            assert process.poll() is None, "it ended"
            assert time.monotonic() < until, "no browser was opened"
            time.sleep(0.02)
        yield opened.read_text().strip()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def context_of(browser: Browser, language: str):
    return browser.new_context(
        viewport={"width": 1280, "height": 800},
        locale=language,
        color_scheme="dark" if language == "ja" else "light",
    )
