"""The last block of a network, and its training on what comes before it.

    python benchmarks/last_block.py

For `last_block_trial.py`. All of a network but its last residual block and what follows
stays as it is, so the maps that this block is given are worked out once. By itself it
prints what that saves: time per face before the block, and of a step of its training.
"""

import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from feltline.encoder import find_card
from feltline.lab.bench.clips import Clip
from feltline.lab.training.augment import Augmentation, augmented, standardised
from feltline.lab.training.losses import difference_loss
from feltline.lab.training.network import AffectNetwork, FaceOutput, NetworkOptions
from feltline.lab.training.weights import weights_of_card

AUGMENTED = 1
"""Views of a face beside it as it is and its mirror image."""
PHOTOS, FRAMES, PAIRS = 64, 32, 32
"""In a batch."""
LEARNING_RATE = 1e-4
WEAK_WEIGHT = 0.5
CONSISTENCY, OF_EMBEDDING = 20.0, 0.1
"""Weight of the loss of neighbours, and of the embedding's part in it."""
DISTILLATION, L2_SP = 1.0, 1e-3
NEIGHBOURS_S = 0.25
"""Frames further apart are no neighbours (one clip has five frames a second)."""
AT_ONCE = 512


@dataclass(frozen=True)
class Variant:
    """What the last block is trained on."""

    name: str
    clips: bool
    neighbours: Literal["none", "others", "all"]
    """Whose neighbouring frames: `all` has those of the persons left out, too
    (transductive; without their labels)."""


@dataclass(frozen=True)
class Seen:
    """Maps that the last block is given: (view, face, channel, side, side).

    The first view is the face as it is, the second its mirror image.
    """

    maps: Tensor

    def drawn(self, rows: Tensor) -> Tensor:
        """A view of each of these faces."""
        view = torch.randint(len(self.maps), (len(rows),))
        return self.maps[view, rows].float()

    def __len__(self) -> int:
        return self.maps.shape[1]


@dataclass(frozen=True)
class Photos:
    """Photos, their valence and arousal, and what these count."""

    seen: Seen
    affect: Tensor
    weight: Tensor

    @property
    def rated(self) -> Tensor:
        """Rows of those that were rated directly."""
        return torch.nonzero(self.weight == 1).flatten()


@dataclass(frozen=True)
class Footage:
    """Every frame of the rated clips, one clip after the other."""

    clips: tuple[Clip, ...]
    seen: Seen

    @property
    def rows(self) -> list[Tensor]:
        """Of each clip."""
        return list(
            torch.arange(len(self.seen)).split([len(c.track) for c in self.clips])
        )


class LastBlock(nn.Module):
    """The last residual block of a network and the linear layers that follow."""

    def __init__(self, network: AffectNetwork) -> None:
        super().__init__()
        *_, block, pool, flat = network.backbone.children()
        self.features = nn.Sequential(block, pool, flat)
        self.project, self.affect = network.project, network.affect
        self.expression = network.expression

    def forward(self, maps: Tensor) -> FaceOutput:
        """Of single views."""
        return self._heads(self.features(maps))

    def both(self, maps: Tensor, mirrored: Tensor) -> FaceOutput:
        """Of faces and their mirror images together, as the network itself does."""
        return self._heads((self.features(maps) + self.features(mirrored)) / 2)

    def _heads(self, features: Tensor) -> FaceOutput:
        embedding = self.project(features)
        return FaceOutput(embedding, self.affect(embedding), self.expression(embedding))


def before_last_block(network: AffectNetwork) -> nn.Sequential:
    """What comes before it."""
    return nn.Sequential(*list(network.backbone.children())[:-3])


@torch.inference_mode()
def looked_at(front: nn.Module, pixels: Tensor, n_augmented: int) -> Seen:
    """The maps of faces, given as pixels in [0, 1]."""
    views = [pixels, pixels.flip(3)]
    views += [augmented(pixels, Augmentation()) for _ in range(n_augmented)]

    def maps(some: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):  # half the time
            found = front(standardised(some))
        return found.half()

    made = [torch.cat([maps(some) for some in v.split(AT_ONCE)]) for v in views]
    return Seen(torch.stack(made))


def neighbours(clips: Sequence[Clip]) -> list[Tensor]:
    """Rows of frames that follow one another, (2, pairs) for each clip."""
    made, start = [], 0
    for clip in clips:
        near = np.flatnonzero(np.diff(clip.track.time_s) <= NEIGHBOURS_S)
        made.append(torch.from_numpy(start + np.stack([near, near + 1])))
        start += len(clip.track)
    return made


