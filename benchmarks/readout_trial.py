"""How valence and arousal are best read off an encoder's embedding, without labels.

    python benchmarks/readout_trial.py FERPLUS_FOLDER [--encoder affect-s]
                                       [--cache FOLDER] [--results docs/results]

`FELTLINE_DATA` names the folder that holds `clips` and `clips_rated`; FERPLUS_FOLDER
holds `ferplus.csv`, its mosaics, and `affect.csv`. Each way of reading is learnt once
for every person of the rated clips, from the photos of FER+'s train split that were
rated directly and from the clips of all other persons (the perceptron: six folds of
persons), and judged on the rated frames of that person. What is learnt from all clips
is judged on the test photos.

The photos have no mesh: where the geometry view stands beside the network's, theirs is
the mean of the clips learnt from.

Writes `readout.csv`, every way with every averaging, and prints it as a table. The last
columns are errors less those of the shipped form, with the 95 % interval of a bootstrap
over persons. The raters of the clips and of `affect.csv` are a vision language model,
not people.
"""

import argparse
import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from sklearn.neural_network import MLPRegressor

from feltline.encoder import GEOMETRY, OnnxEncoder, find_card, readout_inputs
from feltline.fewshot.gp.features import smoothed
from feltline.lab.bench.clips import folds_by_person
from feltline.lab.bench.rated import rated_corpus
from feltline.lab.datasets import read_dataset
from feltline.lab.training.evaluate import encode_faces
from feltline.metrics import ccc

RATINGS = ("clips/ratings.csv", "clips_rated/ratings.csv")
INSIDE_S, OUTSIDE_S = 0.1, (0.1, 0.3)
LANDMARKS = 800
HIDDEN, MLP_FOLDS, MLP_SEEDS = 64, 6, (0, 1)
SHIPPED = "ridge, photos + clips, penalty 30", "in learning", False
RESAMPLES = 2000


@dataclass(frozen=True)
class Photos:
    """Rated photos: inputs without the constant, values, the network's own values."""

    inputs: np.ndarray
    value: np.ndarray
    own: np.ndarray

    def beside(self, geometry: int) -> "Photos":
        """With as many columns of geometry, which photos lack: NaN."""
        absent = np.full((len(self.inputs), geometry), np.nan)
        return replace(self, inputs=np.hstack([self.inputs, absent]))


@dataclass(frozen=True)
class Footage:
    """Every frame of a rated clip; geometry stands after the network's inputs."""

    person: str
    time_s: np.ndarray
    at: np.ndarray
    value: np.ndarray
    own: np.ndarray
    inputs: np.ndarray
    averaged: np.ndarray

    def __len__(self) -> int:
        return len(self.at)

    def without(self, columns: int) -> "Footage":
        """Without the last columns of the inputs."""
        keep = self.inputs.shape[1] - columns
        kept = self.inputs[:, :keep], self.averaged[:, :keep]
        return replace(self, inputs=kept[0], averaged=kept[1])


@dataclass(frozen=True)
class Scores:
    """Mean squared error of each clip, and agreement; pairs are valence and arousal."""

    error: np.ndarray
    ccc: np.ndarray
    photo_ccc: np.ndarray


Predictor = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray], Predictor]
"""Inputs and values of rated frames to what reads others; it knows the photos."""


@dataclass(frozen=True)
class Scaler:
    """Standardises inputs; those that are not there become 0."""

    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, inputs: np.ndarray) -> "Scaler":
        spread = inputs.std(axis=0)
        return cls(inputs.mean(axis=0), np.where(spread > 0, spread, 1.0))

    def elsewhere(self, inputs: np.ndarray) -> "Scaler":
        """The same, where it knows nothing of a column by these inputs."""
        known, other = np.isfinite(self.mean), Scaler.of(inputs)
        return Scaler(
            np.where(known, self.mean, other.mean),
            np.where(known, self.spread, other.spread),
        )

    def __call__(self, inputs: np.ndarray) -> np.ndarray:
        return np.nan_to_num((inputs - self.mean) / self.spread)


