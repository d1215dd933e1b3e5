"""What a walk over the review page needs: a server, tabs, and what was said in them.

The model knows what the person pressed, and what each tab said before each key would
come of it; it never asks the page what it has sent.
"""

import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feltline.server import Credentials, KnownProjects, ServedProjects
from feltline.server.app import create_app
from feltline.server.run import Server, config_of, listen

STEP, FAR_STEP = 0.05, 0.2

SNAPSHOT = (Path(__file__).parent / "walk_states.js").read_text(encoding="utf-8")

PLAN = re.compile(
    r" (?P<verb>accepts|saves) (?P<what>.*) for "
    r"(?:frame (?P<at>\d+)|frames (?P<first>\d+) to (?P<last>\d+)|the whole clip)$"
)
CROP = re.compile(r"/videos/([^/]+)/frames/(\d+)/crop\?track_id=(\d+)")


class Address:
    """A server of one project that goes and comes back at the same address."""

    def __init__(self, folder, home):
        home.mkdir()
        self.folder, self.home = folder, home
        self.port = 0
        self.key = self.link = ""
        self._server: Any = None
        self._thread: Any = None
        self._listening: Any = None
        self.projects: ServedProjects

    def start(self):
        self._listening = listen(self.port)
        self.port = self._listening.getsockname()[1]
        credentials = Credentials.load(self.home)
        self.projects = ServedProjects(KnownProjects(self.home), credentials)
        self.key = self.projects.add(self.folder)
        self._server = Server(
            config_of(create_app(self.projects)), self.projects.end_streams
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listening],), daemon=True
        )
        self._thread.start()
        self.link = f"{self.base}?token={credentials.new_link_token()}"

    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}/p/{self.key}/"

    def stop(self):
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive(), "the server did not stop in 20 s"
        self._listening.close()
        self._server = None

    @property
    def is_stopped(self):
        return self._server is None


@dataclass(eq=False)
class Said:
    """A judgement that a person gave; `value` per dimension, None where none was.

    `exact` are the dimensions that the person moved; others are the model's, of which
    the page shows two decimals.
    """

    tab: str
    video: str
    track: int
    scope: str
    first: int
    last: int
    decision: str
    value: tuple[float | None, ...] = ()
    exact: frozenset[int] = frozenset()
    expression: str | None = None
    unsure: bool = False
    comment: str = ""
    is_blind: bool = False
    item: str = ""
    in_force: bool = True

    def is_it(self, one) -> bool:
        """Whether a stored judgement is this one."""
        mine = (self.video, self.track, self.scope, self.decision, self.expression)
        its = (one.video_id, one.track_id, one.scope, one.decision, one.expression)
        if mine != its or (self.unsure, self.comment) != (one.unsure, one.comment):
            return False
        ends = (self.first, self.last)
        if self.scope != "clip" and ends != (one.first_frame, one.last_frame):
            return False
        if len(self.value) != len(one.value):
            return False
        return all(
            a is b if a is None or b is None else abs(a - b) < self.near(d)
            for d, (a, b) in enumerate(zip(self.value, one.value, strict=True))
        )

    def near(self, dimension):
        return 1e-6 if dimension in self.exact else 0.0051


@dataclass
class Draft:
    """What was pressed and not confirmed."""

    moved: dict[int, float] = field(default_factory=dict)
    expression: str | None = None
    has_class: bool = False
    unsure: bool = False
    comment: str = ""
    scope: str = "frame"
    marks: dict[str, int | None] = field(default_factory=dict)
    """Ends of a span; None where the page does not say which frame that was."""
    at: tuple[str, int, int] | None = None
    """Video, face and frame where it was begun."""

    @property
    def is_touched(self):
        return bool(self.moved) or self.has_class

    @property
    def is_kept(self):
        """Whether it outlives a reload."""
        begun = self.unsure or self.comment != "" or self.scope != "frame"
        return self.is_touched or begun


