"""The model: everything learnt in a project; and what it predicts of a track."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, Int64

from feltline.types.checks import check_array, check_within

__all__ = [
    "Basis",
    "Calibration",
    "HyperParameters",
    "Model",
    "Prediction",
    "RaterEffect",
    "SharedWeights",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HyperParameters:
    """Hyper-parameters of the kernel, for one dimension.

    Attributes:
        offset_variance: Of a track's constant offset.
        track_slope: Variance of a track's own weights on the zero-shot predictions of
            all dimensions.
        time_variance: Of its smooth movement in time (Matern 3/2).
        time_scale_s: Length scale of that, in seconds.
        appearance_variance: Of what follows appearance (RBF).
        appearance_scale: Length scale of that, in units of appearance features.
        ridge: Variance of the weights that all tracks share on appearance features.
        level: Variance of the level that all tracks share.
        slope: Variance of the weights of the zero-shot prediction about those below.
        noise: Variance of one rater's judgement of a frame.
        ambiguity: Factor on the label ambiguity that adds to the noise.
        zero_shot_now: Expected weight of the zero-shot prediction as it is.
        zero_shot_near: Of its Gaussian mean over 0.1 s.
        zero_shot_wide: Of its Gaussian mean over 0.3 s.
    """

    offset_variance: float
    track_slope: float
    time_variance: float
    time_scale_s: float
    appearance_variance: float
    appearance_scale: float
    ridge: float
    level: float
    slope: float
    noise: float
    ambiguity: float
    zero_shot_now: float
    zero_shot_near: float
    zero_shot_wide: float

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Names in the order of the optimiser's vector."""
        return tuple(f.name for f in fields(cls))

    @classmethod
    def in_order(cls, by_name: Mapping[str, float]) -> Float64[np.ndarray, " 14"]:
        """Anything that is kept per hyper-parameter, in the order of `to_vector`."""
        return np.array([by_name[name] for name in cls.names()], np.float64)

    def to_vector(self) -> Float64[np.ndarray, " 14"]:
        """For the optimiser: logarithms of all but the three weights."""
        value = self.in_order({name: getattr(self, name) for name in self.names()})
        value[:N_LOGS] = np.log(value[:N_LOGS])
        return value

    @classmethod
    def from_vector(cls, vector: Float64[np.ndarray, " 14"]) -> "HyperParameters":
        """From what `to_vector` gave."""
        value = vector.astype(np.float64)
        value[:N_LOGS] = np.exp(value[:N_LOGS])
        return cls(**dict(zip(cls.names(), value.tolist(), strict=True)))


