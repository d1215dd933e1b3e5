"""Does fine-tuning the last block of the network pay, without labels of a clip?

    python benchmarks/last_block_trial.py FERPLUS_FOLDER [--seeds 0 1 2] [--steps 100]
                                          [--labels 1 2 4] [--only NAME ...]
                                          [--cache FOLDER] [--results docs/results]

`FELTLINE_DATA` names the folder that holds `clips` and `clips_rated`; FERPLUS_FOLDER
holds `ferplus.csv`, its mosaics, and `affect.csv`. All of the network but its last
residual block and what follows stays as it is, so the maps that this block is given are
worked out once: of photos of FER+'s train split (those that were rated directly, and a
draw of the others, imputed) and of every frame of the rated clips, each as it is,
mirrored and augmented. The last block is then trained anew for each of five folds of
persons and each seed, on photos, on the rated frames of the persons of other folds, and
on pairs of neighbouring frames without labels, which should be alike (consistency
regularisation; temporal coherence, Mobahi et al., ICML 2009). It is held to what it was
by distillation on photos and by L2-SP (Li et al., ICML 2018). Then a readout is learnt
in the fold, as the shipped one is, and both it and the network's own head are judged on
the persons left out. The same readout of the network as it ships is the reference.

With `--labels`, the engine is judged with as many suggested labels, too, each clip as
the network of its own fold sees it.

Writes `last-block.csv`, a row per variant and seed, and prints means over seeds; the
last columns are errors less the reference's, with the 95 % interval of a bootstrap over
persons. The raters of the clips and of `affect.csv` are a vision language model, not
people. With `--cache`, crops of the clips' faces are kept in that folder.
"""

import argparse
import csv
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.last_block import (
    AUGMENTED,
    WEAK_WEIGHT,
    Footage,
    LastBlock,
    Photos,
    Variant,
    before_last_block,
    looked_at,
    network_of,
    read,
    tuned,
)
from benchmarks.readout_trial import RATINGS, ByPerson

from feltline.encoder import (
    GEOMETRY,
    ConcatenatedEncoder,
    Readout,
    find_card,
    load_encoder,
    readout_inputs,
)
from feltline.lab.bench.clips import N_FOLDS, Clip, Corpus, folds_by_person
from feltline.lab.bench.methods import run as run_method
from feltline.lab.bench.problem import Problem
from feltline.lab.bench.rated import rated_corpus
from feltline.lab.bench.readout import STRENGTH, with_clips
from feltline.lab.bench.selection import chosen_frames
from feltline.lab.datasets import FaceSet, read_dataset
from feltline.lab.training.batches import LUMA, to_pixels
from feltline.lab.training.imputation import with_imputed_affect
from feltline.metrics import ccc
from feltline.pipeline import extraction_models
from feltline.types import Embeddings

ENCODER, IMPUTED_BY = "affect-s", "ferplus-s"
SIDE = 48
IMPUTED = 4000
"""Photos without direct ratings that are drawn."""
VARIANTS = (
    Variant("photos, consistency", clips=False, neighbours="others"),
    Variant("photos, clips", clips=True, neighbours="none"),
    Variant("photos, clips, consistency", clips=True, neighbours="others"),
    Variant("photos, clips, consistency on all clips", clips=True, neighbours="all"),
)
REFERENCE = "as it ships"


def clips_seen_by(model: LastBlock, footage: Footage) -> list[Clip]:
    """The rated clips as a network with this last block sees them, by its own head."""
    made = []
    for clip, rows in zip(footage.clips, footage.rows, strict=True):
        net, affect, expression = (x.numpy() for x in read(model, footage.seen, rows))
        shape = clip.seen.vector
        seen = Embeddings(
            encoder_id="last block",
            vector=np.hstack([net, shape]).astype(np.float32),
            zero_shot_value=affect,
            zero_shot_expression=expression,
            views=(net.shape[1], shape.shape[1]),
        )
        made.append(replace(clip, seen=seen))
    return made


@dataclass(frozen=True)
class Judged:
    """One variant and seed: clips by head and by readout, agreement with photos."""

    own: list[Clip]
    clips: list[Clip]
    photo_ccc: np.ndarray


