"""How raters answered what is known: training items and honeypots."""

from collections.abc import Mapping, Sequence

import numpy as np

from feltline.server.context import Served
from feltline.server.responses import rounded
from feltline.server.work_bodies import HoneypotsBody, TrainingBody
from feltline.store import KnownAnswer, StoredJudgement

__all__ = ["MetAnswer", "honeypots_body", "met_answers", "training_body"]

MetAnswer = tuple[StoredJudgement, KnownAnswer]
"""A judgement, and the known answer that it is compared with."""


def met_answers(here: Served) -> Mapping[str, Sequence[MetAnswer]]:
    """Per rater, each answer to a training item or honeypot, and what is known."""
    store = here.project.store
    given = store.judgements(purposes=("training", "honeypot"))
    numbers = [
        int(s.judgement.assignment_id)
        for s in given
        if s.judgement.assignment_id is not None
    ]
    answers = store.answers_of(numbers)
    found: dict[str, list[MetAnswer]] = {}
    for stored in given:
        name = stored.judgement.assignment_id
        answer = None if name is None else answers.get(int(name))
        if answer is not None:
            found.setdefault(stored.judgement.rater, []).append((stored, answer))
    return found


def training_body(here: Served, met: Sequence[MetAnswer]) -> TrainingBody:
    """How a rater answered training items."""
    own = [(s.judgement, a) for s, a in met if s.judgement.purpose == "training"]
    schema = here.project.schema
    errors = [
        schema.to_unit(np.array(given.value, np.float64))
        - schema.to_unit(np.array(answer.value, np.float64))
        for given, answer in own
        if given.has_value and answer.value
    ]
    known = np.concatenate(errors) if errors else np.empty(0)
    known = known[np.isfinite(known)]
    return TrainingBody(
        n=len(own),
        within=sum(answer.is_met_by(given) for given, answer in own),
        rmse=rounded(np.sqrt((known**2).mean())) if len(known) else None,
    )


def honeypots_body(met: Sequence[MetAnswer]) -> HoneypotsBody:
    """How a rater answered honeypots."""
    own = [(s.judgement, a) for s, a in met if s.judgement.purpose == "honeypot"]
    within = sum(answer.is_met_by(given) for given, answer in own)
    return HoneypotsBody(n=len(own), within=within)
