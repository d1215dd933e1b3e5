"""Readouts: learnt from photos and clips, and again without the person judged."""

from dataclasses import replace

import numpy as np
import pytest
from tests.lab.training.corpus import make_ferplus

from feltline.encoder import EncoderCard, Readout, find_card
from feltline.errors import InputError
from feltline.lab.bench.clips import Clip
from feltline.lab.bench.readout import (
    crossfitted,
    persons_of,
    readout_of_photos,
    with_clips,
)
from feltline.lab.datasets import read_dataset
from feltline.types import Embeddings, FaceTrack

WIDTH = 4


def _clip(name, person, rng, weight):
    n = 30
    vector = rng.normal(size=(n, WIDTH)).astype(np.float32)
    vector += np.cumsum(vector, axis=0) / 4
    at = np.arange(2, n, 5)
    return Clip(
        track=FaceTrack(
            video_id=name,
            track_id=0,
            frame=np.arange(n, dtype=np.int64),
            time_s=np.arange(n) * 10.0,  # so far apart that nothing is averaged
            box_xyxy=np.tile(np.array([0, 0, 9, 9], np.float32), (n, 1)),
            quality=np.ones(n, np.float32),
        ),
        seen=Embeddings(
            encoder_id="e",
            vector=np.hstack([vector, np.ones((n, 2), np.float32)]),
            zero_shot_value=np.zeros((n, 2), np.float32),
            zero_shot_expression=np.full((n, 8), 1 / 8, np.float32),
            views=(WIDTH, 2),
        ),
        person=person,
        at=at,
        value=np.clip(vector[at] @ weight, -1, 1).astype(np.float32),
        expression=np.full(len(at), -1, np.int64),
    )


@pytest.fixture
def clips():
    rng = np.random.default_rng(0)
    weight = rng.normal(0, 0.2, (WIDTH, 2))
    persons = ["p1", "p1", "p2", "p3"]
    return [_clip(f"{i}.mp4", p, rng, weight) for i, p in enumerate(persons)]


@pytest.fixture
def photos():
    """A readout that knows nothing yet."""
    f = WIDTH + 8 + 1
    penalty = np.append(np.ones(f - 1), 0.0)
    return Readout(
        information=np.diag(np.append(np.zeros(f - 1), 1.0)),
        projection=np.zeros((f, 2)),
        penalty=penalty,
        weight=np.zeros((f, 2)),
    )


def _card(persons) -> EncoderCard:
    return replace(find_card("ferplus-s"), readout_persons=persons)


def test_nobody_is_read_by_what_was_learnt_from_them(clips, photos):
    persons = {"p1": ("0.mp4", "1.mp4"), "p2": ("2.mp4",)}
    whole = with_clips(photos, clips[:3]).with_statistics_of(photos)
    made = crossfitted(clips, _card(persons), whole)
    without_first = with_clips(photos, [clips[2]])
    for number in (0, 1):
        seen = clips[number].seen
        np.testing.assert_array_equal(
            made[number].seen.zero_shot_value,
            without_first.value(seen.vector[:, :WIDTH], seen.zero_shot_expression),
        )
    # Ratings of the person judged do not matter, those of others do.
    other = replace(clips[0], value=-clips[0].value)
    again = crossfitted([other, *clips[1:]], _card(persons), whole)
    for number, same in ((0, True), (1, True), (2, False)):
        equal = np.array_equal(
            again[number].seen.zero_shot_value, made[number].seen.zero_shot_value
        )
        assert equal is same
    # A person whom the readout does not know is read by it as it is.
    assert made[3] is clips[3]


def test_a_clip_of_a_person_known_from_another_is_no_stranger(clips, photos):
    whole = with_clips(photos, clips[:1]).with_statistics_of(photos)
    made = crossfitted(clips, _card({"p1": ("0.mp4",)}), whole)
    assert made[1] is not clips[1]
    assert made[2] is clips[2]


def test_persons_are_listed_with_their_videos(clips):
    listed = persons_of(clips)
    assert listed == {"p1": ["0.mp4", "1.mp4"], "p2": ["2.mp4"], "p3": ["3.mp4"]}


def test_clips_teach_what_they_show(clips, photos):
    seen = clips[3].seen
    found = with_clips(photos, clips[:3]).value(
        seen.vector[:, :WIDTH], seen.zero_shot_expression
    )[clips[3].at]
    assert np.abs(found - clips[3].value).mean() < 0.5 * np.abs(clips[3].value).mean()


def test_photos_that_nobody_rated_teach_nothing(tmp_path):
    from feltline.encoder import load_encoder

    faces = read_dataset("ferplus", make_ferplus(tmp_path), "train")
    with pytest.raises(InputError, match=r"put affect\.csv beside the mosaics"):
        readout_of_photos(load_encoder("ferplus-s"), faces)