def judged(
    models: Sequence[LastBlock],
    fold: Sequence[int],
    photos: Photos,
    footage: Footage,
    test: Photos,
) -> Judged:
    """Each clip by the network of its fold, and a readout learnt in that fold."""
    own: dict[int, Clip] = {}
    made: dict[int, Clip] = {}
    agreed = []
    for one, model in enumerate(models):
        found = read(model, photos.seen, photos.rated)
        learnt = Readout.of(
            readout_inputs(found.embedding.numpy(), found.expression.numpy()),
            photos.affect[photos.rated].double().numpy(),
            strength=STRENGTH,
        )
        clips = clips_seen_by(model, footage)
        others = [c for c, f in zip(clips, fold, strict=True) if f != one]
        readout = with_clips(learnt, others)
        for k, clip in enumerate(clips):
            if fold[k] == one:
                seen = clip.seen
                vector = seen.vector[:, : seen.views[0]]
                value = readout.value(vector, seen.zero_shot_expression)
                own[k] = clip
                made[k] = replace(clip, seen=replace(seen, zero_shot_value=value))
        found = read(model, test.seen, torch.arange(len(test.seen)))
        value = readout.value(found.embedding.numpy(), found.expression.numpy())
        agreed.append(ccc(value.astype(float), test.affect.double().numpy()))
    order = range(len(fold))
    return Judged(
        own=[own[k] for k in order],
        clips=[made[k] for k in order],
        photo_ccc=np.mean(agreed, axis=0),
    )


def trials(  # noqa: PLR0913 - each a choice of its own
    start: LastBlock,
    photos: Photos,
    footage: Footage,
    test: Photos,
    variants: Sequence[Variant],
    seeds: Sequence[int],
    steps: int,
) -> Iterator[tuple[str, int, Judged]]:
    """Variant, seed, what came of it; first the network as it ships."""
    fold = folds_by_person(footage.clips, N_FOLDS)
    folds = range(max(fold) + 1)
    yield REFERENCE, 0, judged([start for _ in folds], fold, photos, footage, test)
    for seed in seeds:
        for variant in variants:
            models = [
                tuned(
                    start,
                    photos,
                    footage,
                    [f == one for f in fold],
                    variant,
                    steps,
                    seed,
                )
                for one in folds
            ]
            yield variant.name, seed, judged(models, fold, photos, footage, test)


def errors(clips: Sequence[Clip]) -> np.ndarray:
    """Mean squared error of each clip without labels."""
    return np.array(
        [((c.seen.zero_shot_value[c.at] - c.value) ** 2).mean(axis=0) for c in clips]
    )


def pooled_ccc(clips: Sequence[Clip]) -> np.ndarray:
    """Over all rated frames."""
    said = np.concatenate([c.seen.zero_shot_value[c.at] for c in clips])
    truth = np.concatenate([c.value for c in clips])
    return ccc(said.astype(float), truth.astype(float))


def jitter(clips: Sequence[Clip]) -> np.ndarray:
    """Root mean squared step of the predicted values from frame to frame."""
    step = [np.diff(c.seen.zero_shot_value, axis=0) ** 2 for c in clips]
    return np.sqrt(np.concatenate(step).mean(axis=0))


def few_labels(clips: Sequence[Clip], budget: int) -> np.ndarray:
    """Mean squared error of each clip by the engine with suggested labels."""
    corpus = Corpus(
        name="rated clips",
        clips=tuple(clips),
        learn=(),
        fold=folds_by_person(clips, N_FOLDS),
        encoder=ENCODER,
        has_seen=False,
        note="",
    )
    chosen = chosen_frames(corpus, str(budget), "suggested", 0, 1, 0)
    results = run_method("engine", Problem(corpus=corpus, chosen=chosen, seed=0))
    return np.array(
        [
            np.delete((one.value - clip.value) ** 2, some, axis=0).mean(axis=0)
            for one, clip, some in zip(results, clips, chosen, strict=True)
        ]
    )


class Pixels:
    """Not an encoder: hands on grey crops, cut as the product cuts them."""

    encoder_id, crop_size = "grey pixels", SIDE

    def __init__(self) -> None:
        card = find_card(ENCODER)
        self.crop_margin, self.crop_lift = card.margin, card.lift

    def encode(self, faces) -> Embeddings:
        n = len(faces.crop)
        grey = faces.crop.astype(np.float32) / 255 @ np.array(LUMA, np.float32)
        return Embeddings(
            encoder_id=self.encoder_id,
            vector=grey.reshape(n, -1),
            zero_shot_value=np.full((n, 2), np.nan, np.float32),
            zero_shot_expression=np.full((n, 8), np.nan, np.float32),
        )


def footage_of(front: nn.Module, cache: Path | None) -> Footage:
    """The rated clips; geometry alone stands in their embeddings."""
    both = ConcatenatedEncoder([Pixels(), load_encoder(GEOMETRY)])
    extraction_models.load_encoder = lambda _name: both
    ratings = [Path(os.environ["FELTLINE_DATA"]) / one for one in RATINGS]
    with TemporaryDirectory() as folder:
        # Under a name that has no card, so that nothing else is asked of the encoder.
        clips = rated_corpus(ratings, GEOMETRY, cache=cache or Path(folder)).clips
    pixels, kept = [], []
    for clip in clips:
        grey, shape = np.split(clip.seen.vector, [SIDE**2], axis=1)
        pixels.append(grey.reshape(-1, 1, SIDE, SIDE))
        kept.append(replace(clip, seen=replace(clip.seen, vector=shape, views=())))
    every = torch.from_numpy(np.concatenate(pixels))
    return Footage(tuple(kept), looked_at(front, every, AUGMENTED))


