"""Fuzzing in a process of its own, whose death names the input it died of.

A target turns bytes into a file and reads it in some steps. Whatever a step raises but
a `FeltlineError`, a step that takes longer than `LONGEST_S` of processor time, a
process that dies, hangs or grows beyond `MOST_BYTES`: each is a finding, kept with its
first input, counted, and passed over. Guided by coverage of Python code where atheris
is installed (Linux), else by chance alone.
"""

import argparse
import faulthandler
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

LONGEST_S = 2.0
MOST_BYTES = 1_000_000_000
STILL_S = 60.0
"""A process that stays at one input for so long hangs; the machine may be busy."""
_ROOM_BYTES = 8_000_000_000
"""Of addresses, so that a runaway does not take the machine along."""
_MOST_KNOWN = 1000
_OWN_SHARE = 0.5
"""Of mutations by libFuzzer itself, where it is given words."""
_SAVE_EVERY = 50

Mutate = Callable[[random.Random, list[bytes]], bytes]


class Target(Protocol):
    """What is fuzzed."""

    steps: Sequence[Callable[[Path], object]]

    def prepare(self, raw: bytes) -> Path:
        """Write the file that the steps read."""


@dataclass(frozen=True)
class Campaign:
    """What to fuzz and with what.

    Attributes:
        seeds: Makes the first inputs; the folder is for its own use.
        target: Makes the target, in the process that runs it.
        mutate: A new input from known ones.
        instrumented: Modules whose coverage guides.
        tokens: Words of the format, for mutations by libFuzzer; without, by `mutate`
            alone.
        longest: Bytes of an input.
    """

    seeds: Callable[[Path], Sequence[bytes]]
    target: Callable[[Path], Target]
    mutate: Mutate
    instrumented: Sequence[str]
    longest: int
    tokens: Sequence[bytes] = ()


@dataclass
class Tally:
    """Of one process: what it did so far."""

    inputs: int = 0
    refused: int = 0
    slowest_s: float = 0.0
    peak_bytes: int = 0
    found: dict[str, int] = field(default_factory=dict)


class _Worker:
    """Runs one input after another; ends its process when time is up."""

    def __init__(self, campaign: Campaign, folder: Path, name: str, until: float):
        own = folder / name
        own.mkdir()
        self._target, self._folder = campaign.target(own), folder
        self._place, self._until = folder / f"{name}.json", until
        self.tally = Tally()

    def __call__(self, raw: bytes) -> None:
        if self.tally.inputs and time.time() >= self._until:
            self._end()
        (self._folder / "input").write_bytes(raw)
        path = self._target.prepare(raw)
        refused = [self._run(step, path, raw) for step in self._target.steps]
        self.tally.inputs += 1
        self.tally.refused += refused[0]
        self.tally.peak_bytes = _peak_bytes()
        if self.tally.peak_bytes > MOST_BYTES:
            self._note(raw, "memory", f"{self.tally.peak_bytes / 1e6:.0f} MB")
            self._end()  # what was taken is not given back
        if self.tally.inputs % _SAVE_EVERY == 0:
            self._save()

    def _run(self, step: Callable[[Path], object], path: Path, raw: bytes) -> bool:
        """Whether the step refused the file."""
        from feltline.errors import FeltlineError

        began, is_refused = time.process_time(), False
        try:
            step(path)
        except FeltlineError:
            is_refused = True
        except Exception as error:  # noqa: BLE001 - what is sought
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{type(error).__name__} at {Path(where.filename).name}"
            text = "".join(traceback.format_exception(error))
            self._note(raw, f"{place}:{where.lineno}", text)
        took_s = time.process_time() - began
        self.tally.slowest_s = max(self.tally.slowest_s, took_s)
        if took_s > LONGEST_S:
            self._note(raw, f"slow {step.__name__}", f"{took_s:.1f} s")
        return is_refused

    def _note(self, raw: bytes, kind: str, text: str) -> None:
        _keep(self._folder / "findings", raw, kind, text)
        self.tally.found[kind] = self.tally.found.get(kind, 0) + 1
        self._save()

    def _save(self) -> None:
        self._place.write_text(json.dumps(asdict(self.tally)))

    def _end(self) -> None:
        self._save()
        os._exit(0)  # libFuzzer has no other way out that keeps Python's


def _keep(folder: Path, raw: bytes, kind: str, text: str) -> None:
    """The first input of a kind of finding, and what was said of it."""
    name = hashlib.sha256(kind.encode()).hexdigest()[:8]
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / f"{name}.bin").exists():
        (folder / f"{name}.bin").write_bytes(raw)
        (folder / f"{name}.txt").write_text(f"{kind}\n{text}\n")


def _peak_bytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _by_chance(
    campaign: Campaign, run: Callable[[bytes], None], seeds: list[bytes], seed: int
) -> None:
    """Mutations of the seeds and of earlier mutations."""
    rng, known = random.Random(seed), list(seeds)  # noqa: S311 - no secret
    for raw in seeds:
        run(raw)
    while True:
        raw = campaign.mutate(rng, known)
        run(raw)
        if len(known) < _MOST_KNOWN:
            known.append(raw)
        else:
            known[rng.randrange(len(seeds), _MOST_KNOWN)] = raw


