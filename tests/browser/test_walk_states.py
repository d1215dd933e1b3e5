"""A random walk over the review page: nothing is lost, and nothing shown is untrue.

A person judges, changes their mind, loads the page again, works in two tabs, loses the
line; meanwhile videos are purged and frames are suggested. After each step the page is
held against what was said. `make soak` walks the whole way; a walk that fails prints
its seed and its steps.
"""

import json
import random
import re
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest
from tests.browser.walk_states import SNAPSHOT, Address, Draft, Said, Tab, number
from tests.browser.walk_steps import Steps
from tests.projects import copied, write_clip
from tests.soak import IS_SOAK

from feltline.fewshot import Budget
from feltline.lab.demo import portrait_clip
from feltline.pipeline import add_videos, purge, suggest_in

pytestmark = [pytest.mark.browser, pytest.mark.allow_hosts(["127.0.0.1"])]

SEEDS = (1, 2, 3) if IS_SOAK else (1, 2)
STEPS = 200 if IS_SOAK else 40
SETTLE_EVERY = 8
UNREACHABLE = re.compile(r"Failed to load resource|net::ERR_")


@pytest.fixture(scope="module")
def template(project_template, tmp_path_factory):
    """Four tiny videos, so that some can be purged."""
    with copied(project_template[0], tmp_path_factory.mktemp("walk")) as project:
        clip = portrait_clip(seconds=2.0, rate_hz=15.0, width=160, height=120, seed=4)
        frames = list(clip.frames())
        names = ("early.mp4", "late.mp4")
        for name, part in zip(names, (frames[:12], frames[-12:]), strict=True):
            write_clip(project.folder / name, part)
        add_videos(project, [str(project.folder / name) for name in names])
        suggest_in(project, Budget(total=4))
        # By somebody else, or an undo would take it back.
        project.store.set_threshold(0.97, rater="lead")
        return project.folder