def ridge(photos: Photos, strength: float, *, count: float, rbf: bool = False) -> Fit:
    """Ridge regression; with `rbf`, a Gaussian process with a linear and an RBF kernel.

    A frame of a clip counts as `count` photos. The RBF kernel is Nystroem's
    approximation (Williams and Seeger 2001) on landmarks drawn from the photos, its
    width the root of the number of inputs, its prior variance that of the linear kernel
    at a mean input.
    """
    of_photos = Scaler.of(photos.inputs)
    seen = of_photos(photos.inputs)
    extra = _nystroem(seen, np.isfinite(of_photos.mean)) if rbf else lambda x: x[:, :0]

    def features(standardised: np.ndarray) -> np.ndarray:
        one = np.ones((len(standardised), 1))
        return np.hstack([standardised, extra(standardised), one])

    rows = features(seen)
    gram, cross = rows.T @ rows, rows.T @ photos.value

    def fit(inputs: np.ndarray, value: np.ndarray) -> Predictor:
        scale = of_photos.elsewhere(inputs)
        rows = features(scale(inputs))
        penalty = np.diag([strength] * (len(gram) - 1) + [0.0])  # but of the constant
        weight = np.linalg.solve(
            gram + count * rows.T @ rows + penalty, cross + count * rows.T @ value
        )
        return lambda new: features(scale(new)) @ weight

    return fit


def ridge_of_clips(strength: float) -> Fit:
    """Ridge regression that knows no photos."""

    def fit(inputs: np.ndarray, value: np.ndarray) -> Predictor:
        scale, middle = Scaler.of(inputs), value.mean(axis=0)
        rows = scale(inputs)  # of mean 0: the constant is the mean value
        gram = rows.T @ rows + strength * np.eye(rows.shape[1])
        weight = np.linalg.solve(gram, rows.T @ (value - middle))
        return lambda new: scale(new) @ weight + middle

    return fit


