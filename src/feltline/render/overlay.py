"""Overlay: labels drawn onto the frames of a video."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8

from feltline.errors import SetupError, ShapeError
from feltline.render.frame_annotations import AnnotatedTrack, display_slots
from feltline.render.labelled_track import LabelledTrack

__all__ = ["Overlay"]


class Overlay:
    """Draws the labels of one video's faces onto its frames.

    Around each face a box, coloured by who vouches for the value: blue for a person's
    own label, green for an accepted machine label, orange for a doubtful one, grey for
    one without confidence. Beside it a tag with values and confidence. At the bottom,
    for up to four faces at a time, the plane of valence (to the right) and arousal (up)
    with the value, its interval and its last 1.5 seconds.

    A frame without a face comes back as it was.
    """

    def __init__(self, labelled: Sequence[LabelledTrack], *, threshold: float) -> None:
        """Prepare to draw.

        Args:
            labelled: Tracks of one video with their labels.
            threshold: Confidence in [0, 1] below which a machine label is doubtful.

        Raises:
            SetupError: OpenCV is not installed.
        """
        try:
            import cv2  # noqa: F401
        except ImportError as error:
            raise SetupError(
                "drawing on video needs OpenCV, which is not installed; install it "
                "with: pip install 'feltline[faces]'"
            ) from error
        self._tracks = [AnnotatedTrack(t, threshold) for t in labelled if len(t.track)]
        self._slots = display_slots(self._tracks)

    def draw(
        self, rgb: UInt8[np.ndarray, "h w 3"], frame: int
    ) -> UInt8[np.ndarray, "h w 3"]:
        """The picture with the labels of this frame drawn on it.

        Sampled tracks are drawn on the frames in between too: the box moves evenly
        from sample to sample, the value of the earlier sample stays, up to a second.

        Args:
            rgb: Upright picture, red first; left as it is.
            frame: 0-based position of the picture in the video.

        Returns:
            A new, C-contiguous picture of the same size.

        Raises:
            ShapeError: `rgb` is not a picture of 8-bit RGB with at least one pixel.
        """
        if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or not rgb.size:
            raise ShapeError(
                f"rgb must be uint8 of shape (height, width, 3) with at least one "
                f"pixel, but is {rgb.dtype} of shape {rgb.shape}"
            )
        from feltline.render.annotators import draw_faces

        canvas = np.array(rgb, order="C")
        seen = [
            (slot, face)
            for slot, track in zip(self._slots, self._tracks, strict=True)
            if (face := track.at(frame)) is not None
        ]
        places = max(self._slots, default=0) + 1
        draw_faces(canvas, seen, places, numbered=len(self._tracks) > 1)
        return canvas
