"""How well the engine labels real faces: the five rated clips, leave one clip out.

    python benchmarks/rated_clips.py [--labels 2 4 6] [--encoder NAME] [--fit] [--json]

`FELTLINE_DATA` names the folder that holds `clips/ratings.csv`. Per clip, k rated
frames are the support and the others are held out. For each clip everything learnt from
labels (the hyper-parameters) is learnt from the other clips alone. Reference: linear
interpolation on uniform frames, averaged over all phases. RMSE over clips is the root
of the mean of the clips' mean squared errors.

`--fit` prints hyper-parameters fitted to all five clips: the shipped defaults.
"""

import argparse
import csv
import json
import os
from pathlib import Path

import numpy as np

from feltline.fewshot.engine import fit, fit_hyperparameters, labelled_points, points_of
from feltline.fewshot.interpolation import interpolate
from feltline.fewshot.kernel import NAMES
from feltline.fewshot.suggest import Budget, suggest_frames
from feltline.metrics import pcc
from feltline.pipeline import Extraction, ExtractOptions, extract
from feltline.settings import ENCODER
from feltline.types import DIMENSIONS, SupportSet

START = np.log([[0.03, 0.02, 1.0, 0.06, 0.7, 0.03, 0.008]] * 2)
"""Where fitting starts, chosen before any label was seen."""

GAUSSIAN_90 = 1.645
"""Standard deviations to each side that hold 90 % of a Gaussian."""


class Clip:
    """One rated clip: its one face, and the rated frames."""

    def __init__(self, found: Extraction, rated: np.ndarray) -> None:
        self.track, self.seen = found.tracks[0], found.embeddings[0]
        self.frame, self.affect = rated[:, 0].astype(int), rated[:, 1:]
        self.at = np.searchsorted(self.track.frame, self.frame)

    def support(self, chosen: np.ndarray | slice = slice(None)) -> SupportSet:
        frame = self.frame[chosen]
        return SupportSet(
            video_id=(self.track.video_id,) * len(frame),
            track_id=np.zeros(len(frame), np.int64),
            frame=frame.astype(np.int64),
            affect=self.affect[chosen].astype(np.float32),
            expression=np.full(len(frame), -1, np.int64),
            rater=("r1",) * len(frame),
        )


