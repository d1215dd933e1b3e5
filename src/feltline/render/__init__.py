"""Pictures of labels: curves on paper, an overlay on the video, a confusion.

matplotlib and OpenCV are imported when something is drawn, so importing this package
costs nothing.
"""

from feltline.render.confusion import draw_confusion
from feltline.render.curves import check_picture_path, draw_curves
from feltline.render.labelled_track import LabelledTrack
from feltline.render.overlay import Overlay

__all__ = [
    "LabelledTrack",
    "Overlay",
    "check_picture_path",
    "draw_confusion",
    "draw_curves",
]
