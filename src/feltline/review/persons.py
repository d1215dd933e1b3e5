"""Who the tracks of a video show, by the names that people gave them."""

from collections.abc import Sequence

from feltline.project import persons_now
from feltline.review.index import VideoEntry
from feltline.review.live import LiveProject
from feltline.store import StoredPersonName

__all__ = ["persons_of"]


def persons_of(
    live: LiveProject, entry: VideoEntry, named: Sequence[StoredPersonName]
) -> dict[int, str]:
    """Name of the person that each track of a video shows.

    Args:
        live: The project.
        entry: The video; only where its tracks were edited are arrays looked at.
        named: What its tracks were named as, in order.
    """
    if named and entry.has_edits:
        video = live.readable(entry.record.video_id)
        return {} if video is None else persons_now(video.edited, named)
    return {stored.found_track_id: stored.person.name for stored in named}
