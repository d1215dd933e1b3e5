"""Traces of real raters: `lag_traces` and `rater_traces` of the data folder."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np

from feltline.types.traces import Trace

__all__ = ["read_ceap", "read_muse", "read_pagan", "read_task"]


def read_task(folder: Path, task: str) -> tuple[Trace, list[Trace]]:
    def read(path: Path, number: int) -> Trace:
        table = np.genfromtxt(path, delimiter=",", skip_header=1)
        table = table[np.isfinite(table).all(axis=1)]
        when, first = np.unique(table[:, 0], return_index=True)
        return Trace(
            trace_id=number,
            rater=str(number),
            time_s=when,
            value=2 * table[first, 1:2] - 1,
            dimensions=("green",),
            mode="bounded",
        )

    here = folder / "lag_traces" / f"Task{task}"
    level = read(here / "objective_truth" / f"Task{task}_normalized_10hz.csv", 0)
    raters = range(1, 11)
    return level, [
        read(here / "annotations_10hz" / f"Task{task}_ann{n}.csv", n) for n in raters
    ]


def read_pagan(folder: Path) -> tuple[list[Trace], Trace]:
    here = folder / "rater_traces" / "pagan_pitch"
    sessions: dict[str, dict[float, float]] = defaultdict(dict)
    with (here / "Raw_Audio_Logs.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            when = float(row["VideoTime"]) / 1000
            sessions[row["SessionID"]][when] = float(row["Value"])
    # A row per change: the value stays until the video ends.
    end = max(when for own in sessions.values() for when in own)
    for own in sessions.values():
        own[end] = own[max(own)]
    traces = [
        Trace(
            trace_id=number,
            rater=name,
            time_s=np.array(sorted(own)),
            value=np.array([[own[t]] for t in sorted(own)]),
            dimensions=("pitch",),
            mode="relative",
        )
        for number, (name, own) in enumerate(sessions.items())
    ]
    table = np.genfromtxt(here / "Pitch_values.csv", delimiter=",", skip_header=1)
    truth = Trace(
        trace_id=-1,
        rater="truth",
        time_s=(table[:, 1] - 1) / 60,  # its `Seconds` are whole ones
        value=table[:, :1] / 1000,
        dimensions=("pitch",),
        mode="bounded",
    )
    return traces, truth


def read_muse(folder: Path) -> dict[str, list[Trace]]:
    made = {}
    for path in sorted((folder / "rater_traces" / "muse_car_arousal").glob("*.csv")):
        table = np.genfromtxt(path, delimiter=",", skip_header=1)
        made[f"MuSe-CaR {path.stem}"] = [
            Trace(
                trace_id=at,
                rater=str(at),
                time_s=table[:, 0],
                value=np.clip(table[:, at : at + 1], -1, 1),
                dimensions=("arousal",),
                mode="bounded",
            )
            for at in range(1, table.shape[1])
        ]
    return made


def read_ceap(folder: Path) -> dict[str, list[Trace]]:
    made = {}
    for path in sorted((folder / "rater_traces" / "ceap").glob("*.csv")):
        own: dict[str, dict[float, tuple[float, float]]] = defaultdict(dict)
        with path.open(newline="") as file:
            for row in csv.DictReader(file):
                own[row["rater"]][float(row["time_s"])] = (
                    (float(row["valence_1_9"]) - 5) / 4,
                    (float(row["arousal_1_9"]) - 5) / 4,
                )
        made[f"CEAP {path.stem}"] = [
            Trace(
                trace_id=number,
                rater=rater,
                time_s=np.array(sorted(samples)),
                value=np.clip([samples[t] for t in sorted(samples)], -1, 1),
                dimensions=("valence", "arousal"),
                mode="bounded",
            )
            for number, (rater, samples) in enumerate(own.items())
        ]
    return made
