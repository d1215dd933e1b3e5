"""Somebody who has never seen a terminal: from a double click to a table.

With two tiny clips; `benchmarks/bars/first_walk.py` does the same with real ones.
"""

import pytest
from tests.browser.first_walk import (
    Walk,
    check,
    context_of,
    double_clicked,
    starter_file,
)
from tests.projects import write_clip
from tests.soak import IS_SOAK

from feltline.lab.demo import portrait_clip

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """The first is read long before the second, which is longer."""
    folder = tmp_path_factory.mktemp("clips")
    made = []
    for name, seconds in (("a.mp4", 1.0), ("b.mp4", 3.0)):
        clip = portrait_clip(
            seconds=seconds, rate_hz=15.0, width=320, height=240, seed=int(seconds)
        )
        made.append(write_clip(folder / name, list(clip.frames())))
    return made


@pytest.mark.parametrize("language", ["en", "ja"] if IS_SOAK else ["ja"])
def test_from_a_double_click_to_a_table(browser, tmp_path, clips, language):
    context = context_of(browser, language)
    one = Walk(context.new_page(), language, clips, {tmp_path.name, "home"})
    with double_clicked(*starter_file(tmp_path)) as link:
        one.make_project(link)
        one.bring()
        one.label()
        table = one.export()
    context.close()
    check(table, one)
    assert len(table) == 60
    assert one.faults == []
