"""Miniature corpora in the exact layouts of the real ones, with drawn pictures."""

import csv
import json

import numpy as np
from PIL import Image

LANDMARKS = 68


def picture(path, size=(60, 60), colour=(10, 20, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def landmarks(left=20.0, top=10.0, wide=20.0, high=30.0):
    """68 points on an ellipse-like grid whose eyes are level."""
    at = np.linspace(0, 1, LANDMARKS)
    points = np.stack([left + wide * at, top + high * at[::-1]], axis=1)
    points[36:42] = [left + wide * 0.25, top + high * 0.3]
    points[42:48] = [left + wide * 0.75, top + high * 0.3]
    return points


def affectnet_table(folder, rows, split="training", header=True):
    """rows = (file, expression, valence, arousal[, landmarks text])."""
    names = [
        "subDirectory_filePath",
        "face_x",
        "face_y",
        "face_width",
        "face_height",
        "facial_landmarks",
        "expression",
        "valence",
        "arousal",
    ]
    with (folder / f"{split}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if header:
            writer.writerow(names)
        for name, expression, valence, arousal, *marks in rows:
            text = marks[0] if marks else ""
            writer.writerow([name, 10, 12, 40, 40, text, expression, valence, arousal])


def affectnet_arrays(folder, rows, split="train_set"):
    for name, expression, valence, arousal in rows:
        picture(folder / split / "images" / f"{name}.jpg")
        notes = folder / split / "annotations"
        notes.mkdir(parents=True, exist_ok=True)
        for kind, value in (("exp", expression), ("val", valence), ("aro", arousal)):
            np.save(notes / f"{name}_{kind}.npy", np.array(str(value)))
        np.save(notes / f"{name}_lnd.npy", landmarks().ravel())


def afewva_clip(folder, clip, actor, frames):
    """frames = {stem: (valence, arousal)}; a picture each."""
    told = {}
    for stem, (valence, arousal) in frames.items():
        picture(folder / clip / f"{stem}.png")
        told[stem] = {
            "valence": valence,
            "arousal": arousal,
            "landmarks": landmarks().tolist(),
        }
    value = {"actor": actor, "video_id": clip, "frames": told}
    (folder / clip / f"{clip}.json").write_text(json.dumps(value))


def affwild2_file(folder, challenge, split, video, header, lines, missing=()):
    path = folder / challenge / split / f"{video}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([header, *lines]) + "\n")
    for k in range(1, len(lines) + 1):
        if k not in missing:
            picture(folder / "cropped_aligned" / video / f"{k:05d}.jpg", (112, 112))


def official_ferplus(folder, rows):
    """rows = (usage, name, ten votes)."""
    from feltline.types import EXPRESSIONS

    with (folder / "fer2013new.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Usage", "Image name", *EXPRESSIONS, "unknown", "NF"])
        writer.writerows([usage, name, *votes] for usage, name, votes in rows)
