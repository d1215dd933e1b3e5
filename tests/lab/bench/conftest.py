from types import SimpleNamespace

import numpy as np
import pytest

from feltline.lab.bench.clips import Clip, Corpus
from feltline.types import EXPRESSION_AFFECT, Embeddings, FaceTrack


def make_clip(name, *, n=24, seed=0, every=1, person=None, encoder="made-up"):
    """A clip whose appearance and zero-shot predictions tell most of its labels."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(n) / 10
    felt = np.stack(
        [np.sin(time_s * rng.uniform(1, 3) + rng.uniform(0, 6)) for _ in range(2)], 1
    )
    value = (0.6 * felt).astype(np.float32)
    vector = np.hstack([value, rng.normal(size=(n, 3)) / 20]) + rng.normal(size=5)
    guess = np.clip(0.8 * value + 0.1 + rng.normal(size=(n, 2)) / 20, -1, 1)
    near = -((value[:, None] - EXPRESSION_AFFECT) ** 2).sum(axis=2) / 0.05
    share = np.exp(near - near.max(axis=1, keepdims=True))
    at = np.arange(0, n, every)
    return Clip(
        track=FaceTrack(
            video_id=name,
            track_id=0,
            frame=np.arange(n),
            time_s=time_s,
            box_xyxy=np.zeros((n, 4), np.float32),
            quality=np.ones(n, np.float32),
        ),
        seen=Embeddings(
            encoder_id=encoder,
            vector=vector.astype(np.float32),
            zero_shot_value=guess.astype(np.float32),
            zero_shot_expression=(share / share.sum(axis=1, keepdims=True)).astype(
                np.float32
            ),
        ),
        person=person or name,
        at=at,
        value=value[at],
        expression=near.argmax(axis=1)[at],
    )


def make_corpus(clips=4, *, learn=0, n=24, every=1):
    judged = tuple(make_clip(f"c{i}", seed=i, n=n, every=every) for i in range(clips))
    others = tuple(make_clip(f"l{i}", seed=100 + i, n=n) for i in range(learn))
    return Corpus(
        name="made up",
        clips=judged,
        learn=others,
        fold=tuple(i % 3 for i in range(clips)),
        encoder="geometry",
        has_seen=False,
        note="",
    )


@pytest.fixture(scope="session")
def make():
    return SimpleNamespace(clip=make_clip, corpus=make_corpus)
