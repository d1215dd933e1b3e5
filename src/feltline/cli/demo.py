"""`feltline demo`: the whole way on a generated clip, to see that it works here."""

import csv
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from feltline.atomic import replacing
from feltline.cli import options as o
from feltline.cli.label import rows_of
from feltline.cli.show import figures, line, print_json, progress

if TYPE_CHECKING:
    import numpy as np

    from feltline.pipeline import Labelling


N_LABELS: Final = 6


@o.example("Examples: feltline demo; feltline demo --out demo --seconds 20")
def demo(
    out: Annotated[Path, o.option("Folder for the results.")] = Path("demo"),
    seconds: Annotated[
        float, o.option("Length of the generated clip.", min=4, max=3600)
    ] = 12.0,
    seed: Annotated[int, o.option("Another seed, another clip.")] = 0,
    force: o.Force = False,
    as_json: o.AsJson = False,
) -> None:
    """Label a generated portrait clip and show what came out.

    A public-domain portrait is animated along known curves; six frames are suggested
    and labelled from these curves, and feltline labels the rest. This proves that
    everything works here, and how fast. It says nothing about accuracy on people: the
    face is made by the same kind of mesh that reads it.
    """
    from feltline.fewshot import LabelOptions
    from feltline.formats import check_replaceable, replacing_output
    from feltline.lab.demo import portrait_clip
    from feltline.pipeline import label, suggest
    from feltline.video import VideoWriter

    out.mkdir(parents=True, exist_ok=True)
    video, support, uniform = (
        out / name for name in ("portrait.mp4", "support.csv", "uniform.csv")
    )
    results = [out / name for name in ("labels.csv", "curves.png", "overlay.mp4")]
    for path in (video, support, uniform, *results):
        check_replaceable(path, force=force)
    clip = portrait_clip(seconds=float(seconds), seed=seed)
    with progress("making", quiet=as_json) as tell:
        size = {"width": clip.portrait.width, "height": clip.portrait.height}
        made_video = VideoWriter(video, rate=clip.rate_hz, **size)
        with replacing_output(video, force=force), made_video as writer:
            for done, rgb in enumerate(clip.frames(), start=1):
                writer.write(rgb)
                tell(video.name, done, clip.n_frames)
    began = time.perf_counter()
    with progress("faces", quiet=as_json) as tell:
        suggest(
            [video], labels_per_clip=N_LABELS, out=support, force=force, progress=tell
        )
        _label_template(support, clip.affect)
        made = label([video], support=support, out=out / "labels.csv", force=force)
    took = time.perf_counter() - began
    truth = [clip.affect[one.track.frame] for one in made.labelled]
    made.plot(out / "curves.png", truth=truth, force=force)
    with progress("overlay", quiet=as_json) as tell:
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
    line_there = label([video], support=uniform, options=by_time)
    line_here = label([video], support=support, options=by_time)
    uniform.unlink()
    errors = {
        "engine": _rmse(made, clip.affect),
        "linear, same frames": _rmse(line_here, clip.affect),
        "linear, evenly spaced frames": _rmse(line_there, clip.affect),
    }
    speed = clip.n_frames / clip.rate_hz / took
    written = sorted(str(path) for path in out.iterdir() if path.is_file())
    summary = made.summary()
    if as_json:
        print_json(
            {
                "frames": summary.frames,
                "share_by_hand": summary.share_by_hand,
                "share_accepted": summary.share_accepted,
                "rmse": {name: value.tolist() for name, value in errors.items()},
                "times_real_time": speed,
                "written": written,
            }
        )
        return
    rows: dict[str, Any] = rows_of(summary)
    for name, (valence, arousal) in errors.items():
        rows[f"error, {name}"] = f"{valence:.3f} valence, {arousal:.3f} arousal (RMSE)"
    rows["speed"] = f"{speed:.1f} times real time, from video to labels"
    figures("generated portrait clip", rows)
    line(f"wrote {', '.join(written)}")
    line("look at curves.png and overlay.mp4; then, for a video of your own:")
    line("  feltline suggest VIDEO --labels-per-clip 6 --out labels.csv")
    line("  (fill in valence and arousal in labels.csv)")
    line("  feltline label VIDEO --support labels.csv --out all.csv --plot curves.png")


def _label_template(path: Path, affect: "np.ndarray") -> None:
    """Do what the person would do: write the label of each suggested frame."""
    from feltline.formats import replacing_output

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


def _rmse(made: "Labelling", affect: "np.ndarray") -> "np.ndarray":
    """Error against the known curve over the frames not labelled by hand, (2,)."""
    import numpy as np

    from feltline.metrics import rmse

    one = made.labelled[0]
    machine = ~one.is_human
    truth = affect[one.track.frame][machine].astype(np.float64)
    return rmse(one.value[machine].astype(np.float64), truth)
