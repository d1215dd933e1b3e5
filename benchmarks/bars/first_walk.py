"""Machine time from a double click to an exported table, in a browser alone.

    python benchmarks/bars/first_walk.py CLIP CLIP CLIP [--language en ja] [--shots DIR]

What `feltline starter` wrote is started as a desktop starts it; the browser that it
opens is Chromium under Playwright. On the page a project is made, the clips are
dropped, frames are suggested, labelled by keys, some of the queue is accepted, and a
table is downloaded and checked. Time runs from the double click to the file: nobody
thinks in between, so all of it is the machine's. In Japanese no English may be left
after any step.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.browser import first_walk  # noqa: E402 - the checkout is no package
from tests.browser.conftest import ARGS, CHROMIUM  # noqa: E402

BAR_S = 180.0


class Watch:
    """Seconds of each step; what looking at the page takes is not counted."""

    def __init__(self, page: Page, language: str, shots: Path | None) -> None:
        self.page, self.language, self.shots = page, language, shots
        self.total_s, self.since = 0.0, time.monotonic()

    def done(self, step: str) -> None:
        took = time.monotonic() - self.since
        self.total_s += took
        print(f"{self.language}  {step:<48}{took:7.1f} s", flush=True)
        if self.shots is not None:
            name = "-".join(word.strip(",") for word in step.split())
            self.page.screenshot(path=self.shots / f"{self.language}-{name}.png")
        self.since = time.monotonic()


def walk(
    browser: Browser, language: str, clips: list[Path], shots: Path | None
) -> bool:
    """Walk once and print; whether the bar is met."""
    context = first_walk.context_of(browser, language)
    page = context.new_page()
    with tempfile.TemporaryDirectory() as folder:
        started = first_walk.starter_file(Path(folder))
        watch = Watch(page, language, shots)
        names = {Path(folder).name, "home"}
        names |= {clip.stem for clip in clips}
        one = first_walk.Walk(page, language, clips, names, watch.done)
        with first_walk.double_clicked(*started) as link:
            watch.done("double click, browser opened")
            one.make_project(link)
            one.bring()
            one.label()
            table = one.export()
        context.close()
    first_walk.check(table, one)
    is_met = watch.total_s < BAR_S and not one.faults
    mark = "met" if is_met else "MISSED"
    said = f"double click to table of {len(table)} rows"
    print(f"{language}  {said:<48}{watch.total_s:7.1f} s   bar {BAR_S:g}   {mark}")
    for fault in one.faults:
        print(f"    {fault}")
    return is_met


def main() -> None:
    """Walk in each language; leaves with 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--language", nargs="+", default=["en", "ja"])
    parser.add_argument("--shots", type=Path, help="pictures of each step go here")
    asked = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        met = [
            walk(browser, language, asked.clips, asked.shots)
            for language in asked.language
        ]
        browser.close()
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
