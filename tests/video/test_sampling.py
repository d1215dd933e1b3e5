import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feltline.errors import InputError
from feltline.video import EVERY_FRAME, FrameSampling, parse_every

steps = st.floats(1e-3, 3.0)
times = st.builds(
    lambda first, gaps: first + np.cumsum([0.0, *gaps]),
    st.floats(-10.0, 1e4),
    st.lists(steps, max_size=40),
)
rates = st.floats(0.05, 200.0)


@pytest.mark.parametrize(
    ("text", "every"),
    [
        ("1", EVERY_FRAME),
        ("5", FrameSampling(step=5)),
        (" 12 ", FrameSampling(step=12)),
        ("2Hz", FrameSampling(rate_hz=2.0)),
        ("2.5 hz", FrameSampling(rate_hz=2.5)),
        ("0.1HZ", FrameSampling(rate_hz=0.1)),
    ],
)
def test_what_is_accepted(text, every):
    assert parse_every(text) == every


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "2.5",
        "0Hz",
        "hz",
        "nan",
        "inf Hz",
        "1e3",
        "5 frames",
        "٣",
        "9" * 20,
    ],
)
def test_what_is_not_accepted(text):
    with pytest.raises(InputError, match='"5" takes each fifth frame'):
        parse_every(text)


@pytest.mark.parametrize(
    "fields",
    [
        {"step": 0},
        {"step": -3},
        {"rate_hz": 0.0},
        {"rate_hz": float("nan")},
        {"rate_hz": float("inf")},
        {"step": 2, "rate_hz": 2.0},
    ],
)
def test_values_out_of_range(fields):
    with pytest.raises(InputError, match="cannot take"):
        FrameSampling(**fields)


@given(
    st.one_of(
        st.builds(FrameSampling, step=st.integers(1, 10**9)), st.builds(FrameSampling)
    )
)
def test_steps_survive_being_written_and_read(every):
    assert parse_every(str(every)) == every


@given(st.integers(1, 10**6))
def test_rates_survive_being_written_and_read(thousandths):
    every = FrameSampling(rate_hz=thousandths / 1000)
    assert parse_every(str(every)) == every


@given(times, st.integers(1, 50))
def test_a_step_takes_each_nth_frame(time_s, step):
    assert FrameSampling(step=step).pick(time_s).tolist() == list(
        range(0, len(time_s), step)
    )


def slow_pick(time_s, rate_hz):
    """Walk along the ticks: for each, the first frame at or after it."""
    taken, tick = [], 0
    for frame, time in enumerate(time_s):
        ticks_passed = (time - time_s[0]) * rate_hz + 1e-6
        if ticks_passed >= tick:
            taken.append(frame)
            tick = int(np.floor(ticks_passed)) + 1
    return taken


@given(times, rates)
def test_a_rate_equals_walking_along_the_ticks(time_s, rate_hz):
    assert FrameSampling(rate_hz=rate_hz).pick(time_s).tolist() == slow_pick(
        time_s, rate_hz
    )


@given(times, rates)
def test_a_rate_takes_the_first_frame_and_none_twice(time_s, rate_hz):
    taken = FrameSampling(rate_hz=rate_hz).pick(time_s)
    assert taken[0] == 0
    assert np.all(np.diff(taken) > 0)


@pytest.mark.parametrize("rate_hz", [1.0, 2.5, 5.0, 12.5, 25.0])
def test_rounding_moves_no_frame_off_its_tick(rate_hz):
    time_s = 1.4 + np.arange(2500) / 25.0
    taken = FrameSampling(rate_hz=rate_hz).pick(time_s)
    assert taken.tolist() == list(range(0, 2500, round(25 / rate_hz)))


def test_no_frames_give_no_frames():
    nothing = np.zeros(0)
    assert FrameSampling(rate_hz=1.0).pick(nothing).tolist() == []
    assert FrameSampling(step=3).pick(nothing).tolist() == []


HELD = np.array([0.0, 0.5, 4.5, 5.0])


@pytest.mark.parametrize(
    ("start_s", "end_s", "taken"),
    [
        (3.0, None, [1, 2, 3]),  # on screen then
        (4.5, None, [2, 3]),
        (5.2, None, [3]),
        (9.0, None, []),
        (0.5004, 4.5, [1]),
        (None, 0.5004, [0]),
    ],
)
def test_a_range_begins_with_the_frame_on_screen(start_s, end_s, taken):
    assert EVERY_FRAME.pick(HELD, start_s=start_s, end_s=end_s).tolist() == taken


@pytest.mark.parametrize("frame", range(1, 30))
def test_a_range_goes_by_times_as_they_are_written(frame):
    time_s = np.arange(30) / 30
    written = float(f"{time_s[frame]:.3f}")
    assert EVERY_FRAME.pick(time_s, start_s=written)[0] == frame
    assert EVERY_FRAME.pick(time_s, end_s=written)[-1] == frame - 1


def test_a_range_leaves_out_no_frame_for_being_short():
    time_s = np.array([0.0, 1e-5, 2e-5, 0.04])  # a stamp that came three times
    assert EVERY_FRAME.pick(time_s, start_s=0.0).tolist() == [0, 1, 2, 3]
