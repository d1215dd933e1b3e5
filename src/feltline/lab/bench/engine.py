"""Clips as one project of the engine: features, learning, prediction."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

import numpy as np
from jaxtyping import Float, Int64

from feltline.fewshot.active.query_track import QueryTrack
from feltline.fewshot.active.track_queue import TrackQueue, build_queue
from feltline.fewshot.gp.features import TrackFeatures
from feltline.fewshot.gp.posterior import TrackPosterior
from feltline.fewshot.gp.shipped import NEUTRAL
from feltline.fewshot.labelling import basis_of, features_of
from feltline.fewshot.labels import observations_of
from feltline.fewshot.model import (
    FREEDOM,
    default_model,
    learn,
    track_posterior,
)
from feltline.fewshot.predictions import predict_track
from feltline.lab.bench.clips import Clip, Corpus
from feltline.types import (
    DEFAULT_SCHEMA,
    Basis,
    Embeddings,
    HyperParameters,
    Judgement,
    Model,
    Observation,
    Prediction,
)

__all__ = [
    "ClipProject",
    "NumberedJudgement",
    "frame_judgement",
    "frame_judgements",
    "hyperparameters_by_fold",
    "learnt_from",
    "learnt_projects",
]

RATER = "r1"
Hypers = tuple[HyperParameters, ...]


@dataclass(frozen=True, slots=True)
class NumberedJudgement:
    """A judgement as a project's log holds it."""

    event_id: int
    judgement: Judgement


