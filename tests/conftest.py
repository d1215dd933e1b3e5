import os
import sys
from pathlib import Path

import pytest


@pytest.fixture
def data():
    """The folder of real clips."""
    folder = os.environ.get("FELTLINE_DATA")
    if not folder:
        pytest.skip("FELTLINE_DATA does not name the folder of the real clips")
    return Path(folder) / "clips"


@pytest.fixture
def run_feltline(monkeypatch, capfd):
    """Runs the command line: (exit code, stdout, stderr)."""
    from feltline.cli import main

    monkeypatch.setenv("COLUMNS", "200")

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["feltline", *map(str, words)])
        code: int | str = 0
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code or 0
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run
