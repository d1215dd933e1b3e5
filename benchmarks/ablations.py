"""Which parts of training earn their place: one change at a time, three seeds each.

    python benchmarks/ablations.py FERPLUS_FOLDER [--seeds 0 1 2] [--only NAME ...]
                                   [--out runs/ablations] [--results docs/results]
                                   [--epochs 8] [--faces N]

`FELTLINE_DATA` names the folder that holds `clips/ratings.csv`. Every variant is
trained on the train split by the same short schedule (eight epochs, faces of 32 pixels,
valence and arousal rated directly or imputed from votes and `--impute-with`) and judged
on the test split, copies left out, valence and arousal on its directly rated photos
alone, and by the error of the engine with four labels per clip on the rated clips
(hyper-parameters learnt on the other clips).

What is finished is kept in `--out`, so a run that was stopped goes on. The results are
`ablations.csv`, a row per variant and seed, and `ablations.md`: means, and the
difference to the reference with the 95 % interval of a bootstrap over test faces,
paired by face and seed. There are five clips: no interval is worked out for them.
`--epochs 1 --faces 1000` shows in minutes that everything works.
"""

import argparse
import csv
import json
import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from feltline.encoder import GEOMETRY, load_encoder
from feltline.lab.bench.clips import Corpus
from feltline.lab.bench.methods import run as run_method
from feltline.lab.bench.problem import Problem
from feltline.lab.bench.rated import rated_corpus
from feltline.lab.bench.selection import chosen_frames, phases
from feltline.lab.datasets import FaceSet, read_dataset
from feltline.lab.datasets.pictures import InMemory
from feltline.lab.training.checkpoint import read_checkpoint
from feltline.lab.training.evaluate import encode_faces, evaluate_pairs
from feltline.lab.training.export import network_of
from feltline.lab.training.imputation import with_imputed_affect
from feltline.lab.training.network import NetworkOptions
from feltline.lab.training.options import TrainOptions
from feltline.lab.training.scores import score_faces
from feltline.lab.training.torch_encoder import TorchEncoder
from feltline.lab.training.train import BEST, Split, train
from feltline.metrics import ccc, pcc
from feltline.pipeline import extraction_models
from feltline.types import Embeddings

REFERENCE = "pairs"
PAIRS = 20_000
LABELS = 4
RESAMPLES = 2000
SIDE = 48


def variants(epochs: int = 8) -> dict[str, TrainOptions]:
    """Each differs from the reference in what its name says."""
    network = NetworkOptions(size=32)
    base = TrainOptions(network=network, epochs=epochs, average=0.995)

    def shaped(**changes: object) -> TrainOptions:
        return replace(base, network=replace(network, **changes))

    return {
        REFERENCE: base,
        "no contrast": replace(base, pair_weight=0.0),
        "rank-n-contrast": replace(base, pair_weight=0.0, rank_weight=0.5),
        "pairs + rank-n-contrast": replace(base, rank_weight=0.5),
        "random weights": replace(base, weighting="random"),
        "uncertainty weights": replace(base, weighting="uncertainty"),
        "fusion absolute": shaped(fusion="absolute"),
        "fusion multiply": shaped(fusion="multiply"),
        "one way round": shaped(antisymmetric=False),
        "embedding 64": shaped(embedding=64),
        "embedding 512": shaped(embedding=512),
    }


class Pixels:
    """Not an encoder: hands on the crops, so that each network can look at them."""

    encoder_id, crop_size = "pixels of the rated clips", SIDE
    crop_margin, crop_lift = -0.03, 0.02

    def encode(self, faces) -> Embeddings:
        n = len(faces.crop)
        return Embeddings(
            encoder_id=self.encoder_id,
            vector=faces.crop[..., 1].reshape(n, -1).astype(np.float32),
            zero_shot_value=np.full((n, 2), np.nan, np.float32),
            zero_shot_expression=np.full((n, 8), np.nan, np.float32),
        )


