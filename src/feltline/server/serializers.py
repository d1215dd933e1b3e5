"""From the project's values to response bodies, and arrays packed into bytes.

The layout of packed arrays is in the descriptions of their routes: so it is part of
the OpenAPI document, and a page that would read another layout is not served.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, Literal

import numpy as np

from feltline.errors import FacesLostError, InputError
from feltline.review import Item, Position, RaterView, TrackView, persons_of
from feltline.review.index import VideoEntry
from feltline.review.rater_view import OwnCounts
from feltline.review.summaries import pending_of
from feltline.server.context import Served
from feltline.server.responses import (
    ItemBody,
    JudgementBody,
    PersonBody,
    PositionBody,
    PredictionBody,
    ServedVideo,
    TrackBody,
    rounded,
    rounded_all,
)
from feltline.server.video_folders import Original
from feltline.store import StoredJudgement, StoredPersonName
from feltline.types import FaceTrack, Prediction, Shown

NO_CLASS = 255
ORIGINS: Final[tuple[Literal["label", "accept", "import"], ...]] = (
    "label",
    "accept",
    "import",
)


def items_body(served: Served, items: Sequence[Item]) -> list[ItemBody]:
    """Several items; without those whose track was edited away or lost meanwhile."""
    return [
        ItemBody(
            item_id=item.item_id,
            kind=item.kind,
            video_id=item.video_id,
            track_id=item.track_id,
            frame=item.frame,
            time_s=time_s,
            first_frame=item.first_frame,
            last_frame=item.last_frame,
            reason=item.reason,
            blind=item.blind,
            prediction=None
            if item.blind or item.prediction is None
            else prediction_at(served, item.prediction, item.row),
        )
        for item in items
        if (time_s := _time_of(served, item)) is not None
    ]


def _time_of(served: Served, item: Item) -> float | None:
    """Time stamp of an item's frame; None where its face is not seen any more."""
    if item.time_s is not None:
        return item.time_s
    try:
        track = served.live.video(item.video_id).track(item.track_id)
    except (KeyError, FacesLostError, InputError):  # without it, or lost
        return None
    at = int(np.searchsorted(track.frame, item.frame))
    is_seen = at < len(track) and int(track.frame[at]) == item.frame
    return float(track.time_s[at]) if is_seen else None


def position_body(position: Position) -> PositionBody:
    """How far the work is."""
    return PositionBody(
        done=position.done,
        total=position.total,
        seconds_left=rounded(position.seconds_left),
    )


def prediction_at(served: Served, p: Prediction, at: int) -> PredictionBody:
    """What the model says of one frame, by its row."""
    schema = served.project.schema
    probability = p.class_probability[at]
    is_known = len(probability) > 0 and bool(np.isfinite(probability).all())
    value, low, high = (
        rounded_all(schema.from_unit(one[at].astype(np.float64)))
        for one in (p.value, p.low, p.high)
    )
    return PredictionBody(
        model_id=p.model_id,
        value=value,
        low=low,
        high=high,
        confidence=rounded(p.confidence[at]),
        class_probability=[round(float(q), 4) for q in probability]
        if is_known
        else None,
    )


def shown_at(served: Served, video_id: str, track_id: int, frame: int) -> Shown:
    """What the model says of a frame, for the record of whoever judges it blind."""
    view = served.view(video_id, track_id)
    body = prediction_at(served, view.prediction, view.at(frame))
    return Shown(
        model_id=body.model_id, value=tuple(body.value), confidence=body.confidence
    )


def judgement_body(
    stored: StoredJudgement, seen: RaterView | None = None
) -> JudgementBody:
    """A judgement in force.

    Args:
        stored: The judgement.
        seen: What the caller sees; None = all.
    """
    given = stored.judgement
    plain = {field.name: getattr(given, field.name) for field in fields(given)}
    plain = plain if seen is None else without_reason(plain)
    first, last = given.reviewed
    plain |= {"reviewed_first_frame": first, "reviewed_last_frame": last}
    plain |= {"event_id": stored.event_id, "at": stored.at}
    return JudgementBody.model_validate(plain)


