"""State of the model in force: how much it rests on, and how old it is.

Page and command line say the same of it, because both ask here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from feltline.project.learning import DUE_SHARE, changed_since
from feltline.review.live import LiveProject

__all__ = ["FEW_JUDGEMENTS", "ModelState", "ProvisionalReason", "model_state"]

FEW_JUDGEMENTS: Final = round(1 / DUE_SHARE)
"""Under so many, each new judgement is more than the share at which a new model is
due: predictions of all tracks move with each."""

ProvisionalReason = Literal["no-labels", "few-labels", "older-labels"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """What the predictions of a project rest on.

    Attributes:
        model_id: The model in force; empty where there is no face.
        learnt_at: When it was put in force; None where it is the default model, which
            nobody had to learn.
        n_judgements: How many judgements it learnt from.
        n_since: How many came or went since.
        reasons: Why its predictions are provisional; empty where they are not.
        calibration: What confidence rests on, in words; empty where there is no model.
        is_own: Whether that is the project's own blind judgements.
        n_blind: How many of these there are.
        n_clips: Of how many clips.
    """

    model_id: str = ""
    learnt_at: datetime | None = None
    n_judgements: int = 0
    n_since: int = 0
    reasons: tuple[ProvisionalReason, ...] = ()
    calibration: str = ""
    is_own: bool = False
    n_blind: int = 0
    n_clips: int = 0

    @property
    def is_provisional(self) -> bool:
        """Whether predictions will move noticeably with the next judgements."""
        return bool(self.reasons)


def model_state(live: LiveProject) -> ModelState:
    """The state of the model in force.

    Costs what was judged since it was learnt, and no track.
    """
    if live.predictor is None:
        return ModelState()
    model, store = live.predictor.model, live.project.store
    n_since = changed_since(live.project, model)
    reasons: list[ProvisionalReason] = []
    if not model.n_judgements:
        reasons.append("no-labels")
    elif model.n_judgements < FEW_JUDGEMENTS:
        reasons.append("few-labels")
    if n_since > DUE_SHARE * model.n_judgements:
        reasons.append("older-labels")
    at = store.last_event_id()
    learnt_at = None
    if model.n_judgements and store.current_model_id(at=at) == model.model_id:
        learnt_at = store.event(store.model_event(at)).at
    return ModelState(
        model_id=model.model_id,
        learnt_at=learnt_at,
        n_judgements=model.n_judgements,
        n_since=n_since,
        reasons=tuple(reasons),
        calibration=model.calibration.source,
        is_own=model.calibration.is_own,
        n_blind=model.calibration.n_judgements,
        n_clips=model.calibration.n_clips,
    )
