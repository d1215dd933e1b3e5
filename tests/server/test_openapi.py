import runpy
from pathlib import Path

from feltline.server.page_bundle import API_DIGEST

ROOT = Path(__file__).parents[2]


def test_the_types_of_the_page_are_those_of_the_server():
    tool = runpy.run_path(str(ROOT / "tools/openapi.py"))
    text = tool["TYPES"].read_text(encoding="utf-8")
    stale = "run `npm --prefix web run types`, and commit what it changes"
    assert text.startswith(tool["first_line"](tool["document"]())), stale
    assert tool["digest"](tool["document"]()) == API_DIGEST, stale