N_LOGS: Final = 11
"""How many hyper-parameters are positive; the optimiser sees their logarithms."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Basis:
    """The low-rank basis of appearance: from embeddings to appearance features.

    Attributes:
        basis_id: Hash of encoder and numbers.
        encoder_id: Encoder whose embeddings it takes.
        direction: Maps an embedding, centred on its track's mean, to r features;
            whitening and scale are in it.
    """

    basis_id: str
    encoder_id: str
    direction: Float64[np.ndarray, "d r"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """Residual quantiles: how far errors go, in the engine's standard deviations.

    Attributes:
        residual_quantiles: Per dimension and level of `fewshot.calibration.LEVELS`,
            strictly increasing.
        source: What it rests on, in words.
        is_own: Whether that is the project's own blind judgements.
        n_judgements: How many it rests on, or would.
        n_clips: Of how many clips they are.
    """

    residual_quantiles: Float64[np.ndarray, "m q"]
    source: str
    is_own: bool
    n_judgements: int
    n_clips: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RaterEffect:
    """How one rater differs from the consensus, per dimension, shrunk towards none.

    Attributes:
        rater: Who.
        bias: Mean difference to the consensus, on the unit scale; 0 with one rater.
        scale: Slope of this rater's values against the consensus; 1 with one rater.
        noise: Variance of one blind judgement; the project's with one rater.
        accept_noise: Variance that an accepted value has beyond that.
        n_judgements: How many judgements it rests on.
        n_repeated_accepts: Accepted values that the rater later judged blind.
        n_unlike_accepts: Of these, how many differ by more than the tolerance.
        accept_excess: Standard score of how many shown values the rater accepted beyond
            what their confidence, which rests on blind judgements, leads to expect.
    """

    rater: str
    bias: Float64[np.ndarray, " m"]
    scale: Float64[np.ndarray, " m"]
    noise: Float64[np.ndarray, " m"]
    accept_noise: Float64[np.ndarray, " m"]
    n_judgements: int
    n_repeated_accepts: int = 0
    n_unlike_accepts: int = 0
    accept_excess: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SharedWeights:
    """Sufficient statistics of the weights that all tracks share, summed over tracks.

    With K = B + F F' (a block per track plus shared features), A = I + information is
    the posterior precision of the standardised weights and A^-1 projection their mean
    (Woodbury). A track's own share can be taken off again, so that its present
    observations are not counted twice.

    Attributes:
        information: F' B^-1 F per dimension.
        projection: F' B^-1 y per dimension.
    """

    information: Float64[np.ndarray, "m r r"]
    projection: Float64[np.ndarray, "m r"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """The learnt state of a project.

    Attributes:
        model_id: Hash of everything below; equal inputs and version give an equal id.
        basis_id: Basis of its appearance features.
        encoder_id: Encoder of the embeddings and zero-shot predictions.
        schema_version: Label schema that it speaks.
        hyperparameters: Per dimension.
        shared: What all tracks share, from the judgements that it learnt from.
        calibration: What its variance is worth.
        rater_effects: Per rater that it learnt from.
        tolerance: The error that confidence speaks of, on the unit scale.
        coverage: The share of intervals meant to hold the label, in (0, 1).
        raters_per_frame: How many raters' mean the project's rule usually is.
        n_judgements: How many judgements it learnt from; 0 = as shipped.
        code_version: Version of the program that learnt it.
        learnt_from_event: Judgements in force after this event went in; 0 = none.
        left_out: Videos that were judged, but whose features were lost: what was said
            of them did not go in.
    """

    model_id: str
    basis_id: str
    encoder_id: str
    schema_version: str
    hyperparameters: tuple[HyperParameters, ...]
    shared: SharedWeights
    calibration: Calibration
    rater_effects: tuple[RaterEffect, ...]
    raters_per_frame: float
    tolerance: float
    coverage: float
    n_judgements: int
    code_version: str
    learnt_from_event: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """What a model says of every frame of one track, on the unit scale.

    Attributes:
        model_id: The model.
        value: Posterior mean in [-1, 1], also where people judged: laying judgements
            over it is not done here. NaN in a dimension of which neither the encoder
            nor any judgement of the track says anything.
        low: Lower end of the interval at the model's coverage.
        high: Upper end of that interval.
        confidence: Calibrated probability that the error of every dimension is at most
            the model's tolerance; 0 where a value is NaN, NaN where the method has
            none.
        class_probability: Of each class; NaN where nothing is known.
        evidence: Frames of the observations that carried each value, most important
            first; -1 fills up.
        is_observed: Frames that a blind judgement speaks of directly.
    """

    model_id: str
    value: Float32[np.ndarray, "n m"]
    low: Float32[np.ndarray, "n m"]
    high: Float32[np.ndarray, "n m"]
    confidence: Float32[np.ndarray, " n"]
    class_probability: Float32[np.ndarray, "n c"]
    evidence: Int32[np.ndarray, "n e"]
    is_observed: Bool[np.ndarray, " n"]

    def __post_init__(self) -> None:
        n, m = self.value.shape
        for name in ("value", "low", "high"):
            check_array(name, getattr(self, name), np.float32, (n, m))
            check_within(name, getattr(self, name), -1.0, 1.0)
        check_array("confidence", self.confidence, np.float32, (n,))
        check_within("confidence", self.confidence, 0.0, 1.0)
        check_array("class_probability", self.class_probability, np.float32, (n, -1))
        check_array("evidence", self.evidence, np.int32, (n, -1))
        check_array("is_observed", self.is_observed, np.bool_, (n,))

    def __len__(self) -> int:
        return len(self.value)

    def take(self, at: Int64[np.ndarray, " _"]) -> "Prediction":
        """What is said of some frames, in arrays of its own."""
        arrays = {f.name: getattr(self, f.name) for f in fields(self)}
        model_id = arrays.pop("model_id")
        return Prediction(
            model_id=model_id, **{name: array[at] for name, array in arrays.items()}
        )