def _nystroem(x: np.ndarray, known: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    n = known.sum()
    drawn = np.random.default_rng(0).choice(len(x), LANDMARKS, replace=False)
    marks = x[drawn][:, known]

    def kernel(new: np.ndarray) -> np.ndarray:
        apart = (new**2).sum(axis=1)[:, None] + (marks**2).sum(axis=1)
        return np.exp((2 * new @ marks.T - apart) / (2 * n))

    level, axes = np.linalg.eigh(kernel(marks))
    root = np.sqrt(n) * axes / np.sqrt(np.maximum(level, 1e-6))
    return lambda new: kernel(new[:, known]) @ root


def mlp(photos: Photos, seed: int) -> Fit:
    """A perceptron with one hidden layer, stopped early."""
    of_photos = Scaler.of(photos.inputs)

    def fit(inputs: np.ndarray, value: np.ndarray) -> Predictor:
        scale = of_photos.elsewhere(inputs)
        net = MLPRegressor(
            hidden_layer_sizes=(HIDDEN,), early_stopping=True, random_state=seed
        )
        every = np.vstack([photos.inputs, inputs])
        net.fit(scale(every), np.vstack([photos.value, value]))
        return lambda new: net.predict(scale(new))

    return fit


def ways(photos: Photos) -> Iterator[tuple[str, Fit, int | None]]:
    """Name, how it is learnt, and folds of persons where not each is one."""
    yield "ridge, photos alone", ridge(photos, 30, count=0), None
    for strength in (3, 30, 300):
        name = f"ridge, photos + clips, penalty {strength}"
        yield name, ridge(photos, strength, count=1), None
    yield "ridge, photos + 3 x clips, penalty 30", ridge(photos, 30, count=3), None
    for strength in (3, 30, 300):
        yield f"ridge, clips alone, penalty {strength}", ridge_of_clips(strength), None
    for strength in (30, 300):
        name = f"Gaussian process, photos + clips, penalty {strength}"
        yield name, ridge(photos, strength, count=1, rbf=True), None
    for seed in MLP_SEEDS:
        yield f"MLP, photos + clips, seed {seed}", mlp(photos, seed), MLP_FOLDS


def by_others(
    fit: Fit, folds: int | None, clips: Sequence[Footage], *, averaged: bool
) -> list[tuple[np.ndarray, np.ndarray]]:
    """What is read in each clip, from inputs as they are and averaged.

    Args:
        fit: Learns from the rated frames of the persons of other folds.
        folds: How many; None = as many as persons.
        clips: Rated clips.
        averaged: Whether those of the frames learnt from are.
    """
    fold = folds_by_person(clips, folds or len(clips))
    found = {}
    for one in set(fold):
        others = [c for c, f in zip(clips, fold, strict=True) if f != one]
        read = fit(*_rated(others, averaged=averaged))
        for k, clip in enumerate(clips):
            if fold[k] == one:
                found[k] = read(clip.inputs), read(clip.averaged)
    return [found[k] for k in range(len(clips))]


def _rated(clips: Sequence[Footage], *, averaged: bool) -> list[np.ndarray]:
    inputs = [(c.averaged if averaged else c.inputs)[c.at] for c in clips]
    return [np.vstack(inputs), np.vstack([c.value for c in clips])]


def trials(clips: Sequence[Footage], learn: Photos, test: Photos, geometry: int):
    """Name, averaging, whether geometry stands beside, scores."""
    truth = np.vstack([c.value for c in clips])

    def scored(
        predicted: Sequence[np.ndarray], of_photos: np.ndarray, outside_s: float = 0.0
    ) -> Scores:
        every = [
            np.clip(smoothed(c.time_s, p.astype(np.float32), outside_s), -1, 1)[c.at]
            for c, p in zip(clips, predicted, strict=True)
        ]
        square = ((p - c.value) ** 2 for p, c in zip(every, clips, strict=True))
        return Scores(
            error=np.array([one.mean(axis=0) for one in square]),
            ccc=ccc(np.vstack(every).astype(float), truth),
            photo_ccc=ccc(np.clip(of_photos, -1, 1), test.value),
        )

    outside = [(0.0, "none"), *((s, f"outside, {s} s") for s in OUTSIDE_S)]
    own = [c.own for c in clips]
    for s, how in outside:
        yield "the network's own head", how, False, scored(own, test.own, s)
    for columns in (0, geometry):
        given = [c.without(geometry - columns) for c in clips]
        photos = test.beside(columns).inputs
        for name, fit, folds in ways(learn.beside(columns)):
            plain = fit(*_rated(given, averaged=False))(photos)
            raw = [as_is for as_is, _ in by_others(fit, folds, given, averaged=False)]
            for s, how in outside:
                yield name, how, columns > 0, scored(raw, plain, s)
            near = fit(*_rated(given, averaged=True))(photos)
            found = by_others(fit, folds, given, averaged=True)
            as_is, inside = zip(*found, strict=True)
            yield name, "in learning", columns > 0, scored(as_is, near)
            yield name, f"inside, {INSIDE_S} s", columns > 0, scored(inside, near)


def data(encoder: str, corpus: Path, cache: Path | None):
    """Clips, photos to learn from, photos to judge, columns of geometry."""
    ratings = [Path(os.environ["FELTLINE_DATA"]) / one for one in RATINGS]
    with TemporaryDirectory() as folder:
        card = without_readout(encoder, Path(folder))
        network = OnnxEncoder(find_card(card))
        learn, test = (
            rated_photos(network, corpus, split) for split in ("train", "test")
        )
        found = rated_corpus(ratings, f"{card}+{GEOMETRY}", cache=cache).clips
    clips, geometry = [], 0
    for clip in found:
        width, geometry = clip.seen.views
        net, shape = np.split(clip.seen.vector, [width], axis=1)
        inputs = readout_inputs(net, clip.seen.zero_shot_expression)[:, :-1]
        every = np.hstack([inputs, shape])
        near = smoothed(clip.track.time_s, every.astype(np.float32), INSIDE_S)
        clips.append(
            Footage(
                person=clip.person,
                time_s=clip.track.time_s,
                at=clip.at,
                value=clip.value.astype(float),
                own=clip.seen.zero_shot_value,
                inputs=every,
                averaged=near.astype(float),
            )
        )
    return clips, learn, test, geometry


def without_readout(encoder: str, folder: Path) -> str:
    """Path of a card of the same network that reads values off its own head."""
    card = find_card(encoder)
    written = json.loads(card.path.read_text(encoding="utf-8"))
    for side_file in ("readout", "pair_heads", "reference_distribution"):
        written.pop(side_file, None)
    path = folder / f"{card.name}.json"
    written["file"] = str(card.model_path.resolve())
    path.write_text(json.dumps(written), encoding="utf-8")
    return str(path)


def rated_photos(network: OnnxEncoder, corpus: Path, split: str) -> Photos:
    """Photos of a split that were rated directly."""
    faces = read_dataset("ferplus", corpus, split)
    faces = faces.only(faces.has_affect & ~faces.is_weak)
    seen = encode_faces(network, faces)
    inputs = readout_inputs(seen.vector, seen.expression)[:, :-1]
    return Photos(inputs, faces.affect.astype(float), seen.affect.astype(float))


class ByPerson:
    """Errors over persons of equal weight, and intervals of their differences."""

    def __init__(self, clips: Sequence[Footage]) -> None:
        who = np.array([clip.person for clip in clips])
        self._one = np.array([who == name for name in sorted(set(who))], float)
        n = len(self._one)
        drawn = np.random.default_rng(0).integers(n, size=(RESAMPLES, n))
        self._times = np.array([np.bincount(one, minlength=n) for one in drawn])

    def rmse(self, error: np.ndarray) -> np.ndarray:
        of_each = self._one @ error / self._one.sum(axis=1)[:, None]
        return np.sqrt(of_each.mean(axis=0))

    def interval(self, error: np.ndarray, other: np.ndarray) -> np.ndarray:
        """95 % of the differences of errors over clips, persons drawn anew."""
        weight = self._times @ self._one
        total = weight.sum(axis=1)[:, None]
        gap = np.sqrt(weight @ error / total) - np.sqrt(weight @ other / total)
        return np.quantile(gap, [0.025, 0.975], axis=0)


def report(found: list[tuple[str, str, bool, Scores]], persons: ByPerson, to: Path):
    """Write the figures, and print them."""
    reference = next(s.error for *key, s in found if tuple(key) == SHIPPED)
    rows = []
    for name, averaging, geometry, scores in found:
        low, high = persons.interval(scores.error, reference)
        figures = {
            "rmse": np.sqrt(scores.error.mean(axis=0)),
            "rmse_by_person": persons.rmse(scores.error),
            "ccc": scores.ccc,
            "photo_ccc": scores.photo_ccc,
            "less_shipped_low": low,
            "less_shipped_high": high,
        }
        rows.append(
            {"way": name, "averaging": averaging, "geometry": int(geometry)}
            | {
                f"{key}_{axis}": f"{value[j]:.4f}"
                for key, value in figures.items()
                for j, axis in enumerate(("valence", "arousal"))
            }
        )
    to.mkdir(parents=True, exist_ok=True)
    with (to / "readout.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row.values()) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--encoder", default="affect-s", help="a network")
    parser.add_argument("--cache", type=Path, help="where looked-at faces are kept")
    parser.add_argument("--results", type=Path, default=Path("docs/results"))
    asked = parser.parse_args()
    clips, learn, test, geometry = data(asked.encoder, asked.corpus, asked.cache)
    print(f"{len(clips)} clips, {len(learn.value)} photos, {len(test.value)} to judge")
    found = []
    for one in trials(clips, learn, test, geometry):
        found.append(one)
        print(*one[:3], np.sqrt(one[3].error.mean(axis=0)).round(3), flush=True)
    report(found, ByPerson(clips), asked.results)


if __name__ == "__main__":
    main()
