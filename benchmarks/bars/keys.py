"""Bars of keys per judgement: the fewest that a rater can press on the review page.

    python benchmarks/bars/keys.py DATA [--page 54] [--study FOLDER]

`DATA` holds `clips_rated/`. Every keydown counts, Enter and Shift among them; there is
no pointer, and settings are those of a new browser. The ways are found by a search over
the page's own handler of keys (`web/bench/search.ts`), so none is shorter; each is then
pressed there, and what is sent is within 0.05 of the rater's value, with their class.
Needs `npm --prefix web ci`.

- blind: every rating of every rater, value and class, nothing of the model's in sight.
- proposed: the same where a class key proposes its place (a setting, off at first).
- queue: every item of the review queue, per rater, once a model has learnt four labels
  of each clip (`keys_study.py`); the rater says of it what they say of the rated frame
  that is nearest, at most half a second away. Values further off than the tolerance of
  the project are corrected to within 0.05, and the class where it differs or none is
  named; where nothing is, the item is accepted.
- strict: the same where each value is corrected that is more than 0.05 off.

Of these, `--page` are pressed in Chromium on the page of a served project, and read
back from its database (`keys_page.py`; 0 = none). `--study` keeps the project of all
clips for the next time.

The raters are a vision language model that saw single stills, not people: what is
measured is the way that these values take through the keys, not how fast anybody is.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keys_page import Answer, Place, press_on_page
from keys_study import (
    Frame,
    Rating,
    added,
    asked_for,
    faces_of,
    labelled,
    nearest,
    queue_items,
    ratings_of,
    served,
)

from feltline.settings import TOLERANCE
from feltline.types import DEFAULT_SCHEMA

WEB = Path(__file__).parents[2] / "web"
NEAR = 0.05
NAMED_FROM = 0.5
"""The page names the model's class from this probability."""
HALF_SECOND = 13
"""Frames: the clips have 25 to 30 a second."""

BARS = {"blind": 5.5, "proposed": 5.5, "correction": 3.0, "accept": 1.0}
SAID = {
    "blind": "blind, value and class",
    "proposed": "blind, a class proposes its place",
    "correction": "correction of what is off by more than the tolerance",
    "strict": "correction of all that is off by more than 0.05",
    "accept": "accept",
}

RATERS = ("s1", "s2", "s3")

Job = dict[str, list[Any]]
Asked = tuple[dict[str, Any], Rating]
"""An item of the queue, and what the rater says of it."""


def planned(job: Job) -> dict[str, list[list[str]]]:
    """The fewest keys of each judgement of a job, Enter not among them."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "job.json", Path(folder) / "plans.json"
        given.write_text(json.dumps(job), encoding="utf-8")
        files = {"FELTLINE_KEYS_IN": str(given), "FELTLINE_KEYS_OUT": str(made)}
        done = subprocess.run(
            ["npx", "vitest", "run", "-c", "bench/vitest.config.ts"],
            cwd=WEB,
            env=os.environ | files,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            sys.exit(done.stdout + done.stderr)
        return dict(json.loads(made.read_text(encoding="utf-8")))


def answer_of(item: dict[str, Any], rating: Rating, least: float) -> dict[str, Any]:
    """What the rater corrects of an item, as the page's bench reads it."""
    said = item["prediction"]
    off = [
        abs(model - own) > least + 1e-9
        for model, own in zip(said["value"], rating.value, strict=True)
    ]
    return {"said": said, "aim": rating.body() | {"off": off}}


def named_class(item: dict[str, Any]) -> str | None:
    """The model's class of an item, where the page names one."""
    shares = item["prediction"]["class_probability"]
    top = max(shares)
    name = DEFAULT_SCHEMA.classes[shares.index(top)].name
    return name if top >= NAMED_FROM else None


def asked(base: Path, folder: Path, rated: dict[Frame, Rating]) -> list[Asked]:
    """Items of a rater's review queue, each with what the rater says of it."""
    labelled(base, folder, rated)
    with served(folder) as link:
        items = queue_items(link, sorted({video_id for video_id, _ in rated}))
    found = []
    for item in items:
        at = nearest(rated, item["video_id"], item["frame"])
        if abs(at[1] - item["frame"]) <= HALF_SECOND:
            found.append((item, rated[at]))
    return found


def of_queue(plans: Sequence[list[str]]) -> tuple[list[int], list[int]]:
    """Keys of the corrections, and of the accepts, with Enter."""
    counts = [len(keys) + 1 for keys in plans]
    return [n for n in counts if n > 1], [n for n in counts if n == 1]


