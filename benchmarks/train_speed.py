"""How much of the bare model's speed is left when everything else is done too.

    python benchmarks/train_speed.py [--faces 5120]

Trains on random faces in memory and prints images per second of the whole step
(reading, augmentation, losses, optimizer, moving average) over those of the bare
model's forward and backward pass in the same precision, measured in the same run in
turns. Also: milliseconds per face of the shipped encoder on one thread, in batches
of 16.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from feltline.encoder import OnnxEncoder, find_card
from feltline.lab.datasets import FaceSet
from feltline.lab.datasets.pictures import InMemory
from feltline.lab.training.device import Device, is_narrow
from feltline.lab.training.options import OURS
from feltline.lab.training.train import Split, train
from feltline.lab.training.train_state import TrainState
from feltline.types import FaceBatch

ROUNDS = 3
WARM = 4
"""Steps left out: the first ones load what is loaded only once."""


def random_faces(n: int) -> FaceSet:
    rng = np.random.default_rng(0)
    return FaceSet(
        corpus="random",
        split="train",
        pictures=InMemory(rng.integers(256, size=(n, 48, 48), dtype=np.uint8)),
        name=tuple(str(i) for i in range(n)),
        person=tuple(str(i) for i in range(n)),
        affect=rng.uniform(-1, 1, (n, 2)).astype(np.float32),
        expression=rng.integers(8, size=n),
        votes=rng.dirichlet(np.ones(8), n).astype(np.float32),
    )


def whole(faces: FaceSet) -> float:
    """Images per second of training."""
    seen: list[tuple[int, float]] = []
    few = faces.only(np.arange(len(faces)) < OURS.batch)
    with TemporaryDirectory() as folder:
        train(
            Split(train=faces, valid=few),
            Path(folder),
            replace(OURS, epochs=1),
            progress=lambda done, _of, _line: seen.append((done, time.perf_counter())),
        )
    (first, began), (last, ended) = seen[WARM], seen[-1]
    return (last - first) / (ended - began)


def bare(n: int) -> float:
    """Images per second of the model's forward and backward pass alone."""
    cpu = torch.device("cpu")
    narrow = is_narrow(Device(), cpu)
    state = TrainState.new(OURS, (), cpu, narrow=narrow, init_from=None)
    network = state.trainee.network
    faces = torch.randn(OURS.batch, 1, 48, 48)
    times = []
    for _ in range(n // OURS.batch):
        times.append(time.perf_counter())
        network.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=narrow):
            seen = network(faces)
        sum(part.float().square().mean() for part in seen).backward()
    steps = len(times) - 1 - WARM
    return steps * OURS.batch / (times[-1] - times[WARM])


def inference() -> float:
    """Milliseconds per face of the shipped encoder, preparation included."""
    encoder = OnnxEncoder(find_card("ferplus-s"), threads=1)
    crop = np.random.default_rng(0).integers(256, size=(16, 48, 48, 3), dtype=np.uint8)
    batch = FaceBatch(mesh=np.zeros((16, 478, 3), np.float32), crop=crop)
    encoder.encode(batch)
    started = time.perf_counter()
    for _ in range(50):
        encoder.encode(batch)
    return (time.perf_counter() - started) / 50 / 16 * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=5120)
    asked = parser.parse_args()
    faces = random_faces(asked.faces)
    rates = [(whole(faces), bare(asked.faces)) for _ in range(ROUNDS)]
    ours, model = np.median(rates, axis=0)
    print(f"training {ours:.0f} images/s, bare model {model:.0f} images/s")
    print(f"ratio {ours / model:.2f}")
    print(f"ferplus-s on one thread, batches of 16: {inference():.2f} ms per face")


if __name__ == "__main__":
    main()
