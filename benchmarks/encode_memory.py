"""Judging a corpus takes the same memory whatever its size.

    python benchmarks/encode_memory.py [--faces 20000 100000]

Random faces, made as they are read, are encoded by the shipped encoder and scored, as
`feltline evaluate` does; each size in a process of its own. Reference: the peak memory
of the smaller corpus. Labels and zero-shot predictions are kept, not embeddings: some
200 bytes per face.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np

SIDE = 48


class Made:
    """Faces that exist only while they are looked at."""

    def read(self, rows, size):
        rng = np.random.default_rng(int(rows[0]))
        return rng.integers(256, size=(len(rows), size, size, 1), dtype=np.uint8)


def judge(n: int) -> None:
    from feltline.encoder import OnnxEncoder, find_card
    from feltline.lab.datasets import FaceSet
    from feltline.lab.training.evaluate import evaluate_faces

    rng = np.random.default_rng(0)
    faces = FaceSet(
        corpus="made",
        split="all",
        pictures=Made(),
        name=("",) * n,
        person=("",) * n,
        affect=rng.uniform(-1, 1, (n, 2)).astype(np.float32),
        expression=rng.integers(8, size=n),
        votes=np.full((n, 8), np.nan, np.float32),
    )
    began = time.perf_counter()
    evaluate_faces(OnnxEncoder(find_card("ferplus-s")), faces)
    took = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{n} {peak:.1f} {took:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, nargs="+", default=[20_000, 100_000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        judge(asked.one)
        return
    first = None
    for n in asked.faces:
        command = [sys.executable, __file__, "--one", str(n)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        _, peak, took = map(float, done.stdout.split())
        first = first or peak
        print(
            f"{n} faces: {peak:.0f} MB at most, {peak / first:.2f} of the first; "
            f"{took / n * 1e3:.2f} ms per face"
        )


if __name__ == "__main__":
    main()