class Walk(Steps):
    """One person, up to two tabs, and what must hold after each step."""

    def __init__(self, context, address, project, seed):
        self.context, self.address, self.project = context, address, project
        self.random = random.Random(seed)  # noqa: S311 - a walk, no secret
        self.steps: list[str] = []
        self.said: list[Said] = []
        self.orphans: list[Draft] = []
        """Drafts of tabs that were closed."""
        self.purged: list[str] = []
        self.faults: list[str] = []
        self.n_refused = 0
        self.is_away = False
        self.is_down = False
        self.n_tabs = 0
        self.tabs = [self.open_tab(address.link)]

    # ---- tabs

    def open_tab(self, link=None):
        self.n_tabs += 1
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(f"thrown: {error}"))
        page.on("dialog", lambda box: self.faults.append(f"dialog: {box.message}"))
        page.on("console", self.logged)
        page.on("response", self.answered)
        tab = Tab(f"tab {self.n_tabs}", page)
        page.goto(link or self.address.base)
        self.arrived(tab)
        return tab

    def logged(self, message):
        if message.type == "error" and not UNREACHABLE.search(message.text):
            self.faults.append(f"logged: {message.text}")

    def answered(self, answer):
        if answer.status < 400 or any(quote(v) in answer.url for v in self.purged):
            return
        sent = answer.request.post_data or ""
        if answer.request.method == "POST" and any(v in sent for v in self.purged):
            return
        twice = answer.status == 400 and answer.url.endswith(("/undo", "/redo"))
        if twice and self.n_refused > 0:
            self.n_refused -= 1
            return
        self.faults.append(f"{answer.status} {answer.request.method} {answer.url}")

    def arrived(self, tab):
        """A page was loaded: it goes on with its draft, or one that nobody has."""
        tab.begun_anew()
        tab.ready()
        if not tab.draft.is_kept:
            tab.draft = self.orphans.pop() if self.orphans else Draft()
        if not tab.draft.is_kept:
            self.takes_from_page(tab)

    # ---- what happens around the person

    def reload(self, tab):
        if self.is_away:
            return
        tab.page.reload()
        self.arrived(tab)

    def lost_page(self, tab):
        """The line goes, and then the page, before all was sent."""
        if self.is_away:
            return
        self.context.set_offline(True)
        self.is_away = True
        for step in (self.value, self.enter, self.step_items, self.value):
            step(tab)
        self.is_away = False
        tab.page.goto("about:blank")
        self.context.set_offline(False)
        tab.page.goto(self.address.base)
        self.arrived(tab)

    def second_tab(self, _tab):
        if self.is_away or len(self.tabs) > 1:
            return
        self.tabs.append(self.open_tab())

    def close_tab(self, tab):
        if self.is_away or len(self.tabs) < 2:
            return
        tab = self.tabs.pop(self.random.randrange(2))
        if tab.draft.is_kept:
            self.orphans.append(tab.draft)
        tab.page.close()

    def line(self, _tab):
        self.back() if self.is_away else self.away()

    def away(self):
        self.is_away = True
        self.is_down = self.random.random() < 0.25
        if self.is_down:
            self.address.stop()
        else:
            self.context.set_offline(True)

    def back(self):
        if self.is_down:
            self.address.start()
        else:
            self.context.set_offline(False)
        self.is_away = self.is_down = False
        for tab in self.tabs:
            self.until_saved(tab)
        self.until_gone()

    def purge(self, tab):
        names = [v.video_id for v in self.project.store.videos()]
        if len(names) < 3:
            return
        shown = tab.state().face
        name = self.random.choice(names)
        if shown and shown[0] in names and self.random.random() < 0.6:
            name = shown[0]
        self.purged.append(name)
        self.steps[-1] += f" of {name}"
        purge(self.project, name)
        self.said = [s for s in self.said if s.video != name]
        self.orphans = [d for d in self.orphans if not (d.at and d.at[0] == name)]
        if not self.is_away:
            self.until_gone()

    def until_gone(self):
        """Each page learns what was purged, and what is asked instead."""
        for tab in self.tabs:
            tab.past = [s for s in tab.past if s.video not in self.purged]
            tab.future = [f for f in tab.future if f[0].video not in self.purged]
            if tab.draft.at and tab.draft.at[0] in self.purged:
                tab.draft = Draft()
            gone = json.dumps(self.purged)
            tab.wait(f"!{gone}.some((name) => walkShows(name))")
            tab.ready()
            self.takes_from_page(tab)

    def suggest(self, _tab):
        suggest_in(self.project, Budget(total=self.random.randint(1, 3)))

    # ---- what must hold

    def settle(self):
        """All is sent: the store has what was said, all of it and nothing else."""
        for tab in self.tabs:
            self.until_saved(tab)
        stored = [s.judgement for s in self.project.store.judgements()]
        left, lost = list(enumerate(stored)), []
        places: dict[str, list[int]] = {}
        for said in (one for one in self.said if one.in_force):
            match = next(((i, one) for i, one in left if said.is_it(one)), None)
            if match is None:
                lost.append(said)
                continue
            left.remove(match)
            place, found = match
            if sum(map(said.is_it, stored)) == 1:
                places.setdefault(said.tab, []).append(place)
            if said.is_blind and said.scope == "frame":
                assert found.shown is None, f"blind, but shown was {found.shown}"
        assert (lost, left) == ([], []), "said and not stored; stored and not said"
        assert all(i == sorted(i) for i in places.values()), "stored in another order"
        for tab in self.tabs:
            self.counts(tab)

    def counts(self, tab):
        """How far the work is, as the server has it."""
        until = time.monotonic() + 15
        while True:
            now = tab.state()
            what = "suggestions" if now.lane == "suggested" else "queue"
            answer = self.context.request.get(f"{self.address.base}api/{what}").json()
            at = answer if what == "suggestions" else answer["position"]
            done, total = at["done"], at["total"]
            share = 100 * done / total if total else 0
            shown = number(now.raw["position"].split(" of ")[1].replace(",", ""))
            if shown == total and now.raw["width"] == pytest.approx(share, abs=0.01):
                return
            said = (now.raw["position"], now.raw["width"], done, total)
            assert time.monotonic() < until, f"counts on {tab.name}: {said}"
            tab.page.wait_for_timeout(100)

    def check(self):
        assert self.faults == []
        for tab in self.tabs:
            now = self.at_rest(tab)
            self.steps[-1] += f"\n    {tab.name}: {now}"
            self.check_card(tab, now)
            self.check_draft(tab, now)
            if not self.is_away:
                shown = tab.page.evaluate(f"{json.dumps(self.purged)}.map(walkShows)")
                assert not any(shown), f"{tab.name} shows what was purged"
            if now.save == "saved":
                own = [s for s in self.said if s.in_force and s.tab == tab.name]
                if own:
                    assert self.is_stored(own[-1]), f"All saved, but not {own[-1]}"

    def at_rest(self, tab):
        """What a tab shows once its video has followed the card, a moment later."""
        until = time.monotonic() + 2
        while True:
            now = tab.state()
            has_followed = now.face is None or now.raw["video"] == now.face[0]
            if has_followed or time.monotonic() > until:
                return now
            tab.page.wait_for_timeout(50)

    def check_card(self, tab, now):
        """The card, what Enter would give and the picture are of one face."""
        now.promise(tab.name, tab.draft)
        if now.face is not None:
            assert now.raw["video"] == now.face[0], "the video is another one"
        if now.is_item:
            assert now.picture is not None, "an item without a picture"
            shown = (now.picture[0], str(now.picture[2]))
            assert shown == (now.raw["where"], now.raw["itemFrame"])
            decided = tab.decided.get(now.key)
            if now.kind in ("suggested", "audit"):
                has_value = decided in ("label", "accept", "edit")
                assert now.blind is not has_value, f"{now.key}: blind={now.blind}"
        elif now.free:
            assert now.raw["freeAt"] == f"{now.face[0]} · {now.face[2]}"
            if now.picture is not None:
                assert now.picture == now.face
            else:
                assert not now.decision or tab.draft.scope != "frame", "no picture"
        if now.blind and now.is_item:
            assert now.raw["machine"] == [], "the machine is shown on a blind item"
            assert now.decision in (None, "label"), now.plan

    def check_draft(self, tab, now):
        """What was pressed and not confirmed is still there."""
        for d, wanted in tab.draft.moved.items():
            assert now.own(d) == pytest.approx(wanted), f"{tab.name} lost {wanted}"
        assert now.raw["comment"] is (tab.draft.comment != ""), "a comment"
        assert now.raw["unsure"] is tab.draft.unsure, "unsure"
        assert now.raw["scope"] == tab.draft.scope, "frame, span or clip"

    def walk(self, n):
        names = [name for name, weight in WEIGHTS.items() for _ in range(weight)]
        for i in range(n):
            tab = self.random.choice(self.tabs)
            name = self.random.choice(names)
            self.steps.append(f"{tab.name} {name}")
            getattr(self, name)(tab)
            self.check()
            if i % SETTLE_EVERY == SETTLE_EVERY - 1 and not self.is_away:
                self.settle()
        if self.is_away:
            self.back()
        self.settle()


