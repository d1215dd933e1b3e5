"""What is meant by the videos of a command line: folders are looked into."""

from collections.abc import Sequence
from pathlib import Path

from feltline.cli.show import notice

__all__ = ["found_videos"]


def found_videos(videos: Sequence[Path]) -> list[Path]:
    """Files and folders of pictures; of other folders, the videos inside.

    What was passed over in them is said once.

    Raises:
        InputError: A file does not exist, or a folder holds no video.
    """
    if not any(video.is_dir() for video in videos):
        return list(videos)
    from feltline.pipeline import find_sources

    found = find_sources([str(video) for video in videos])
    if found.sentence:
        notice(found.sentence)
    return [Path(source) for source in found.sources]
