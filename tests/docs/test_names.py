"""Names are the field's: none of the former private words is left.

Prose is read by people; here only names are searched: of modules, classes and
functions, of columns, routes and settings, and of the page's texts and exports.
"""

import ast
import re
from pathlib import Path

import pytest

from feltline.settings import SETTINGS

ROOT = Path(__file__).parents[2]

FORMER = frozenset(
    [
        "told",
        "untold",
        "said",
        "spoken",
        "judged",
        "opinion",
        "opinions",
        "looks",
        "filling",
        "refill",
        "draft",
        "drafts",
        "finished",
        "telling",
        "reach",
        "doubt",
        "strangeness",
        "typical",
        "closeness",
        "sighting",
        "sightings",
        "sight",
        "sights",
        "shelf",
        "playable",
        "playables",
        "framing",
        "ahead",
        "film",
        "door",
        "gate",
        "guard",
        "attempts",
        "scene",
        "teller",
        "news",
        "words",
        "shipped_reach",
        "gathering",
        "trainee",
        "journal",
        "paintable",
        "strokes",
        "footage",
        "mended",
        "repair",
        "repaired",
        "followed",
        "strays",
        "run_id",
    ]
)
"""What things were called before the glossary; words are compared whole."""

ALLOWED = frozenset(
    {
        # Query by representativeness: "typical" is the word of active learning.
        "reason.typical",
    }
)
"""Names in which such a word means what it means everywhere."""

OF_THE_PAGE = FORMER - {"draft", "drafts"}
"""On the page, a draft is a value that is being given and not saved yet."""


def words_of(name: str) -> set[str]:
    """`RaterWord`, `rater_word` and `rater-word` are rater and word."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return {word.lower() for word in re.split(r"[^A-Za-z0-9]+", spaced) if word}


def offending(names, former=FORMER):
    return sorted(n for n in names if n not in ALLOWED and words_of(n) & former)


def python_names():
    for path in (ROOT / "src").rglob("*.py"):
        yield path.stem
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                yield node.name


def test_modules_classes_and_functions():
    assert offending(python_names()) == []


def test_columns():
    from feltline.store.schema import METADATA

    tables = METADATA.tables.values()
    assert offending(t.name for t in tables) == []
    assert offending(c.name for t in tables for c in t.columns) == []


def test_routes_and_fields():
    from feltline.server.app import create_api

    document = create_api().openapi()
    assert offending(document["paths"]) == []
    shapes = document["components"]["schemas"]
    assert offending(shapes) == []
    assert offending(f for s in shapes.values() for f in s.get("properties", {})) == []


def test_settings():
    assert offending(s.name for s in SETTINGS) == []


def test_output_columns():
    from tests.formats.test_tables import COLUMNS

    assert offending(COLUMNS) == []


@pytest.mark.parametrize("kind", ["files", "exports", "texts"])
def test_page(kind):
    sources = [
        p
        for p in (ROOT / "web/src").rglob("*.ts*")
        if p.name != "schema.ts" and ".test." not in p.name
    ]
    text = {p: p.read_text(encoding="utf-8") for p in sources}
    exported = r"^export (?:async )?(?:function|class|const|type|interface) (\w+)"
    names = {
        "files": [p.stem for p in sources],
        "exports": [n for t in text.values() for n in re.findall(exported, t, re.M)],
        "texts": [
            key
            for p, t in text.items()
            if "i18n" in p.parts
            for key in re.findall(r"^\s+'([\w.-]+)':", t, re.M)
        ],
    }[kind]
    assert names, kind
    assert offending(names, OF_THE_PAGE) == []
    assert offending(["draft", "refillCurve", "old.spoken"], OF_THE_PAGE) == [
        "old.spoken",
        "refillCurve",
    ]
