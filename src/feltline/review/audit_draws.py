"""Draws audit batches: random samples of accepted labels in which rare parts are seen.

Half of the draws are uniform over all accepted labels; the other half are uniform over
the strata (person, quadrant of the value, quality of the picture), and within one over
its labels. So each label weighs at most 2 in an estimate (importance sampling with a
defensive mixture; Owen and Zhou 2000). Draws are independent, with replacement.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.agreement.error_bounds import least_items
from feltline.errors import FacesLostError, InputError, StoreError
from feltline.project import audit_due, next_due
from feltline.review.audit_batches import MOST_WEIGHT
from feltline.review.live import LiveProject
from feltline.review.persons import persons_of
from feltline.review.track_view import Key, TrackView
from feltline.store import (
    AssignmentKind,
    AuditBatch,
    AuditItem,
    NewAssignment,
    NewBatch,
    StoredPersonName,
)

__all__ = ["DueAudits", "draw_batch", "stratum_probabilities"]

ITEMS_BY_LEAST: Final = 3
"""A batch has so many times the items that must be right in a row: with an error rate
of a third of the agreed bound it passes as a rule."""

TRIES: Final = 3
"""So often a draw begins anew if labels change while it reads them."""

LOOK_EVERY_S: Final = 600.0
"""How often it is looked for an audit that is due by the day."""

QUALITIES: Final = ("low", "middle", "high")
_LABELS: Final[tuple[AssignmentKind, ...]] = ("label",)

QUADRANT_OF: Final = 2
"""Dimensions whose signs make the quadrant."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Accepted:
    """Accepted labels of one track.

    Attributes:
        view: The track.
        at: Their rows.
        stratum: Stratum of each.
        names: The strata.
    """

    view: TrackView
    at: Int64[np.ndarray, " n"]
    stratum: Int64[np.ndarray, " n"]
    names: tuple[str, ...]

    def cells(self) -> list[tuple[Key, str, int]]:
        """How many labels are in each stratum."""
        counts = np.bincount(self.stratum, minlength=len(self.names)).tolist()
        return [
            (self.view.key, name, n)
            for name, n in zip(self.names, counts, strict=True)
            if n
        ]


def stratum_probabilities(
    counts: Sequence[int], stratum: Sequence[str]
) -> tuple[Float64[np.ndarray, " c"], Float64[np.ndarray, " c"]]:
    """Probability of drawing each cell of labels, and the weight of its labels.

    Args:
        counts: Labels of each cell, at least 1.
        stratum: Stratum of each cell; several cells may be of one.

    Returns:
        Probabilities that sum to 1, and weights in (0, 2]: the uniform probability of
        a label over the one that it is drawn with.
    """
    size: Counter[str] = Counter()
    for name, n in zip(stratum, counts, strict=True):
        size[name] += n
    total = sum(counts)
    own = np.array([size[name] for name in stratum], np.float64)
    # Of one label, times the number of all labels.
    each = 0.5 + 0.5 * total / (len(size) * own)
    return np.array(counts, np.float64) * each / total, 1 / each


def _default_count(live: LiveProject) -> int:
    """Items of a batch where nobody says how many."""
    audit = live.project.settings.audit
    least = least_items(audit.bound, risk=audit.risk, most_weight=MOST_WEIGHT)
    return ITEMS_BY_LEAST * least


