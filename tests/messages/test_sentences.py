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
from tests.soak import IS_SOAK

from feltline.messages.catalogue import (
    FEW_LETTERS,
    Catalogue,
    Template,
    read_entries,
)

FILES = sorted((SOURCE / "messages/ja").glob("*.po"))
OF_OTHERS = {"others.po", "people_cli.po", "words.po"}
"""Files that hold what others than feltline say, what the command line says, or single
words and short pieces."""

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


def holds_sentences(template):
    """Whether its last place is for a sentence: after it there is no other word's."""
    last = template.places[-1] if template.places else ""
    if not last.startswith("why") or template.letters < FEW_LETTERS:
        return False
    if template.places[0].startswith("why_"):  # the name of something
        return False
    return not re.search(rf"(^|\}} )\{{{last}\}}", template.text)


def with_values(template, **last):
    """A sentence of a template, and what it is in Japanese but for its `last`."""
    given = {
        name: "face" if name.startswith("why") else f"8_{i}.y"
        for i, name in enumerate(template.places)
    }
    return {**given, **last}


STRIDE = 23 if IS_SOAK else 101
"""Each template is tried with one of so many sentences: with all, it takes minutes."""


def test_a_sentence_within_another_is_taken_for_no_value(catalogue):
    """Neither is the outer one's text taken for a value of the inner one."""

    def filled(text, values):
        return re.sub(r"\{(\w+)\}", lambda place: values[place[1]], text)

    inner = {
        sentence: catalogue.find(sentence)
        for template in catalogue.templates
        if template.letters >= FEW_LETTERS and "\n" not in template.text
        for sentence in [filled(template.text, with_values(template))]
    }
    outer = [one for one in catalogue.templates if holds_sentences(one)]
    assert len(inner) > 400
    assert len(outer) > 40
    wrong = []
    for i, template in enumerate(outer):
        last = template.places[-1]
        for sentence in list(inner)[i % STRIDE :: STRIDE]:
            if sentence == filled(template.text, with_values(template)):
                continue  # itself in itself is said either way
            given = with_values(template, **{last: sentence})
            said = {
                name: "顔" if value == "face" else value
                for name, value in given.items()
            }
            said[last] = inner[sentence]
            whole = filled(template.text, given)
            if catalogue.find(whole) != filled(catalogue.entries[template.text], said):
                wrong.append((whole, catalogue.find(whole)))
    assert wrong == []


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        (
            "1 row of a.csv cannot be used:\n  row 3: anna labels frame 1 of "
            "talk.mp4 as row 2 does, and says the same again; keep one of the two "
            "(several raters need several names in `rater`)\nCorrect or remove it "
            "and run the same command again; nothing was written.",
            "a.csv の 1 行を使えません：\n  3 行目：anna は talk.mp4 のフレーム 1 "
            "に 2 行目でもラベルを付けています（内容は同じ）。どちらか一方を残して"
            "ください（評価者が複数いる場合は、rater に別々の名前が必要です）。\n修"
            "正するか削除してから、同じ操作をもう一度行ってください。何も書き込んで"
            "いません。",
        ),
        (
            "row 2: time_s 9.5 is not in talk.mp4, whose frames lie from 0.000 to "
            "0.360 s",
            "2 行目：time_s 9.5 は talk.mp4 の範囲外です。フレームの時刻は 0.000 秒"
            "から 0.360 秒までです。",
        ),
        (
            "PostgreSQL database talks on host cannot be reached: x",
            "host の PostgreSQL データベース talks に接続できません：x",
        ),
        (
            "a.csv lacks the column video and frame; its header must name video "
            "and frame or time_s",
            "a.csv に列 video、frame がありません。見出しには video と、frame か"
            " time_s が必要です。",
        ),
        (
            "a.zip is no backup, or it is damaged (File is not a zip file); give a "
            "file that feltline backup wrote",
            "a.zip はバックアップではないか、壊れています（ZIP ファイルではありませ"
            "ん）。feltline backup で作成したファイルを指定してください。",
        ),
        (
            "name: Input should be a valid string, unable to parse raw data as a "
            "unicode string",
            "name：文字列を指定してください（文字として読み取れません）。",
        ),
        (
            "cannot read the video 'a=x'; expected NAME=..., where NAME is one of "
            "none: there are no videos yet",
            "動画 「a=x」を読み取れません。NAME=... の形で指定してください。NAME は"
            "次のいずれかです：なし（動画がまだありません）",
        ),
        (
            "row 2: valence is '#N/A'; expected a number (an error of a "
            "spreadsheet's formula)",
            "2 行目：valence が「#N/A」です。数値を入力してください（表計算ソフトの"
            "数式のエラーです）。",
        ),
    ],
)
def test_as_they_are_raised(catalogue, sentence, said):
    """Of sentences that were taken for others, or had English in them."""
    assert catalogue.find(sentence) == said


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
