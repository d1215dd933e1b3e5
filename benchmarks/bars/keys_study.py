"""Projects of the rated clips for counting keys, and what the page is asked there.

A project per rater: of each clip four frames are labelled as the rater does, the rated
ones that are nearest to those that `feltline suggest` chooses, and a model is learnt.
What is in its review queue then is read over HTTP, as the page reads it.
"""

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.serving import served as served  # noqa: E402 - the checkout is no package

from feltline.fewshot import Budget  # noqa: E402
from feltline.pipeline import suggest_in  # noqa: E402
from feltline.project import Project, learn  # noqa: E402
from feltline.store import Suggested  # noqa: E402
from feltline.types import Judgement  # noqa: E402

FELTLINE = [sys.executable, "-m", "feltline"]
LABELS_PER_CLIP = 4
AT_ONCE = 200
"""Items that the server gives in one answer at most."""

Frame = tuple[str, int]
"""A video and a frame of it."""


@dataclass(frozen=True, slots=True)
class Rating:
    """What a rater says of a frame."""

    value: tuple[float, float]
    expression: str

    def body(self) -> dict[str, Any]:
        """As the page's bench reads it."""
        return {"value": list(self.value), "expression": self.expression}


def ratings_of(data: Path) -> dict[str, dict[Frame, Rating]]:
    """Per rater, the ratings of `clips_rated/ratings.csv` in its order."""
    found: dict[str, dict[Frame, Rating]] = {}
    path = data / "clips_rated" / "ratings.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            value = float(row["valence"]), float(row["arousal"])
            rated = found.setdefault(row["rater"], {})
            rated[row["video"], int(row["frame"])] = Rating(value, row["expression"])
    return found


def added(data: Path, folder: Path) -> Path:
    """A project with every rated clip, without a label; as it is if it is there."""
    if not (folder / "feltline.toml").exists():
        clips = sorted(str(file) for file in (data / "clips_rated").glob("*.mp4"))
        run = {"check": True, "stdout": subprocess.DEVNULL}
        subprocess.run([*FELTLINE, "init", str(folder)], **run)
        subprocess.run([*FELTLINE, "add", *clips], cwd=folder, **run)
    return folder


def labelled(base: Path, folder: Path, rated: dict[Frame, Rating]) -> set[Frame]:
    """A copy of a project that has learnt a few labels of one rater; which frames."""
    shutil.copytree(base, folder)
    with Project.open(folder) as project:
        asked = suggest_in(project, Budget(per_clip=LABELS_PER_CLIP))
        project.store.save_suggestions([])
        frames: dict[Frame, Judgement] = {}
        for one in asked:
            left = [at for at in rated if at[0] == one.video_id and at not in frames]
            if not left:
                continue
            at = min(left, key=lambda at: abs(at[1] - one.frame))
            frames[at] = Judgement(
                video_id=at[0],
                track_id=face_of(project, at),
                scope="frame",
                first_frame=at[1],
                last_frame=at[1],
                value=rated[at].value,
                expression=rated[at].expression,
                rater=project.settings.rater,
            )
        given = [(one, one.track_id, None) for one in frames.values()]
        project.store.give_judgements(given)
        learn(project)
    return set(frames)


def face_of(project: Project, at: Frame) -> int:
    """The face that is meant by a rated frame: the longest one that is there."""
    there = [
        track
        for track in project.store.found_tracks(at[0])
        if track.first_frame <= at[1] <= track.last_frame
    ]
    return max(there, key=lambda track: track.n_frames).track_id


def faces_of(folder: Path, frames: Sequence[Frame]) -> dict[Frame, int]:
    """Per rated frame of a project, the face that is meant."""
    with Project.open(folder) as project:
        return {at: face_of(project, at) for at in frames}


def asked_for(base: Path, folder: Path, frames: Sequence[Frame]) -> Path:
    """A copy of a project in which these frames wait for a label."""
    shutil.copytree(base, folder)
    with Project.open(folder) as project:
        project.store.save_suggestions(
            [
                Suggested(
                    video_id=at[0],
                    track_id=face_of(project, at),
                    frame=at[1],
                    rank=rank,
                    reason="far",
                )
                for rank, at in enumerate(frames, start=1)
            ]
        )
    return folder


def queue_items(link: str, videos: Sequence[str]) -> list[dict[str, Any]]:
    """Every item of the review queue of each video that asks for a decision."""
    opener = build_opener(HTTPCookieProcessor(CookieJar()))
    with opener.open(link) as page:  # signs in
        address = page.geturl().split("?")[0]
    return [one for name in videos for one in _items(opener, address, name)]


def _items(opener: OpenerDirector, address: str, name: str) -> list[dict[str, Any]]:
    query = urlencode({"limit": AT_ONCE, "only": name})
    with opener.open(f"{address}api/queue?{query}") as answer:
        items: list[dict[str, Any]] = json.load(answer)["items"]
    return [one for one in items if one["kind"] == "queue"]


def nearest(rated: dict[Frame, Rating], video_id: str, frame: int) -> Frame:
    """The rated frame of a video that is nearest to a frame."""
    return min((a for a in rated if a[0] == video_id), key=lambda a: abs(a[1] - frame))
