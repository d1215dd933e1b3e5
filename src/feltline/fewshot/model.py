"""Learn a model from judgements, and predict tracks with it (signatures first)."""

from collections.abc import Iterable, Sequence

from feltline.fewshot.gp.features import TrackFeatures
from feltline.fewshot.gp.posterior import TrackPosterior
from feltline.types import HyperParameters, LabelSchema, Model, Observation, Prediction

Learnt = Sequence[tuple[TrackFeatures, Sequence[Observation]]]

def default_model(
    *,
    basis: Basis,
    schema: LabelSchema,
    has_zero_shot: Sequence[bool],  # (m,)
    tolerance: float = TOLERANCE,
    coverage: float = COVERAGE,
    hyperparameters: tuple[HyperParameters, ...] | None = None,  # None = shipped
) -> Model: ...

def learn(
    tracks: Iterable[tuple[TrackFeatures, Sequence[Observation], str]],  # read once, streaming; str = clip key
    prior: Model,  # a default_model: basis, encoder, promises, centre of the prior
    *,
    schema: LabelSchema,
    learnt_from_event: int = 0,
    freedom: float = FREEDOM,  # 0 = keep the hyper-parameters of the prior
) -> Model: ...

def track_posterior(
    model: Model,
    features: TrackFeatures,
    observations: Sequence[Observation],
    *,
    learnt: Learnt | None = None,  # None = these same observations; () = none
) -> TrackPosterior: ...

def predict_track(
    model: Model,
    features: TrackFeatures,
    observations: Sequence[Observation],
    *,
    learnt: Learnt | None = None,
    schema: LabelSchema,
) -> Prediction: ...

def disagreeing_raters(model: Model) -> tuple[str, ...]: ...

# gp/posterior.py
class TrackPosterior:
    model: Model
    features: TrackFeatures
    observations: tuple[Observation, ...]
    def predict(self, at=None) -> tuple["(a m) mean", "(a m) variance of the project's rule, noise included"]: ...
    def covariance(self, a, b, dimension) -> "(a b) noise apart": ...
    def closeness(self, a, b) -> "(a b) in [0, 1]": ...
    def rater_noise(self, dimension) -> float: ...
    def confidence(self, at=None, tolerance=None) -> "(a,), with trust": ...

# labels.py
def observations_of(track, judgements, schema) -> list[Observation]: ...

# labelling.py
def label_tracks(
    tracks, embeddings, observations: "per track a sequence of Observation", options: LabelOptions | None = None, *,
    schema=DEFAULT_SCHEMA, hyperparameters=None, comparisons=None, ood_score=None,
) -> list[Prediction | None]: ...

# calibration.py
def half_width(calibration, variance, coverage): ...
def confidence(calibration, variance, tolerance): ...

# expressions.py
def contradicts(value, expression, schema) -> Bool: ...
