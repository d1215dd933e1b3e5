"""Regressors of scikit-learn as baselines, tuned so that they are no straw men.

Each is fitted to the labels of the project on what the encoder gives: its zero-shot
prediction and the leading directions of its embeddings. Nested cross-validation,
grouped by clip, chooses its parameters, whether it learns the label or the residual of
the zero-shot prediction, and whether a clip's own labels shift its curve.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.lab.bench.clips import Clip

__all__ = ["LEARNERS", "Features", "features_of", "fit_and_predict"]

N_DIRECTIONS: Final = 32
N_FOLDS: Final = 5
SHIFTS: Final = (0.0, 0.5, 1.0)
"""Share of a clip's mean error, on its own labels, that is taken off its curve."""

MOST_TO_CHOOSE: Final = 1000
"""Labels that parameters are chosen on; the model is then fitted to all."""

N_TREES = 100
"""Of a random forest."""

LEARNERS: Final = ("knn", "ridge", "svr", "forest")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Features:
    """Features of each clip's rated frames, and the zero-shot prediction of them."""

    vector: list[Float64[np.ndarray, "_ f"]]
    zero_shot: list[Float64[np.ndarray, "_ 2"]]


def features_of(clips: Sequence[Clip]) -> Features:
    """Standardised leading directions of the embeddings, and zero-shot prediction."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    every = np.concatenate([c.seen.vector[c.at] for c in clips]).astype(np.float64)
    scaler = StandardScaler().fit(every)
    n = min(N_DIRECTIONS, *every.shape)
    directions = PCA(n, svd_solver="covariance_eigh").fit(scaler.transform(every))
    vector, zero_shot = [], []
    for clip in clips:
        whole = scaler.transform(clip.seen.vector[clip.at].astype(np.float64))
        prior = np.nan_to_num(clip.seen.zero_shot_value[clip.at].astype(np.float64))
        scale = np.sqrt(directions.explained_variance_[0])
        vector.append(np.hstack([directions.transform(whole) / scale, prior]))
        zero_shot.append(prior)
    return Features(vector=vector, zero_shot=zero_shot)


def fit_and_predict(
    learner: str,
    features: Features,
    value: Sequence[Float64[np.ndarray, "_ 2"]],
    chosen: Sequence[Int64[np.ndarray, " _"]],
    *,
    seed: int,
) -> list[Float64[np.ndarray, "_ 2"]]:
    """Fit to the chosen labels of all clips, predict all rated frames.

    Args:
        learner: One of `LEARNERS`.
        features: Of all clips.
        value: Labels of all rated frames; only the chosen ones are looked at.
        chosen: Per clip, which rated frames are labelled.
        seed: Of what is random in learning.
    """
    pick = range(len(chosen))
    x = np.concatenate([features.vector[i][chosen[i]] for i in pick])
    y = np.concatenate([value[i][chosen[i]] for i in pick])
    prior = np.concatenate([features.zero_shot[i][chosen[i]] for i in pick])
    group = np.repeat(np.arange(len(chosen)), [len(some) for some in chosen])
    predicted = [np.empty((len(v), 2)) for v in features.vector]
    for j in range(2):
        labels = _Labels(x, y[:, j], prior[:, j], group)
        some = labels.at(_few_clips(group))
        best = min(_choices(learner, seed), key=lambda c: c.error(some))
        chosen_shift, off = best.shift(some), best.off(some)
        model = best.fitted(labels)
        for i in pick:
            own = off[some.group == i]
            shift = chosen_shift * own.sum() / (len(own) + 1)
            base = features.zero_shot[i][:, j] if best.on_zero_shot else 0.0
            predicted[i][:, j] = base + model.predict(features.vector[i]) + shift
    return [np.clip(p, -1, 1) for p in predicted]


@dataclass(frozen=True, slots=True, eq=False)
class _Labels:
    """Labels of one dimension with features, zero-shot prediction and clip."""

    x: Float64[np.ndarray, "k f"]
    y: Float64[np.ndarray, " k"]
    prior: Float64[np.ndarray, " k"]
    group: Int64[np.ndarray, " k"]

    def at(self, rows: Int64[np.ndarray, " r"]) -> "_Labels":
        return _Labels(self.x[rows], self.y[rows], self.prior[rows], self.group[rows])


@dataclass(slots=True, eq=False)
class _Choice:
    """One model of the grid, and whether it learns the zero-shot residual."""

    make: Callable[[int], Any]
    on_zero_shot: bool
    left_out: Float64[np.ndarray, " k"] | None = None

    def fitted(self, labels: _Labels) -> Any:  # noqa: ANN401 - models share no type
        target = labels.y - labels.prior if self.on_zero_shot else labels.y
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tiny or constant samples
            return self.make(len(target)).fit(labels.x, target)

    def off(self, labels: _Labels) -> Float64[np.ndarray, " k"]:
        """Errors on labels by models that have not seen their clip."""
        if self.left_out is None:
            self.left_out = labels.y.copy()
            for train, test in _folds(labels.group):
                base = labels.prior[test] if self.on_zero_shot else 0.0
                model = self.fitted(labels.at(train))
                self.left_out[test] -= base + model.predict(labels.x[test])
        return self.left_out

    def shift(self, labels: _Labels) -> float:
        """The best share of a clip's mean error, itself left out, to take off."""
        return min(SHIFTS, key=lambda share: self._error(labels, share))

    def error(self, labels: _Labels) -> float:
        """Mean squared error of labels left out, at the best shift."""
        return min(self._error(labels, share) for share in SHIFTS)

    def _error(self, labels: _Labels, share: float) -> float:
        off, group = self.off(labels), labels.group
        total, count = np.bincount(group, off), np.bincount(group)
        others = (total[group] - off) / np.maximum(count[group], 1)
        return float(((off - share * others) ** 2).mean())


