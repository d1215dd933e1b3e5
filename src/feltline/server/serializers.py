"""From the project's values to what goes over the wire."""

from collections.abc import Sequence

import numpy as np

from feltline.project import VideoState
from feltline.review import Item, Position, Scene, View
from feltline.server.context import Served, no_video
from feltline.server.proxy_builder import ProxyState
from feltline.server.responses import (
    EstimateBody,
    ItemBody,
    LabelBody,
    PersonBody,
    PositionBody,
    ServedVideo,
    TrackBody,
    rounded,
)
from feltline.store import StoredLabel, StoredPersonName
from feltline.types import FaceTrack

__all__ = [
    "estimate_at",
    "items_body",
    "label_body",
    "packed_estimate",
    "packed_faces",
    "persons_body",
    "position_body",
    "video_body",
    "videos_body",
]

MISSING = -32768
SCALE = 10_000
NO_CLASS = 255


def _item_body(item: Item, view: View) -> ItemBody:
    """An item with the machine's word, unless it is to be judged blind."""
    at = int(np.searchsorted(view.track.frame, item.frame))
    return ItemBody(
        item_id=item.item_id,
        kind=item.kind,
        video_id=item.video_id,
        track_id=item.track_id,
        frame=item.frame,
        time_s=float(view.track.time_s[at]),
        first_frame=item.first_frame,
        last_frame=item.last_frame,
        reason=item.reason,
        blind=item.blind,
        estimate=None if item.blind else estimate_at(view, at),
    )


def items_body(served: Served, items: Sequence[Item]) -> list[ItemBody]:
    """Several items; those whose track was repaired away meanwhile are left out."""
    views = served.live.scene.views
    known = [(i, views.get((i.video_id, i.track_id))) for i in items]
    return [_item_body(item, view) for item, view in known if view is not None]


def position_body(position: Position) -> PositionBody:
    """How far the work is."""
    return PositionBody(
        done=position.done,
        total=position.total,
        seconds_left=rounded(position.seconds_left),
    )


def estimate_at(view: View, at: int) -> EstimateBody | None:
    """The machine's word on one frame, by its position in the track."""
    e = view.estimate
    if e is None:
        return None
    probability = e.expression[at]
    known = bool(np.isfinite(probability).all())
    return EstimateBody(
        valence=rounded(e.affect[at, 0]),
        arousal=rounded(e.affect[at, 1]),
        low_valence=rounded(e.low[at, 0]),
        high_valence=rounded(e.high[at, 0]),
        low_arousal=rounded(e.low[at, 1]),
        high_arousal=rounded(e.high[at, 1]),
        confidence=rounded(e.confidence[at]),
        expression=[round(float(p), 4) for p in probability] if known else None,
        run_id=e.run_id,
    )


def label_body(stored: StoredLabel) -> LabelBody:
    """A label in force."""
    label = stored.label
    return LabelBody(
        event_id=stored.event_id,
        at=stored.at,
        video_id=label.video_id,
        track_id=label.track_id,
        scope=label.scope,
        first_frame=label.first_frame,
        last_frame=label.last_frame,
        valence=label.valence,
        arousal=label.arousal,
        expression=label.expression,
        rater=label.rater,
        active_s=label.active_s,
        shown_run_id=label.shown_run_id,
        comment=label.comment,
        decision=label.decision,
        origin=label.origin,
    )


def video_body(served: Served, video_id: str) -> ServedVideo:
    """A video with its faces.

    Raises:
        HTTPException: There is no such video.
    """
    scene = served.live.scene
    if video_id not in scene.videos:
        raise no_video(video_id)
    named = served.project.store.persons(video_id=video_id)
    return _video_body(served, scene, video_id, named)


def videos_body(served: Served) -> list[ServedVideo]:
    """All videos of the project."""
    scene, named = served.live.scene, _by_video(served)
    return [_video_body(served, scene, n, named.get(n, ())) for n in scene.videos]


def _by_video(served: Served) -> dict[str, list[StoredPersonName]]:
    """Names in force, by video: one question for all of them."""
    named: dict[str, list[StoredPersonName]] = {}
    for stored in served.project.store.persons():
        named.setdefault(stored.person.video_id, []).append(stored)
    return named