def encoded_by(encoder: TorchEncoder, pixels: Corpus) -> Corpus:
    """The rated clips as a network sees them."""
    clips = []
    for clip in pixels.clips:
        grey = clip.seen.vector.reshape(-1, SIDE, SIDE).round().astype(np.uint8)
        n = len(grey)
        faces = FaceSet(
            corpus="clips",
            split=clip.track.video_id,
            pictures=InMemory(grey),
            name=tuple(str(i) for i in range(n)),
            person=("",) * n,
            affect=np.full((n, 2), np.nan, np.float32),
            expression=np.full(n, -1),
            votes=np.full((n, 8), np.nan, np.float32),
        )
        found = encode_faces(encoder, faces)
        seen = Embeddings(
            encoder_id="variant",
            vector=found.vector,
            zero_shot_value=found.affect,
            zero_shot_expression=found.expression,
        )
        clips.append(replace(clip, seen=seen))
    return replace(pixels, clips=tuple(clips))


def pixels_of_clips() -> Corpus:
    """The rated clips with the aligned crops in the place of embeddings."""
    extraction_models.load_encoder = lambda _name: Pixels()
    ratings = Path(os.environ["FELTLINE_DATA"]) / "clips" / "ratings.csv"
    with TemporaryDirectory() as cache:  # crops are pictures of people: not kept
        # Under a name that has no card, so that nothing else is asked of the encoder.
        return rated_corpus(ratings, GEOMETRY, cache=Path(cache))


def few_labels(corpus: Corpus, selection: str) -> np.ndarray:
    """RMSE over clips of the engine with `LABELS` labels per clip."""
    of = phases(corpus, str(LABELS), selection, 99)
    draws = []
    for draw in range(of):
        chosen = chosen_frames(corpus, str(LABELS), selection, draw, of, 0)
        results = run_method("engine", Problem(corpus=corpus, chosen=chosen, seed=0))
        draws.append(
            [
                np.delete((one.value - clip.value) ** 2, some, axis=0).mean(axis=0)
                for one, clip, some in zip(results, corpus.clips, chosen, strict=True)
            ]
        )
    return np.sqrt(np.mean(draws, axis=(0, 1)))


def run(
    name: str,
    options: TrainOptions,
    split: Split,
    test: FaceSet,
    pixels: Corpus,
    out: Path,
):
    """Train and judge one variant, unless that has been done."""
    folder = out / f"{name.replace(' ', '-')}-{options.seed}"
    done = folder / "scores.json"
    if done.exists():
        return
    train(split, folder, options)
    checkpoint = read_checkpoint(folder / BEST)
    encoder = TorchEncoder(network_of(checkpoint, folder / BEST), torch.device("cpu"))
    found = encode_faces(encoder, test, keep_vectors=False)
    face = score_faces(
        affect=found.affect,
        told_affect=test.affect,
        expression=found.expression,
        told_expression=test.expression,
    )
    pairs = evaluate_pairs(encoder, encoder, test, pairs=PAIRS)
    rated = test.only(test.has_affect & test.has_expression)
    differences = evaluate_pairs(encoder, encoder, rated, pairs=PAIRS)
    corpus = encoded_by(encoder, pixels)
    zero = pcc(
        np.concatenate([c.seen.zero_shot_value[c.at] for c in corpus.clips]).astype(
            float
        ),
        np.concatenate([c.value for c in corpus.clips]).astype(float),
    )
    scores = {
        "variant": name,
        "seed": options.seed,
        "accuracy": face.expression.accuracy,
        "ccc_valence": face.affect.ccc["valence"],
        "ccc_arousal": face.affect.ccc["arousal"],
        "pair_auc": pairs.auc,
        "difference_heads_valence": differences.ccc["valence"],
        "difference_heads_arousal": differences.ccc["arousal"],
        "difference_single_valence": differences.ccc_single["valence"],
        "difference_single_arousal": differences.ccc_single["arousal"],
        "clips_pcc_valence": zero[0],
        "clips_pcc_arousal": zero[1],
    }
    for how in ("suggested", "uniform"):
        for axis, value in zip(
            ("valence", "arousal"), few_labels(corpus, how), strict=True
        ):
            scores[f"rmse_{how}_{axis}"] = float(value)
    np.savez(
        folder / "predictions.npz", affect=found.affect, expression=found.expression
    )
    done.write_text(json.dumps(scores))


