"""The one clock of a video file: that of players.

Time 0 is where the file begins: the earliest time stamp of any of its streams, sound
too, as in mpv, VLC, QuickTime and FFmpeg. So a recording whose stamps begin at 1.467 s
begins at 0; a picture that comes 0.3 s after the sound is at 0.3. A beginning before 0
(samples of sound that players only warm up with) counts as 0, as in browsers.
"""

from fractions import Fraction
from itertools import accumulate
from typing import Final

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from jaxtyping import Float64, Int64

__all__ = ["LONGEST_GAP_S", "joined_up", "player_times", "start_of"]

LONGEST_GAP_S: Final = 10.0
"""A transport stream whose clock leaps by more goes on without the leap, as in FFmpeg:
it was joined from recordings that each had a clock of their own."""

_MICROSECONDS: Final = 1_000_000

_FAR: Final = 1 << 62
"""Stamps nearer to 0 than this can be subtracted within 64 bits."""


def start_of(container: InputContainer, stream: VideoStream) -> Fraction:
    """Where the clock of an open file begins, in seconds by its stamps."""
    start = Fraction(container.start_time or 0, _MICROSECONDS)
    # The container's is rounded; where the picture comes first, its own is exact.
    own = Fraction(stream.start_time or 0) * (stream.time_base or 1)
    exact = own if abs(own - start) <= Fraction(2, _MICROSECONDS) else start
    # Where the picture itself begins before 0, the clock of the file has run over.
    return max(exact, min(own, Fraction(0)))


def player_times(
    stamps: Int64[np.ndarray, " n"],
    time_base: Fraction,
    start: Fraction,
    *,
    has_own_clocks: bool = False,
) -> Float64[np.ndarray, " n"]:
    """Times in seconds of increasing stamps, by the clock of players.

    Args:
        stamps: In units of `time_base`.
        time_base: Length of a unit in seconds.
        start: Where the clock begins, in seconds.
        has_own_clocks: Whether long leaps are taken out (transport streams).

    Raises:
        OverflowError: The stamps are so far from the beginning, as in damaged files,
            that times in seconds do not tell them apart.
    """
    zero = start / time_base
    if len(stamps) and (stamps[0] <= -_FAR or stamps[-1] >= _FAR or abs(zero) >= _FAR):
        raise OverflowError("a time stamp is beyond 62 bits")
    if zero.denominator == 1:
        ticks = np.asarray(stamps - int(zero), np.float64)
    else:
        ticks = stamps - float(zero)
    time_s = ticks * time_base.numerator / time_base.denominator
    if has_own_clocks and len(time_s) > 1:
        steps = np.diff(time_s)
        is_leap = steps > LONGEST_GAP_S
        if is_leap.any() and not is_leap.all():
            typical = np.median(steps[~is_leap])
            excess = np.where(is_leap, steps - typical, 0.0)
            time_s[1:] -= np.cumsum(excess)
    if (np.diff(time_s) <= 0).any():
        raise OverflowError("times in seconds do not tell the frames apart")
    return time_s


def joined_up(stamps: list[int | None]) -> tuple[list[int], int]:
    """Stamps in order of presentation, made to increase; and how often they restarted.

    A frame without a stamp follows the one before at the usual distance; those before
    the first stamp precede it so. Where stamps go back and stay back, another recording
    begins, and follows at that distance, too; a single stamp out of line, or one that
    comes several times, is set right after the one before, and at the end at the usual
    distance.
    """
    known = np.array([s for s in stamps if s is not None], np.int64)
    steps = np.diff(known)
    step = max(1, round(float(np.median(steps[steps > 0])))) if (steps > 0).any() else 1
    without = next((at for at, s in enumerate(stamps) if s is not None), 0)
    # The latest stamp from each frame on.
    least = int(known.min(initial=0))
    backwards = (least if s is None else s for s in reversed(stamps))
    latest = list(accumulate(backwards, max))[::-1]
    made: list[int] = []
    offset, restarts, before = 0, 0, least
    for at, stamp in enumerate(stamps):
        last = made[-1] if made else None
        if stamp is None:
            made.append(
                step + last if last is not None else int(known[0]) - step * without
            )
            continue
        back, before = before - stamp, stamp
        if last is not None and stamp + offset <= last:
            if back <= step:
                # At the end nothing presses: the frame is shown as long as others.
                made.append(last + (1 if latest[at] + offset > last else step))
                continue
            following = next(
                (s for s in stamps[at + 1 : at + 3] if s is not None), None
            )
            if following is not None and following + offset > last:
                made.append(last + 1)
                continue
            offset = last + step - stamp
            restarts += 1
        made.append(stamp + offset)
    return made, restarts
