"""A project in memory at one moment: its videos, the engine, and every track."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from feltline.fewshot import Filling, plan_review
from feltline.project import Judged, ProjectState, VideoState
from feltline.review.track_view import View

__all__ = ["Key", "Scene"]

Key = tuple[str, int]
"""Names a track: its video, its number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """One state of a project, of which all parts agree; it never changes.

    Attributes:
        videos: By name, in the order of names.
        filling: The engine on the labels so far; None where there is no face.
        numbers: Place of each track among the engine's.
        views: Each track, in that order.
    """

    videos: Mapping[str, VideoState]
    filling: Filling | None
    numbers: Mapping[Key, int]
    views: Mapping[Key, View]

    def views_of(self, video_id: str | None = None) -> list[View]:
        """All tracks, or those of one video."""
        if video_id is None:
            return list(self.views.values())
        video = self.videos.get(video_id)
        tracks = () if video is None else video.tracks
        return [self.views[video_id, track.track_id] for track in tracks]

    @property
    def state(self) -> ProjectState:
        """The whole project as `pipeline` has it."""
        return ProjectState(videos=tuple(self.videos.values()))

    def with_views(self, views: Sequence[View]) -> "Scene":
        """The same with some tracks as they stand now."""
        new = {(v.track.video_id, v.track.track_id): v for v in views}
        return replace(self, views={**self.views, **new})

    def exchanged(self, after: Mapping[str, VideoState], run_id: str) -> "Scene":
        """The same with what people say of some videos now; no track is seen afresh.

        Args:
            after: These videos, with the tracks that they have here.
            run_id: Name of the filling, if the engine learns anything new.
        """
        filling = self.filling
        for name, video in after.items():
            before = self.videos[name].judged
            said = zip(video.tracks, before, video.judged, strict=True)
            for track, old, new in said:
                if _teach_alike(old, new):
                    continue
                assert filling is not None  # noqa: S101 - there is a track
                number = self.numbers[name, track.track_id]
                filling = filling.with_track_labels(
                    number, new.support, run_id, new.choices
                )
        return replace(self, videos={**self.videos, **after}, filling=filling)

    def seen(self, key: Key, threshold: float) -> View:
        """A track as the filling has it now, and what to ask for.

        Args:
            key: Which track.
            threshold: Confidence under which a person should look.
        """
        video, filling = self.videos[key[0]], self.filling
        place, number = video.number_of(key[1]), self.numbers[key]
        assert filling is not None  # noqa: S101 - there is a track
        assert place is not None  # noqa: S101 - it is one of this video's
        judged, estimate, plan = video.judged[place], filling.estimate(number), None
        if estimate is not None:
            plan = plan_review(
                filling,
                number,
                threshold,
                judged=judged.dealt_with,
                confidence=estimate.confidence,
            )
        return View(
            track=video.tracks[place],
            judged=judged,
            estimate=estimate,
            plan=plan,
        )


def _teach_alike(old: Judged, new: Judged) -> bool:
    """Whether the engine would learn the same from both."""
    return (
        old.support.rater == new.support.rater
        and np.array_equal(old.support.frame, new.support.frame)
        and np.array_equal(old.support.affect, new.support.affect)
        and np.array_equal(old.support.expression, new.support.expression)
        and np.array_equal(old.choices.frame, new.choices.frame)
        and np.array_equal(old.choices.expression, new.choices.expression)
    )
