"""Japanese is written in the words of the glossary, one word for one thing.

The page's strings are held to the same list by `web/test/i18n.test.ts`, where they are
read as the page reads them.
"""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORMER = json.loads(
    (Path(__file__).parent / "former_japanese.json").read_text(encoding="utf-8")
)
"""Former words, as patterns, and what stands for them now."""

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
SOURCES = sorted(
    path
    for pattern in ("docs/**/*.ja.md", "web/src/i18n/ja/*.ts", "src/**/pages/*.html")
    for path in ROOT.glob(pattern)
)


def former_words(text):
    """What is left of the former words, with the word to write instead."""
    return [
        f"{number}: {found[0]} → {instead}"
        for number, line in enumerate(text.splitlines(), 1)
        for pattern, instead in FORMER.items()
        for found in re.finditer(pattern, line)
    ]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_former_word_is_left(path):
    text = path.read_text(encoding="utf-8")
    assert JAPANESE.search(text) or path.name == "index.ts"
    assert former_words(text) == []


def test_all_kinds_of_sources_are_read():
    kinds = {path.suffix for path in SOURCES}
    assert kinds == {".md", ".ts", ".html"}


def test_former_words_are_found():
    assert former_words("値\n快不快の監査") == [
        "2: 快不快 → 感情価",
        "2: 監査 → 抜き取り検査",
    ]
    assert former_words("次の件に戻る") == ["1: 次の件 → 項目"]
    assert former_words("10 件に 1 件は抜き取り検査です。感情平面") == []


def test_history_has_words_for_every_note():
    """A kind of event without words would stand in the history as the code has it."""
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (ROOT / "src/feltline").rglob("*.py")
    )
    kinds = set(re.findall(r'\bnote\(\s*(?:tx,\s*)?"([\w-]+)"', source))
    kinds |= set(re.findall(r'\bwrite_note\(\s*\w+,\s*"([\w-]+)"', source))
    assert {"export", "video-relocated", "suggestions"} <= kinds
    for language in ("en", "ja"):
        folder = ROOT / f"web/src/i18n/{language}"
        text = "".join(p.read_text(encoding="utf-8") for p in folder.glob("*.ts"))
        assert {k for k in kinds if f"'history.note.{k}'" not in text} == set(), (
            language
        )
