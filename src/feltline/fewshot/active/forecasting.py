"""When to stop: what the error is likely to be, and what more labels would bring.

The engine knows the variance of every frame's label; calibrated, its mean is the
expected squared error. A label not yet given takes off a variance that does not depend
on its value, so the next labels can be spent in thought, as `suggest` would spend them.
What happens differs from what is expected: the interval rests on how much it differed
on walks through FER+ (`SYSTEMATIC`, `PER_TRACK`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Bool, Float, Float64
from scipy.stats import norm

from feltline.errors import InputError
from feltline.fewshot.active.selection import Chooser
from feltline.fewshot.active.suggestion import allowed_frames, best_first
from feltline.fewshot.calibration import Calibration, calibrate
from feltline.fewshot.gp.conditioning import blank, fit
from feltline.fewshot.gp.kernel import HyperParameters
from feltline.fewshot.gp.posterior import Posterior
from feltline.settings import THRESHOLD, TOLERANCE
from feltline.types import Embeddings, FaceTrack, SupportSet

__all__ = ["Outlook", "forecast"]

SYSTEMATIC: Final = 0.12
PER_TRACK: Final = 0.15
"""Standard deviation of log(actual / expected error): `SYSTEMATIC` however many tracks
there are, and `PER_TRACK` over the root of their number. Learnt on walks through FER+'s
valid split by `benchmarks/defaults.py`."""

COVERAGE: Final = 0.8

ERROR_PER_DEVIATION: Final = np.array([1.04, 0.97])
"""Root of the ratio of squared errors to the engine's variances, each summed over the
frames of a project; on the same walks."""
USUAL_RESIDUAL: Final = np.array([0.95, 0.87])
"""Root mean square of standardised leave-one-label-out residuals there. Labels are
chosen and then learnt from, so they come out smaller than other frames' errors."""
FIRMNESS: Final = 50.0
"""How many residuals of a project's own these are worth: a mean of squares takes far
more of them to settle than a quantile."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlook:
    """What is to be expected of the frames without a label, over all tracks.

    Attributes:
        more: How many labels more than now.
        rmse: Expected root of the mean squared error of valence and arousal.
        low: Lower end of its 80 % interval.
        high: Upper end.
        ccc: Expected concordance with what people would say; NaN before any label.
        accepted: Share of these frames at or above the threshold.
    """

    more: int
    rmse: Float64[np.ndarray, " 2"]
    low: Float64[np.ndarray, " 2"]
    high: Float64[np.ndarray, " 2"]
    ccc: Float64[np.ndarray, " 2"]
    accepted: float


def forecast(  # noqa: PLR0913 - keyword-only, each a choice of its own
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    labelled: SupportSet | None,
    more: Sequence[int],
    *,
    among: Sequence[Bool[np.ndarray, " _"]] | None = None,
    around: HyperParameters | None = None,
    tolerance: float = TOLERANCE,
    threshold: float = THRESHOLD,
) -> list[Outlook]:
    """Expected error and acceptance now and after more labels.

    Args:
        tracks: All tracks of the project.
        embeddings: Their embeddings, in the same order.
        labelled: Labels so far, if any.
        more: Numbers of further labels, spent over all tracks where they help most.
        among: Per track, which frames may be labelled; all of them if absent.
        around: Hyper-parameters of the engine; if absent, the shipped ones.
        tolerance: The error that confidence speaks of.
        threshold: The confidence that accepts.

    Raises:
        InputError: A number of labels is below 0.
    """
    if min(more, default=0) < 0:
        raise InputError(f"labels to come are 0 or more, not {min(more)}")
    if labelled is not None and len(labelled):
        known = fit(tracks, embeddings, labelled, around=around)
        sure = calibrate(known.residual, len(set(labelled.video_id)))
    else:
        known = blank(tracks, embeddings, around=around)
        sure = calibrate(known.residual, 0)
    allowed = allowed_frames(tracks, among, labelled)
    choosers = [Chooser.of(known, i, t, allowed[i]) for i, t in enumerate(tracks)]
    state = _State(known, choosers, sure, tolerance, threshold)
    done, made = 0, {}
    for n in sorted(set(more)):
        best_first(tracks, choosers, range(len(choosers)), n - done)
        done = n
        made[n] = state.outlook(n)
    return [made[n] for n in more]


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """A project on its way through labels not yet given."""

    known: Posterior
    choosers: Sequence[Chooser]
    sure: Calibration
    tolerance: float
    threshold: float

    def outlook(self, more: int) -> Outlook:
        spread, mean, weight = self._open()
        told = len(self.known.frames) > 0
        variance = weight @ spread / weight.sum() * self._size()
        rmse = np.sqrt(variance)
        tracks = max(len(self.choosers), 1)
        wide = norm.ppf((1 + COVERAGE) / 2)
        wide *= np.sqrt(SYSTEMATIC**2 + PER_TRACK**2 / tracks)
        confidence = self.sure.confidence(spread.astype(np.float32), self.tolerance)
        return Outlook(
            more=more,
            rmse=rmse,
            low=rmse * np.exp(-wide),
            high=rmse * np.exp(wide),
            ccc=_concordance(mean, weight, variance) if told else np.full(2, np.nan),
            accepted=float(weight @ (confidence >= self.threshold) / weight.sum()),
        )

    def _size(self) -> Float64[np.ndarray, " 2"]:
        """Squared error in units of the engine's variance."""
        own = self.known.residual / USUAL_RESIDUAL
        firm = (FIRMNESS + (own**2).sum(axis=0)) / (FIRMNESS + len(own))
        return np.asarray(ERROR_PER_DEVIATION**2 * firm)

    def _open(
        self,
    ) -> tuple[
        Float[np.ndarray, "t 2"],
        Float[np.ndarray, "t 2"],
        Float[np.ndarray, " t"],
    ]:
        """Variance, estimate and weight of targets without a label."""
        spread, mean, weight = [], [], []
        for number, chooser in enumerate(self.choosers):
            at = self.known.frames.at[self.known.frames.track == number]
            taken = np.concatenate([at, chooser.chosen])
            left = ~np.isin(chooser.target, taken)
            spread.append(chooser.spread[left])
            mean.append(chooser.mean[left])
            weight.append(chooser.weight[left])
        return np.concatenate(spread), np.concatenate(mean), np.concatenate(weight)


def _concordance(
    mean: Float[np.ndarray, "t 2"],
    weight: Float[np.ndarray, " t"],
    variance: Float[np.ndarray, " 2"],
) -> Float64[np.ndarray, " 2"]:
    """CCC of estimates that are right on average and miss by this variance.

    The truth is then the estimate plus an independent error, so its variance is the sum
    and its covariance with the estimate is the estimate's variance (Lin 1989).
    """
    share = weight / weight.sum()
    moved = share @ (mean - share @ mean) ** 2
    return np.asarray(2 * moved / (2 * moved + variance), np.float64)
