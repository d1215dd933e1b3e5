# ruff: noqa: RUF001 - signs of Japanese that look like others
"""Translation of sentences by templates."""

import time

import pytest

from feltline.messages import (
    ENGLISH,
    LANGUAGES,
    Catalogue,
    in_language,
    known_in_language,
    language_of,
    terminal_language,
)
from feltline.messages.catalogue import LONGEST, read_entries

CATALOGUE = Catalogue(
    "ja",
    {
        "there is no video {video} in this project": "{video} はありません",
        "there is no {what} in this project": "{what} がありません",
        "faces {face} and {other} of {video} meet": "{video} で {face} と {other}",
        "{path} cannot be read ({why}); put it back": "{path} を読めません（{why}）",
        "no such file": "ありません",
        "row {row}: {why}": "{row} 行目：{why}",
        "{n} rows cannot be used:\n{why}\nCorrect them.": "{n} 行：\n{why}\n直す。",
        "its faces are: {names}": "ある顔：{names}",
        "gives no value or class": "値がありません",
    },
)


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("no such file", "ありません"),
        # The more a template says, the better it fits.
        ("there is no video a.mp4 in this project", "a.mp4 はありません"),
        ("there is no face in this project", "face がありません"),
        ("faces 2 and 0 of a.mp4 meet", "a.mp4 で 2 と 0"),
        # A sentence in a sentence, known or not.
        (
            "a cannot be read (no such file); put it back",
            "a を読めません（ありません）",
        ),
        ("a cannot be read (EIO 5); put it back", "a を読めません（EIO 5）"),
        ("row 3: no such file", "3 行目：ありません"),
        ("row 3: row 4: no such file", "3 行目：4 行目：ありません"),
        (
            "2 rows cannot be used:\n  row 1: no such file\n  odd\nCorrect them.",
            "2 行：\n  1 行目：ありません\n  odd\n直す。",
        ),
        ("its faces are: none", "ある顔：なし"),
        ("its faces are: 1, 2 and 3", "ある顔：1、2、3"),
        ("its faces are: 1, 2 and 3 more", "ある顔：1、2、ほか 3 件"),
        ("there is no video 'a b' in this project", "「a b」はありません"),
        ('there is no video "it\'s" in this project', "「it's」はありません"),
        ("there is no video ' in this project", "' はありません"),
        # What is filled in may be empty, and is never read as a template.
        ("faces  and {video} of  meet", " で  と {video}"),
    ],
)
def test_known_sentences(sentence, said):
    assert CATALOGUE.translate(sentence) == said


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "nobody knows this one",
        "row 3: nobody knows this one",  # "row" alone is not enough to know it by
        "There is no video a in this project",
        "there is no video a in this project.",
        "faces 1\n and 2 of a meet",
        "no such file" * 2,
    ],
)
def test_others_are_shown_as_they_are(sentence):
    assert CATALOGUE.find(sentence) is None
    assert CATALOGUE.translate(sentence) == f"英語のメッセージです：{sentence}"


def test_users_words_may_be_anything():
    name = r"a\1 {why} (x); put it back and 2 of b in this project"
    found = CATALOGUE.translate(f"there is no video {name} in this project")
    assert found == f"{name} はありません"


@pytest.mark.parametrize(
    "sentence",
    [
        "there is no " * 800,
        "faces " + " and " * 1900 + " of  meet",
        "row 1: " * 1400,
        "x rows cannot be used:\n" + "row 1: row 2: \n" * 600 + "\nCorrect them.",
        "(" * 9000 + "); put it back",
        "its faces are: " + ", " * 4900,
        "; ".join(["row 1: no such file"] * 450),
    ],
)
def test_long_sentences_take_no_time(sentence):
    assert len(sentence) <= LONGEST
    whole = Catalogue.load("ja")
    for catalogue in (CATALOGUE, whole):
        began = time.process_time()
        catalogue.translate(sentence)
        assert time.process_time() - began < 0.5


def test_too_long_sentences_stay_english():
    sentence = f"there is no video {'a' * LONGEST} in this project"
    assert CATALOGUE.find(sentence) is None
    assert CATALOGUE.translate(sentence).endswith(sentence)


def test_a_sentence_by_language():
    sentence = "there is no video a.mp4 in this project"
    assert in_language(sentence, ENGLISH) == sentence
    assert in_language(sentence, "ja") == "このプロジェクトに動画 a.mp4 はありません。"
    assert LANGUAGES == ("en", "ja")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("JA-jp", "ja"),
        ("en", "en"),
        ("ja,en-US;q=0.9,en;q=0.8", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("de, ja;q=0.5, en;q=0.3", "ja"),
        ("ja;q=0, en", "en"),
        ("ja;q=0", "en"),
        ("ja;q=much", "en"),
        ("ja;level=1;q=0.4, en;q=0.3", "ja"),
        ("*", "en"),
        ("fr", "en"),
        (";;,,=", "en"),
        ("jav", "en"),
        ("," * 100_000 + "ja", "en"),
    ],
)
def test_language_of(accepted, language):
    assert language_of(accepted) == language


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "C", "LC_MESSAGES": "ja_JP@modifier"}, "ja"),
        ({"LC_ALL": "", "LANG": "ja_JP"}, "ja"),
        ({"LANG": "jam_JM"}, "en"),
    ],
)
def test_terminal_language(environment, language):
    assert terminal_language(environment) == language


def test_what_may_be_no_sentence_stays():
    assert known_in_language("a.mp4", "ja") == "a.mp4"
    assert known_in_language("no face was found in any frame of a", "en")[:2] == "no"
    said = known_in_language("open this page: http://127.0.0.1/?token=a", "ja")
    assert said == "この画面を開いてください：http://127.0.0.1/?token=a"


def test_entries_of_a_file(tmp_path):
    path = tmp_path / "a.po"
    path.write_text(
        '# A comment "of" any kind.\n\nmsgid "a \\"b\\" {x}"\nmsgstr ""\n"{x} の"\n'
        '"値\\n"\n\nmsgid ""\n"two "\n"lines"\nmsgstr "二行"\n',
        encoding="utf-8",
    )
    assert read_entries(path) == {'a "b" {x}': "{x} の値\n", "two lines": "二行"}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('msgid "a"\nmsgstr ""\n', "is empty or there twice"),
        ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', "there twice"),
        ("msgid a\n", "line 1 of .* is not quoted"),
        ('msgid "a"\nmsgtext "b"\n', "line 2 of .* neither an entry nor a comment"),
    ],
)
def test_faulty_files(tmp_path, text, fault):
    path = tmp_path / "a.po"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=fault):
        read_entries(path)
