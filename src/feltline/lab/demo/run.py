"""The whole way from a generated clip to labels, beside interpolation of its labels."""

import csv
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float, Float32

from feltline.atomic import replacing
from feltline.fewshot import LabelOptions
from feltline.formats import check_replaceable, replacing_output
from feltline.lab.demo.clip import portrait_clip
from feltline.metrics import rmse
from feltline.pipeline import Labelling, label, suggest
from feltline.types import Progress
from feltline.video import VideoWriter

__all__ = ["Demo", "run_demo"]

N_LABELS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What a demo came to.

    Attributes:
        made: Labels of the clip.
        rmse: Error of valence and arousal over frames without a label, by method.
        times_real_time: Speed from video to labels.
        written: Files that lie in its folder.
    """

    made: Labelling
    rmse: dict[str, Float[np.ndarray, " 2"]]
    times_real_time: float
    written: list[str]


def run_demo(
    out: Path,
    *,
    seconds: float,
    seed: int,
    force: bool = False,
    progress: Callable[[str], AbstractContextManager[Progress]],
) -> Demo:
    """Make a portrait clip, label six suggested frames from its curves, then the rest.

    Args:
        out: Folder for the results; made where it is missing.
        seconds: Length of the clip.
        seed: Another seed, another clip.
        force: Keep files there that a demo did not write beside the new ones.
        progress: Opens a bar by the name of what is done.
    """
    out.mkdir(parents=True, exist_ok=True)
    video, support, uniform = (
        out / name for name in ("portrait.mp4", "support.csv", "uniform.csv")
    )
    results = [out / name for name in ("labels.csv", "curves.png", "overlay.mp4")]
    for path in (video, support, uniform, *results):
        check_replaceable(path, force=force)
    clip = portrait_clip(seconds=seconds, seed=seed)
    with progress("making") as tell:
        size = {"width": clip.portrait.width, "height": clip.portrait.height}
        made_video = VideoWriter(video, rate=clip.rate_hz, **size)
        with replacing_output(video, force=force), made_video as writer:
            for done, rgb in enumerate(clip.frames(), start=1):
                writer.write(rgb)
                tell(video.name, done, clip.n_frames)
    began = time.perf_counter()
    with progress("faces") as tell:
        suggest(
            [video], labels_per_clip=N_LABELS, out=support, force=force, progress=tell
        )
        _label_template(support, clip.affect)
        made = label([video], support=support, out=out / "labels.csv", force=force)
    took = time.perf_counter() - began
    truth = [clip.affect[one.track.frame] for one in made.labelled]
    made.plot(out / "curves.png", truth=truth, force=force)
    with progress("overlay") as tell:
        made.overlay(out / "overlay.mp4", force=force, progress=tell)
    suggest(
        [video],
        labels_per_clip=N_LABELS,
        out=uniform,
        selection="uniform",
        force=force,
    )
    _label_template(uniform, clip.affect)
    by_time = LabelOptions(method="linear")
    same_frames = label([video], support=support, options=by_time)
    evenly_spaced = label([video], support=uniform, options=by_time)
    uniform.unlink()
    return Demo(
        made=made,
        rmse={
            "engine": _error(made, clip.affect),
            "linear, same frames": _error(same_frames, clip.affect),
            "linear, evenly spaced frames": _error(evenly_spaced, clip.affect),
        },
        times_real_time=clip.n_frames / clip.rate_hz / took,
        written=sorted(str(path) for path in out.iterdir() if path.is_file()),
    )


def _label_template(path: Path, affect: Float32[np.ndarray, "n 2"]) -> None:
    """Do what the person would do: write the label of each suggested frame."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        valence, arousal = affect[int(row["frame"])]
        row |= {
            "valence": f"{valence:.2f}",
            "arousal": f"{arousal:.2f}",
            "rater": "curve",
        }
    with (
        replacing_output(path),
        replacing(path) as scratch,
        scratch.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _error(
    made: Labelling, affect: Float32[np.ndarray, "n 2"]
) -> Float[np.ndarray, " 2"]:
    """Error against the known curve over the frames not labelled by hand."""
    one = made.labelled[0]
    machine = ~one.is_human
    truth = affect[one.track.frame][machine].astype(np.float64)
    return rmse(one.value[machine].astype(np.float64), truth)
