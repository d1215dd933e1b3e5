"""Which frames of a video to take: each n-th, or so many a second."""

import math
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from jaxtyping import Float64, Int64

from feltline.errors import InputError

__all__ = ["EVERY_FRAME", "FrameSampling", "parse_every"]

_TICK_SLACK: Final = 1e-6
"""Share of a tick by which rounding may place a frame before the tick it is on."""

_ACCEPTED: Final = (
    'a whole number of frames from 1 ("5" takes each fifth frame) or a rate above 0 '
    'in Hz ("2Hz", "2.5 hz")'
)

_ROUNDED_S: Final = 0.0005
"""By so much a time written with three decimals may differ from the frame's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSampling:
    """Takes each `step`-th frame, or, where `rate_hz` is given, frames at that rate.

    Attributes:
        step: Distance between frames taken, in frames, from 1; 1 where a rate is given.
        rate_hz: Ticks per second, above 0; None takes frames by number.

    Raises:
        InputError: `step` or `rate_hz` is out of range, or both are given.
    """

    step: int = 1
    rate_hz: float | None = None

    def __post_init__(self) -> None:
        if self.step < 1 or (self.rate_hz is not None and self.step != 1):
            raise InputError(
                f"cannot take every {self.step} frames at a rate of {self.rate_hz} Hz; "
                f"give {_ACCEPTED}"
            )
        if self.rate_hz is not None and not 0 < self.rate_hz < math.inf:
            raise InputError(f"cannot take {self.rate_hz} Hz; give {_ACCEPTED}")

    def __str__(self) -> str:
        return str(self.step) if self.rate_hz is None else f"{self.rate_hz:.15g}Hz"

    def pick(
        self,
        time_s: Float64[np.ndarray, " n"],
        *,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> Int64[np.ndarray, " w"]:
        """Numbers of the frames to take from a video, increasing.

        What is taken is settled on the whole video; `start_s` and `end_s` then leave
        some of it out.

        A rate takes the first frame at or after each tick; the ticks are
        `time_s[0] + k / rate_hz`. A frame that is the first after several ticks is
        taken once, so that slow stretches of a variable-rate video give fewer frames.

        Args:
            time_s: Times of all frames of the video in seconds, increasing.
            start_s: Leaves out frames before the one that is on screen at this time.
            end_s: Leaves out frames at or after this time.
        """
        taken = self._thin(time_s)
        if start_s is not None:
            # The last frame stays on screen for about as long as the others.
            gone_s = np.append(time_s[1:], time_s[-1:] + _median_gap(time_s))
            is_shown = (gone_s > start_s + _ROUNDED_S) | (time_s >= start_s)
            taken = taken[is_shown[taken]]
        if end_s is not None:
            taken = taken[time_s[taken] < end_s - _ROUNDED_S]
        return taken

    def _thin(self, time_s: Float64[np.ndarray, " n"]) -> Int64[np.ndarray, " w"]:
        """What is taken of a whole video."""
        if self.rate_hz is None:
            return np.arange(0, len(time_s), self.step, dtype=np.int64)
        if not len(time_s):
            return np.zeros(0, np.int64)
        tick = np.floor((time_s - time_s[0]) * self.rate_hz + _TICK_SLACK)
        is_first = np.diff(tick, prepend=-1.0) > 0
        return np.flatnonzero(is_first).astype(np.int64)


def _median_gap(time_s: Float64[np.ndarray, " n"]) -> float:
    """Median time between frames; an assumption where there is one frame."""
    steps = np.diff(time_s)
    return float(np.median(steps)) if len(steps) else 0.1


EVERY_FRAME: Final = FrameSampling()
"""Takes all frames."""


def parse_every(text: str) -> FrameSampling:
    """Read "1", "5", "2Hz" or "2.5 hz" as the user typed it.

    Raises:
        InputError: The text is neither a number of frames nor a rate.
    """
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(hz)?\s*", text, re.IGNORECASE)
    if match and match[2] and 0 < float(match[1]) < math.inf:
        return FrameSampling(rate_hz=float(match[1]))
    # More digits than any video has frames would only meet Python's own limit.
    if match and not match[2] and match[1].isdigit() and len(match[1]) <= 18:
        step = int(match[1])
        if step >= 1:
            return FrameSampling(step=step)
    raise InputError(f'cannot take frames every "{text}"; give {_ACCEPTED}')