def tuned(  # noqa: PLR0913 - each a choice of its own
    start: LastBlock,
    photos: Photos,
    footage: Footage,
    left_out: Sequence[bool],
    variant: Variant,
    steps: int,
    seed: int,
) -> LastBlock:
    """A last block trained without the labels of the clips left out.

    Batch normalisation keeps its statistics: a batch is of photos and clips together.
    """
    torch.manual_seed(seed)
    model = deepcopy(start)
    shipped = [weight.detach().clone() for weight in model.parameters()]
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    some = torch.arange(0, len(photos.seen), 10)
    spread = read(start, photos.seen, some).embedding.var(dim=0).mean().clone()
    kept = [k for k, out in enumerate(left_out) if not out]
    frames, value = _rated(footage, kept)
    near = neighbours(footage.clips)
    if variant.neighbours == "others":
        near = [near[k] for k in kept]
    pairs = torch.cat(near, dim=1)
    for _ in range(steps):
        rows = torch.randint(len(photos.seen), (PHOTOS,))
        maps = photos.seen.drawn(rows)
        said = model(maps)
        by = photos.weight[rows]
        loss = difference_loss(said.affect, photos.affect[rows], 0.5, by / by.sum())
        loss = loss + DISTILLATION * _distilled(said, start, maps, spread)
        if variant.clips:
            some = torch.randint(len(frames), (FRAMES,))
            felt = model(footage.seen.drawn(frames[some])).affect
            loss = loss + difference_loss(felt, value[some], 0.5)
        if variant.neighbours != "none":
            first, second = pairs[:, torch.randint(pairs.shape[1], (PAIRS,))]
            drawn = footage.seen.drawn(torch.cat([first, second]))
            loss = loss + CONSISTENCY * _inconsistency(model(drawn), spread)
        away = zip(model.parameters(), shipped, strict=True)
        loss = loss + L2_SP * torch.stack([((w - s) ** 2).sum() for w, s in away]).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model


def _rated(footage: Footage, kept: Sequence[int]) -> tuple[Tensor, Tensor]:
    rows = [footage.rows[k][torch.from_numpy(footage.clips[k].at)] for k in kept]
    value = [torch.from_numpy(footage.clips[k].value) for k in kept]
    return torch.cat(rows), torch.cat(value)


def _distilled(said: FaceOutput, start: LastBlock, maps: Tensor, spread: Tensor):
    """How far embedding and classes are from what they were."""
    with torch.no_grad():
        told = start(maps)
    gap = ((said.embedding - told.embedding) ** 2).mean() / spread
    now, before = (torch.log_softmax(x.expression, dim=1) for x in (said, told))
    return gap + nn.functional.kl_div(
        now, before, reduction="batchmean", log_target=True
    )


def _inconsistency(said: FaceOutput, spread: Tensor) -> Tensor:
    """Squared differences between the first half of the rows and the second."""
    value, embedding = (
        ((a - b) ** 2).mean()
        for a, b in (x.chunk(2) for x in (said.affect, said.embedding))
    )
    return value + OF_EMBEDDING * embedding / spread


@torch.inference_mode()
def read(model: LastBlock, seen: Seen, rows: Tensor) -> FaceOutput:
    """Embedding, value and class probabilities of faces."""
    parts = [
        model.both(*seen.maps[:2, some].float().unbind())
        for some in rows.split(AT_ONCE)
    ]
    embedding, affect, logits = (torch.cat(part) for part in zip(*parts, strict=True))
    return FaceOutput(embedding, affect.clamp(-1, 1), logits.softmax(dim=1))


def network_of(encoder: str) -> AffectNetwork:
    """A network as it ships."""
    network = AffectNetwork(NetworkOptions())
    network.load_state_dict(weights_of_card(find_card(encoder), network))
    network.to(memory_format=torch.channels_last)  # half the time
    return network.eval()


def main() -> None:
    torch.set_num_threads(1)
    network = network_of("affect-s")
    faces = torch.rand(AT_ONCE, 1, 48, 48)
    front, model = before_last_block(network), LastBlock(network)
    began = time.process_time()
    maps = looked_at(front, faces, 0).maps[0].float()
    looked = time.process_time()
    model(maps).affect.square().sum().backward()
    done = time.process_time()
    for what, took in (("before it", (looked - began) / 2), ("a step", done - looked)):
        print(f"{what}: {took / AT_ONCE * 1000:.2f} ms per face")


if __name__ == "__main__":
    main()