def draw_batch(
    live: LiveProject,
    raters: Sequence[str],
    *,
    rater: str,
    count: int | None = None,
    client_id: str | None = None,
    rng: np.random.Generator | None = None,
) -> AuditBatch:
    """Draw a batch from all labels that are accepted now, and assign it.

    Args:
        live: The project.
        raters: Ids of who judges it blind; each item goes to one of them.
        rater: Who asks for it; empty = the schedule.
        count: Items; None = thrice as many as must be right in a row.
        client_id: Name of the change.
        rng: Source of chance; None = one that nobody can foretell.

    Raises:
        InputError: There is no rater.
        StoreError: Another batch is open, or labels change all the time.
    """
    store = live.project.store
    if client_id is not None and (known := store.batch_of_client(client_id)):
        return known
    if not raters or len(set(raters)) < len(raters):
        raise InputError(
            "an audit needs at least one rater, and each of them once; name them by "
            "their ids"
        )
    rng = np.random.default_rng() if rng is None else rng
    audit, settings = live.project.settings.audit, live.project.settings
    n = _default_count(live) if count is None else count
    for _ in range(TRIES):
        model_id, cells = live.model_id, _cells(live)
        drawn = _items(live, cells, n, rng)
        if drawn is not None and live.model_id == model_id:
            break
    else:
        raise StoreError(
            "labels changed while the audit was drawn; nothing was saved, try again "
            "when less is judged or learnt"
        )
    due_at, due_judgements = next_due(live.project)
    new = NewBatch(
        model_id=model_id,
        threshold=live.threshold,
        bound=audit.bound,
        risk=audit.risk,
        tolerance=settings.tolerance,
        n_accepted=sum(count for _, _, count in cells),
        due_at=due_at,
        due_judgements=due_judgements,
    )
    items = [item for item, _ in drawn]
    assigned = _deal(live, drawn, raters, rng)
    return store.open_batch(new, items, assigned, rater=rater, client_id=client_id)


class DueAudits:
    """Draws batches when the schedule wants them.

    Args:
        live: The project.
        raters: Says who judges them; None = the project's rater.
    """

    def __init__(
        self, live: LiveProject, raters: Callable[[], Sequence[str]] | None = None
    ) -> None:
        self._live = live
        self._raters = raters or (lambda: [live.project.settings.rater])
        self._looked: tuple[int, float] = -1, 0.0
        """Last event, and moment, at which it was looked."""

    def is_to_look(self) -> bool:
        """Whether to look: after a change, and now and then for what is due by days."""
        event_id, at = self._looked
        is_later = time.monotonic() > at + LOOK_EVERY_S
        return self._live.model_id != "" and (event_id != self._live.taken or is_later)

    def draw(self) -> AuditBatch | None:
        """Draw the batch that the schedule wants; None where it wants none now."""
        self._looked = self._live.taken, time.monotonic()
        project = self._live.project
        is_open = bool(project.store.audit_batches(state="open"))
        if is_open or not audit_due(project, counts_stopped=True).is_overdue:
            return None
        try:
            return draw_batch(self._live, self._raters(), rater="")
        except StoreError:
            if project.store.audit_batches(state="open"):
                return None  # whoever leads, or another server, came first
            raise


def _cells(live: LiveProject) -> list[tuple[Key, str, int]]:
    """Accepted labels of the project, counted by track and stratum.

    A pass over all tracks that have any, as an export is.
    """
    named = _named(live)
    made: list[tuple[Key, str, int]] = []
    for name in list(live.index.videos):
        for accepted in _accepted_in(live, name, named.get(name, ())):
            made += accepted.cells()
    return made


def _named(live: LiveProject) -> dict[str, list[StoredPersonName]]:
    """Who the tracks of each video were named as, in order."""
    found: dict[str, list[StoredPersonName]] = {}
    for stored in live.project.store.persons():
        found.setdefault(stored.person.video_id, []).append(stored)
    return found


def _accepted_in(
    live: LiveProject, name: str, named: Sequence[StoredPersonName]
) -> Iterator[_Accepted]:
    """Accepted labels of the tracks of a video, but for those that have none."""
    entry = live.index.videos.get(name)
    if entry is None or entry.is_lost:
        return
    if not live.is_stale(name) and not entry.n_accepted:
        return
    try:
        video = live.tracks_of(name)
    except (KeyError, FacesLostError):
        return
    persons = persons_of(live, entry, named)
    for track in video.tracks:
        try:
            view = live.view(name, track.track_id, keeps=False)
        except (KeyError, FacesLostError):
            continue
        found = _accepted_of(live, view, persons)
        if len(found.at):
            yield found


def _accepted_of(
    live: LiveProject, view: TrackView, persons: Mapping[int, str]
) -> _Accepted:
    name, number = view.key
    at = np.flatnonzero(view.rows.is_accepted(live.threshold_of(name)))
    value = view.prediction.value[at, :QUADRANT_OF]
    is_high = np.where(np.isnan(value), 2, value >= 0).astype(np.int64)
    quality = np.clip(view.track.quality[at] * len(QUALITIES), 0, len(QUALITIES) - 1)
    code = quality.astype(np.int64)
    for signs in is_high.T:
        code = code * 3 + signs
    codes, stratum = np.unique(code, return_inverse=True)
    person = persons.get(number) or f"{name} #{number}"
    return _Accepted(
        view=view,
        at=at,
        stratum=stratum.astype(np.int64),
        names=tuple(_name(c, is_high.shape[1], person) for c in codes.tolist()),
    )


