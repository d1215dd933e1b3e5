"""The model of a project: as shipped, learnt from judgements, and used on a track.

Learning is an event: `learn` goes once over all tracks with observations, and keeps
hyper-parameters, how raters differ, what all tracks share (as sums over tracks), and
calibration. Using the model on a track takes that track's own share off these sums and
puts its present observations in, so it depends on no other track, but for those that
observations connect it with.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Final

import numpy as np

from feltline.errors import ShapeError
from feltline.fewshot.calibration import calibrate, shipped_calibration
from feltline.fewshot.gp.blocks import ObservedTrack, connected, joined
from feltline.fewshot.gp.features import SMOOTHING_SCALES_S, TrackFeatures
from feltline.fewshot.gp.fit import fit_hyperparameters
from feltline.fewshot.gp.observed import Observed, RaterTerm, in_stretches, same_frame
from feltline.fewshot.gp.posterior import (
    TrackPosterior,
    residuals_of,
    solved,
    terms_of,
)
from feltline.fewshot.gp.raters import (
    accept_terms,
    as_effects,
    rater_terms,
    repeated_variance,
)
from feltline.fewshot.gp.shipped import shipped_hyperparameters
from feltline.fewshot.gp.solve import Shared, block_of, shared_of
from feltline.settings import COVERAGE, TOLERANCE, version
from feltline.types import (
    Basis,
    HyperParameters,
    LabelSchema,
    Model,
    Observation,
    SharedWeights,
)

__all__ = [
    "FREEDOM",
    "default_model",
    "disagreeing_raters",
    "learn",
    "promising",
    "track_posterior",
]

FREEDOM: Final = 0.5
"""How far a project's labels may move the hyper-parameters, as a share of how far they
may move when defaults are learnt. At 1, learning from a few labels per clip raised the
error of the rated clips by up to 8 %; at 0.5 by 3 % at most."""

UNLIKE_SHARE: Final = 0.1
UNLIKE_LEAST: Final = 2
EXCESS: Final = 3.0
"""A rater is named if so large a share of the accepted values that the rater judged
blind later, and so many, turned out to be off by more than the tolerance; or who
accepts more than expected by so many standard deviations."""


def default_model(
    *,
    basis: Basis,
    schema: LabelSchema,
    has_zero_shot: Sequence[bool],
    tolerance: float = TOLERANCE,
    coverage: float = COVERAGE,
    hyperparameters: tuple[HyperParameters, ...] | None = None,
) -> Model:
    """A project before its first judgement: shipped numbers, and nothing shared.

    Args:
        basis: Of the appearance features.
        schema: Dimensions and classes.
        has_zero_shot: Per dimension, whether the encoder says something of every face.
        tolerance: The error that confidence speaks of, on the unit scale.
        coverage: The share of intervals meant to hold the label.
        hyperparameters: Per dimension; those shipped if absent.

    Raises:
        ShapeError: Not one entry per dimension.
    """
    names, m = schema.dimension_names, len(schema.dimensions)
    if {len(has_zero_shot), len(hyperparameters or names)} != {m}:
        raise ShapeError(
            f"a model of {', '.join(names)} needs {m} entries of has_zero_shot and of "
            f"hyperparameters, not {len(has_zero_shot)} and "
            f"{len(hyperparameters or names)}"
        )
    width = basis.direction.shape[1] + 1 + len(SMOOTHING_SCALES_S)
    hypers = hyperparameters or tuple(
        shipped_hyperparameters(name, has_zero_shot=bool(has))
        for name, has in zip(names, has_zero_shot, strict=True)
    )
    return _named(
        Model(
            model_id="",
            basis_id=basis.basis_id,
            encoder_id=basis.encoder_id,
            schema_version=schema.version,
            hyperparameters=hypers,
            shared=SharedWeights(
                information=np.zeros((m, width, width)), projection=np.zeros((m, width))
            ),
            calibration=shipped_calibration(names),
            rater_effects=(),
            raters_per_frame=1.0,
            tolerance=tolerance,
            coverage=coverage,
            n_judgements=0,
            code_version=version(),
            learnt_from_event=0,
        )
    )


def promising(model: Model, *, tolerance: float, coverage: float) -> Model:
    """The same learnt state with another promise."""
    return _named(replace(model, tolerance=tolerance, coverage=coverage))


@dataclass(slots=True, eq=False)
class _Gathered:
    """What learning needs of the tracks: the frames that observations weigh.

    Attributes:
        stretches: The observations of each block, or stretch of a long track.
        clip: Clip of each of these observations.
        judgement_ids: Of all observations.
    """

    stretches: list[Observed] = field(default_factory=list)
    clip: list[str] = field(default_factory=list)
    judgement_ids: set[int] = field(default_factory=set)

    @property
    def raters_per_frame(self) -> float:
        """How many usually judge a frame that is judged blind; 1 without any."""
        counts = [
            len({own.observations[i].rater for i in group})
            for own in self.stretches
            for group in same_frame(own, np.arange(len(own)))
        ]
        return float(np.median(counts)) if counts else 1.0

    def read(self, terms: dict[str, RaterTerm]) -> None:
        """Read all values anew."""
        self.stretches = [own.with_terms(terms) for own in self.stretches]


def learn(
    tracks: Iterable[tuple[TrackFeatures, Sequence[Observation], str]],
    prior: Model,
    *,
    pairs: Sequence[Observation] = (),
    schema: LabelSchema,
    learnt_from_event: int = 0,
    freedom: float = FREEDOM,
) -> Model:
    """Learn everything that tracks share from their observations.

    Args:
        tracks: Features of a track, its observations, and its clip (calibration groups
            by it). Read once, one at a time; tracks without observations add nothing.
        prior: What `default_model` gave: basis, promises, centre of the prior.
        pairs: Observations of several tracks, which they number in that order.
        schema: Dimensions and classes.
        learnt_from_event: Judgements in force after this event went in.
        freedom: How far hyper-parameters may move from the prior's; 0 keeps them.

    Returns:
        A model; without observations, the prior with another event.

    Raises:
        ShapeError: A pair weighs a frame, or a track, that is not there.
        InputError: Tracks that pairs connect have too many observations together.
    """
    got = _Gathered()
    for (features, observations), clips in connected(tracks, pairs):
        got.judgement_ids |= {one.judgement_id for one in observations}
        for own in in_stretches(features, observations, {}):
            got.stretches.append(own)
            got.clip += [clips[one.tracks[0]] for one in own.observations]
    hypers, terms = _fitted(got, prior.hyperparameters, freedom)
    width = prior.shared.projection.shape[1]
    accepts = accept_terms(got.stretches, hypers, terms)
    got.read(accepts)
    blocks = [
        [block_of(hyper, own, j) for j, hyper in enumerate(hypers)]
        for own in got.stretches
    ]
    shared = [shared_of([one[j] for one in blocks], width) for j in range(len(hypers))]
    residual = [
        residuals_of(own, some, shared)
        for own, some in zip(got.stretches, blocks, strict=True)
    ]
    m = len(hypers)
    return _named(
        replace(
            prior,
            hyperparameters=hypers,
            shared=SharedWeights(
                information=np.array([one.information for one in shared]),
                projection=np.array([one.projection for one in shared]),
            ),
            calibration=calibrate(
                np.concatenate([np.empty((0, m)), *residual]),
                got.clip,
                schema.dimension_names,
            ),
            rater_effects=as_effects(accepts, hypers, got.stretches, prior.tolerance),
            raters_per_frame=got.raters_per_frame,
            n_judgements=len(got.judgement_ids),
            code_version=version(),
            learnt_from_event=learnt_from_event,
        )
    )


def track_posterior(
    model: Model,
    features: TrackFeatures,
    observations: Sequence[Observation],
    *,
    learnt: Sequence[ObservedTrack] | None = None,
    partners: Sequence[ObservedTrack] = (),
) -> TrackPosterior:
    """Condition one track on the model and on its observations.

    Args:
        model: What was learnt.
        features: The track.
        observations: What is said of it now. One of several tracks numbers them: 0 is
            the track, then come the partners.
        learnt: What the model learnt from this track (from the tracks that it was, if
            it has been edited since), to be taken off what the model shares; tracks
            that pairs connected then are one block (`joined`). None = from these same
            observations, or from nothing if the model is as shipped.
        partners: All tracks that observations connect it with, at once or by way of
            others, with what is said of them now.

    Raises:
        ShapeError: An observation weighs a frame, or a track, that is not there.
        InputError: The tracks have too many observations together.
    """
    hypers, terms = model.hyperparameters, terms_of(model)
    block, said = joined([(features, observations), *partners])
    stretches = solved(hypers, block, said, terms)
    own = [one for one in said if 0 in one.tracks]
    same = learnt is None and model.n_judgements > 0
    before = [
        solved(hypers, some, then, terms)
        for some, then in ([] if same else learnt or [])
    ]
    shared = list(_weights_of(model))
    if not same:
        for j, weights in enumerate(shared):
            old = [part.blocks[j] for parts in before for part in parts]
            new = [part.blocks[j] for part in stretches]
            if old or new:
                shared[j] = weights.exchanged(old, new)
    return TrackPosterior(
        model=model,
        features=features,
        observations=tuple(sorted(own, key=lambda o: (o.judgement_id, o.middle))),
        stretches=stretches,
        shared=tuple(shared),
    )


@lru_cache(maxsize=4)
def _weights_of(model: Model) -> tuple[Shared, ...]:
    """Weights of the shared features, per dimension; alike for all of its tracks."""
    sums = zip(model.shared.information, model.shared.projection, strict=True)
    return tuple(Shared.of(information, projection) for information, projection in sums)


def disagreeing_raters(model: Model) -> tuple[str, ...]:
    """Raters whose accepted values disagree with what they say blind."""
    return tuple(
        one.rater
        for one in model.rater_effects
        if one.accept_excess >= EXCESS
        or (
            one.n_unlike_accepts >= UNLIKE_LEAST
            and one.n_unlike_accepts >= UNLIKE_SHARE * one.n_repeated_accepts
        )
    )


def _fitted(
    got: _Gathered, around: tuple[HyperParameters, ...], freedom: float
) -> tuple[tuple[HyperParameters, ...], dict[str, RaterTerm]]:
    """Hyper-parameters and rater terms; with several raters, one after the other."""
    raters = {o.rater for own in got.stretches for o in own.observations}
    hypers, terms = around, dict[str, RaterTerm]()
    for _ in range(2 if len(raters) > 1 else 1):
        got.read(terms)
        if freedom > 0:
            hypers = fit_hyperparameters(
                got.stretches,
                around,
                rater_variance=repeated_variance(got.stretches, around),
                freedom=freedom,
            )
        terms = rater_terms(got.stretches, hypers, terms)
    got.read(terms)
    return hypers, terms


def _named(model: Model) -> Model:
    """The model under the hash of everything in it."""
    parts = asdict(replace(model, model_id=""))
    text = json.dumps(parts, default=_plain, sort_keys=True)
    name = hashlib.sha256(text.encode()).hexdigest()[:12]
    return replace(model, model_id=name if model.n_judgements else f"default-{name}")


def _plain(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
