"""Pictures of labels: curves on paper, and an overlay on the video.

matplotlib and OpenCV are imported when something is drawn, so importing this package
costs nothing.
"""

from feltline.render.curves import check_picture_path, draw_curves
from feltline.render.labelled_track import LabelledTrack
from feltline.render.overlay import Overlay

__all__ = [
    "LabelledTrack",
    "Overlay",
    "check_picture_path",
    "draw_curves",
]
