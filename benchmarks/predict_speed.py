"""What the few-shot engine costs: 200 judgements, 10^3 to 10^6 frames.

    python benchmarks/predict_speed.py

Prints milliseconds of predicting alone (the model is learnt beforehand), of a whole
prediction after one more judgement of a track of 100,000 frames, and of learning. The
reference is 1,000 frames in the same run: a cost linear in frames has the same time per
frame from there on.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from feltline.fewshot import (
    TrackFeatures,
    basis_of,
    default_model,
    features_of,
    learn,
    predict_track,
    track_posterior,
)
from feltline.types import (
    DEFAULT_SCHEMA,
    Embeddings,
    FaceTrack,
    Model,
    Observation,
    Prediction,
)

N_JUDGEMENTS = 200
WIDTH = 96


def project(n: int) -> tuple[TrackFeatures, list[Observation], Model]:
    rng = np.random.default_rng(0)
    frame = np.arange(n, dtype=np.int64)
    latent = np.cumsum(rng.standard_normal((n, 6)), axis=0) / np.sqrt(n)
    vector = latent @ rng.standard_normal((6, WIDTH))
    vector += 0.01 * rng.standard_normal((n, WIDTH))
    track = FaceTrack(
        video_id="v",
        track_id=0,
        frame=frame,
        time_s=frame / 25.0,
        box_xyxy=np.zeros((n, 4), np.float32),
        quality=np.ones(n, np.float32),
    )
    seen = Embeddings(
        encoder_id="made-up",
        vector=vector.astype(np.float32),
        zero_shot_value=np.full((n, 2), np.nan, np.float32),
        zero_shot_expression=np.full((n, 8), np.nan, np.float32),
    )
    chosen = np.linspace(0, n - 1, N_JUDGEMENTS).round().astype(np.int64)
    observations = [
        Observation(
            judgement_id=event,
            position=np.array([at]),
            weight=np.ones(1),
            value=np.tanh(latent[at, :2]),
            expression=-1,
            rater="r1",
            noise="blind",
        )
        for event, at in enumerate(chosen, start=1)
    ]
    basis = basis_of([track], [seen])
    (features,) = features_of([track], [seen], basis)
    prior = default_model(
        basis=basis, schema=DEFAULT_SCHEMA, has_zero_shot=[False, False]
    )
    return features, observations, prior


def median_ms(run: Callable[[], object], times: int) -> float:
    run()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)


def more_costs(n: int) -> str:
    """What learning and one more judgement cost."""
    features, observations, prior = project(n)
    rows = [(features, observations, "v")]

    def again() -> Model:
        return learn(rows, prior, schema=DEFAULT_SCHEMA)

    model, fewer = again(), observations[::4]

    def one_more() -> Prediction:
        learnt = [(features, fewer[1:])]
        return predict_track(
            model, features, fewer, learnt=learnt, schema=DEFAULT_SCHEMA
        )

    return (
        f"{n:8d} frames: learning {median_ms(again, 3):.1f} ms, one more of "
        f"{len(fewer)} judgements {median_ms(one_more, 5):.1f} ms"
    )


def main() -> None:
    per_frame = None
    for n in (10**3, 10**4, 10**5, 10**6):
        features, observations, prior = project(n)
        model = learn([(features, observations, "v")], prior, schema=DEFAULT_SCHEMA)
        posterior = track_posterior(model, features, observations)
        ms = median_ms(posterior.predict, 7 if n < 10**6 else 3)
        per_frame = per_frame or ms / n
        print(
            f"{n:8d} frames: predict {ms:8.1f} ms, per frame "
            f"{ms / n / per_frame:.2f} of that at 1000"
        )
    print(more_costs(10**5))


if __name__ == "__main__":
    main()