WEIGHTS = {
    "value": 14,
    "enter": 16,
    "class_key": 5,
    "typed": 3,
    "other_dimension": 3,
    "unsure": 1,
    "comment": 2,
    "reject": 3,
    "cannot": 2,
    "skip": 2,
    "step_items": 6,
    "free_mode": 5,
    "move": 6,
    "to_item": 2,
    "span": 3,
    "clip": 1,
    "undo": 6,
    "redo": 4,
    "reload": 3,
    "lost_page": 2,
    "second_tab": 2,
    "close_tab": 1,
    "line": 4,
    "purge": 1,
    "suggest": 1,
}


@contextmanager
def walking(browser, template, folder: Path, seed):
    with copied(template, folder) as project:
        address = Address(project.folder, folder / "home")
        address.start()
        context = browser.new_context(
            locale="en", viewport={"width": 1280, "height": 720}
        )
        context.add_init_script(SNAPSHOT)
        context.set_default_timeout(20_000)
        try:
            yield Walk(context, address, project, seed)
        finally:
            context.close()
            if not address.is_stopped:
                address.stop()


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_shown_is_untrue(browser, template, tmp_path, seed):
    with walking(browser, template, tmp_path, seed) as walk:
        try:
            walk.walk(STEPS)
        except BaseException as error:
            error.add_note(f"seed {seed}, {len(walk.steps)} steps:")
            error.add_note("\n".join(walk.steps))
            raise
