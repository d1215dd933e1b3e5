# ruff: noqa: RUF001 - signs of Japanese that look like others
"""Every sentence that a page may be answered with has its Japanese."""

import re

import pytest
from tests.docs.test_japanese import JAPANESE, former_words
from tests.messages.sentences import (
    OUT_OF_REACH,
    SOURCE,
    forms_of,
    merged,
    modules,
    sentences,
    sentences_of,
)

from feltline.messages.catalogue import (
    FEW_LETTERS,
    Catalogue,
    Template,
    read_entries,
)

FILES = sorted((SOURCE / "messages/ja").glob("*.po"))
OF_OTHERS = {"others.po", "words.po"}
"""Files that hold what others than feltline say, or single words and short pieces."""

COMMAND = re.compile(
    r"(?:feltline|pip|make|apt-get|npm)(?: [-\w./\[\]'>=+]+)*|\[\]|[A-Z]\w*"
)
"""What is typed into a terminal, and names, are the same in every language."""


@pytest.fixture(scope="module")
def catalogue():
    return Catalogue.load("ja")


def entries(*, without=()):
    return [
        pytest.param(source, target, id=f"{path.stem}: {source[:60]}")
        for path in FILES
        if path.name not in without
        for source, target in read_entries(path).items()
    ]


def lacking_in(known, found):
    return [
        f"{name}:{line}: {text}"
        for name, line, text in found
        if not forms_of(name, text) & known
    ]


def test_every_sentence_is_in_the_catalogue(catalogue):
    known = {merged(text) for text in catalogue.entries}
    found = sentences()
    assert len(found) > 300
    lacking = lacking_in(known, found)
    assert lacking == [], "add these, with their Japanese, to src/feltline/messages/ja"


def test_every_entry_is_a_sentence_of_the_code():
    there = {form for name, _, text in sentences() for form in forms_of(name, text)}
    of_nothing = [
        source
        for path in FILES
        if path.name not in OF_OTHERS
        for source in read_entries(path)
        if merged(source) not in there
    ]
    assert of_nothing == [], "nothing says this any more; remove it from the catalogue"


def test_no_entry_is_in_two_files(catalogue):
    assert len(catalogue.entries) == sum(len(read_entries(path)) for path in FILES)


@pytest.mark.parametrize(("source", "target"), entries())
def test_japanese(source, target):
    places = sorted(Template(source).places)
    assert len(places) == len(set(places)), "a place is filled in twice"
    kept = [name for name in places if not name.startswith("plural")]
    assert sorted(set(Template(target).places)) == kept
    plain = re.sub(r"\{\w+\}", "", target)
    assert JAPANESE.search(plain) or not re.search(r"[a-z]", plain)
    assert former_words(target) == []
    # Names and single words of the code may stand alone, but no sentence.
    left = COMMAND.sub("", plain)
    assert not re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", left), left


@pytest.mark.parametrize(
    ("source", "target"), entries(without={"words.po", "others.po"})
)
def test_each_is_known_by_itself(catalogue, source, target):
    """What is filled in comes out where it belongs, whatever else might fit."""
    given = {
        name: "face" if name.startswith("why") else f"7_{i}.x"
        for i, name in enumerate(Template(source).places)
    }
    said = {
        name: "顔" if name.startswith("why") else value for name, value in given.items()
    }

    def filled(text, values):
        return re.sub(r"\{(\w+)\}", lambda place: values[place[1]], text)

    sentence, expected = filled(source, given), filled(target, said)
    if Template(source).letters < FEW_LETTERS:  # known only within another one
        sentence, expected = f"row 3: {sentence}", f"3 行目：{expected}"
    assert catalogue.find(sentence) == expected


def test_modules_out_of_reach_are_there():
    for name in OUT_OF_REACH:
        assert (SOURCE / name).exists(), name
    assert "server/context.py" in {name for name, _ in modules()}


def test_sentences_are_found_wherever_they_stand():
    source = '''
"""A docstring of several words."""
HINT = "try it once more"
FORM = "is locked since {wait} s"
logger.warning("nobody reads this here")

def why(path):
    """Another one of these."""
    rest = f" and {path} more" if path else "nothing at all"
    if path:
        return "x"
    raise InputError(f"cannot read {path!r}: {rest}; {HINT}" + rest)
'''
    assert [text for _, text in sentences_of(source)] == [
        "try it once more",
        "is locked since {} s",
        " and {} more",
        "nothing at all",
        "cannot read {}: {}; try it once more{}",
    ]


def test_a_sentence_that_nobody_translated_is_found():
    found = [("store/db_errors.py", 1, "a new fault of {}"), ("a.py", 2, "an old one")]
    missed = lacking_in({"an old one"}, found)
    assert missed == ["store/db_errors.py:1: a new fault of {}"]
    assert lacking_in({"an old one", "{} a new fault of {}"}, found) == []
