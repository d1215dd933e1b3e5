"""The faces that peers are judged on, and what raters said of them.

    python benchmarks/peer_models/rated_faces.py FERPLUS_FOLDER [--encoder NAME]
                                                 [--cache FOLDER]

By itself it says how many there are. `FELTLINE_DATA` names the folder that holds
`clips` and `clips_rated`; FERPLUS_FOLDER holds `ferplus.csv`, its mosaics, and
`affect.csv`. The raters of the clips and of `affect.csv` are a vision language model,
not people.
"""

import argparse
import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from feltline.errors import InputError
from feltline.lab.bench.clips import Clip
from feltline.lab.bench.rated import rated_corpus
from feltline.lab.datasets import FaceSet, read_dataset
from feltline.settings import ENCODER
from feltline.video import read_some

FOLDERS = ("clips", "clips_rated")
SIDE = 48


@dataclass(frozen=True)
class Cut:
    """A square to cut; shares are of the longer side of the box."""

    name: str
    margin: float
    lift: float = 0.0


OF_FRAMES = (
    Cut("box less 10 %", -0.1),
    Cut("FER2013's", -0.05, 0.05),
    Cut("box", 0.0),
    Cut("box + 10 %", 0.1),
    Cut("box + 20 %", 0.2),
)
"""Around the box of the mesh. The second is about how the photos of FER2013 are cut,
on which `fer` and `human` were trained; `human` enlarges its detector's box to 1.4."""
OF_PHOTOS = (Cut("as it is", 0.0), Cut("border repeated, 10 %", 0.1))


@dataclass(frozen=True)
class Reference:
    """What raters said. n = faces.

    Attributes:
        value: Valence and arousal (n, 2), NaN = not rated.
        expression: Class (n,), -1 = none.
        group: Clip of each face (n,); photos are a group each.
    """

    value: np.ndarray
    expression: np.ndarray
    group: np.ndarray


def square(rgb: np.ndarray, box: np.ndarray, cut: Cut, side: int) -> np.ndarray:
    """Cut a square around a box (left, top, right, bottom).

    What lies outside the picture repeats its border, as in our own crops; pixels are
    averaged where the square is larger than `side`.
    """
    longer = float((box[2:] - box[:2]).max())
    middle = (box[:2] + box[2:]) / 2 - (0, cut.lift * longer)
    wide = max(2, round(longer * (1 + 2 * cut.margin)))
    left, top = np.round(middle - wide / 2).astype(int)
    down = np.clip(np.arange(top, top + wide), 0, rgb.shape[0] - 1)
    across = np.clip(np.arange(left, left + wide), 0, rgb.shape[1] - 1)
    whole = Image.fromarray(np.ascontiguousarray(rgb[down[:, None], across]))
    return np.asarray(whole.resize((side, side), Image.Resampling.BILINEAR))


def squares_of_photos(photos: np.ndarray, cut: Cut, side: int) -> np.ndarray:
    """Grey photos that are one face each (n, s, s), cut in one way, as RGB."""
    wide = photos.shape[1]
    whole = np.array([0, 0, wide, wide])
    rgb = np.repeat(photos[..., None], 3, axis=3)
    return np.stack([square(face, whole, cut, side) for face in rgb])


def rated_clips(data: Path, encoder: str, cache: Path | None) -> list[Clip]:
    """Rated clips of both folders, as our encoder sees them."""
    tables = [data / folder / "ratings.csv" for folder in FOLDERS]
    return list(rated_corpus(tables, encoder, cache=cache).clips)


def squares_of(
    clips: Sequence[Clip], data: Path, sides: set[int]
) -> dict[tuple[str, int], np.ndarray]:
    """Every rated face, cut in every way, in the order of the clips."""
    found = defaultdict(list)
    for clip in clips:
        track, video = clip.track, clip.track.video_id
        box = dict(zip(track.frame[clip.at], track.box_xyxy[clip.at], strict=True))
        places = (data / folder / video for folder in FOLDERS)
        path = next(place for place in places if place.exists())
        frames = list(read_some(path, box))
        if len(frames) != len(clip):
            raise InputError(
                f"only {len(frames)} of the {len(clip)} rated frames of {path} can be "
                f"decoded; copy the file again"
            )
        for frame in frames:
            for cut in OF_FRAMES:
                for side in sides:
                    face = square(frame.rgb, box[frame.frame], cut, side)
                    found[cut.name, side].append(face)
    return {how: np.stack(faces) for how, faces in found.items()}


def reference_of(clips: Sequence[Clip]) -> Reference:
    """Mean and plurality of the raters, as the benchmark of the engine has them."""
    return Reference(
        value=np.concatenate([clip.value for clip in clips]).astype(float),
        expression=np.concatenate([clip.expression for clip in clips]),
        group=np.repeat(np.arange(len(clips)), [len(clip) for clip in clips]),
    )


@dataclass(frozen=True)
class RatedFaces:
    """Frames of the rated clips, and the test photos of FER+.

    Attributes:
        clips: As our encoder sees them.
        data: The folder that they lie in.
        photos: The photos.
        of_frames: What raters said of the frames, in the order of the clips.
        of_photos: What raters said of the photos.
    """

    clips: list[Clip]
    data: Path
    photos: FaceSet
    of_frames: Reference
    of_photos: Reference

    @property
    def grey(self) -> np.ndarray:
        """The photos (n, 48, 48)."""
        return self.photos.pictures.read(np.arange(len(self.photos)), SIDE)[..., 0]

    def counts(self) -> str:
        """How many there are, and how many have no class."""
        videos = {clip.track.video_id for clip in self.clips}
        by_three = [clip for clip in self.clips if (clip.expression >= 0).any()]
        n_classes = sum(len(clip) for clip in by_three)
        without = sum(int((clip.expression < 0).sum()) for clip in by_three)
        has_value = np.isfinite(self.of_photos.value).all(axis=1)
        return (
            f"{len(self.of_frames.value)} rated frames of {len(videos)} clips; "
            f"{n_classes} of the frames have classes by three raters, {without} of "
            f"these no plurality and are left out. FER+ test without its duplicates: "
            f"{(self.of_photos.expression >= 0).sum()} photos with a majority, "
            f"{has_value.sum()} with valence and arousal."
        )


def read_rated_faces(ferplus: Path, encoder: str, cache: Path | None) -> RatedFaces:
    """Everything that is judged on."""
    data = Path(os.environ["FELTLINE_DATA"])
    clips = rated_clips(data, encoder, cache)
    photos = read_dataset("ferplus", ferplus, "test")
    of_photos = Reference(
        value=photos.trusted_affect,
        expression=photos.expression,
        group=np.arange(len(photos)),
    )
    return RatedFaces(
        clips=clips,
        data=data,
        photos=photos,
        of_frames=reference_of(clips),
        of_photos=of_photos,
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("ferplus", type=Path)
    parser.add_argument("--encoder", default=ENCODER)
    parser.add_argument("--cache", type=Path, help="where extracted faces are kept")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser)
    asked = parser.parse_args()
    print(read_rated_faces(asked.ferplus, asked.encoder, asked.cache).counts())


if __name__ == "__main__":
    main()
