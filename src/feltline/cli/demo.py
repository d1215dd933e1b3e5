"""`feltline demo`: the whole way on a generated clip, to see that it works here."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

from feltline.cli import options as o
from feltline.cli.label import rows_of
from feltline.cli.show import figures, line, print_json, progress


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
    from feltline.lab.demo.run import run_demo

    shown = partial(progress, quiet=as_json)
    done = run_demo(out, seconds=float(seconds), seed=seed, force=force, progress=shown)
    summary = done.made.summary()
    if as_json:
        print_json(
            {
                "frames": summary.frames,
                "share_by_hand": summary.share_by_hand,
                "share_accepted": summary.share_accepted,
                "rmse": {name: value.tolist() for name, value in done.rmse.items()},
                "times_real_time": done.times_real_time,
                "written": done.written,
            }
        )
        return
    rows: dict[str, Any] = rows_of(summary)
    for name, (valence, arousal) in done.rmse.items():
        rows[f"error, {name}"] = f"{valence:.3f} valence, {arousal:.3f} arousal (RMSE)"
    rows["speed"] = f"{done.times_real_time:.1f} times real time, from video to labels"
    figures("generated portrait clip", rows)
    line(f"wrote {', '.join(done.written)}")
    line("look at curves.png and overlay.mp4; then, for a video of your own:")
    line("  feltline suggest VIDEO --labels-per-clip 6 --out labels.csv")
    line("  (fill in valence and arousal in labels.csv)")
    line("  feltline label VIDEO --support labels.csv --out all.csv --plot curves.png")