def frame_judgement(
    clip: Clip, position: int, value: Float[np.ndarray, " d"], expression: int = -1
) -> Judgement:
    """A blind judgement of one frame, by its position in the track."""
    frame = int(clip.track.frame[position])
    return Judgement(
        video_id=clip.track.video_id,
        track_id=clip.track.track_id,
        scope="frame",
        first_frame=frame,
        last_frame=frame,
        rater=RATER,
        value=tuple(map(float, value)),
        expression=DEFAULT_SCHEMA.class_names[expression] if expression >= 0 else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClipProject:
    """Some clips as one project.

    Attributes:
        clips: The clips.
        features: Of each clip's track.
        prior: The model before any judgement.
    """

    clips: tuple[Clip, ...]
    features: tuple[TrackFeatures, ...]
    prior: Model

    @classmethod
    def of(
        cls,
        clips: Sequence[Clip],
        hyperparameters: Hypers | None = None,
        *,
        time_only: bool = False,
    ) -> "ClipProject":
        """Clips as a project before its first judgement.

        Args:
            clips: At least one.
            hyperparameters: Where learning starts; if absent, those shipped.
            time_only: Without appearance and zero-shot predictions.
        """
        basis, features = _appearance(tuple(clips), time_only=time_only)
        has_zero_shot = np.stack([f.has_zero_shot for f in features]).all(axis=0)
        prior = default_model(
            basis=basis,
            schema=DEFAULT_SCHEMA,
            has_zero_shot=has_zero_shot.tolist(),
            hyperparameters=hyperparameters,
        )
        return cls(clips=tuple(clips), features=features, prior=prior)

    def observations(
        self, judgements: Sequence[Sequence[NumberedJudgement]]
    ) -> list[list[Observation]]:
        """Observations of each clip's judgements."""
        return [
            observations_of(clip.track, some, DEFAULT_SCHEMA)
            for clip, some in zip(self.clips, judgements, strict=True)
        ]

    def learn(
        self, observations: Sequence[Sequence[Observation]], freedom: float = FREEDOM
    ) -> Model:
        """The model learnt from these observations of all clips."""
        names = [clip.track.video_id for clip in self.clips]
        rows = zip(self.features, observations, names, strict=True)
        return learn(rows, self.prior, schema=DEFAULT_SCHEMA, freedom=freedom)

    def predict(
        self, model: Model, number: int, observations: Sequence[Observation]
    ) -> Prediction:
        """What a model learnt from these observations predicts of one clip."""
        return predict_track(
            model, self.features[number], observations, schema=DEFAULT_SCHEMA
        )

    def posterior(
        self, model: Model, number: int, observations: Sequence[Observation]
    ) -> TrackPosterior:
        """What is known of one clip by a model learnt from these observations."""
        return track_posterior(model, self.features[number], observations)

    def review_queue(
        self,
        posterior: TrackPosterior,
        number: int,
        among: Int64[np.ndarray, " a"],
        threshold: float,
    ) -> TrackQueue:
        """What the review queue asks of one clip; only some positions count.

        Each item stands for its own frame: what is said of a rated frame is not known
        of the next one.
        """
        track = self.clips[number].track
        reviewed = np.ones(len(track), bool)
        reviewed[among] = False
        return build_queue(
            posterior,
            threshold,
            quality=track.quality,
            reviewed=reviewed,
            covers_s=0.0,
        )

    def query_track(self, number: int, among: Int64[np.ndarray, " a"]) -> QueryTrack:
        """One clip before its first judgement; only some positions may be asked for."""
        clip = self.clips[number]
        allowed = np.zeros(len(clip.track), bool)
        allowed[among] = True
        blank = self.posterior(self.prior, number, ())
        return QueryTrack(track=clip.track, posterior=blank, among=allowed)


def frame_judgements(
    clips: Sequence[Clip], chosen: Sequence[Int64[np.ndarray, " _"]]
) -> list[list[NumberedJudgement]]:
    """Labels of some rated frames of each clip, as blind judgements.

    Args:
        clips: The clips.
        chosen: Per clip, which of its rated frames (0 = the first rated one).
    """
    made: list[list[NumberedJudgement]] = []
    event = 0
    for clip, some in zip(clips, chosen, strict=True):
        made.append([])
        for row in some.tolist():
            event += 1
            judgement = frame_judgement(
                clip,
                int(clip.at[row]),
                clip.support_value[row],
                int(clip.support_expression[row]),
            )
            made[-1].append(NumberedJudgement(event, judgement))
    return made


def learnt_projects(
    corpus: Corpus,
    chosen: Sequence[Int64[np.ndarray, " _"]],
    *,
    time_only: bool = False,
) -> Iterator[tuple[ClipProject, Model, list[list[Observation]], list[int]]]:
    """The project as each fold is judged: hyper-parameters come from other clips.

    Args:
        corpus: The clips, which are all in each project.
        chosen: Per clip, which of its rated frames are labelled.
        time_only: Without appearance and zero-shot predictions.

    Yields:
        A project, the model learnt from the labels, their observations per clip, and
        the numbers of the clips that it judges.
    """
    by_fold = hyperparameters_by_fold(corpus, time_only=time_only)
    judgements = frame_judgements(corpus.clips, chosen)
    for hypers in set(by_fold.values()):
        project = ClipProject.of(corpus.clips, hypers, time_only=time_only)
        observations = project.observations(judgements)
        model = project.learn(observations)
        judged = [n for n, fold in enumerate(corpus.fold) if by_fold[fold] == hypers]
        yield project, model, observations, judged


def hyperparameters_by_fold(
    corpus: Corpus, *, time_only: bool = False
) -> dict[int, Hypers]:
    """The engine's hyper-parameters for each fold, learnt without looking at it."""
    return {
        fold: learnt_from(corpus.learning_for(fold), time_only=time_only)
        for fold in sorted(set(corpus.fold))
    }


@cache
def learnt_from(clips: tuple[Clip, ...], *, time_only: bool = False) -> Hypers:
    """Hyper-parameters from all ratings of some clips, from a neutral start."""
    neutral = (NEUTRAL,) * len(DEFAULT_SCHEMA.dimensions)
    if not clips:
        return neutral
    whole = ClipProject.of(clips, neutral, time_only=time_only)
    every = whole.observations(
        frame_judgements(clips, [np.arange(len(clip)) for clip in clips])
    )
    return whole.learn(every, freedom=1.0).hyperparameters


@lru_cache(maxsize=4)
def _appearance(
    clips: tuple[Clip, ...], *, time_only: bool
) -> tuple[Basis, tuple[TrackFeatures, ...]]:
    """Basis and features of clips; every fold of a corpus asks for the same ones."""
    seen = [_time_only(c.seen) if time_only else c.seen for c in clips]
    tracks = [clip.track for clip in clips]
    basis = basis_of(tracks, seen)
    return basis, tuple(features_of(tracks, seen, basis))


def _time_only(seen: Embeddings) -> Embeddings:
    """The same without appearance and zero-shot predictions."""
    return replace(
        seen,
        vector=np.zeros((len(seen), 1), np.float32),
        zero_shot_value=np.full_like(seen.zero_shot_value, np.nan),
        zero_shot_expression=np.full_like(seen.zero_shot_expression, np.nan),
        views=(),
    )
