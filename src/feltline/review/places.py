"""Where something that was said of a found track stands after all track edits."""

import numpy as np

from feltline.errors import FacesLostError
from feltline.project import IGNORED, VideoState
from feltline.review.live import LiveProject

__all__ = ["current_track", "track_now"]


def current_track(
    video: VideoState, found_track_id: int, frame: int
) -> tuple[int, float] | None:
    """The track that shows a frame of a found track now, and its time stamp.

    None where the face is not seen there, or is ignored.
    """
    for track in video.found:
        if track.track_id != found_track_id:
            continue
        at = int(np.searchsorted(track.frame, frame))
        if at >= len(track) or int(track.frame[at]) != frame:
            return None
        number = int(video.edited.where[found_track_id][at])
        return None if number == IGNORED else (number, float(track.time_s[at]))
    return None


def track_now(
    live: LiveProject, video_id: str, found_track_id: int, frame: int
) -> int | None:
    """Number that a face has now, in a frame that shows it; None = it is not seen.

    Arrays are read only of videos whose tracks were edited: of others the tracks are
    those that were found, and a list of many faces need not open each video.
    """
    entry = live.index.videos.get(video_id)
    if entry is None:
        return None
    if not entry.has_edits:
        return found_track_id
    try:
        place = current_track(live.tracks_of(video_id), found_track_id, frame)
    except (KeyError, FacesLostError):
        return None
    return None if place is None else place[0]
