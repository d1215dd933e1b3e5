"""Projects for tests: the portrait, alone and in a pair, ready extracted."""

import shutil
import uuid

import numpy as np

from feltline.lab.demo import portrait_clip
from feltline.pipeline import add_videos
from feltline.project import Project, ProjectSettings
from feltline.types import Judgement
from feltline.video import VideoWriter

RATE = 15.0


def write_clip(path, frames):
    height, width, _ = frames[0].shape
    with VideoWriter(path, width=width, height=height, rate=RATE) as writer:
        for rgb in frames:
            writer.write(np.ascontiguousarray(rgb))
    return path


def make_template(folder):
    """A project with talk.mp4 (one face, 45 frames) and pair.mp4 (two, 20 frames)."""
    clip = portrait_clip(seconds=3.0, rate_hz=RATE, width=320, height=240, seed=1)
    frames = list(clip.frames())
    project_folder = folder / "study"
    settings = ProjectSettings(project_id=uuid.uuid4().hex, name="study", rater="anna")
    with Project.init(project_folder, settings) as project:
        write_clip(project_folder / "talk.mp4", frames)
        beside = [np.hstack([rgb, rgb[:, ::-1]]) for rgb in frames[:20]]
        write_clip(project_folder / "pair.mp4", beside)
        videos = [str(project_folder / n) for n in ("talk.mp4", "pair.mp4")]
        added = add_videos(project, videos)
        assert added.added == ["talk.mp4", "pair.mp4"], added
    return project_folder, clip.affect


def copied(template, folder):
    """The project once more, to be changed at will."""
    target = folder / "study"
    shutil.copytree(template, target)
    return Project.open(target)


def judgement_of(frame, value=(), **other):
    """A judgement of the face of talk.mp4."""
    given = {
        "video_id": "talk.mp4",
        "track_id": 0,
        "scope": "frame",
        "first_frame": frame,
        "last_frame": frame,
        "value": tuple(value),
        "rater": "anna",
    }
    return Judgement(**(given | other))


def judge(project, frame, value=(), *, found=0, **other):
    """Give one; returns the event's number."""
    judgement = judgement_of(frame, value, **other)
    return project.store.give_judgements([(judgement, found, None)])[0].event_id


def judge_truth(project, truth, frames=(5, 20, 35)):
    """Judge frames of talk.mp4 as they are."""
    return [judge(project, f, [round(float(v), 3) for v in truth[f]]) for f in frames]
