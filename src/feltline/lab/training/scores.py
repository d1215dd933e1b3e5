"""Evaluation metrics of single faces and of pairs: arrays in, figures out.

Only faces that have a label count; a figure that no face has a label for is None.
"""

from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int64

from feltline.metrics import ccc, mae, pcc, rmse, sagr
from feltline.types import DIMENSIONS, EXPRESSIONS

__all__ = [
    "AffectScores",
    "ExpressionScores",
    "FaceScores",
    "PairScores",
    "area_under_curve",
    "score_faces",
    "score_pairs",
]

Figures = dict[str, float]
"""A figure each for valence and arousal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectScores:
    """Valence and arousal against the corpus's labels.

    Attributes:
        faces: How many have a label.
        rmse: Root of the mean squared error.
        mae: Mean absolute error.
        pcc: Pearson's correlation.
        ccc: Concordance correlation.
        sagr: Share of right signs, 0 being a sign of its own.
    """

    faces: int
    rmse: Figures
    mae: Figures
    pcc: Figures
    ccc: Figures
    sagr: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionScores:
    """Expressions against the corpus's labels.

    Attributes:
        faces: How many have a label.
        accuracy: Share of right ones.
        macro_f1: F1 of each expression that occurs, averaged.
        confusion: Counts by true (row) and predicted (column) expression.
    """

    faces: int
    accuracy: float
    macro_f1: float
    confusion: list[list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceScores:
    """What single faces are predicted to be, against their labels."""

    affect: AffectScores | None
    expression: ExpressionScores | None

    @property
    def overall(self) -> float:
        """Mean of accuracy and mean CCC, or the one of them there is: for choosing."""
        parts = []
        if self.affect is not None:
            parts.append(float(np.nan_to_num(list(self.affect.ccc.values())).mean()))
        if self.expression is not None:
            parts.append(self.expression.accuracy)
        return float(np.mean(parts)) if parts else 0.0

    def flat(self) -> dict[str, float]:
        """The figures of a log's row."""
        row: dict[str, float] = {"overall": self.overall}
        if self.expression is not None:
            row["accuracy"] = self.expression.accuracy
            row["macro_f1"] = self.expression.macro_f1
        if self.affect is not None:
            for name in ("ccc", "rmse"):
                figures = asdict(self.affect)[name]
                row |= {f"{name}_{d}": figures[d] for d in DIMENSIONS}
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScores:
    """What pairs are predicted to be.

    Attributes:
        pairs: How many were compared.
        accuracy: Share of pairs rightly told alike or not.
        auc: Area under the ROC curve of similarity.
        ccc: Of the differences, as the pair heads give them.
        ccc_single: Of the differences of two single predictions.
    """

    pairs: int
    accuracy: float
    auc: float
    ccc: Figures | None
    ccc_single: Figures | None

    @property
    def overall(self) -> float:
        """Mean of AUC and mean CCC, or the AUC alone: for choosing."""
        parts = [self.auc]
        if self.ccc is not None:
            parts.append(float(np.mean(list(self.ccc.values()))))
        return float(np.nan_to_num(parts).mean())

    def flat(self) -> dict[str, float]:
        """The figures of a log's row."""
        row = {"overall": self.overall, "accuracy": self.accuracy, "auc": self.auc}
        return row | {f"ccc_{name}": value for name, value in (self.ccc or {}).items()}


def score_faces(
    *,
    affect: Float32[np.ndarray, "n 2"],
    told_affect: Float32[np.ndarray, "n 2"],
    expression: Float32[np.ndarray, "n 8"],
    told_expression: Int64[np.ndarray, " n"],
) -> FaceScores:
    """Score single faces.

    Args:
        affect: Predicted; NaN = nothing predicted.
        told_affect: The labels; NaN = missing.
        expression: Predicted probabilities or logits; NaN = nothing predicted.
        told_expression: The labels; -1 = missing.
    """
    with_affect = np.isfinite(affect).all(axis=1) & np.isfinite(told_affect).all(axis=1)
    with_class = np.isfinite(expression).all(axis=1) & (told_expression >= 0)
    return FaceScores(
        affect=_affect(affect[with_affect], told_affect[with_affect]),
        expression=_expression(
            expression[with_class].argmax(axis=1), told_expression[with_class]
        ),
    )


def score_pairs(
    *,
    alike: Float32[np.ndarray, " p"],
    told_alike: Bool[np.ndarray, " p"],
    difference: Float32[np.ndarray, "p 2"],
    single: Float32[np.ndarray, "p 2"],
    told: Float32[np.ndarray, "p 2"],
) -> PairScores:
    """Score pairs.

    Args:
        alike: Predicted probability that the expressions agree.
        told_alike: Whether they do.
        difference: Predicted by the pair heads, second less first.
        single: Difference of two single predictions.
        told: Difference of the labels; NaN = missing.
    """
    known = np.isfinite(told).all(axis=1)

    def agreement(estimate: np.ndarray) -> Figures | None:
        usable = known & np.isfinite(estimate).all(axis=1)
        if usable.sum() < 2:
            return None
        return _figures(ccc(estimate[usable], told[usable]))

    return PairScores(
        pairs=len(alike),
        accuracy=float(np.mean((alike > 0.5) == told_alike)),
        auc=area_under_curve(alike, told_alike),
        ccc=agreement(difference),
        ccc_single=agreement(single),
    )


def area_under_curve(
    score: Float32[np.ndarray, " p"], is_true: Bool[np.ndarray, " p"]
) -> float:
    """Area under the ROC curve: the chance that a true one scores above a false one.

    Ties count half (Mann and Whitney 1947). NaN if only one kind is there.
    """
    from scipy.stats import rankdata

    n, m = int(is_true.sum()), int((~is_true).sum())
    if not n or not m:
        return float("nan")
    above = rankdata(score)[is_true].sum() - n * (n + 1) / 2
    return float(above / (n * m))


def _affect(
    estimate: Float32[np.ndarray, "n 2"], truth: Float32[np.ndarray, "n 2"]
) -> AffectScores | None:
    if len(truth) < 2:
        return None
    x, y = estimate.astype(np.float64), truth.astype(np.float64)
    return AffectScores(
        faces=len(truth),
        rmse=_figures(rmse(x, y)),
        mae=_figures(mae(x, y)),
        pcc=_figures(pcc(x, y)),
        ccc=_figures(ccc(x, y)),
        sagr=_figures(sagr(x, y)),
    )


def _figures(values: np.ndarray) -> Figures:
    return {name: float(v) for name, v in zip(DIMENSIONS, values, strict=True)}


def _expression(
    predicted: Int64[np.ndarray, " n"], truth: Int64[np.ndarray, " n"]
) -> ExpressionScores | None:
    if not len(truth):
        return None
    classes = len(EXPRESSIONS)
    counts = np.bincount(truth * classes + predicted, minlength=classes**2)
    confusion = counts.reshape(classes, classes)
    right = np.diag(confusion)
    either = confusion.sum(axis=0) + confusion.sum(axis=1)
    occurs = confusion.sum(axis=1) > 0
    f1 = 2 * right[occurs] / either[occurs]
    return ExpressionScores(
        faces=len(truth),
        accuracy=float(right.sum() / len(truth)),
        macro_f1=float(f1.mean()),
        confusion=confusion.tolist(),
    )