def photos_of(front: nn.Module, faces: FaceSet, n_augmented: int) -> Photos:
    """All of a set; those with weak labels count less."""
    pixels = to_pixels(faces.pictures.read(np.arange(len(faces)), SIDE), channels=1)
    return Photos(
        seen=looked_at(front, pixels, n_augmented),
        affect=torch.from_numpy(faces.affect),
        weight=torch.where(torch.from_numpy(faces.is_weak), WEAK_WEIGHT, 1.0),
    )


def data(corpus: Path, cache: Path | None):
    """The last block as it ships, photos to learn from, clips, photos to judge."""
    torch.manual_seed(0)
    network = network_of(ENCODER)
    front = before_last_block(network)
    faces = read_dataset("ferplus", corpus, "train")
    rated = np.flatnonzero(faces.has_affect & ~faces.is_weak)
    others = np.flatnonzero(faces.is_weak)
    drawn = np.random.default_rng(0).choice(others, IMPUTED, replace=False)
    faces = faces.only(np.sort(np.concatenate([rated, drawn])))
    faces = with_imputed_affect(faces, load_encoder(IMPUTED_BY))
    test = read_dataset("ferplus", corpus, "test")
    test = test.only(test.has_affect & ~test.is_weak)
    return (
        LastBlock(network),
        photos_of(front, faces, AUGMENTED),
        footage_of(front, cache),
        photos_of(front, test, 0),
    )


def scored(found: Judged, labels: Sequence[int]) -> dict[str, np.ndarray]:
    """Figures of one variant and seed; `error` of each clip, others of all."""
    made = {
        "error_own": errors(found.own),
        "error_0": errors(found.clips),
        "ccc_own": pooled_ccc(found.own),
        "ccc_0": pooled_ccc(found.clips),
        "photo_ccc": found.photo_ccc,
        "jitter": jitter(found.clips),
    }
    for budget in labels:
        made[f"error_{budget}"] = few_labels(found.clips, budget)
    return made


def report(
    found: Sequence[tuple[str, int, dict[str, np.ndarray]]], persons: ByPerson, to: Path
):
    """Write the figures of each seed, and print means and intervals."""
    reference = next(scores for name, _, scores in found if name == REFERENCE)
    rows = []
    for name, seed, scores in found:
        row: dict[str, str | int] = {"variant": name, "seed": seed}
        for key, value in scores.items():
            shown = np.sqrt(value.mean(axis=0)) if "error" in key else value
            for axis, number in zip(("valence", "arousal"), shown, strict=True):
                row[f"{key.replace('error', 'rmse')}_{axis}"] = f"{number:.4f}"
        rows.append(row)
    to.mkdir(parents=True, exist_ok=True)
    with (to / "last-block.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for name in dict.fromkeys(name for name, *_ in found):
        of_seeds = [scores for other, _, scores in found if other == name]
        print(name)
        for key, theirs in reference.items():
            every = np.array([scores[key] for scores in of_seeds])
            if "error" not in key:
                print(f"  {key:10}", every.mean(axis=0).round(3))
                continue
            each = np.sqrt(every.mean(axis=1))
            mean = every.mean(axis=0)
            apart = persons.interval(mean, theirs).T.round(4).tolist()
            print(
                *(f"  {key:10}", np.sqrt(mean.mean(axis=0)).round(4), "persons alike"),
                *(persons.rmse(mean).round(4), "seeds", each.round(4).tolist()),
                *("less the reference, 95 %", apart),
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--labels", type=int, nargs="*", default=[])
    names = [variant.name for variant in VARIANTS]
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--cache", type=Path, help="where crops of clips are kept")
    parser.add_argument("--results", type=Path, default=Path("docs/results"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    start, photos, footage, test = data(asked.corpus, asked.cache)
    print(f"{len(photos.seen)} photos, {len(footage.seen)} frames", flush=True)
    wanted = [one for one in VARIANTS if one.name in asked.only]
    found = []
    for name, seed, one in trials(
        start, photos, footage, test, wanted, asked.seeds, asked.steps
    ):
        found.append((name, seed, scored(one, asked.labels)))
        print(name, seed, np.sqrt(found[-1][2]["error_0"].mean(axis=0)), flush=True)
    report(found, ByPerson(footage.clips), asked.results)


if __name__ == "__main__":
    main()