def _name(code: int, n_signs: int, person: str) -> str:
    """`+-|low|Aiko`: quadrant, quality, person."""
    signs = ""
    for _ in range(n_signs):
        code, sign = divmod(code, 3)
        signs = "-+?"[sign] + signs
    return f"{signs}|{QUALITIES[code]}|{person}"


_Drawn = tuple[AuditItem, int]
"""An item, and the track that shows it now."""


def _items(
    live: LiveProject,
    cells: Sequence[tuple[Key, str, int]],
    count: int,
    rng: np.random.Generator,
) -> list[_Drawn] | None:
    """Draw items; None if the labels are others than those that were counted."""
    if not cells:
        return []
    counts = [n for _, _, n in cells]
    chance, weight = stratum_probabilities(counts, [stratum for _, stratum, _ in cells])
    drawn = rng.choice(len(cells), size=count, p=chance / chance.sum())
    within = rng.integers(np.array(counts)[drawn])
    named = _named(live)
    by_video: dict[str, list[int]] = {}
    for place, cell in enumerate(drawn.tolist()):
        by_video.setdefault(cells[cell][0][0], []).append(place)
    made: dict[int, _Drawn] = {}
    for name, places in by_video.items():
        now = {
            one.view.key: one for one in _accepted_in(live, name, named.get(name, ()))
        }
        for place in places:
            key, stratum, _ = cells[drawn[place]]
            accepted = now.get(key)
            if accepted is None or cells[drawn[place]] not in accepted.cells():
                return None
            own = accepted.at[accepted.stratum == accepted.names.index(stratum)]
            at = int(own[within[place]])
            item = _item(live, accepted.view, at, stratum, float(weight[drawn[place]]))
            if item is None:
                return None
            made[place] = item
    return [made[place] for place in range(count)]


def _item(
    live: LiveProject, view: TrackView, at: int, stratum: str, weight: float
) -> _Drawn | None:
    """An item of a row of a track; None if its tracks are others by now."""
    name, number = view.key
    frame = int(view.track.frame[at])
    try:
        found = live.tracks_of(name).found_at(number, frame)
    except (KeyError, FacesLostError):
        return None
    if found is None:
        return None
    chosen = int(view.rows.expression[at])
    item = AuditItem(
        video_id=name,
        found_track_id=found,
        frame=frame,
        weight=min(weight, MOST_WEIGHT),
        stratum=stratum,
        value=tuple(
            float(v) if np.isfinite(v) else None for v in view.rows.value[at].tolist()
        ),
        expression=None if chosen < 0 else live.project.schema.class_names[chosen],
        confidence=float(view.prediction.confidence[at]),
    )
    return item, number


def _deal(
    live: LiveProject,
    drawn: Sequence[_Drawn],
    raters: Sequence[str],
    rng: np.random.Generator,
) -> list[NewAssignment]:
    """Each item to one rater, by turns, at places among the rater's other work.

    An item that was drawn twice is judged once, and counts twice.
    """
    store = live.project.store
    others = {
        name: [
            one.priority
            for one in store.assignments(rater_id=name, state="open", kinds=_LABELS)
        ]
        for name in raters
    }
    made: dict[tuple[str, int, int], NewAssignment] = {}
    for item, track_id in drawn:
        face = item.video_id, item.found_track_id, item.frame
        if face in made:
            continue
        name = raters[len(made) % len(raters)]
        own = others[name]
        made[face] = NewAssignment(
            rater_id=name,
            video_id=item.video_id,
            found_track_id=item.found_track_id,
            track_id=track_id,
            first_frame=item.frame,
            last_frame=item.frame,
            frame=item.frame,
            scope="frame",
            kind="audit",
            is_blind=True,
            priority=float(rng.choice(own)) - 0.5 if own else 0.0,
        )
    return list(made.values())