def load(encoder: str) -> list[Clip]:
    folder = Path(os.environ["FELTLINE_DATA"]) / "clips"
    rated: dict[str, list[list[float]]] = {}
    with (folder / "ratings.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values = [float(row[c]) for c in ("frame", "valence", "arousal")]
            rated.setdefault(row["video"], []).append(values)
    options = ExtractOptions(encoder=encoder)
    return [Clip(extract(folder / v, options), np.array(r)) for v, r in rated.items()]


def learn(clips: list[Clip]) -> np.ndarray:
    """Hyper-parameters from all ratings of these clips."""
    tracks, seen = [c.track for c in clips], [c.seen for c in clips]
    support = merged([c.support() for c in clips])
    labels = labelled_points(tracks, points_of(tracks, seen), support)
    return fit_hyperparameters(labels, support.affect - labels.prior, START)


def merged(parts: list[SupportSet]) -> SupportSet:
    return SupportSet(
        video_id=sum((p.video_id for p in parts), ()),
        rater=sum((p.rater for p in parts), ()),
        **{
            name: np.concatenate([getattr(p, name) for p in parts])
            for name in ("track_id", "frame", "affect", "expression")
        },
    )


def uniform(n: int, k: int) -> list[np.ndarray]:
    """All phases of k evenly spaced ones of n."""
    phases = int(np.ceil(n / k))
    return [((np.arange(k) + p / phases) * n / k).astype(int) for p in range(phases)]


def suggested(clip: Clip, k: int, theta: np.ndarray) -> np.ndarray:
    mask = np.isin(np.arange(len(clip.track)), clip.at)
    asked = suggest_frames(
        [clip.track], [clip.seen], Budget(per_clip=k), among=[mask], around=theta
    )
    return np.searchsorted(clip.frame, sorted(s.frame for s in asked))


class Scores:
    """Squared errors per clip and method, and standardised residuals."""

    def __init__(self) -> None:
        self.mse: dict[str, list[np.ndarray]] = {}
        self.z: list[np.ndarray] = []

    def rmse(self, name: str) -> np.ndarray:
        return np.sqrt(np.mean(self.mse[name], axis=0))


def judge(clip: Clip, k: int, theta: np.ndarray, scores: Scores) -> None:
    held_error: dict[str, list[np.ndarray]] = {}
    picks = [("uniform", p) for p in uniform(len(clip.frame), k)]
    picks.append(("suggested", suggested(clip, k, theta)))
    for selection, chosen in picks:
        held = np.setdiff1d(np.arange(len(clip.frame)), chosen)
        truth = clip.affect[held]
        label_s = clip.track.time_s[clip.at[chosen]]
        line = interpolate(
            "linear", label_s, clip.affect[chosen], clip.track.time_s[clip.at[held]]
        )
        posterior = fit([clip.track], [clip.seen], clip.support(chosen), around=theta)
        guess = posterior.predict(0)
        mean = np.clip(guess.mean[clip.at[held]], -1, 1)
        for method, value in (("linear", line), ("engine", mean)):
            error = ((value - truth) ** 2).mean(axis=0)
            held_error.setdefault(f"{method} {selection}", []).append(error)
        if selection == "suggested":
            spread = np.sqrt(guess.variance[clip.at[held]])
            scores.z.append((guess.mean[clip.at[held]] - truth) / spread)
    for name, errors in held_error.items():
        scores.mse.setdefault(name, []).append(np.mean(errors, axis=0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--labels", type=int, nargs="+", default=[2, 4, 6])
    parser.add_argument("--encoder", default=ENCODER)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    clips = load(asked.encoder)
    said = np.concatenate([c.seen.prior_va[c.at] for c in clips]).astype(float)
    if np.isfinite(said).all() and not asked.json:
        told = np.concatenate([c.affect for c in clips])
        v, a = pcc(said, told)
        print(f"without labels: pooled PCC {v:.3f} / {a:.3f}")
    if asked.fit:
        for name, values in zip(NAMES, np.exp(learn(clips)).T, strict=True):
            print(f"{name:18s}" + "  ".join(f"{v:.4f}" for v in values))
        return
    theta = {id(c): learn([other for other in clips if other is not c]) for c in clips}
    result = {k: compared(clips, theta, k) for k in asked.labels}
    if asked.json:
        print(json.dumps(result))
        return
    print("RMSE over clips, valence / arousal (ratio to linear on uniform frames)")
    for k, rows in result.items():
        for name, row in rows.items():
            if name != "intervals":
                (v, a), (v_ratio, a_ratio) = row["rmse"], row["ratio"]
                print(
                    f"{k} labels, {row['clips']} clips  {name:18s}"
                    f"{v:.3f} / {a:.3f}  ({v_ratio:.2f} / {a_ratio:.2f})"
                )
        held, factor = rows["intervals"]["held"], rows["intervals"]["factor"]
        for j, name in enumerate(DIMENSIONS):
            print(
                f"    {name}: 90 % intervals hold {held[j]:.2f} before correction; "
                f"factor {factor[j]:.2f}"
            )


def compared(clips: list[Clip], theta: dict[int, np.ndarray], k: int) -> dict:
    """Every method at one number of labels per clip."""
    scores = Scores()
    for clip in clips:
        if len(clip.frame) - k > 2:  # else hardly anything is held out
            judge(clip, k, theta[id(clip)], scores)
    reference = scores.rmse("linear uniform")
    rows: dict = {
        name: {
            "clips": len(errors),
            "rmse": scores.rmse(name).tolist(),
            "ratio": (scores.rmse(name) / reference).tolist(),
        }
        for name, errors in sorted(scores.mse.items())
    }
    z = np.abs(np.concatenate(scores.z))
    rows["intervals"] = {
        "held": (z <= GAUSSIAN_90).mean(axis=0).tolist(),
        "factor": (np.quantile(z, 0.9, axis=0) / GAUSSIAN_90).tolist(),
    }
    return rows


if __name__ == "__main__":
    main()
