"""Judgements laid over predictions: what stands in the end, and where it comes from.

The only place that decides it, for page, export, status and report alike. Where a
person has given a value, the person's stands; elsewhere the machine's, with its
confidence; where a person rejected it and gave none, nothing does. Value and class are
decided separately. A dimension that a person left open beside one that was given stays
missing: no row mixes a person's number with a machine's under one origin.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32, Int64, UInt8

from feltline.formats import ORIGINS
from feltline.project.annotations import IMPORTED, TrackAnnotations
from feltline.settings import LEAST_THRESHOLD
from feltline.types import LabelSchema, Prediction

__all__ = ["FinalRows", "lay_over"]

NOTHING, SUPPORT, HUMAN, MODEL, CONSENSUS, IMPORT = range(len(ORIGINS))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FinalRows:
    """What stands in every frame of a track. n frames, m dimensions.

    Attributes:
        value: In the schema's units, NaN = missing.
        low: Lower end of the interval; the value itself where people gave it, unless
            the engine made one of several raters'.
        high: Upper end of it.
        confidence: Calibrated, of the machine's values; 1 where a person's stands.
        expression: Index of the class, -1 = none.
        expression_confidence: Its probability; 1 where a person chose it; NaN = none.
        origin: Index into `ORIGINS`, of the value.
        expression_origin: Likewise, of the class.
        model_id: Model whose prediction lies under it; None where there is none.
        evidence: Frames that carried each of the machine's values, -1 fills up.
        revision: Event of the newest judgement that deals with each frame, 0 = none.
        reviewed: Frames that a person dealt with.
        rejected: Frames that are not to be used.
    """

    value: Float32[np.ndarray, "n m"]
    low: Float32[np.ndarray, "n m"]
    high: Float32[np.ndarray, "n m"]
    confidence: Float32[np.ndarray, " n"]
    expression: Int64[np.ndarray, " n"]
    expression_confidence: Float32[np.ndarray, " n"]
    origin: UInt8[np.ndarray, " n"]
    expression_origin: UInt8[np.ndarray, " n"]
    model_id: str | None
    evidence: Int32[np.ndarray, "n e"]
    revision: Int64[np.ndarray, " n"]
    reviewed: Bool[np.ndarray, " n"]
    rejected: Bool[np.ndarray, " n"]

    def is_accepted(self, threshold: float) -> Bool[np.ndarray, " n"]:
        """Machine values that no person dealt with, at or above the threshold."""
        # Where no value is known confidence is 0: no threshold accepts that.
        least = np.float32(max(threshold, LEAST_THRESHOLD))
        return np.asarray(self.is_open & (self.confidence >= least))

    def is_pending(self, threshold: float) -> Bool[np.ndarray, " n"]:
        """Frames that no person dealt with, under the threshold or without a value."""
        return self.is_open & ~self.is_accepted(threshold)

    @property
    def is_open(self) -> Bool[np.ndarray, " n"]:
        """Frames that the machine answers for and that no person dealt with.

        Also those of which it knows no value: nobody has, as long as no one judges.
        """
        is_machines = (self.origin == MODEL) | (self.origin == NOTHING)
        return np.asarray(is_machines & ~self.reviewed & (self.model_id is not None))


def lay_over(
    annotations: TrackAnnotations,
    prediction: Prediction | None,
    schema: LabelSchema,
    *,
    is_support: bool = False,
) -> FinalRows:
    """Lay what people said of a track over what the machine says of it.

    Args:
        annotations: Of the track, in the schema's units.
        prediction: Of the same frames, on the unit scale; None where there is none.
        schema: Of the project.
        is_support: Whether the judgements are the support set of videos that are in no
            project.
    """
    given, rejected = annotations.has_value, annotations.rejected
    value, low, high, confidence = _of_machine(annotations, prediction, schema)
    said = annotations.value, annotations.low, annotations.high
    for array, own in zip((value, low, high), said, strict=True):
        array[given] = own[given]
        array[rejected] = np.nan
    confidence[given], confidence[rejected] = 1, np.nan
    expression, certainty = _classes(annotations, prediction)
    origin = _origin(
        given,
        annotations.value_raters,
        annotations.value_source,
        is_machine=np.isfinite(value).any(axis=1),
        rejected=rejected,
    )
    expression_origin = _origin(
        annotations.has_class,
        annotations.class_raters,
        annotations.class_source,
        is_machine=expression >= 0,
        rejected=rejected,
    )
    if is_support:
        origin[given] = expression_origin[annotations.has_class] = SUPPORT
    none = np.empty((len(value), 0), np.int32)
    return FinalRows(
        value=value,
        low=low,
        high=high,
        confidence=confidence,
        expression=expression,
        expression_confidence=certainty,
        origin=origin,
        expression_origin=expression_origin,
        model_id=None if prediction is None else prediction.model_id,
        evidence=none if prediction is None else prediction.evidence,
        revision=annotations.revision,
        reviewed=annotations.reviewed,
        rejected=rejected,
    )


def _of_machine(
    annotations: TrackAnnotations, prediction: Prediction | None, schema: LabelSchema
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Value, its interval and confidence, to be written into."""
    if prediction is None:
        n, m = annotations.value.shape
        value, low, high = np.full((3, n, m), np.nan, np.float32)
        return value, low, high, np.full(n, np.nan, np.float32)
    value, low, high = (
        schema.from_unit(one.astype(np.float64)).astype(np.float32)
        for one in (prediction.value, prediction.low, prediction.high)
    )
    return value, low, high, prediction.confidence.copy()


def _classes(
    annotations: TrackAnnotations, prediction: Prediction | None
) -> tuple[Int64[np.ndarray, " n"], Float32[np.ndarray, " n"]]:
    """Class of each frame, and its probability."""
    n = len(annotations.expression)
    expression, certainty = np.full(n, -1, np.int64), np.full(n, np.nan, np.float32)
    if prediction is not None and prediction.class_probability.shape[1]:
        probability = prediction.class_probability
        known = np.isfinite(probability).all(axis=1)
        expression[known] = probability[known].argmax(axis=1)
        certainty[known] = probability[known].max(axis=1)
    chosen, rejected = annotations.has_class, annotations.rejected
    expression[chosen] = annotations.expression[chosen]
    certainty[chosen] = 1
    expression[rejected], certainty[rejected] = -1, np.nan
    return expression, certainty


def _origin(
    given: Bool[np.ndarray, " n"],
    raters: Int64[np.ndarray, " n"],
    source: UInt8[np.ndarray, " n"],
    *,
    is_machine: Bool[np.ndarray, " n"],
    rejected: Bool[np.ndarray, " n"],
) -> UInt8[np.ndarray, " n"]:
    """Where one group of each frame comes from."""
    origin = np.where(is_machine, MODEL, NOTHING).astype(np.uint8)
    origin[given] = HUMAN
    origin[given & (source == IMPORTED)] = IMPORT
    origin[given & (raters > 1)] = CONSENSUS
    origin[rejected] = HUMAN
    return origin
