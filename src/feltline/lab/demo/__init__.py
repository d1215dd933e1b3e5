"""A generated portrait clip with known valence and arousal.

It is made from a public-domain photograph that ships with scikit-image, so it needs no
download. Use it to see that the stages fit together and how fast they are, never to
judge accuracy: its one face moves by rules that were made to look right.
"""

from feltline.lab.demo.clip import PortraitClip, portrait_clip
from feltline.lab.demo.curves import affect_curves
from feltline.lab.demo.portrait import Portrait, Pose

__all__ = ["Portrait", "PortraitClip", "Pose", "affect_curves", "portrait_clip"]
