"""Videos in and out: exact frames with their own times, in constant memory.

A video is a file that FFmpeg reads, a picture (one frame at time 0), or a folder of
pictures (in natural order of their names, at an assumed rate). A frame's number is its
place in presentation order, the same however it was reached; its time is the file's own
time stamp, by the clock of players (`clock`), and never number / rate. Pictures are as
they are meant to be seen (`picture`): upright, with square pixels, all of one size.
What a browser cannot play exact to the frame gets a proxy with the same frames by
number; a page seeks by the times of what it plays.
"""

from feltline.video.browser_support import browser_plays
from feltline.video.frames import Frame, FramePosition, VideoFacts
from feltline.video.image_sequence import pictures_in
from feltline.video.index import FrameIndex
from feltline.video.kinds import (
    PICTURE_SUFFIXES,
    VIDEO_SUFFIXES,
    is_picture,
    is_system,
    is_video,
    natural_key,
)
from feltline.video.proxy import StoppedError, write_proxy
from feltline.video.reader import (
    content_hash,
    frame_times,
    read_frame,
    read_frames,
    read_some,
)
from feltline.video.sampling import EVERY_FRAME, FrameSampling, parse_every
from feltline.video.scan import VideoScan, scan_video
from feltline.video.writer import VideoWriter, can_write_h264, check_video_path

__all__ = [
    "EVERY_FRAME",
    "PICTURE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "Frame",
    "FrameIndex",
    "FramePosition",
    "FrameSampling",
    "StoppedError",
    "VideoFacts",
    "VideoScan",
    "VideoWriter",
    "browser_plays",
    "can_write_h264",
    "check_video_path",
    "content_hash",
    "frame_times",
    "is_picture",
    "is_system",
    "is_video",
    "natural_key",
    "parse_every",
    "pictures_in",
    "read_frame",
    "read_frames",
    "read_some",
    "scan_video",
    "write_proxy",
]
