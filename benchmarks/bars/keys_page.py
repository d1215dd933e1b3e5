"""Presses counted keys in Chromium on a served project; reads back what is stored."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keys_study import served

from feltline.project import Project
from feltline.types import Judgement

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = "/usr/bin/chromium"
NEAR = 0.05 + 1e-6
OF_A_PAGE = 0.0051
"""The page keeps values to a hundredth."""
MOST_STEPS = 200
SEEN = """() => document.querySelector('[data-testid=queue-card]')?.dataset.seen
    !== 'false'"""

Place = tuple[str, str]
"""A video and the id of an item."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is pressed on an item, and what must be stored of its frame."""

    video_id: str
    track_id: int
    frame: int
    keys: Sequence[str]
    value: Sequence[float]
    expression: str
    off: Sequence[bool]
    """Dimensions that must be the rater's; the others stay the model's."""
    model: Sequence[float] | None
    """What the model said; None = the frame is judged blind."""

    def fault(self, stored: Judgement) -> str | None:
        """What is wrong with what is stored; None if nothing is."""
        if stored.expression != self.expression:
            return f"class {stored.expression}, not {self.expression}"
        if (stored.shown is None) != (self.model is None):
            return f"shown: {stored.shown}"
        given = stored.value or (None,) * len(self.value)
        for d, own in enumerate(given):
            if self.off[d]:
                is_right = own is not None and abs(own - self.value[d]) <= NEAR
            else:
                model = self.model[d] if self.model else None
                is_right = own is None or (
                    model is not None and abs(own - model) <= OF_A_PAGE
                )
            if not is_right:
                return f"value {given}, the rater's is {self.value}"
        return None


@contextmanager
def chromium_page(link: str) -> Iterator["Page"]:
    """A signed-in page with the settings of a new browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(locale="en")
        page.goto(link)
        page.wait_for_selector("[data-testid=queue-card][data-item]")
        yield page
        browser.close()


def press_all(page: "Page", keys: Sequence[str]) -> None:
    """One keydown each; Shift is held until a key without it comes."""
    is_held = False
    for key in keys:
        if is_held and not key.startswith("Shift"):
            page.keyboard.up("Shift")
            is_held = False
        if key == "Shift":
            page.keyboard.down("Shift")
            is_held = True
            continue
        name = key.removeprefix("Shift+")
        page.keyboard.press("Space" if name == " " else name)
    if is_held:
        page.keyboard.up("Shift")


def answer_some(
    page: "Page", answers: Mapping[Place, Answer], most: int
) -> dict[Place, Answer]:
    """Go through the queue and answer what comes up; the rest is skipped.

    Of the answers to predictions a third are accepts at most, and each video has one:
    an answer changes what is predicted of its own video.
    """
    done: dict[Place, Answer] = {}
    for _ in range(MOST_STEPS):
        if len(done) == most:
            break
        at = shown(page)
        answer = answers.get(at)
        if answer is None or at in done or not _may_follow(answer, done, most):
            page.keyboard.press("s")
        else:
            page.wait_for_function(SEEN)
            press_all(page, [*answer.keys, "Enter"])
            done[at] = answer
        wait_for_other(page, at)
    page.wait_for_selector("[data-testid=save-state][data-state=saved]")
    return done


def _may_follow(answer: Answer, done: Mapping[Place, Answer], most: int) -> bool:
    if answer.model is None:
        return True
    accepts = sum(not one.keys for one in done.values())
    is_known = any(video_id == answer.video_id for video_id, _ in done)
    return not is_known and (bool(answer.keys) or accepts < most // 3)


def shown(page: "Page") -> Place:
    """The video and the item on the card."""
    card, video = page.get_by_test_id("queue-card"), page.get_by_test_id("video")
    return (
        video.get_attribute("data-video") or "",
        card.get_attribute("data-item") or "",
    )


def wait_for_other(page: "Page", before: Place) -> None:
    """Until another item is on the card; at the end more may have to come first."""
    until = time.monotonic() + 2.0
    while shown(page) == before and time.monotonic() < until:
        page.wait_for_timeout(20)


def stored_faults(folder: Path, answers: Sequence[Answer]) -> list[str]:
    """Answers that are not stored as they were meant, each with what is wrong."""
    with Project.open(folder) as project:
        newest: dict[tuple[str, int, int], Any] = {
            (one.video_id, one.track_id, one.first_frame): one
            for one in (stored.judgement for stored in project.store.judgements())
            if one.decision != "skip"
        }
    found = []
    for answer in answers:
        stored = newest.get((answer.video_id, answer.track_id, answer.frame))
        fault = "nothing stored" if stored is None else answer.fault(stored)
        if fault is not None:
            found.append(f"{answer}: {fault}")
    return found


def press_on_page(
    folder: Path, answers: Mapping[Place, Answer], most: int
) -> list[Answer]:
    """Serve a project, press answers to what is asked, and compare with what is stored.

    Returns:
        What was pressed.

    Raises:
        ValueError: Something is not stored as it was meant, or too little came up.
    """
    with served(folder) as link, chromium_page(link) as page:
        done = answer_some(page, answers, most)
    if len(done) < most:
        raise ValueError(f"{len(done)} of {most} came up: {sorted(done)}")
    faults = stored_faults(folder, list(done.values()))
    if faults:
        raise ValueError("\n".join(faults))
    return list(done.values())
