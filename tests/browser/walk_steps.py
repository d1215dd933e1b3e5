"""What a person does on the review page, and what comes of it.

Each step presses keys, and notes what was said by them: what the page promised before
the key, held against what was pressed.
"""

import random
from abc import ABC, abstractmethod
from typing import Any

import pytest
from tests.browser.walk_states import Draft, Said, Tab, stepped

CLASSES = {"2": "happiness", "3": "surprise", "4": "sadness"}


class Steps(ABC):
    """Steps of a person; what happens around them is another's."""

    random: random.Random
    project: Any
    tabs: list[Tab]
    steps: list[str]
    said: list[Said]
    """Judgements that the server is to have, whether in force or taken back."""
    purged: list[str]
    is_away: bool
    n_refused: int
    """How often the server is to say that something was taken back already."""

    def is_stored(self, said):
        found = self.project.store.judgements()
        return any(said.is_it(one.judgement) for one in found)

    def until_saved(self, tab):
        tab.wait("walkState().save.state === 'saved'", timeout=40_000)

    @abstractmethod
    def settle(self):
        """Wait until all is saved and told, and look at everything."""

    # ---- what is said

    def give(self, tab, said):
        if said.video not in self.purged:  # or it is refused once the line is back
            self.said.append(said)
        tab.past.append(said)
        tab.future = []
        if said.item:
            tab.decided[said.item] = said.decision
        tab.draft = Draft()

    def leave(self, tab, before):
        """Something else comes on screen: a draft is saved before."""
        if tab.draft.is_touched and (said := before.promise(tab.name, tab.draft)):
            self.give(tab, said)
        tab.draft = Draft()

    def begin(self, tab, state):
        if tab.draft.at is None:
            tab.draft.at = state.face

    # ---- steps

    def value(self, tab):
        for _ in range(self.random.randint(1, 3)):
            up, far = self.random.random() < 0.5, self.random.random() < 0.3
            key = ("Shift+" if far else "") + ("ArrowUp" if up else "ArrowDown")
            before, after = tab.press(key)
            if before.face is None:
                return
            self.begin(tab, before)
            d = before.active
            wanted = stepped(before.in_sight(d), 1 if up else -1, far=far)
            assert after.own(d) == pytest.approx(wanted), (before.raw, after.raw)
            tab.draft.moved[d] = wanted

    def other_dimension(self, tab):
        tab.press("a")

    def typed(self, tab):
        value = self.random.randint(-20, 20) / 20
        if tab.state().face is None:
            return
        for key in ("-" if value < 0 else "=", *f"{abs(value):.2f}"):
            before, _ = tab.press(key)
        self.begin(tab, before)
        tab.draft.moved[0] = value
        tab.press("a")  # which closes the field

    def class_key(self, tab):
        key = self.random.choice(list(CLASSES))
        before, _ = tab.press(key)
        if before.face is None:
            return
        self.begin(tab, before)
        tab.draft.has_class, tab.draft.expression = True, CLASSES[key]

    def unsure(self, tab):
        if tab.state().face is None:
            return
        tab.press("Shift+U")
        tab.draft.unsure = not tab.draft.unsure

    def comment(self, tab):
        if tab.state().face is None:
            return
        if not tab.state().raw["commentOpen"]:
            tab.press("/")
        field = tab.page.get_by_test_id("comment")
        tab.draft.comment = f"comment {len(self.steps)}"
        field.fill(tab.draft.comment)
        field.press("Escape")
        tab.press("/")
        self.begin(tab, tab.state())

    def enter(self, tab):
        if tab.state().decision is not None and not self.is_away:
            tab.wait("walkState().seen === 'true' || walkState().decision === null")
        before, after = tab.press("Enter")
        promised = before.promise(tab.name, tab.draft)
        if promised is None or not before.seen:
            is_on = before.is_item and before.key in tab.decided
            if is_on and not tab.draft.is_touched:
                tab.draft = Draft()  # Enter goes on
            return
        self.give(tab, promised)
        assert after.save != "saved" or self.is_stored(promised), "saved, and it is not"

    def decide(self, tab, key, decision):
        if not self.is_away and tab.state().is_item:
            tab.wait("walkState().seen === 'true'")
        before, _ = tab.press(key)
        if not before.is_item:
            return
        if before.kind == "suggested":
            if decision == "skip":
                tab.draft = Draft()
            return
        if decision != "skip" and not before.seen:
            return
        first, last = before.item_ends()
        video, track, _ = before.face
        said = Said(
            tab.name,
            video,
            track,
            "frame" if first == last else "span",
            first,
            last,
            decision,
            unsure=tab.draft.unsure,
            comment=tab.draft.comment,
            is_blind=before.blind,
            item=before.key,
        )
        self.give(tab, said)

    def reject(self, tab):
        self.decide(tab, "x", "reject")

    def cannot(self, tab):
        self.decide(tab, "u", "cannot")

    def skip(self, tab):
        self.decide(tab, "s", "skip")

    def step_items(self, tab):
        before, _ = tab.press(self.random.choice("nnp"))
        self.leave(tab, before)

    def free_mode(self, tab):
        before, _ = tab.press("m")
        self.leave(tab, before)

    def move(self, tab):
        key = self.random.choice(
            ["ArrowLeft", "ArrowRight", "Shift+ArrowRight", "c", "v", "Home", "End"]
        )
        before, after = tab.press(key)
        is_left = not before.is_item and after.face != before.face
        if is_left and tab.draft.scope == "frame" and tab.draft.is_touched:
            self.leave(tab, before)

    def to_item(self, tab):
        before, _ = tab.press("Backspace")
        if before.free and before.item:
            self.leave(tab, before)

    def span(self, tab):
        for key, which in (("i", "start"), ("o", "end")):
            before, _ = tab.press(key)
            tab.draft.scope = "span"
            known = before.face and not before.is_item
            tab.draft.marks[which] = before.face[2] if known else None
            if key == "i":
                for _ in range(self.random.randint(0, 3)):
                    tab.press("ArrowRight")

    def clip(self, tab):
        tab.press("Shift+I")
        tab.draft.scope = "clip"

    def undo(self, tab):
        if tab.draft.is_touched:
            tab.press("Control+z")
            tab.draft = Draft()
            return
        if not tab.past:  # the latest of all tabs: it must be known which that is
            if self.is_away:
                return
            self.settle()
        in_visit = bool(tab.past)
        said = tab.past.pop() if in_visit else self.latest()
        tab.press("Control+z")
        if said and in_visit and not said.in_force:
            # Taken back in the other tab: the server says so.
            self.n_refused += 1
            tab.decided.pop(said.item, None)
        elif said:
            said.in_force = False
            tab.future.append((said, in_visit))
            if in_visit:
                tab.decided.pop(said.item, None)
        self.answered_undo(tab)

    def redo(self, tab):
        said, in_visit = tab.future.pop() if tab.future else (None, False)
        tab.press("Control+Shift+Z")
        if said and said.in_force:  # brought back in the other tab
            self.n_refused += 1
        if said:
            said.in_force = True
            if in_visit:
                tab.past.append(said)
                if said.item:
                    tab.decided[said.item] = said.decision
        self.answered_undo(tab)

    def answered_undo(self, tab):
        """The answer may show what was undone, and begin a new draft."""
        if not self.is_away:
            self.until_saved(tab)
            tab.page.wait_for_timeout(50)
        self.takes_from_page(tab)

    def latest(self):
        stored = self.project.store.judgements()
        found = [s for s in self.said if s.in_force and s.is_it(stored[-1].judgement)]
        return found[-1] if found else None

    def takes_from_page(self, tab):
        """What is neither value nor class may not be kept: as the page has it."""
        now, draft = tab.state(), tab.draft
        draft.unsure = now.raw["unsure"]
        if draft.scope != now.raw["scope"]:
            draft.scope, draft.marks = now.raw["scope"], {}
        if not now.raw["comment"] and not draft.is_touched:
            draft.comment = ""
