"""A project filled in from its labels, and kept so that one more label costs little.

`fill` learns from all labels; a `Filling` then estimates any track, and exchanges the
labels of one track at the same hyper-parameters at the cost of that track alone. Both
give what a full refit at those hyper-parameters would.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
from jaxtyping import Float, Float32, Int32, Int64

from feltline.errors import InputError, NothingToLabelError
from feltline.fewshot.calibration import Calibration, calibrate
from feltline.fewshot.expressions import expression_probabilities
from feltline.fewshot.gp.conditioning import blank, fit
from feltline.fewshot.gp.features import has_opinions
from feltline.fewshot.gp.kernel import NOISE, HyperParameters, closeness
from feltline.fewshot.gp.posterior import Piece, Posterior
from feltline.fewshot.labels import Choices, labelled_frames
from feltline.fewshot.predictions import (
    N_EVIDENCE,
    Draft,
    LabelOptions,
    confidence_of,
    finished,
    trust_in,
)
from feltline.fewshot.track_labels import NO_CHOICES, UNTOLD, Told, told_of_tracks
from feltline.types import DIMENSIONS, Embeddings, Estimate, FaceTrack, SupportSet

__all__ = ["Filling", "fill"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Filling:
    """A project conditioned on its labels, ready to give estimates.

    It holds no embeddings: what it needs of them is in `posterior.points`.

    Attributes:
        tracks: All tracks of the project.
        options: What is promised.
        run_id: Written into every estimate.
        support: The labels it rests on.
        choices: Classes that people gave without a value.
        posterior: The engine on these labels.
        calibration: What its variance is worth.
        told: Labels of each track that has any.
        trust: Per track, what confidence is multiplied by (quality and strangeness).
        zero_shot_expression: Per track, the encoder's class probabilities.
        has_opinions: Whether the encoder speaks of faces without labels.
    """

    tracks: tuple[FaceTrack, ...]
    options: LabelOptions
    run_id: str
    support: SupportSet
    choices: Choices
    posterior: Posterior
    calibration: Calibration
    told: dict[int, Told]
    trust: tuple[Float32[np.ndarray, " _"], ...]
    zero_shot_expression: tuple[Float32[np.ndarray, "_ 8"], ...]
    has_opinions: bool

    @property
    def looks(self) -> tuple[Float32[np.ndarray, "_ r"], ...]:
        """Per track, what each face looks like, as `looks_of` gives it."""
        return tuple(points.look for points in self.posterior.points)

    def estimate(self, number: int) -> Estimate | None:
        """What the machine says of one track.

        Args:
            number: Place of the track in `tracks`.

        Returns:
            None where nothing could fill it: a track without a value of its own in a
            project whose encoder has no opinion.
        """
        told = self.told.get(number)
        if not self.has_opinions and (told is None or not len(told.at)):
            return None
        draft = self._draft(number, told or UNTOLD)
        return finished(draft, self.tracks[number], told, self.options, self.run_id)

    def confidence_at(
        self, number: int, position: Int64[np.ndarray, " p"]
    ) -> Float32[np.ndarray, " p"]:
        """Confidence of some frames of a track: that of `estimate`, for less.

        Args:
            number: Place of the track in `tracks`.
            position: Positions in the track, in any order.
        """
        guess = self.posterior.predict(number, position)
        sure = confidence_of(
            guess.variance,
            self.calibration,
            self.trust[number][position],
            self.options.tolerance,
        )
        told = self.told.get(number)
        if told is not None:
            sure[np.isin(position, told.at)] = 1
        return sure

    def with_track_labels(
        self,
        number: int,
        support: SupportSet,
        run_id: str,
        choices: Choices = NO_CHOICES,
    ) -> "Filling":
        """The same with other labels of one track, at the same hyper-parameters.

        Calibration is made anew from the residuals of all labels (closed form).

        Args:
            number: Place of the track in `tracks`.
            support: All values of that track now; may be empty.
            run_id: Written into every estimate from here on.
            choices: All classes of that track now that came without a value.

        Raises:
            ShapeError: A label is of another track, or of a frame that is not there.
        """
        track = self.tracks[number]
        own = told_of_tracks([track], support, choices)
        frames = labelled_frames(
            [track],
            support,
            shipped_variance=np.exp(self.posterior.hyperparameters[:, NOISE]),
        )
        posterior = self.posterior.with_track_labels(
            number, frames.at, frames.affect, frames.raters
        )
        others = {i: one for i, one in self.told.items() if i != number}
        whole = _exchanged(self.support, track, support)
        return replace(
            self,
            run_id=run_id,
            support=whole,
            choices=self.choices.exchanged(track, choices),
            posterior=posterior,
            calibration=calibrate(posterior.residual, len(set(whole.video_id))),
            told=others | {number: own[0]} if own else others,
        )

    def _draft(self, number: int, told: Told) -> Draft:
        """Values, their evidence, and class probabilities of each frame.

        Labels of other tracks speak through the recalibrated opinion, which has no
        frame to point at: evidence and classes come from the track's own labels.
        """
        n, prior = len(self.tracks[number]), self.zero_shot_expression[number]
        affect, variance = np.empty((2, n, len(DIMENSIONS)), np.float32)
        evidence = np.full((n, N_EVIDENCE), -1, np.int32)
        expression = np.empty_like(prior)
        for piece in self.posterior.pieces(number):
            here = piece.here
            affect[here], variance[here] = piece.mean, piece.variance
            evidence[here] = _strongest(piece.closeness, told.frame[piece.labels])
            near, chosen = self._classes(number, told, piece)
            expression[here] = expression_probabilities(
                near, chosen, prior[here], np.clip(piece.mean, -1, 1), piece.variance
            )
        return Draft(
            affect=affect,
            variance=variance,
            expression=expression,
            evidence=evidence,
            calibration=self.calibration,
            trust=self.trust[number],
        )

    def _classes(
        self, number: int, told: Told, piece: Piece
    ) -> tuple[Float[np.ndarray, "m c"], Int64[np.ndarray, " c"]]:
        """How close each class that people gave is to some frames, and which it is."""
        first, end = piece.labels.start, piece.labels.stop
        valued = (told.row >= first) & (told.row < end)
        near, chosen = piece.closeness[:, told.row[valued] - first], told.chosen[valued]
        alone = told.row < 0
        if alone.any():
            points = self.posterior.points[number]
            at = points.at(told.chosen_at[alone])
            theta = self.posterior.hyperparameters
            other = closeness(theta, points.at(piece.here), at)
            near = np.concatenate([near, other], axis=1)
            chosen = np.concatenate([chosen, told.chosen[alone]])
        return near, chosen


def fill(  # noqa: PLR0913 - keyword-only, each a choice of its own
    tracks: Sequence[FaceTrack],
    embeddings: Sequence[Embeddings],
    support: SupportSet,
    options: LabelOptions | None = None,
    *,
    run_id: str = "",
    around: HyperParameters | None = None,
    strangeness: Sequence[Float32[np.ndarray, " _"]] | None = None,
    choices: Choices = NO_CHOICES,
    learn: bool = True,
) -> Filling:
    """Condition a project on its labels, ready to give estimates.

    Args:
        tracks: All tracks of the project.
        embeddings: Their embeddings, in the same order.
        support: The human labels; without any, the encoder alone speaks, with the
            shipped calibration.
        options: What is promised; the method is the engine's.
        run_id: Written into every estimate.
        around: Hyper-parameters to stay near; if absent, the shipped ones.
        strangeness: Per track, how unlike the faces that the encoder knows each frame
            is (1 = the edge of the ordinary); all ordinary if absent.
        choices: Classes that people gave without a value.
        learn: Whether to adapt the hyper-parameters to the labels; otherwise `around`
            is used as it is.

    Raises:
        NothingToLabelError: There is no track.
        InputError: The method is not the engine's.
        ShapeError: A label fits no track.
        EncoderError: The embeddings come from different encoders.
    """
    options = options or LabelOptions()
    if options.method != "gp":
        raise InputError(
            f"only the engine (gp) keeps what it has learnt, not {options.method}; use "
            f"label_tracks for that method"
        )
    if not tracks:
        raise NothingToLabelError(
            "there is no face to work from: filling in needs at least one face"
        )
    if len(support):
        posterior = fit(tracks, embeddings, support, around=around, learn=learn)
    else:
        posterior = blank(tracks, embeddings, around=around)
    return Filling(
        tracks=tuple(tracks),
        options=options,
        run_id=run_id,
        support=support,
        choices=choices,
        posterior=posterior,
        calibration=calibrate(posterior.residual, len(set(support.video_id))),
        told=told_of_tracks(tracks, support, choices),
        trust=tuple(
            trust_in(track.quality, None if strangeness is None else strangeness[i])
            for i, track in enumerate(tracks)
        ),
        zero_shot_expression=tuple(seen.zero_shot_expression for seen in embeddings),
        has_opinions=has_opinions(embeddings),
    )


def _strongest(
    near: Float[np.ndarray, "n k"], frame: Int64[np.ndarray, " k"]
) -> Int32[np.ndarray, "n e"]:
    """The labelled frames closest to each frame, closest first, -1 to fill up."""
    left = near.copy()
    rows = np.arange(len(left))
    found = np.full((len(left), N_EVIDENCE), -1, np.int32)
    for column in range(min(N_EVIDENCE, left.shape[1])):
        best = left.argmax(axis=1)
        found[:, column] = frame[best]
        left[rows, best] = -np.inf
    return found


def _exchanged(old: SupportSet, track: FaceTrack, new: SupportSet) -> SupportSet:
    """Labels with those of one track exchanged."""
    keep = ~old.of_track(track)
    return SupportSet(
        video_id=(*compress(old.video_id, keep), *new.video_id),
        track_id=np.concatenate([old.track_id[keep], new.track_id]),
        frame=np.concatenate([old.frame[keep], new.frame]),
        affect=np.concatenate([old.affect[keep], new.affect]),
        expression=np.concatenate([old.expression[keep], new.expression]),
        rater=(*compress(old.rater, keep), *new.rater),
    )