def _by_coverage(
    campaign: Campaign, run: Callable[[bytes], None], folder: Path, seed: int
) -> None:
    """Atheris; libFuzzer's own limits are off, ours hold."""
    import atheris

    seeds = [path.read_bytes() for path in sorted((folder / "corpus").glob("seed-*"))]

    def mutated(data: bytes, most: int, number: int) -> bytes:
        rng = random.Random(number)  # noqa: S311 - no secret
        if campaign.tokens and rng.random() < _OWN_SHARE:
            return bytes(atheris.Mutate(data, most))
        return campaign.mutate(rng, [data, rng.choice(seeds)])[:most]

    # Its handlers off, too: faulthandler says where in Python a decoder died.
    signals = [f"-handle_{name}=0" for name in ("segv", "bus", "abrt", "ill", "fpe")]
    options = [*signals, "-timeout=86400", "-rss_limit_mb=0", f"-seed={seed}"]
    options += [f"-max_len={campaign.longest}", "-len_control=0", "-verbosity=0"]
    if campaign.tokens:
        tokens = folder / "tokens"
        quoted = ("".join(f"\\x{b:02x}" for b in token) for token in campaign.tokens)
        tokens.write_text("".join(f'"{token}"\n' for token in quoted))
        options.append(f"-dict={tokens}")
    corpus = str(folder / "corpus")
    atheris.Setup([sys.argv[0], *options, corpus], run, custom_mutator=mutated)
    atheris.Fuzz()


def _work(campaign: Campaign, given: argparse.Namespace) -> None:
    faulthandler.enable()
    resource.setrlimit(resource.RLIMIT_AS, (_ROOM_BYTES, _ROOM_BYTES))
    context: Any = nullcontext()
    if not given.random:
        import atheris

        context = atheris.instrument_imports(include=list(campaign.instrumented))
    with context:
        run = _Worker(campaign, given.work, f"run-{given.seed}", given.until)
    if given.random:
        places = sorted((given.work / "corpus").glob("seed-*"))
        _by_chance(campaign, run, [p.read_bytes() for p in places], given.seed)
    else:
        _by_coverage(campaign, run, given.work, given.seed)


def _watched(command: list[str], folder: Path) -> str | None:
    """Run a worker to its end; why it came early, None if it did not."""
    at = folder / "input"
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        started = time.time()
        while True:
            try:
                code = child.wait(1.0)
                break
            except subprocess.TimeoutExpired:
                written = at.stat().st_mtime if at.exists() else started
                if time.time() - max(written, started) > STILL_S:
                    child.kill()
                    child.wait()
                    return "hang"
    if code == 0:
        return None
    return f"death by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _last_lines(path: Path) -> str:
    return path.read_bytes()[-6000:].decode(errors="replace")


def main(campaign: Campaign, doc: str | None) -> None:
    """The command line of a script: `--seconds`, `--seed`, `--random`, `--keep`."""
    asked = argparse.ArgumentParser(description=doc)
    asked.add_argument("--seconds", type=float, default=600.0)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--random", action="store_true", help="by chance alone")
    asked.add_argument("--keep", type=Path, default=Path("runs/fuzz"))
    asked.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked.add_argument("--until", type=float, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.work:
        _work(campaign, given)
        return
    with tempfile.TemporaryDirectory() as name:
        is_guided = not given.random and _has_atheris()
        if not _campaign(campaign, given, Path(name), is_guided):
            raise SystemExit(1)


def _has_atheris() -> bool:
    try:
        import atheris  # noqa: F401
    except ImportError:
        return False
    return True


def _campaign(
    campaign: Campaign, given: argparse.Namespace, folder: Path, is_guided: bool
) -> bool:
    """Worker after worker until time is up; whether there was no finding."""
    (folder / "corpus").mkdir()
    for number, raw in enumerate(campaign.seeds(folder)):
        (folder / "corpus" / f"seed-{number:03}").write_bytes(raw)
    until, seed = time.time() + given.seconds, given.seed
    deaths: dict[str, int] = {}
    while time.time() < until:
        words = ["--work", str(folder), "--until", str(until), "--seed", str(seed)]
        words += [] if is_guided else ["--random"]
        why = _watched([sys.executable, sys.argv[0], *words], folder)
        if why is not None:
            if not (folder / "input").exists():
                sys.stdout.write(_last_lines(folder / "log"))
                raise SystemExit("the fuzzer itself does not start")
            raw, log = (folder / "input").read_bytes(), _last_lines(folder / "log")
            _keep(folder / "findings", raw, why, log)
            deaths[why] = deaths.get(why, 0) + 1
        seed += 1
    return _report(folder, given, deaths, is_guided)


def _report(
    folder: Path, given: argparse.Namespace, deaths: dict[str, int], is_guided: bool
) -> bool:
    tallies = [
        Tally(**json.loads(path.read_text())) for path in folder.glob("run-*.json")
    ]
    found = dict(deaths)
    for tally in tallies:
        for kind, count in tally.found.items():
            found[kind] = found.get(kind, 0) + count
    how = "guided by coverage" if is_guided else "by chance"
    sys.stdout.write(
        f"{sum(t.inputs for t in tallies)} inputs {how} in {given.seconds:.0f} s, "
        f"{sum(t.refused for t in tallies)} refused with words; slowest reading "
        f"{max((t.slowest_s for t in tallies), default=0):.2f} s (at most "
        f"{LONGEST_S:g}), peak memory "
        f"{max((t.peak_bytes for t in tallies), default=0) / 1e6:.0f} MB (at most "
        f"{MOST_BYTES / 1e6:.0f}); {len(found)} kinds of findings\n"
    )
    for kind, count in found.items():
        sys.stdout.write(f"  {count} x {kind}\n")
    if found:
        target = given.keep / f"{Path(sys.argv[0]).stem}-{int(time.time())}"
        shutil.copytree(folder / "findings", target)
        sys.stdout.write(f"their first inputs and what was said: {target}\n")
    return not found