def _video_body(
    served: Served, scene: Scene, name: str, named: Sequence[StoredPersonName]
) -> ServedVideo:
    video, threshold = scene.videos[name], served.live.threshold
    persons, labels = _persons_of(video, named), video.labels
    tracks = [
        _track_body(view, threshold, persons, labels) for view in scene.views_of(name)
    ]
    tracks += [_ignored_body(video, number, persons) for number in video.ignored]
    proxy: ProxyState = served.proxies.state(
        served.project.path_of(video.video), video.video.content_hash, name
    )
    return ServedVideo(
        video_id=name,
        duration_s=rounded(video.video.duration_s),
        n_frames=video.video.n_frames,
        width=video.video.width,
        height=video.video.height,
        playable=proxy.playable,
        proxy_progress=proxy.progress,
        tracks=sorted(tracks, key=lambda t: t.track_id),
        n_labels=len(labels),
        n_pending=sum(t.n_pending for t in tracks),
    )


def _track_body(
    view: View,
    threshold: float,
    persons: dict[int, str],
    labels: Sequence[StoredLabel],
) -> TrackBody:
    track = view.track
    return TrackBody(
        track_id=track.track_id,
        person=persons.get(track.track_id, ""),
        ignored=False,
        n_frames=len(track),
        first_frame=int(track.frame[0]),
        last_frame=int(track.frame[-1]),
        n_labels=sum(s.label.track_id == track.track_id for s in labels),
        n_pending=int(view.pending(threshold).sum()),
        estimated=view.estimate is not None,
    )


def _ignored_body(video: VideoState, number: int, persons: dict[int, str]) -> TrackBody:
    """A face that is ignored; its frames are those that it had when it was found."""
    frames = [t.frame for t in video.found if t.track_id == number]
    seen = np.concatenate(frames) if frames else np.zeros(1, np.int64)
    return TrackBody(
        track_id=number,
        person=persons.get(number, ""),
        ignored=True,
        n_frames=len(seen),
        first_frame=int(seen[0]),
        last_frame=int(seen[-1]),
        n_labels=0,
        n_pending=0,
        estimated=False,
    )


def persons_body(served: Served) -> list[PersonBody]:
    """All who are named, with the tracks that show them."""
    scene, named = served.live.scene, _by_video(served)
    tracks: dict[str, list[dict[str, str | int]]] = {}
    for name, video in scene.videos.items():
        for track_id, person in _persons_of(video, named.get(name, ())).items():
            if person:
                place: dict[str, str | int] = {"video_id": name, "track_id": track_id}
                tracks.setdefault(person, []).append(place)
    return [PersonBody(name=n, tracks=t) for n, t in sorted(tracks.items())]


def _persons_of(video: VideoState, given: Sequence[StoredPersonName]) -> dict[int, str]:
    """The name last given to each track as it is now."""
    named: dict[int, str] = {}
    for stored in given:
        where = video.where.get(stored.found_track_id)
        numbers = set() if where is None else set(where[where >= 0].tolist())
        said = stored.person.track_id
        for number in numbers if said not in numbers else {said}:
            named[number] = stored.person.name
    return named


def packed_faces(track: FaceTrack) -> bytes:
    """Frames, boxes and qualities: u32 n, i32 n, f32 n x 4, f32 n; little-endian."""
    return b"".join(
        (
            np.uint32(len(track)).astype("<u4").tobytes(),
            track.frame.astype("<i4").tobytes(),
            track.box_xyxy.astype("<f4").tobytes(),
            track.quality.astype("<f4").tobytes(),
        )
    )


def packed_estimate(view: View) -> bytes:
    """The machine's curves and where each frame's word comes from.

    u32 n; i16 n each of valence, arousal, low and high of valence, low and high of
    arousal, confidence, in units of 1/10000, -32768 = missing; u8 n class, 255 = none;
    u8 n origin, an index into `feltline.pipeline.ORIGINS`; little-endian.
    """
    e = view.estimate
    if e is None:
        raise ValueError("there is no estimate to pack")
    columns = (
        *(e.affect[:, 0], e.affect[:, 1]),
        *(e.low[:, 0], e.high[:, 0], e.low[:, 1], e.high[:, 1]),
        e.confidence,
    )
    known = np.isfinite(e.expression).all(axis=1)
    best = np.nan_to_num(e.expression).argmax(axis=1)
    parts = [np.uint32(len(e)).astype("<u4").tobytes()]
    for column in columns:
        scaled = np.where(np.isfinite(column), np.rint(column * SCALE), MISSING)
        parts.append(scaled.astype("<i2").tobytes())
    parts.append(np.where(known, best, NO_CLASS).astype(np.uint8).tobytes())
    parts.append(view.judged.origin.tobytes())
    return b"".join(parts)
