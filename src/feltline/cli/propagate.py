"""`feltline propagate`: learn from a project's labels."""

from pathlib import Path
from typing import Final

from feltline.cli import options as o
from feltline.cli.project import ProjectFolder, opened
from feltline.cli.show import figures, print_json, progress

NAME: Final = "propagate"
EXAMPLE: Final = "Example: feltline propagate"


def run(project: ProjectFolder = Path(), as_json: o.AsJson = False) -> None:
    """Learn from the labels of the project, and put the new model in force.

    Page, export, status and suggestions go by it from then on. The server does this by
    itself once a tenth of the labels have changed.
    """
    from feltline.pipeline import propagate

    with opened(project) as here, progress("predicting", quiet=as_json) as tell:
        made = propagate(here, progress=tell)
    model, is_new = made.model, made.model.model_id != made.before_id
    if as_json:
        print_json(
            {
                "model_id": model.model_id,
                "model_before": made.before_id,
                "labels": model.n_judgements,
                "frames": made.frames,
                "share_accepted": made.accepted,
                "share_accepted_before": made.accepted_before,
                "moved": made.moved,
                "threshold": made.threshold,
                "tolerance": model.tolerance,
                "calibration": model.calibration.source,
                "disagreeing_raters": list(made.disagreeing),
            }
        )
        return
    accepted = f"{made.accepted:.0%} of the rest at confidence {made.threshold:g} and "
    rows = {
        "frames": f"{made.frames}",
        "labels used": f"{model.n_judgements}",
        "accepted": f"{accepted}above",
        "confidence from": model.calibration.source,
        "changed": f"values moved by {made.moved:.3f}; accepted before: "
        f"{made.accepted_before:.0%}"
        if is_new
        else "nothing: the labels are those that the model was learnt from",
    }
    if made.disagreeing:
        rows["look at"] = (
            f"{', '.join(made.disagreeing)}: what they accept disagrees with what they "
            f"say unseen"
        )
    figures(f"model {model.model_id}", rows)
