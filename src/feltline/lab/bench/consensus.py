"""Simulated raters with biases of their own, and how near a consensus of them comes.

Every rater judges a share of the frames of walks, blind: the reference with a bias and
a noise. Scored are frames that somebody judged. What all raters have in common no
consensus can know (the mean bias of three is the level of their rule), so the mean
error is taken off each consensus and stands beside its score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final

import numpy as np
from jaxtyping import Float64

from feltline.agreement.consensus import ewe, mean_consensus, median_consensus
from feltline.fewshot.consensus import consensus_of
from feltline.lab.bench.clips import Clip, Corpus
from feltline.lab.bench.engine import ClipProject
from feltline.types import HyperParameters, Observation, RaterEffect

__all__ = [
    "SETTINGS",
    "SHARE",
    "ConsensusScore",
    "RaterSetting",
    "observations_by",
    "ratings_by",
    "score_consensus",
]

SHARE: Final = 0.4
"""Share of the frames that each rater judges."""


@dataclass(frozen=True, slots=True)
class RaterSetting:
    """Raters of a project, in order.

    Attributes:
        bias: Of each, in both dimensions.
        noise: Standard deviation of each.
    """

    bias: tuple[float, ...]
    noise: tuple[float, ...]


_UNLIKE: Final = (0.05, 0.1, 0.2)
SETTINGS: Final = (
    *(RaterSetting(bias, _UNLIKE) for bias in permutations((0.15, 0.0, -0.15))),
    *(
        RaterSetting(bias, _UNLIKE)
        for bias in sorted(set(permutations((0.2, 0.0, 0.0))))
    ),
    *(
        RaterSetting(bias, (noise,) * 3)
        for bias in ((0.15, 0.0, -0.15), (0.2, 0.0, 0.0))
        for noise in _UNLIKE
    ),
)
"""Raters who are unlike in noise, whoever of them is biased; and who are alike."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConsensusScore:
    """How near each consensus comes to the reference, by dimension.

    Attributes:
        rmse: By name of the consensus, its mean error taken off.
        level: By name, that mean error.
        held: Share of references, its mean error taken off, in the engine's interval.
        effects: What the engine found of the raters.
    """

    rmse: dict[str, Float64[np.ndarray, " m"]]
    level: dict[str, Float64[np.ndarray, " m"]]
    held: Float64[np.ndarray, " m"]
    effects: tuple[RaterEffect, ...]


def ratings_by(
    clips: Sequence[Clip], setting: RaterSetting, seed: int
) -> Float64[np.ndarray, "raters n m"]:
    """What raters say of all rated frames of the clips; NaN where one says nothing."""
    rng = np.random.default_rng(seed)
    reference = _reference(clips)
    shape = (len(setting.bias), *reference.shape)
    noise = np.array(setting.noise)[:, None, None] * rng.standard_normal(shape)
    said = reference + np.array(setting.bias)[:, None, None] + noise
    judges = rng.random(shape[:2]) < SHARE
    return np.where(judges[..., None], np.clip(said, -1, 1), np.nan)


def observations_by(
    clips: Sequence[Clip], ratings: Float64[np.ndarray, "raters n m"]
) -> list[list[Observation]]:
    """The same as blind judgements of frames, per clip."""
    made: list[list[Observation]] = []
    first, event = 0, 0
    for clip in clips:
        made.append([])
        for row, position in enumerate(clip.at, start=first):
            for rater in np.flatnonzero(np.isfinite(ratings[:, row]).all(axis=1)):
                event += 1
                one = Observation(
                    judgement_id=event,
                    position=np.array([position]),
                    weight=np.ones(1),
                    value=ratings[rater, row],
                    expression=-1,
                    rater=f"r{rater + 1}",
                    noise="blind",
                )
                made[-1].append(one)
        first += len(clip)
    return made


def score_consensus(
    corpus: Corpus,
    setting: RaterSetting,
    seed: int,
    *,
    hyperparameters: tuple[HyperParameters, ...] | None = None,
) -> ConsensusScore:
    """Mean, median, EWE and the engine's consensus of the same ratings.

    Args:
        corpus: Walks.
        setting: Who rates.
        seed: Of who rates what, and of the noise.
        hyperparameters: Where learning starts; if absent, those shipped.
    """
    clips, reference = corpus.clips, _reference(corpus.clips)
    ratings = ratings_by(clips, setting, seed)
    project = ClipProject.of(clips, hyperparameters)
    observations = observations_by(clips, ratings)
    model = project.learn(observations)
    curves = [
        consensus_of(model, features, own)
        for features, own in zip(project.features, observations, strict=True)
    ]
    at = [clip.at for clip in clips]
    value, low, high = (
        np.concatenate(
            [getattr(c, name)[i] for c, i in zip(curves, at, strict=True)]
        ).astype(np.float64)
        for name in ("value", "low", "high")
    )
    columns = np.moveaxis(ratings, 2, 0)
    made = {
        "mean": np.stack([mean_consensus(one) for one in columns], axis=1),
        "median": np.stack([median_consensus(one) for one in columns], axis=1),
        "ewe": np.stack([ewe(one).value for one in columns], axis=1),
        "posterior": value,
    }
    rated = np.isfinite(made["mean"]).all(axis=1)
    errors = {name: (one - reference)[rated] for name, one in made.items()}
    level = {name: error.mean(axis=0) for name, error in errors.items()}
    moved = reference[rated] + level["posterior"]
    return ConsensusScore(
        rmse={name: error.std(axis=0) for name, error in errors.items()},
        level=level,
        held=((low[rated] <= moved) & (moved <= high[rated])).mean(axis=0),
        effects=model.rater_effects,
    )


def _reference(clips: Sequence[Clip]) -> Float64[np.ndarray, "n m"]:
    """Valence and arousal of all rated frames, one clip after the other."""
    return np.concatenate([clip.value.astype(np.float64) for clip in clips])
