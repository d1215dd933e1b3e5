"""What the few-shot engine costs: 200 judgements, 10^3 to 10^6 frames.

    python benchmarks/predict_speed.py

Prints milliseconds of `predict_track` alone (the model is learnt beforehand), and of
the whole of `label_tracks` for 10,000 frames. The reference is 1,000 frames in the same
run: a cost linear in frames has the same time per frame from there on.
"""

import statistics
import time
from collections.abc import Callable

import numpy as np

from feltline.fewshot import LabelOptions, label_tracks, learn_tracks, predict_track
from feltline.types import DEFAULT_SCHEMA, Embeddings, FaceTrack, Observation

N_JUDGEMENTS = 200
WIDTH = 96


def project(n: int) -> tuple[FaceTrack, Embeddings, list[Observation]]:
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
            judgement_id=number,
            position=np.array([at]),
            weight=np.ones(1),
            value=np.tanh(latent[at, :2]),
            expression=-1,
            rater="r1",
            noise="blind",
        )
        for number, at in enumerate(chosen.tolist(), start=1)
    ]
    return track, seen, observations


def median_ms(run: Callable[[], object], times: int) -> float:
    run()
    took = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)


def main() -> None:
    per_frame = None
    for n in (10**3, 10**4, 10**5, 10**6):
        track, seen, observations = project(n)
        whole = [track], [seen], [observations]
        model, (features,) = learn_tracks(*whole, LabelOptions())

        def predict(model=model, features=features, observations=observations):
            return predict_track(model, features, observations, schema=DEFAULT_SCHEMA)

        ms = median_ms(predict, 7 if n < 10**6 else 3)
        per_frame = per_frame or ms / n
        print(
            f"{n:8d} frames: predict {ms:8.1f} ms, per frame "
            f"{ms / n / per_frame:.2f} of that at 1000"
        )
        if n == 10**4:
            took = median_ms(lambda parts=whole: label_tracks(*parts), 3)
            print(f"          label_tracks, learning included: {took:.1f} ms")


if __name__ == "__main__":
    main()