def paired(name: str, seeds: list[int], test: FaceSet, out: Path) -> dict:
    """95 % intervals of accuracy and CCC less those of the reference."""
    rng = np.random.default_rng(0)

    def predictions(which: str, seed: int):
        return np.load(out / f"{which.replace(' ', '-')}-{seed}" / "predictions.npz")

    def figures(found, rows: np.ndarray) -> np.ndarray:
        judged = rows[test.expression[rows] >= 0]
        right = found["expression"][judged].argmax(axis=1) == test.expression[judged]
        felt = rows[test.has_affect[rows]]
        agreed = ccc(
            found["affect"][felt].astype(float), test.affect[felt].astype(float)
        )
        return np.array([right.mean(), agreed.mean()])

    ours = [{k: np.array(v) for k, v in predictions(name, s).items()} for s in seeds]
    theirs = [
        {k: np.array(v) for k, v in predictions(REFERENCE, s).items()} for s in seeds
    ]
    gaps = []
    for _ in range(RESAMPLES):
        rows = rng.integers(len(test), size=len(test))
        gaps.append(
            np.mean(
                [
                    figures(a, rows) - figures(b, rows)
                    for a, b in zip(ours, theirs, strict=True)
                ],
                axis=0,
            )
        )
    low, high = np.quantile(gaps, [0.025, 0.975], axis=0)
    return {"accuracy": (low[0], high[0]), "ccc": (low[1], high[1])}


def report(names: list[str], seeds: list[int], test: FaceSet, out: Path, to: Path):
    rows = [
        json.loads((out / f"{n.replace(' ', '-')}-{s}" / "scores.json").read_text())
        for n in names
        for s in seeds
    ]
    to.mkdir(parents=True, exist_ok=True)
    with (to / "ablations.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow(
                {k: f"{v:.4f}" if isinstance(v, float) else v for k, v in row.items()}
            )
    lines = [
        "| variant | accuracy | CCC V / A | less the reference: accuracy, mean CCC "
        "(95 %) | pair AUC | differences: heads V / A | singles V / A | clips, "
        f"{LABELS} suggested V / A (spread over seeds) | uniform V / A |",
        "|" + "---|" * 9,
    ]
    for name in names:
        mine = [r for r in rows if r["variant"] == name]

        def mean(key: str, mine=mine) -> str:
            return f"{np.mean([r[key] for r in mine]):.3f}"

        def both(key: str, mine=mine) -> str:
            return " / ".join(mean(f"{key}_{d}", mine) for d in ("valence", "arousal"))

        gap = "reference"
        if name != REFERENCE:
            found = paired(name, seeds, test, out)
            gap = "; ".join(f"{a:+.3f} to {b:+.3f}" for a, b in found.values())
        spread = max(
            np.ptp([r[f"rmse_suggested_{d}"] for r in mine])
            for d in ("valence", "arousal")
        )
        untrained = variants()[name].pair_weight == 0
        auc = "-" if untrained else mean("pair_auc")
        heads = "-" if untrained else both("difference_heads")
        lines.append(
            f"| {name} | {mean('accuracy')} | {both('ccc')} | {gap} | "
            f"{auc} | {heads} | "
            f"{both('difference_single')} | {both('rmse_suggested')} ({spread:.3f}) | "
            f"{both('rmse_uniform')} |"
        )
    lines += ["", "The rater of the clips is a vision language model, not a person."]
    text = "\n".join(lines) + "\n"
    (to / "ablations.md").write_text(text, encoding="utf-8")
    print(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", default=None)
    parser.add_argument("--out", type=Path, default=Path("runs/ablations"))
    parser.add_argument("--results", type=Path, default=Path("docs/results"))
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--faces", type=int, help="of each split; all if absent")
    parser.add_argument("--impute-with", default="ferplus-s", help="an encoder")
    asked = parser.parse_args()
    os.environ["FELTLINE_DATA"]  # before anything takes an hour
    chosen = {
        name: options
        for name, options in variants(asked.epochs).items()
        if asked.only is None or name in {REFERENCE, *asked.only}
    }
    learnt, valid, test = (
        faces.only(np.arange(len(faces)) < (asked.faces or len(faces)))
        for faces in (
            read_dataset("ferplus", asked.corpus, which)
            for which in ("train", "valid", "test")
        )
    )
    test = replace(test, affect=test.trusted_affect)
    learnt = with_imputed_affect(learnt, load_encoder(asked.impute_with))
    split = Split(train=learnt, valid=valid)
    pixels = pixels_of_clips()
    for seed in asked.seeds:
        for name, options in chosen.items():
            run(name, replace(options, seed=seed), split, test, pixels, asked.out)
            print(f"{name}, seed {seed}: done", flush=True)
    report(list(chosen), asked.seeds, test, asked.out, asked.results)


if __name__ == "__main__":
    main()
