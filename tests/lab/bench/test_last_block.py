"""The last block by itself is the network, and learns from whom it may."""

import runpy
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from feltline.lab.bench.clips import Clip
from feltline.lab.training.augment import standardised
from feltline.types import Embeddings, FaceTrack

ROOT = Path(__file__).parents[3]
last_block = SimpleNamespace(
    **runpy.run_path(str(ROOT / "benchmarks" / "last_block.py"))
)
FRAMES = 12


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return last_block.network_of("affect-s")


def clip(name, time_s):
    n = len(time_s)
    return Clip(
        track=FaceTrack(
            video_id=name,
            track_id=0,
            frame=np.arange(n),
            time_s=np.asarray(time_s, np.float64),
            box_xyxy=np.zeros((n, 4), np.float32),
            quality=np.ones(n, np.float32),
        ),
        seen=Embeddings(
            encoder_id="none",
            vector=np.zeros((n, 1), np.float32),
            zero_shot_value=np.zeros((n, 2), np.float32),
            zero_shot_expression=np.zeros((n, 8), np.float32),
        ),
        person=name,
        at=np.array([1, 4]),
        value=np.array([[0.5, 0.1], [-0.5, 0.3]], np.float32),
        expression=np.full(2, -1),
    )


def looked_at(network, n):
    front = last_block.before_last_block(network)
    return last_block.looked_at(front, torch.rand(n, 1, 48, 48), 1)


@pytest.fixture(scope="module")
def photos(network):
    return last_block.Photos(
        seen=looked_at(network, 40),
        affect=torch.rand(40, 2) - 0.5,
        weight=torch.ones(40),
    )


@pytest.fixture(scope="module")
def footage(network):
    even = np.arange(FRAMES) / 25
    clips = clip("seen", even), clip("left out", even)
    return last_block.Footage(clips, looked_at(network, 2 * FRAMES))


def test_what_comes_before_and_the_last_block_are_the_network(network):
    pixels = torch.rand(5, 1, 48, 48)
    front = last_block.before_last_block(network)
    seen = last_block.looked_at(front, pixels, 0)
    found = last_block.read(last_block.LastBlock(network), seen, torch.arange(5))
    with torch.no_grad():
        whole = network(standardised(pixels))
    # What comes before is computed in half precision.
    assert torch.allclose(found.embedding, whole.embedding, atol=0.05)
    assert torch.allclose(found.expression, whole.expression.softmax(1), atol=0.05)


def test_neighbours_are_of_one_clip_and_near_in_time():
    clips = clip("a", [0, 0.04, 0.08, 2, 2.04]), clip("b", [0, 0.2, 0.4, 0.6, 0.8])
    first, second = last_block.neighbours(clips)
    assert first.T.tolist() == [[0, 1], [1, 2], [3, 4]]
    assert second.T.tolist() == [[5, 6], [6, 7], [7, 8], [8, 9]]


@pytest.mark.parametrize("neighbours", ["others", "all"])
def test_labels_of_clips_left_out_are_not_learnt_from(
    network, photos, footage, neighbours
):
    def learnt(value, maps):
        clips = footage.clips[0], replace(footage.clips[1], value=value)
        given = last_block.Footage(clips, last_block.Seen(maps))
        variant = last_block.Variant("", clips=True, neighbours=neighbours)
        start = last_block.LastBlock(network)
        left_out = [False, True]
        model = last_block.tuned(start, photos, given, left_out, variant, 2, 0)
        return torch.cat([weight.flatten() for weight in model.parameters()])

    maps = footage.seen.maps
    same = learnt(footage.clips[1].value, maps)
    assert torch.isfinite(same).all()
    unlabelled = np.full((2, 2), np.nan, np.float32)
    assert torch.equal(learnt(unlabelled, maps), same)
    # Their pictures are looked at only where that is asked for.
    blank = maps.clone()
    blank[:, FRAMES:] = 0
    assert torch.equal(learnt(unlabelled, blank), same) == (neighbours == "others")


def test_consistency_brings_neighbours_together(network, photos, footage):
    torch.manual_seed(0)
    maps = torch.rand(2, FRAMES, *footage.seen.maps.shape[2:]).half()
    seen = last_block.Seen(torch.cat([maps, maps], dim=1))
    apart = last_block.Footage(footage.clips, seen)

    def jitter(neighbours):
        variant = last_block.Variant("", clips=False, neighbours=neighbours)
        start = last_block.LastBlock(network)
        left_out = [False, False]
        model = last_block.tuned(start, photos, apart, left_out, variant, 10, 0)
        said = last_block.read(model, seen, torch.arange(FRAMES)).embedding
        return said.diff(dim=0).square().mean()

    assert jitter("others") < 0.9 * jitter("none")
