import ast
import os
import sys
import threading
from functools import wraps
from pathlib import Path

import pytest
from hypothesis import settings
from tests.soak import PROFILE

pytest_plugins = ("tests.process_memory",)
settings.load_profile(PROFILE)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported

_parsing = threading.RLock()


def _one_at_a_time(parse):
    """CPython 3.11 counts the depth of all parsing threads in one place.

    A thread of a server that imports a module, while the tests read sources, would end
    in "SystemError: AST constructor recursion depth mismatch".
    """

    @wraps(parse)
    def parse_alone(*args, **options):
        with _parsing:
            return parse(*args, **options)

    return parse_alone


ast.parse = _one_at_a_time(ast.parse)


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory):
    """Tests leave the user's folders as they are, unless a cache is named for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FELTLINE_HOME", str(tmp_path_factory.mktemp("home")))
        if not os.environ.get("FELTLINE_CACHE"):
            patch.setenv("FELTLINE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


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


@pytest.fixture(scope="session")
def project_template(tmp_path_factory):
    """A project folder that nobody changes, and the truth of its talk.mp4."""
    from tests.projects import make_template

    return make_template(tmp_path_factory.mktemp("project"))


@pytest.fixture
def truth(project_template):
    """Valence and arousal that talk.mp4 shows."""
    return project_template[1]


@pytest.fixture
def project(project_template, tmp_path):
    """A project of one's own with talk.mp4 (one face) and pair.mp4 (two)."""
    from tests.projects import copied

    with copied(project_template[0], tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def postgresql():
    """A throw-away PostgreSQL server."""
    from tests import postgres

    yield from postgres.server()
