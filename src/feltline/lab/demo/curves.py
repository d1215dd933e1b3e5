"""Ground-truth curves of the demo clip: smooth random affect, motion and blinks.

Nothing here imitates a real person's statistics; a clip made from these curves shows
that the stages fit together and how fast they are, never how accurate they are.
"""

from typing import Final

import numpy as np
from jaxtyping import Float32, Float64

__all__ = ["affect_curves", "blink_curve", "wander"]

_HOLD_S: Final = (1.0, 2.2)  # shortest and longest time from one event to the next
_MOVE_S: Final = 0.2  # standard deviation of the smoothing: a move takes about 0.8 s
_BLINK_EVERY_S: Final = (1.8, 5.0)
_BLINK_S: Final = 0.07  # standard deviation of a blink: lids are away for about 0.25 s


def affect_curves(
    n_frames: int, rate_hz: float, rng: np.random.Generator
) -> Float32[np.ndarray, "n 2"]:
    """Valence and arousal that hold, move and hold again, six times in ten seconds.

    Every four events visit the four quadrants of the plane in a random order, so eight
    seconds hold both signs of both dimensions. The curves are steps smoothed by a
    Gaussian of 0.2 s, hence without noticeable content above about 2 Hz.

    Args:
        n_frames: Length of the curves, at least 1.
        rate_hz: Frames per second, above 0.
        rng: Source of the random choices; an equal state gives equal curves.

    Returns:
        Valence and arousal in [-1, 1], one row per frame.
    """
    seconds = n_frames / rate_hz
    start, level = [0.0], [rng.uniform(-0.2, 0.2, 2)]  # begin near neutral
    next_s = rng.uniform(0.3, 0.8)
    while next_s < seconds:
        for quadrant in rng.permutation(4):
            sign = np.array([1 if quadrant & 1 else -1, 1 if quadrant & 2 else -1])
            start.append(next_s)
            level.append(sign * rng.uniform(0.4, 1.0, 2))
            next_s += rng.uniform(*_HOLD_S)
    time = np.arange(n_frames) / rate_hz
    step = np.array(level)[np.searchsorted(np.array(start), time, side="right") - 1]
    smooth = [_smoothed(step[:, axis], _MOVE_S * rate_hz) for axis in (0, 1)]
    drift = 0.06 * np.stack([wander(n_frames, rate_hz, 1.0, rng) for _ in (0, 1)], 1)
    affect = np.clip(np.stack(smooth, axis=1) + drift, -1, 1)
    return np.asarray(affect, np.float32)


def wander(
    n_frames: int, rate_hz: float, period_s: float, rng: np.random.Generator
) -> Float32[np.ndarray, " n"]:
    """Slow random motion within [-1, 1]: a sum of four sines around one period.

    Args:
        n_frames: Length of the curve.
        rate_hz: Frames per second.
        period_s: Middle of the sines' periods in seconds.
        rng: Source of periods and phases.
    """
    time = np.arange(n_frames)[:, None] / rate_hz
    frequency = rng.uniform(0.5, 1.5, 4) / period_s
    phase = rng.uniform(0, 2 * np.pi, 4)
    waves = np.sin(2 * np.pi * frequency * time + phase)
    return np.asarray(waves.mean(axis=1), np.float32)


def blink_curve(
    n_frames: int, rate_hz: float, rng: np.random.Generator
) -> Float32[np.ndarray, " n"]:
    """How far blinks close the lids, 0 (not at all) to 1, whatever the affect.

    Args:
        n_frames: Length of the curve.
        rate_hz: Frames per second.
        rng: Source of the times of the blinks.
    """
    time = np.arange(n_frames) / rate_hz
    closed = np.zeros(n_frames)
    at = rng.uniform(*_BLINK_EVERY_S)
    while at < n_frames / rate_hz:
        near = slice(max(0, int((at - 0.4) * rate_hz)), int((at + 0.4) * rate_hz) + 1)
        closed[near] += np.exp(-0.5 * ((time[near] - at) / _BLINK_S) ** 2)
        at += rng.uniform(*_BLINK_EVERY_S)
    return np.clip(closed * 1.15, 0, 1).astype(np.float32)


def _smoothed(
    values: Float64[np.ndarray, " _"], sigma: float
) -> Float64[np.ndarray, " _"]:
    """Convolve with a Gaussian of `sigma` samples, the ends held."""
    reach = max(1, round(4 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
    padded = np.pad(values, reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
