"""What `feltline extract` costs beside its parts, and whether memory stays constant.

    python benchmarks/extract_speed.py [--seconds 40] [--memory]

References, measured in the same run on the same generated 640x480 clip, every frame:
decoding alone (`read_frames`), and the mesh of one tracked face alone (one mesh call on
frames already decoded). The printed ratio is extract over the slower of the two; the
runs take turns, and medians are compared. Each run is a process of its own, as a user's
would be; its start-up is left out of the decode and mesh times and kept in extract's.

`--memory` compares the peak memory of a 20-minute clip with that of a 2-minute one.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from feltline.lab.demo import portrait_clip
from feltline.video import VideoWriter, read_frames


def make_clip(path: Path, seconds: float) -> None:
    """A generated 640x480 clip; long ones repeat 20 seconds, to be made quickly."""
    clip = portrait_clip(seconds=min(seconds, 20.0))
    n_frames = round(seconds * clip.rate_hz)
    with VideoWriter(path, width=640, height=480, rate=clip.rate_hz) as writer:
        done = 0
        pictures = list(clip.frames())
        while done < n_frames:
            for rgb in pictures[: n_frames - done]:
                writer.write(rgb)
                done += 1


def decode(path: Path) -> float:
    began = time.perf_counter()
    for _ in read_frames(path):
        pass
    return time.perf_counter() - began


def mesh(path: Path) -> float:
    from feltline.faces.detect import FullRangeDetector
    from feltline.faces.mesh import MeshModel, region_of_mesh

    model, detector = MeshModel(), FullRangeDetector()
    spent, region = 0.0, None
    for frame in read_frames(path):
        if region is None:
            found = model.mesh_in_box(frame.rgb, detector.detect(frame.rgb).box_xyxy[0])
            assert found is not None
            region = region_of_mesh(found)
        began = time.perf_counter()
        model.mesh(frame.rgb, region)
        spent += time.perf_counter() - began
    return spent


def extract(path: Path) -> float:
    from feltline.pipeline import extract as run

    with tempfile.TemporaryDirectory() as cache:
        began = time.perf_counter()
        run(path, folder=Path(cache))
        return time.perf_counter() - began


def peak_mb() -> float:
    """Largest resident memory of this process so far (Linux).

    Not `ru_maxrss`: that one also counts what the parent held when it forked.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def measured(what: str, path: Path) -> dict[str, float]:
    """Seconds and peak memory (MB) of one task in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--task", what, "--clip", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


def speed(folder: Path, seconds: float, runs: int) -> None:
    clip = folder / "clip.mp4"
    make_clip(clip, seconds)
    tasks = ("decode", "mesh", "extract")
    took = {task: [] for task in tasks}
    for _ in range(runs):
        for task in tasks:
            took[task].append(measured(task, clip)["seconds"])
    middle = {task: statistics.median(times) for task, times in took.items()}
    for task in tasks:
        print(
            f"{task:8s}{middle[task]:7.2f} s  {seconds / middle[task]:6.1f} x real time"
        )
    slower = max(middle["decode"], middle["mesh"])
    print(f"extract / slower of decode and mesh: {middle['extract'] / slower:.2f}")


def memory(folder: Path) -> None:
    peak = {}
    for minutes in (2, 20):
        clip = folder / f"{minutes}.mp4"
        make_clip(clip, minutes * 60.0)
        peak[minutes] = measured("extract", clip)["peak_mb"]
        print(f"{minutes:3d} minutes: peak {peak[minutes]:.0f} MB")
    print(f"20 minutes / 2 minutes: {peak[20] / peak[2]:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--task", choices=("decode", "mesh", "extract"))
    parser.add_argument("--clip", type=Path)
    asked = parser.parse_args()
    if asked.task:
        seconds = {"decode": decode, "mesh": mesh, "extract": extract}[asked.task](
            asked.clip
        )
        print(json.dumps({"seconds": seconds, "peak_mb": peak_mb()}))
        return
    with tempfile.TemporaryDirectory() as name:
        if asked.memory:
            memory(Path(name))
        else:
            speed(Path(name), asked.seconds, asked.runs)


if __name__ == "__main__":
    main()
