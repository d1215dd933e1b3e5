"""The harness of the fuzzers finds what it is there for, and survives it."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

SCRIPT = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from benchmarks import fuzzing
from feltline.errors import VideoError

fuzzing.STILL_S = 4.0
fuzzing.LONGEST_S = SECONDS
fuzzing.MOST_BYTES = 300_000_000


class Target:
    def __init__(self, folder):
        self.path = folder / "it"
        self.steps = (self.read,)

    def prepare(self, raw):
        self.path.write_bytes(raw)
        self.began = time.process_time()
        return self.path

    def read(self, path):
        BODY
        raise VideoError("refused")


campaign = fuzzing.Campaign(
    seeds=lambda _: (b"bad", b"good"),
    target=Target,
    mutate=lambda rng, known: rng.choice(known),
    instrumented=(),
    longest=10,
)
if __name__ == "__main__":
    fuzzing.main(campaign, None)
"""

BODIES = {
    "RuntimeError at it.py": "raise RuntimeError",
    "death by SIGSEGV": "import ctypes; ctypes.string_at(0)",
    "hang": "time.sleep(60)",
    "slow read": "while time.process_time() - self.began < 1.2: pass",
    "memory": "self.kept = b'x' * 400_000_000",
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_fault_is_found_and_its_input_kept(tmp_path, kind):
    body = f'if path.read_bytes() == b"bad":\n            {BODIES[kind]}'
    # Much memory takes its time on a busy machine, and would be two kinds.
    longest = "1.0" if kind == "slow read" else "3.0"
    done = fuzz(tmp_path, SCRIPT.replace("BODY", body), longest)
    assert done.returncode == 1
    assert f" x {kind}" in done.stdout
    assert "1 kinds of findings" in done.stdout
    (kept,) = (tmp_path / "kept").glob("*/*.bin")
    assert kept.read_bytes() == b"bad"


def test_refusals_are_no_findings(tmp_path):
    done = fuzz(tmp_path, SCRIPT.replace("BODY", "pass"))
    assert done.returncode == 0
    assert "0 kinds of findings" in done.stdout
    assert not (tmp_path / "kept").exists()


def fuzz(folder, script, longest="1.0"):
    path = folder / "it.py"
    path.write_text(script.replace("SECONDS", longest))
    # The first input is run in any case.
    options = ["--random", "--seconds", "0.2", "--keep", str(folder / "kept")]
    return subprocess.run(
        [sys.executable, str(path), *options],
        capture_output=True,
        text=True,
        check=False,
    )
