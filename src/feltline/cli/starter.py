"""`feltline starter`: a file whose double click starts feltline and opens its page."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Final, Literal

from feltline.atomic import replacing
from feltline.cli import options as o
from feltline.cli.show import line, print_json
from feltline.errors import InputError

__all__ = ["starter"]

System = Literal["linux", "macos", "windows"]
NAMES: Final[dict[System, str]] = {
    "linux": "feltline.desktop",
    "macos": "feltline.command",
    "windows": "feltline.bat",
}
_EXECUTABLE: Final = 0o755


@o.example("Examples: feltline starter; feltline starter --to ~/Desktop")
def starter(
    to: Annotated[
        Path | None,
        o.option(
            "The folder to write it to.",
            metavar="FOLDER",
            show_default="your desktop",
        ),
    ] = None,
    media: Annotated[
        list[Path] | None,
        o.option(
            "A folder whose videos the page may open; may be repeated.",
            metavar="FOLDER",
            show_default="your home folder",
        ),
    ] = None,
    as_json: o.AsJson = False,
) -> None:
    """Write a file to double-click: it starts feltline with your projects.

    It serves all projects that you had open, and opens the page in your browser.
    """
    from feltline.formats import replacing_output

    system = _system()
    folder = _desktop() if to is None else to
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}; name another one with --to")
    file = folder / NAMES[system]
    roots = [path.expanduser().resolve() for path in media or [Path.home()]]
    content = content_of(system, command_of(roots))
    with replacing_output(file), replacing(file) as scratch:
        scratch.write_bytes(content.encode())
        scratch.chmod(_EXECUTABLE)
    if as_json:
        print_json({"written": str(file)})
    else:
        line(f"wrote {file}: double-click it to start feltline")


def command_of(media: list[Path]) -> list[str]:
    """What a starter runs: this Python, so that no path needs to be set."""
    named = [word for root in media for word in ("--media", str(root))]
    return [sys.executable, "-m", "feltline", "serve", "--all", "--open", *named]


def content_of(system: System, command: list[str]) -> str:
    """The text of a starter.

    Raises:
        InputError: A path holds what the file could not say.
    """
    if any(set(word) & set("\n\r\0") for word in command):
        raise InputError(
            "a folder with a line break in its name cannot be started from"
        )
    if system == "windows":
        return _batch(command)
    if system == "macos":
        return f"#!/bin/sh\nexec {shlex.join(command)}\n"
    return (
        "[Desktop Entry]\nType=Application\nName=feltline\n"
        "Comment=Label faces in videos\nComment[ja]=動画の顔にラベルを付ける\n"
        f"Exec={' '.join(map(_quoted, command))}\nTerminal=true\n"
        "Categories=Science;AudioVideo;\n"
    )


def _quoted(word: str) -> str:
    """A word of `Exec`: its own escapes within the escapes of the file's strings."""
    escaped = word
    for special in '\\"`$':
        escaped = escaped.replace(special, f"\\{special}")
    return '"' + escaped.replace("\\", "\\\\").replace("%", "%%") + '"'


def _batch(command: list[str]) -> str:
    """A batch file; its window stays where something went wrong, to be read."""
    words = " ".join(f'"{word.replace("%", "%%")}"' for word in command)
    return f"@echo off\r\nchcp 65001 >nul\r\n{words}\r\nif errorlevel 1 pause\r\n"


def _system() -> System:
    if sys.platform == "win32":
        return "windows"
    return "macos" if sys.platform == "darwin" else "linux"


def _desktop() -> Path:
    """The user's desktop folder, whatever its name in their language."""
    from platformdirs import user_desktop_path

    return user_desktop_path()
