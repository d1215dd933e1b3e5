"""What the engine costs on a whole project, and what one more label costs.

    python benchmarks/refill_speed.py

A project of 200 tracks of 3,000 frames with 1,000 labels is fitted and filled in; then
a video of 100,000 frames with 60 labels gets one more label and is filled in again. The
reference of the first is reading through the embeddings once (their mean per track);
that of the second is fitting the same video anew with that label. Then the labels of a
video of 108,000 frames are exchanged as the review server does it, with all that an
estimate holds and a new review queue; the reference is again reading the embeddings
once. Last comes the peak memory of labelling 100,000 and 400,000 frames, beside that of
the embeddings.
"""

import subprocess
import sys
import time

import numpy as np
from feltline.fewshot.gp.conditioning import fit

from feltline.fewshot import fill, label_tracks, plan_review
from feltline.types import Embeddings, FaceTrack, SupportSet

VIEWS = (256, 96)
RATE = 25.0


def project(
    tracks: int, frames: int, labels: int
) -> tuple[list[FaceTrack], list[Embeddings], SupportSet]:
    """Tracks whose looks wander, and labels that follow the looks."""
    rng = np.random.default_rng(0)
    base = rng.standard_normal((8, sum(VIEWS))).astype(np.float32)
    made, seen, video, frame, affect = [], [], [], [], []
    for number in range(tracks):
        walk = np.cumsum(rng.standard_normal((frames, 8), np.float32), axis=0) / 30
        vector = walk @ base
        vector += 0.1 * rng.standard_normal(vector.shape, np.float32)
        made.append(
            FaceTrack(
                video_id=f"v{number}",
                track_id=0,
                frame=np.arange(frames),
                time_s=np.arange(frames) / RATE,
                box_xyxy=np.zeros((frames, 4), np.float32),
                quality=np.ones(frames, np.float32),
            )
        )
        seen.append(
            Embeddings(
                encoder_id="made up",
                vector=vector,
                zero_shot_value=np.tanh(walk[:, :2]),
                zero_shot_expression=np.full((frames, 8), 1 / 8, np.float32),
                views=VIEWS,
            )
        )
        at = rng.choice(frames, labels, replace=False)
        video += [f"v{number}"] * labels
        frame.append(at)
        affect.append(np.tanh(walk[at, :2]))
    k = len(video)
    return (
        made,
        seen,
        SupportSet(
            video_id=tuple(video),
            track_id=np.zeros(k, np.int64),
            frame=np.concatenate(frame),
            affect=np.concatenate(affect).astype(np.float32),
            expression=np.full(k, -1),
            rater=("r1",) * k,
        ),
    )


def whole() -> None:
    tracks, seen, support = project(200, 3000, 5)
    began = time.perf_counter()
    for one in seen:
        one.vector.mean(axis=0)
    once = time.perf_counter() - began
    began = time.perf_counter()
    label_tracks(tracks, seen, support)
    took = time.perf_counter() - began
    print(
        f"1,000 labels, 200 tracks of 3,000 frames: {took:.1f} s, {took / once:.0f} "
        f"times reading the embeddings once"
    )


def one_more() -> None:
    tracks, seen, support = project(1, 100_000, 60)
    known = fit(tracks, seen, support, learn=False)
    label = np.array([0.1, 0.2])
    took = []
    for at in (777, 5_000, 42_000, 90_001, 99_999):
        began = time.perf_counter()
        known.with_label(0, at, label).predict(0)
        took.append(time.perf_counter() - began)
    began = time.perf_counter()
    fit(tracks, seen, support).predict(0)
    anew = time.perf_counter() - began
    print(
        f"one more label in 100,000 frames: {1000 * np.median(took):.0f} ms, "
        f"{np.median(took) / anew:.3f} of fitting anew"
    )


def review() -> None:
    tracks, seen, support = project(1, 108_000, 40)
    filling = fill(tracks, seen, support, learn=False)
    nobody = np.zeros(108_000, bool)
    took, queued, once = [], [], []
    for _ in range(7):
        began = time.perf_counter()
        after = filling.with_track_labels(0, support, "again")
        estimate = after.estimate(0)
        took.append(time.perf_counter() - began)
        began = time.perf_counter()
        plan_review(after, 0, 0.97, judged=nobody, confidence=estimate.confidence)
        queued.append(time.perf_counter() - began)
        began = time.perf_counter()
        seen[0].vector.mean(axis=0)
        once.append(time.perf_counter() - began)
    refill, queue, read = (1000 * np.median(one) for one in (took, queued, once))
    print(
        f"other labels of 108,000 frames: estimate {refill:.0f} ms, queue of 40 items "
        f"{queue:.0f} ms; {refill / read:.1f} and {queue / read:.1f} times reading the "
        f"embeddings once"
    )


MEMORY = """
import resource, sys
sys.path.insert(0, "benchmarks")
from refill_speed import project
from feltline.fewshot import label_tracks
parts = project(int(sys.argv[1]) // 10_000, 10_000, 5)
label_tracks(*parts)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def memory() -> None:
    peak = [
        int(
            subprocess.run(
                [sys.executable, "-c", MEMORY, str(frames)],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        / 1024
        for frames in (100_000, 400_000)
    ]
    held = [frames * sum(VIEWS) * 4 / 2**20 for frames in (100_000, 400_000)]
    print(
        f"peak memory: {peak[0]:.0f} MB for 100,000 frames and {peak[1]:.0f} MB for "
        f"400,000, of which the embeddings are {held[0]:.0f} and {held[1]:.0f} MB"
    )


if __name__ == "__main__":
    memory()  # first: a child counts what its parent held when it was started
    whole()
    one_more()
    review()