def main() -> None:
    """Count and print, a line each; leaves with 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--page", type=int, default=54, help="pressed in Chromium")
    parser.add_argument("--study", type=Path, help="project of all clips, to be kept")
    given = parser.parse_args()
    began = time.monotonic()
    of_rater = ratings_of(given.data)
    ratings = [one.body() for rated in of_rater.values() for one in rated.values()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = added(given.data, given.study or folder / "clips")
        queue = {
            rater: asked(base, folder / rater, rated)
            for rater, rated in of_rater.items()
        }
        all_items = [one for items in queue.values() for one in items]
        within = [answer_of(item, rating, TOLERANCE) for item, rating in all_items]
        strictly = [answer_of(item, rating, NEAR) for item, rating in all_items]
        plans = planned({"blind": ratings, "proposed": ratings, "queue": within})
        strict = planned({"blind": [], "proposed": [], "queue": strictly})["queue"]
        counts = {k: [len(p) + 1 for p in plans[k]] for k in ("blind", "proposed")}
        counts["correction"], counts["accept"] = of_queue(plans["queue"])
        counts["strict"], _ = of_queue(strict)
        missed = report(counts, [(named_class(i), r.expression) for i, r in all_items])
        if given.page:
            rater, rated = next(iter(of_rater.items()))
            n = press_sample(base, folder, rated, plans["blind"], given.page)
            print(f"in Chromium, stored as meant: {n} blind judgements of {rater}")
            at = 0
            for rater, items in queue.items():
                keys = plans["queue"][at : (at := at + len(items))]
                n = press_queue(folder / rater, items, keys, given.page // 6)
                print(
                    f"in Chromium, stored as meant: {n[0]} corrections and {n[1]} "
                    f"accepts of {rater}"
                )
    print(f"{missed} missed; {time.monotonic() - began:.0f} s")
    sys.exit(missed > 0)


def press_sample(
    base: Path,
    folder: Path,
    rated: dict[Frame, Rating],
    plans: Sequence[list[str]],
    most: int,
) -> int:
    """Press blind judgements of one rater, spread over all clips; how many."""
    n = most - len(RATERS) * (most // 6)
    chosen = list(enumerate(rated))[:: max(len(rated) // n, 1)][:n]
    study = asked_for(base, folder / "blind", [at for _, at in chosen])
    faces = faces_of(study, [at for _, at in chosen])
    answers: dict[Place, Answer] = {}
    for i, at in chosen:
        video_id, frame = at
        item = f"suggested.{faces[at]}.{frame}.{frame}.{frame}"
        answers[video_id, item] = Answer(
            video_id=video_id,
            track_id=faces[at],
            frame=frame,
            keys=plans[i],
            value=rated[at].value,
            expression=rated[at].expression,
            off=(True, True),
            model=None,
        )
    return len(press_on_page(study, answers, len(answers)))


def press_queue(
    study: Path,
    items: Sequence[Asked],
    plans: Sequence[list[str]],
    most: int,
) -> tuple[int, int]:
    """Press answers to items of one rater's queue; how many corrections, and accepts.

    They are so few that no model is learnt meanwhile.
    """
    answers: dict[Place, Answer] = {
        (item["video_id"], item["item_id"]): Answer(
            video_id=item["video_id"],
            track_id=item["track_id"],
            frame=item["frame"],
            keys=keys,
            value=rating.value,
            expression=rating.expression,
            off=answer_of(item, rating, TOLERANCE)["aim"]["off"],
            model=item["prediction"]["value"],
        )
        for (item, rating), keys in zip(items, plans, strict=True)
    }
    done = press_on_page(study, answers, most)
    n_accepts = sum(not one.keys for one in done)
    return len(done) - n_accepts, n_accepts


def report(
    counts: dict[str, list[int]], classes: Sequence[tuple[str | None, str]]
) -> int:
    """Print the figures; how many miss their bar."""
    other = sum(model != own for model, own in classes)
    unnamed = sum(model is None for model, _ in classes)
    print("rated by a vision language model, not by people")
    print(
        f"{len(classes)} items of the queue; class to give: {other} ({unnamed} unnamed)"
    )
    missed = 0
    for name, said in SAID.items():
        found = counts[name]
        mean, bar = sum(found) / len(found), BARS.get(name)
        missed += bar is not None and mean > bar
        spread = ", ".join(f"{n}: {k}" for n, k in sorted(Counter(found).items()))
        verdict = "no bar" if bar is None else f"bar {bar:g}"
        if bar is not None:
            verdict += "  met" if mean <= bar else "  MISSED"
        print(f"{said:54s}{mean:6.2f}  {verdict:16s} keys: judgements  {spread}")
    return missed


if __name__ == "__main__":
    main()
