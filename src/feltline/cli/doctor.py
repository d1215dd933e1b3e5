"""`feltline doctor`: what is installed here, and what is missing."""

import ctypes.util
import platform
import shutil
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Final

import typer

from feltline.cli import options as o
from feltline.cli.show import print_json, table
from feltline.errors import FeltlineError
from feltline.settings import cache_folder

NEEDED: Final = (
    *("numpy", "scipy", "av", "onnxruntime", "polars", "matplotlib", "sqlalchemy"),
    *("alembic", "mediapipe"),
)
ADVICE: Final = {
    "mediapipe": "pip install 'feltline[faces]'",
    "scikit-image": "pip install 'feltline[faces]' (only the demo needs it)",
    "fastapi": "pip install 'feltline[server]' (only the review page needs it)",
}
LEAST_DISK_GB: Final = 1.0
BAD: Final = 4


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at.

    Attributes:
        name: What.
        found: What is there.
        good: Whether it is as it should be.
        mend: What to do if not.
    """

    name: str
    found: str
    good: bool
    mend: str = ""


@o.example("Examples: feltline doctor; feltline doctor --json")
def doctor(as_json: o.AsJson = False) -> None:
    """Say what is installed, what is missing, and how to mend it.

    Ends with exit code 4 if labelling a video would not work here.
    """
    findings = [
        Finding(
            "Python", f"{platform.python_version()} on {platform.platform()}", True
        ),
        *_packages(),
        _libgl(),
        *_models(),
        _h264(),
        _page(),
        *_kinds(),
        _disk(),
    ]
    fine = all(f.good for f in findings)
    if as_json:
        print_json({"fine": fine, "findings": [asdict(f) for f in findings]})
    else:
        from rich.text import Text

        marks = {True: Text("ok", "green"), False: Text("missing", "bold red")}
        table(
            *("", "", "", ""),
            rows=(
                (marks[f.good], f.name, f.found, "" if f.good else f.mend)
                for f in findings
            ),
        )
    if not fine:
        raise typer.Exit(BAD)


def _packages() -> list[Finding]:
    found = []
    for name in dict.fromkeys((*NEEDED, *ADVICE)):
        try:
            found.append(Finding(name, version(name), True))
        except PackageNotFoundError:
            advice = ADVICE.get(name, "pip install feltline")
            found.append(Finding(name, "not installed", name not in NEEDED, advice))
    return found


def _libgl() -> Finding:
    name = ctypes.util.find_library("GL")
    return Finding(
        "libGL",
        name or "not found (needed by MediaPipe's OpenCV)",
        name is not None or platform.system() != "Linux",
        "on Debian or Ubuntu: apt-get install libgl1",
    )


def _models() -> list[Finding]:
    """Whether the models load, not only whether their packages are there."""
    from feltline.encoder import available_providers, load_encoder
    from feltline.settings import ENCODER

    found = [Finding(f"encoder {ENCODER}", load_encoder(ENCODER).encoder_id, True)]
    found.append(
        Finding("ONNX Runtime providers", ", ".join(available_providers()), True)
    )
    try:
        from feltline.faces import FullRangeDetector, MeshModel

        MeshModel().close()
        found.append(Finding("face models", FullRangeDetector().detector_id, True))
    except FeltlineError as error:
        found.append(Finding("face models", "do not load", False, str(error)))
    return found


def _h264() -> Finding:
    from feltline.video import can_write_h264

    able = can_write_h264()
    return Finding(
        "H.264 writing",
        "libx264" if able else "not in this build of PyAV",
        able,
        "install PyAV from its wheel: pip install av",
    )


def _kinds() -> list[Finding]:
    """Which files are taken in folders, and by every command."""
    from feltline.video import PICTURE_SUFFIXES, VIDEO_SUFFIXES

    return [
        Finding("videos accepted", " ".join(VIDEO_SUFFIXES), True),
        Finding("pictures accepted", " ".join(PICTURE_SUFFIXES), True),
    ]


def _page() -> Finding:
    """The review page is built, not kept in the repository; labelling does without."""
    built = (files("feltline") / "server" / "page" / "index.html").is_file()
    return Finding(
        "review page",
        "built" if built else "not built: run make web (needs Node 20 or newer)",
        True,
    )


def _disk() -> Finding:
    folder = cache_folder()
    there = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(there).free / 1e9
    return Finding(
        "cache",
        f"{folder}, {free:.1f} GB free, {_size_mb(folder):.0f} MB used",
        free >= LEAST_DISK_GB,
        "free some disk space, or set FELTLINE_CACHE to another place",
    )


def _size_mb(folder: Path) -> float:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6