class State:
    """What a tab showed at one moment."""

    def __init__(self, raw: dict[str, Any]):
        self.raw = raw
        self.free, self.blind = raw["free"] == "true", raw["blind"] == "true"
        self.seen = raw["seen"] == "true"
        self.item, self.kind, self.lane = raw["item"], raw["kind"], raw["lane"]
        self.decision, self.plan = raw["decision"], raw["plan"]
        self.save = raw["save"]["state"]
        crop = CROP.search(raw["crop"] or "")
        self.picture = (crop[1], int(crop[3]), int(crop[2])) if crop else None
        """Video, face and frame of the picture on the card."""
        self.face = self.picture
        """Those that the next value goes to; None while there is no face."""
        if not self.is_item and raw["video"]:
            place = raw["video"], int(raw["track"] or 0)
            self.face = (*place, int(raw["frame"]))

    def __str__(self):
        mode = "free" if self.free else f"{self.kind} {self.item}"
        return f"{mode} at {self.face}, {self.save}: {self.plan}"

    @property
    def key(self):
        return f"{self.raw['where']} {self.item}"

    @property
    def is_item(self):
        """Whether the next value goes to an item."""
        return not self.free and self.item != ""

    @property
    def active(self):
        return next(d for d, row in enumerate(self.raw["rows"]) if row["active"])

    def own(self, d):
        return number(self.raw["rows"][d]["own"])

    def in_sight(self, d):
        """The value that an arrow key starts from."""
        own = self.own(d)
        if own is not None:
            return own
        model = self.raw["rows"][d]["model"]
        return None if model is None else round(model, 2)

    def item_ends(self):
        """First and last frame of the item, as the card says them."""
        found = re.search(r"\((\d+)\u2013(\d+)\)", self.raw["told"])
        if found:
            return int(found[1]), int(found[2])
        return int(self.raw["itemFrame"]), int(self.raw["itemFrame"])

    def promise(self, tab: "str", draft: Draft) -> Said | None:
        """What the sentence says that Enter gives; checked against the draft."""
        if self.decision is None:
            return None
        said = PLAN.search(self.plan)
        assert said, f"a sentence that nobody can read: {self.plan!r}"
        assert self.face is not None, f"{self.plan!r}, but there is no face"
        video, track, frame = self.face
        parts = said["what"].split(" · ")
        unsure = parts[-1] == "unsure"
        parts = parts[: len(parts) - unsure]
        numbers: tuple[float | None, ...] = ()
        if parts and "/" in parts[0]:
            numbers = tuple(number(n) for n in parts.pop(0).split(" / "))
        expression = self.raw["names"][parts.pop(0)] if parts else None
        assert not parts, self.plan
        scope = "frame" if said["at"] else "span" if said["first"] else "clip"
        first, last = (int(n or 0) for n in (said["first"], said["last"]))
        if said["at"]:
            first = last = int(said["at"])
            assert frame == first, f"{self.plan!r} at frame {frame}"
        assert scope == draft.scope, f"{self.plan!r}, but asked for was {draft.scope}"
        ends = [end for end in draft.marks.values() if end is not None]
        if scope == "span" and len(ends) == 2:
            assert [first, last] == sorted(ends), self.plan
        assert unsure == draft.unsure, f"{self.plan!r}, but unsure={draft.unsure}"
        for d, wanted in draft.moved.items():
            shown = numbers[d] if numbers else None
            assert shown is not None, f"{self.plan!r} lacks what was given, {wanted}"
            assert abs(shown - wanted) < 0.0051, f"{self.plan!r}, given was {wanted}"
        if draft.has_class:
            assert expression == draft.expression, f"{self.plan!r}: {draft.expression}"
        if self.decision == "label":
            others = [n for d, n in enumerate(numbers) if d not in draft.moved]
            assert set(others) <= {None}, f"{self.plan!r}: values that nobody gave"
            assert draft.has_class or expression is None, f"{self.plan!r}: a class"
        value = [draft.moved.get(d, n) for d, n in enumerate(numbers)]
        return Said(
            tab=tab,
            video=video,
            track=track,
            scope=scope,
            first=first,
            last=last,
            decision=self.decision,
            value=tuple(value),
            exact=frozenset(draft.moved) if self.decision != "accept" else frozenset(),
            expression=expression,
            unsure=unsure,
            comment=draft.comment,
            is_blind=self.blind and self.is_item,
            item=self.key if self.is_item else "",
        )


def number(text):
    """A number as the page writes it; None for a dash."""
    text = text.strip()
    return None if text == "\u2013" else float(text.replace("\u2212", "-"))


def stepped(value, steps, *, far):
    """Where an arrow key leads on a scale from -1 to 1."""
    if value is None and not far:
        return 0.0
    at = (0.0 if value is None else value) / STEP
    near = round(at)
    if abs(at - near) > 0.1 and not far:
        near = int(at // 1) if steps > 0 else -int(-at // 1)
    by = round(FAR_STEP / STEP) if far else 1
    return max(-1.0, min(1.0, round((near + steps * by) * STEP, 6)))


class Tab:
    """One tab at work on the page."""

    def __init__(self, name, page):
        self.name, self.page = name, page
        self.draft = Draft()
        self.past: list[Said] = []
        self.future: list[tuple[Said, bool]] = []
        """What was taken back, and whether it was given in this visit."""
        self.decided: dict[str, str] = {}

    def state(self) -> State:
        return State(self.page.evaluate("window.walkState()"))

    def press(self, key) -> tuple[State, State]:
        """What was shown when the key came, and what after it."""
        self.page.keyboard.press(key)
        before, after = self.page.evaluate("[window.walkBefore, window.walkState()]")
        return State(before), State(after)

    def wait(self, what, timeout=20_000):
        self.page.wait_for_function(f"() => {what}", timeout=timeout)

    def ready(self):
        self.wait("window.walkState?.()?.kind && !/Looking for/.test(walkState().told)")

    def begun_anew(self):
        """A new visit: nothing that was done is known to the page any more."""
        self.past, self.future, self.decided = [], [], {}