def _few_clips(group: Int64[np.ndarray, " k"]) -> Int64[np.ndarray, " r"]:
    """Rows of whole clips, about `MOST_TO_CHOOSE` at most: enough to choose by."""
    names, count = np.unique(group, return_counts=True)
    step = -(-count.sum() // MOST_TO_CHOOSE)
    return np.flatnonzero(np.isin(group, names[::step]))


def _folds(
    group: Int64[np.ndarray, " k"],
) -> Iterator[tuple[Int64[np.ndarray, " _"], Int64[np.ndarray, " _"]]]:
    """Train and test rows; by clip where there are several, else label by label."""
    names = np.unique(group)
    parts = group if len(names) > 1 else np.arange(len(group))
    names = np.unique(parts)
    if len(names) == 1:  # a single label: nothing can be left out
        yield np.arange(len(group)), np.arange(len(group))
        return
    for some in np.array_split(names, min(N_FOLDS, len(names))):
        test = np.isin(parts, some)
        yield np.flatnonzero(~test), np.flatnonzero(test)


def _choices(learner: str, seed: int) -> Iterator[_Choice]:
    for make in _models(learner, seed):
        for on_zero_shot in (False, True):
            yield _Choice(make, on_zero_shot)


def _models(learner: str, seed: int) -> list[Callable[[int], Any]]:
    """The grid; each entry makes a model for a number of labels."""
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.linear_model import Ridge
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.svm import SVR

    if learner == "knn":
        return [
            lambda k, n=n: KNeighborsRegressor(min(n, k), weights="distance")  # type: ignore[misc]
            for n in (1, 3, 5, 10, 20)
        ]
    if learner == "ridge":
        return [partial(_of_any, Ridge, alpha=10.0**a) for a in range(-1, 4)]
    if learner == "svr":
        return [
            partial(_of_any, SVR, C=c, gamma=g, epsilon=0.05)
            for c in (0.1, 1.0, 10.0)
            for g in (0.03, 0.1, 0.3)
        ]
    forest = partial(
        _of_any, RandomForestRegressor, n_estimators=N_TREES, random_state=seed
    )
    return [
        partial(forest, min_samples_leaf=leaf, max_features=share)
        for leaf in (1, 3, 8)
        for share in (0.33, 1.0)
    ]


def _of_any(kind: Any, _labels: int, **parameters: float | int) -> Any:  # noqa: ANN401
    """A model that does not depend on how many labels there are."""
    return kind(**parameters)
