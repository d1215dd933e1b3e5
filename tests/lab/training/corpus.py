"""A miniature FER+: drawn patterns, one per expression, in the mosaic layout."""

import csv

import numpy as np
from PIL import Image

from feltline.types import EXPRESSIONS

ACROSS = 4
SIDE = 48


def pattern(expression, rng):
    """A bright bar whose place tells the expression, in noise."""
    face = rng.normal(90, 12, (SIDE, SIDE))
    row, column = divmod(expression, 4)
    face[row * 24 : row * 24 + 20, column * 12 : column * 12 + 9] += 110
    return face.clip(0, 255).astype(np.uint8)


def make_ferplus(folder, per_class=4, classes=range(8), seed=0):
    """`train`, `valid` and `test` with so many photos of each class."""
    rng = np.random.default_rng(seed)
    rows = []
    for split in ("train", "valid", "test"):
        chosen = [c for c in classes for _ in range(per_class)]
        faces = [pattern(c, rng) for c in chosen]
        down = -(-len(faces) // ACROSS)
        faces += [np.zeros((SIDE, SIDE), np.uint8)] * (down * ACROSS - len(faces))
        tiles = np.array(faces).reshape(down, ACROSS, SIDE, SIDE).swapaxes(1, 2)
        picture = tiles.reshape(down * SIDE, ACROSS * SIDE)
        Image.fromarray(picture).save(folder / f"{split}.png")
        for i, expression in enumerate(chosen):
            votes = [0] * 8
            votes[expression] = 8
            votes[(expression + 1) % 8] += 2
            rows.append([split, i, f"{split}{i:04d}", *votes, 0, 0, 0])
    header = ["split", "index", "name", *EXPRESSIONS, "unknown", "NF"]
    with (folder / "ferplus.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*header, "identical_in_other_split"])
        writer.writerows(rows)
    return folder
