"""When to stop: the error to expect, and what more labels would bring.

The engine knows the variance of every frame's label; calibrated, its mean is the
expected squared error. A label not yet given takes off a variance that does not depend
on its value, so the next labels can be spent in thought, as `suggest` would spend them.
What happens differs from what is expected: the interval rests on how much it differed
on walks through FER+ (`SYSTEMATIC`, `PER_TRACK`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float, Float64
from scipy.special import ndtri

from feltline.errors import InputError
from feltline.fewshot.active.query_track import QueryTrack, QueryTracks
from feltline.fewshot.active.search import GreedySearch
from feltline.fewshot.active.selection import (
    MAX_TARGETS,
    GreedySelector,
    labelled_positions,
    thinned,
)
from feltline.fewshot.calibration import LEVELS, confidence
from feltline.types import Calibration

__all__ = ["Outlook", "forecast"]

SYSTEMATIC: Final = 0.12
PER_TRACK: Final = 0.15
"""Standard deviation of log(actual / expected error): `SYSTEMATIC` however many tracks
there are, and `PER_TRACK` over the root of their number. Learnt on walks through FER+'s
valid split by `benchmarks/defaults.py`."""

COVERAGE: Final = 0.8
"""Coverage of the interval of an outlook."""

ERROR_PER_DEVIATION: Final = 0.96
"""Root of the ratio of squared errors to the engine's variances, each summed over the
frames of a project; on the same walks."""
USUAL_RESIDUAL: Final = 1.0
"""Root mean square of standardised leave-one-judgement-out residuals there. Frames are
chosen and then learnt from, so these come out smaller than other frames' errors."""
FIRMNESS: Final = 50.0
"""How many residuals of a project's own these are worth: a mean of squares takes far
more of them to settle than a quantile."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlook:
    """What is to be expected of the frames without a label, over all tracks.

    Attributes:
        more: How many labels more than now.
        n_left: How many frames have no label then; where none is left, all below is
            NaN.
        rmse: Expected root of the mean squared error of each dimension.
        low: Lower end of its 80 % interval.
        high: Upper end.
        ccc: Expected concordance with what people would say; NaN before any label.
        accepted: Share of these frames at or above the threshold.
    """

    more: int
    n_left: int
    rmse: Float64[np.ndarray, " m"]
    low: Float64[np.ndarray, " m"]
    high: Float64[np.ndarray, " m"]
    ccc: Float64[np.ndarray, " m"]
    accepted: float


def forecast(
    tracks: QueryTracks,
    more: Sequence[int],
    *,
    threshold: float,
    search: GreedySearch | None = None,
) -> list[Outlook]:
    """Expected error and acceptance now and after more labels.

    Args:
        tracks: All tracks of the project; opened one at a time.
        more: Numbers of further labels, spent over all tracks where they help most.
        threshold: The confidence that accepts; confidence speaks of the tolerance of
            the tracks' model.
        search: Of all tracks, where one was begun.

    Returns:
        One outlook per number, in the order asked; none where there is no track.

    Raises:
        InputError: A number of labels is below 0.
    """
    if min(more, default=0) < 0:
        raise InputError(f"labels to come are 0 or more, not {min(more)}")
    if not len(tracks):
        return []
    budgets = sorted(set(more))
    search = search or GreedySearch(tracks, range(len(tracks)))
    picks = search.best(budgets[-1] if budgets else 0)
    taken: dict[int, list[int]] = {}
    for rank, pick in enumerate(picks):
        taken.setdefault(pick.number, []).append(rank)
    sums = [_Sums() for _ in budgets]
    has_labels, model = False, tracks[0].posterior.model
    for number in range(len(tracks)):
        here = tracks[number]
        has_labels |= bool(here.posterior.observations)
        positions = [picks[rank].at for rank in taken.get(number, [])]
        counts = [sum(r < n for r in taken.get(number, [])) for n in budgets]
        for total, state in zip(sums, _states(here, positions, counts), strict=True):
            total.add(here, state, threshold)
    size = _error_per_variance(model.calibration)
    found = {
        n: total.outlook(n, size, len(tracks), has_labels or model.n_judgements > 0)
        for n, total in zip(budgets, sums, strict=True)
    }
    return [found[n] for n in more]


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """Targets of a track without a label after some choices. t targets.

    Attributes:
        at: Their positions.
        mean: Predicted.
        variance: As the prediction will have it (`unlabelled` before a label).
        expected: As the error is expected to have it: no label makes it larger.
        weight: How many frames each stands for.
        is_known: Whether it has a prediction.
    """

    at: np.ndarray
    mean: Float[np.ndarray, "t m"]
    variance: Float[np.ndarray, "t m"]
    expected: Float[np.ndarray, "t m"]
    weight: Float64[np.ndarray, " t"]
    is_known: bool


def _states(
    here: QueryTrack, positions: Sequence[int], counts: Sequence[int]
) -> list[_State]:
    """A track after each number of its choices; counts rise."""
    labelled, n = labelled_positions(here.posterior), len(here.track)
    is_known = not here.posterior.missing.any()
    is_open = is_known and not here.posterior.is_labelled
    if not positions:  # its covariance is not needed
        at = thinned(np.arange(n), MAX_TARGETS)
        mean, variance = here.posterior.predict(at)
        if is_open:
            variance = here.posterior.unlabelled(variance, at)
        weight = np.full(len(at), n / max(len(at), 1))
        left = ~np.isin(at, labelled)
        only = _State(
            at=at[left],
            mean=mean[left],
            variance=variance[left],
            expected=variance[left],
            weight=weight[left],
            is_known=is_known,
        )
        return [only] * len(counts)
    selector = GreedySelector.of_track(here.posterior, here.allowed)
    made: list[_State] = []
    ceiling = selector.variance.copy()
    if is_open:
        before = ceiling.astype(np.float32)
        ceiling = here.posterior.unlabelled(before, selector.target).astype(np.float64)
    for count in counts:
        selector.take_positions(positions[len(selector.chosen) : count])
        gone = np.concatenate([labelled, selector.chosen])
        left = ~np.isin(selector.target, gone)
        made.append(
            _State(
                at=selector.target[left],
                mean=selector.mean[left],
                variance=(ceiling if is_open and not count else selector.variance)[
                    left
                ],
                expected=np.minimum(selector.variance, ceiling)[left],
                weight=selector.weight[left],
                is_known=is_known or count > 0,
            )
        )
    return made


@dataclass(slots=True, eq=False)
class _Sums:
    """Weighted sums over the frames without a label, track by track."""

    weight: float = 0.0
    variance: np.ndarray | float = 0.0
    mean: np.ndarray | float = 0.0
    squares: np.ndarray | float = 0.0
    accepted: float = 0.0

    def add(self, here: QueryTrack, state: _State, threshold: float) -> None:
        """Take the frames of a track in."""
        model = here.posterior.model
        sure = confidence(
            model.calibration,
            state.variance.astype(np.float32),
            model.tolerance,
        )
        sure = sure * here.posterior.features.trust[state.at] * state.is_known
        self.weight += float(state.weight.sum())
        self.variance = self.variance + state.weight @ state.expected
        self.mean = self.mean + state.weight @ state.mean
        self.squares = self.squares + state.weight @ state.mean**2
        self.accepted += float(state.weight @ (sure >= np.float32(threshold)))

    def outlook(self, more: int, size: float, tracks: int, has_labels: bool) -> Outlook:
        """What these sums say of the whole project."""
        m = len(np.atleast_1d(self.variance))
        if self.weight <= 0:
            none = np.full(m, np.nan)
            return Outlook(
                more=more,
                n_left=0,
                rmse=none,
                low=none,
                high=none,
                ccc=none,
                accepted=math.nan,
            )
        total = self.weight
        variance = np.asarray(self.variance, np.float64) / total * size
        rmse = np.sqrt(variance)
        # Var(prediction) over frames, and Lin's concordance (1989) of predictions that
        # are right on average and miss by this variance: the truth is the prediction
        # plus an independent error, so its variance is the sum and its covariance with
        # the prediction is the prediction's variance.
        moved = np.asarray(self.squares / total - (self.mean / total) ** 2, np.float64)
        ccc = 2 * moved / (2 * moved + variance)
        wide = ndtri((1 + COVERAGE) / 2)
        wide *= np.sqrt(SYSTEMATIC**2 + PER_TRACK**2 / max(tracks, 1))
        return Outlook(
            more=more,
            n_left=max(1, round(self.weight)),
            rmse=rmse,
            low=rmse * np.exp(-wide),
            high=rmse * np.exp(wide),
            ccc=ccc if has_labels else np.full_like(ccc, np.nan),
            accepted=self.accepted / total,
        )


def _error_per_variance(calibration: Calibration) -> float:
    """Squared error in units of the engine's variance, by the project's residuals.

    The mean square of residuals is the integral of their squared quantiles.
    """
    if not calibration.is_own:
        return ERROR_PER_DEVIATION**2
    square = calibration.residual_quantiles**2
    squares = ((square[:, 1:] + square[:, :-1]) / 2 @ np.diff(LEVELS)).mean()
    own, n = squares / USUAL_RESIDUAL**2, calibration.n_judgements
    return float(ERROR_PER_DEVIATION**2 * (FIRMNESS + n * own) / (FIRMNESS + n))
