import runpy
from pathlib import Path

from feltline.project import SOURCES
from feltline.server.app import create_api
from feltline.server.page_bundle import API_DIGEST

ROOT = Path(__file__).parents[2]


def test_the_types_of_the_page_are_those_of_the_server():
    tool = runpy.run_path(str(ROOT / "tools/openapi.py"))
    text = tool["TYPES"].read_text(encoding="utf-8")
    stale = "run `npm --prefix web run types`, and commit what it changes"
    assert text.startswith(tool["first_line"](tool["document"]())), stale
    assert tool["digest"](tool["document"]()) == API_DIGEST, stale


def test_the_document_names_the_sources_that_a_packed_prediction_numbers():
    path = "/p/{project}/api/videos/{video_id}/tracks/{track_id}/prediction"
    described = create_api().openapi()["paths"][path]["get"]["description"]
    numbered = ", ".join(f"{number} {name}" for number, name in enumerate(SOURCES))
    assert numbered in " ".join(described.split())
