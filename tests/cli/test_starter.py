"""Files to double-click. The Linux one is run; the others are read, and untried."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from feltline.cli import starter as module
from feltline.cli.starter import command_of, content_of
from feltline.errors import InputError

AWKWARD = "/media/Rösler 'a' \"b\" 100% $HOME `x` \\"


def words_of_exec(line):
    """`Exec` as a desktop reads it: the string's escapes first, then its quotes."""
    quoted = re.findall(r'"((?:[^"\\]|\\.)*)"', line.replace("\\\\", "\\"))
    return [re.sub(r"\\(.)", r"\1", word).replace("%%", "%") for word in quoted]


def entry_of(text):
    head, *lines = text.splitlines()
    assert head == "[Desktop Entry]"
    return dict(line.split("=", 1) for line in lines)


def test_a_desktop_entry_says_what_is_run():
    command = command_of([Path(AWKWARD), Path("/home/a")])
    entry = entry_of(content_of("linux", command))
    assert entry["Type"] == "Application"
    assert words_of_exec(entry["Exec"]) == command
    assert command[1:6] == ["-m", "feltline", "serve", "--all", "--open"]


def test_the_one_of_macos_says_what_is_run():
    command = command_of([Path(AWKWARD)])
    first, second = content_of("macos", command).splitlines()
    assert first == "#!/bin/sh"
    assert shlex.split(second) == ["exec", *command]


def test_the_one_of_windows_says_what_is_run():
    command = ["C:\\Program Files\\python.exe", "-m", "feltline", "C:\\100%\\a"]
    text = content_of("windows", command)
    assert text.replace("\r\n", "").count("\n") == 0
    assert '"C:\\Program Files\\python.exe" "-m" "feltline" "C:\\100%%\\a"' in text
    assert "pause" in text


@pytest.mark.parametrize("system", ["linux", "macos", "windows"])
def test_a_line_break_in_a_folder_starts_nothing(system):
    with pytest.raises(InputError, match="line break"):
        content_of(system, command_of([Path("/media/a\nb")]))


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        ("linux", "feltline.desktop"),
        ("darwin", "feltline.command"),
        ("win32", "feltline.bat"),
    ],
)
def test_it_is_written_where_it_is_wanted(
    run_feltline, tmp_path, monkeypatch, platform, name
):
    monkeypatch.setattr(sys, "platform", platform)
    code, out, err = run_feltline("starter", "--to", tmp_path)
    assert code == 0, err
    assert name in out
    assert str(Path.home()) in (tmp_path / name).read_text()
    assert (tmp_path / name).stat().st_mode & 0o111 == 0o111
    # Written again: it is what feltline wrote there.
    assert run_feltline("starter", "--to", tmp_path)[0] == 0
    (tmp_path / name).write_text("mine")
    code, _, err = run_feltline("starter", "--to", tmp_path)
    assert (code, "not overwritten" in err) == (4, True)


def test_the_desktop_is_found(run_feltline, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_desktop", lambda: tmp_path / "none")
    code, _, err = run_feltline("starter")
    assert (code, "--to" in err) == (4, True)


@pytest.mark.enable_socket
def test_a_double_click_on_linux_opens_the_page(run_feltline, tmp_path):
    """As a desktop does it, with a browser that writes down where it was sent."""
    browser, sent = tmp_path / "browser", tmp_path / "sent"
    browser.write_text(f'#!/bin/sh\necho "$1" > {sent}\n')
    browser.chmod(0o755)
    code, _, err = run_feltline("starter", "--to", tmp_path, "--media", tmp_path)
    assert code == 0, err
    entry = entry_of((tmp_path / "feltline.desktop").read_text())
    command = words_of_exec(entry["Exec"])
    assert command[0] == sys.executable
    env = os.environ | {"BROWSER": str(browser), "FELTLINE_HOME": str(tmp_path / "h")}
    processes = []
    try:
        for _ in range(2):  # the second click finds the port taken
            sent.unlink(missing_ok=True)
            processes.append(
                subprocess.Popen(
                    command, cwd="/", env=env, stdout=subprocess.PIPE, text=True
                )
            )
            until = time.monotonic() + 90
            while not (sent.exists() and sent.read_text().strip()):
                assert processes[-1].poll() is None, "it ended"
                assert time.monotonic() < until, "no browser was opened"
                time.sleep(0.1)
            link = sent.read_text().strip()
            assert "/?token=" in link
            stdout = processes[-1].stdout
            assert stdout is not None
            assert link in stdout.readline()
    finally:
        for process in processes:
            process.send_signal(signal.SIGINT)
            process.wait(20)
            assert process.stdout is not None
            process.stdout.close()


def test_without_a_command_all_projects_are_served(run_feltline, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "feltline.cli.serve.run", lambda named, **more: asked.append((named, more))
    )
    assert run_feltline()[0] == 0
    ((named, more),) = asked
    assert (named, more["with_all"], more["open_page"]) == ([], True, True)