def without_reason(judgement: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a judgement without what says why it was assigned.

    A rater who knew a honeypot would judge it with more care than the others.
    """
    plain = dict(judgement)
    if plain["assignment_id"] is not None:
        is_training = plain["purpose"] == "training"
        plain |= {"purpose": "training" if is_training else "suggested"}
        plain |= {"audited": None}
    return plain


def videos_body(served: Served) -> list[ServedVideo]:
    """All videos, in the order of names."""
    served.live.count_judgements()
    named, suggested = _by_video(served), served.queue.suggested.n_open()
    seen = served.rater_view()
    return [
        _video_body(served, entry, named.get(name, ()), suggested[name], seen)
        for name, entry in list(served.live.index.videos.items())
    ]


def video_body(served: Served, video_id: str) -> ServedVideo:
    """One video, its counts up to date."""
    served.record(video_id)
    if served.live.is_stale(video_id):
        served.live.summarise(video_id)
    served.live.count_judgements()
    named = served.project.store.persons(video_id=video_id)
    suggested = served.queue.suggested.n_open()
    entry, seen = served.live.entry(video_id), served.rater_view()
    return _video_body(served, entry, named, suggested[video_id], seen)


def _by_video(served: Served) -> dict[str, list[StoredPersonName]]:
    named: dict[str, list[StoredPersonName]] = {}
    for stored in served.project.store.persons():
        named.setdefault(stored.person.video_id, []).append(stored)
    return named


def _video_body(
    served: Served,
    entry: VideoEntry,
    named: Sequence[StoredPersonName],
    n_suggested: int,
    seen: RaterView | None,
) -> ServedVideo:
    record = entry.record
    path = served.project.path_of(record)
    proxy = served.proxies.state(Original(path, record.content_hash, record.video_id))
    persons = persons_of(served.live, entry, named)
    own = None if seen is None else seen.counts(entry)
    tracks = _tracks_body(served, entry, persons, seen, own)
    by_origin = entry.n_by_origin if own is None else own.by_origin
    raters = {r for r, n in entry.n_by_rater.items() if n and r}
    if seen is not None:
        raters &= {seen.rater_id}
    known = [t.n_pending for t in tracks if t.n_pending is not None]
    return ServedVideo(
        video_id=record.video_id,
        duration_s=rounded(record.duration_s),
        n_frames=record.n_frames,
        width=record.width,
        height=record.height,
        playback=proxy.playback,
        proxy_progress=proxy.progress,
        tracks=tracks,
        n_judgements=entry.n_judgements.total() if own is None else own.total,
        n_pending=sum(known) if len(known) == len(tracks) else None,
        threshold=served.live.threshold_of(record.video_id),
        n_suggested=n_suggested,
        confidence=rounded(_confidence_of(entry, seen)),
        raters=sorted(raters),
        origins=[o for o in ORIGINS if by_origin.get(o)],
    )


def _confidence_of(entry: VideoEntry, seen: RaterView | None) -> float | None:
    """Mean confidence of frames that nobody dealt with; None where there are none."""
    name, summary = entry.record.video_id, entry.summary
    tracks = [
        s
        for s in (() if summary is None else summary.tracks)
        if seen is None or not seen.hides(name, s.track_id)
    ]
    n_open = sum(int(s.confidence_counts.sum()) for s in tracks)
    error = sum(float(s.error_sums.sum()) for s in tracks)
    return 1 - error / n_open if n_open else None


def _tracks_body(
    served: Served,
    entry: VideoEntry,
    persons: Mapping[int, str],
    seen: RaterView | None,
    own: OwnCounts | None,
) -> list[TrackBody]:
    """Tracks of a video; only where they were edited are arrays looked at."""
    threshold = served.live.threshold_of(entry.record.video_id)
    summaries = () if entry.summary is None else entry.summary.tracks
    name = entry.record.video_id
    pending = {
        s.track_id: pending_of(s, threshold)
        for s in summaries
        if seen is None or not seen.hides(name, s.track_id)
    }
    rows = [(t.track_id, t.n_frames, t.first_frame, t.last_frame) for t in entry.found]
    counts: Mapping[int, int] = entry.n_judgements
    ignored: Sequence[int] = ()
    video = served.live.readable(entry.record.video_id) if entry.has_edits else None
    if video is not None:
        found = [t for t in video.found if t.track_id in video.ignored]
        rows = [
            (t.track_id, len(t), int(t.frame[0]), int(t.frame[-1]))
            for t in (*video.tracks, *found)
        ]
        counts = {k: len(own) for k, own in video.by_track.items()}
        ignored = video.ignored
    counts = counts if own is None else own.by_track
    return [
        TrackBody(
            track_id=number,
            person=persons.get(number, ""),
            ignored=number in ignored,
            n_frames=n_frames,
            first_frame=first,
            last_frame=last,
            n_judgements=0 if number in ignored else counts.get(number, 0),
            n_pending=0 if number in ignored else pending.get(number),
        )
        for number, n_frames, first, last in sorted(rows)
    ]


def persons_body(served: Served) -> list[PersonBody]:
    """All who are named, with the tracks that show them."""
    tracks: dict[str, list[dict[str, object]]] = {}
    for name, named in sorted(_by_video(served).items()):
        entry = served.live.index.videos.get(name)
        persons = {} if entry is None else persons_of(served.live, entry, named)
        for track_id, person in persons.items():
            if person:
                place: dict[str, object] = {"video_id": name, "track_id": track_id}
                tracks.setdefault(person, []).append(place)
    return [
        PersonBody.model_validate({"name": person, "tracks": places})
        for person, places in sorted(tracks.items())
    ]


def packed_faces(track: FaceTrack) -> bytes:
    """Frames, boxes and qualities of a track, as its route says."""
    return b"".join(
        (
            np.uint32(len(track)).astype("<u4").tobytes(),
            track.frame.astype("<i4").tobytes(),
            track.box_xyxy.astype("<f4").tobytes(),
            track.quality.astype("<f4").tobytes(),
        )
    )


def packed_prediction(view: TrackView) -> bytes:
    """Values, intervals, classes and sources, as the route says."""
    rows, annotations = view.rows, view.annotations
    expression = np.where(rows.expression < 0, NO_CLASS, rows.expression)
    return b"".join(
        (
            np.array(rows.value.shape, "<u4").tobytes(),
            *(a.astype("<f4").tobytes() for a in (rows.value, rows.low, rows.high)),
            rows.confidence.astype("<f4").tobytes(),
            expression.astype(np.uint8).tobytes(),
            annotations.value_source.tobytes(),
            annotations.class_source.tobytes(),
        )
    )
