"""Shot cuts: where one picture has nothing to do with the one before."""

from typing import Final

import numpy as np
from jaxtyping import Float32, UInt8

__all__ = ["ShotDetector"]

_SIZE: Final = (32, 18)
THRESHOLD: Final = 0.14
"""Mean absolute change of the tiny picture, in the range of the values. Inside a
shot the test clips stay under 0.05; the one cut among them is 0.39."""
SURPRISE: Final = 4.0
"""A cut must also be this many times the usual change, so that a shaking camera or a
flicker that goes on is no row of cuts."""
PLAIN: Final = 0.02
"""Standard deviation below which a picture shows nothing: a flash, or black between
two shots. It is passed over, so that the pictures around it are compared."""
_MEMORY: Final = 0.1


class ShotDetector:
    """Compares each picture with the one before, at 32 x 18 pixels.

    Attributes:
        small: The last tiny picture, or None before the first.
        usual: Running mean of the changes so far.
    """

    def __init__(self) -> None:
        self.small: Float32[np.ndarray, "18 32 3"] | None = None
        self.usual = 0.0

    def is_cut(self, rgb: UInt8[np.ndarray, "h w 3"]) -> bool:
        """Whether a new shot begins with this picture; the first one does not count."""
        import cv2

        # Every sixth line and column is enough, and far cheaper than averaging all.
        step = max(1, min(rgb.shape[0] // 90, rgb.shape[1] // 160))
        tiny = cv2.resize(rgb[::step, ::step], _SIZE, interpolation=cv2.INTER_AREA)
        small = tiny.astype(np.float32) / 255
        if float(small.std()) < PLAIN:
            return False
        before, self.small = self.small, small
        if before is None:
            return False
        change = float(np.abs(small - before).mean())
        cut = change > max(THRESHOLD, SURPRISE * self.usual)
        self.usual += _MEMORY * (change - self.usual)
        return cut
