"""Agreement of raters, and the budgets at which methods are as good as one."""

from dataclasses import replace

import numpy as np
import pytest

from feltline.lab.bench.page import write_page
from feltline.lab.bench.parity import (
    agreement_sentences,
    class_agreement,
    labels_for_parity,
    parity_of,
    with_parity,
)
from feltline.lab.bench.ratings import Ratings
from feltline.lab.bench.scores import Row


def rated(clip, off, expression):
    """A clip that three raters rated: its value, and so much above and below it."""
    value = np.stack([clip.value, clip.value + off, clip.value - off])
    ratings = Ratings(
        raters=("a", "b", "c"),
        value=value.astype(np.float32),
        expression=np.array(expression, np.int64),
    )
    return replace(clip, ratings=ratings, value=ratings.mean)


@pytest.fixture
def corpus(make):
    """Two clips of one person and one of another by three raters, one by nobody."""
    whole = make.corpus(4, n=6)
    none = np.full((3, 6), -1)
    voted = [[0, 0, 0, 1, -1, 3], [0, 0, 1, 2, -1, 3], [0, 1, 2, 2, 5, -1]]
    first, second, third, fourth = whole.clips
    return replace(
        whole,
        clips=(
            rated(replace(first, person="x"), 0.1, voted),
            rated(replace(second, person="x"), 0.2, none),
            rated(replace(third, person="y"), 0.3, none),
            fourth,
        ),
    )


def row_of(method, budget, selection, off, clips=(0, 1, 2, 3)):
    squares = np.full((len(clips), 2), 1.0) * np.array(off) ** 2
    return Row(
        budget=budget,
        selection=selection,
        method=method,
        figures={},
        clips=np.array(clips),
        persons=np.array(clips),
        squares=squares,
    )


def known_parity(corpus):
    found = parity_of(corpus)
    assert found is not None
    return found


def test_parity_is_one_rater_against_the_mean_of_the_others(corpus):
    found = known_parity(corpus)
    # Of values v, v + d, v - d: 0, d + d/2 and d + d/2 from the mean of the others.
    squares = [(0 + 2 * (1.5 * d) ** 2) / 3 for d in (0.1, 0.2, 0.3)]
    np.testing.assert_array_equal(found.clips, [0, 1, 2])
    np.testing.assert_allclose(found.rmse, np.sqrt(np.mean(squares)), rtol=1e-4)
    person = [float(np.mean(squares[:2])), squares[2]]
    np.testing.assert_allclose(found.rmse_person, np.sqrt(np.mean(person)), rtol=1e-4)


def test_one_rater_has_no_parity(make):
    whole = make.corpus(2)
    assert parity_of(whole) is None
    assert class_agreement(whole) is None
    assert agreement_sentences(whole) == []


def test_raters_agree_in_classes_as_counted_by_hand(corpus):
    found = class_agreement(corpus)
    assert found is not None
    # Frames of the first clip: all 0; two of three 0; each another; two of three 2;
    # one voted alone; two agree. Single raters with the others where these agree:
    # frame 0 three times right; 1 once wrong; 2 never; 3 once wrong; 4 none; 5 twice
    # right (the other is alone).
    assert found.frames == 5
    assert found.unanimous == pytest.approx(2 / 5)
    assert found.plurality == pytest.approx(2 / 5)
    assert found.tied == 1
    assert found.single_rater == pytest.approx(5 / 7)
    parity, classes = agreement_sentences(corpus)
    assert "the 3 clips of several raters" in parity
    assert "Frames without a plurality, left out of figures of classes: 1." in classes


def test_budgets_are_those_that_reach_a_rater_in_both_dimensions(corpus):
    rows = [
        row_of("good", "4", "uniform", (0.1, 0.1)),
        row_of("good", "2", "uniform", (0.1, 0.1)),
        row_of("good", "2", "suggested", (0.1, 0.5)),
        row_of("bad", "2", "uniform", (0.5, 0.5)),
        row_of("bad", "2", "suggested", (0.5, 0.5)),
        row_of("known", "0", "none", (0.1, 0.1)),
        row_of("ceiling", "all", "none", (0.1, 0.1)),
    ]
    with_parity(rows, known_parity(corpus))
    assert labels_for_parity(rows, corpus) == {
        "good": {"uniform": "2", "suggested": None},
        "bad": {"uniform": None, "suggested": None},
        "known": {"uniform": "0", "suggested": "0"},
    }


def test_a_row_is_held_against_raters_of_the_clips_it_was_judged_on(corpus):
    found = known_parity(corpus)
    rows = [row_of("m", "2", "uniform", (0.15, 0.15), clips=(1, 3))]
    with_parity(rows, found)
    wanted = 0.15 / np.sqrt(found.squares[1])
    assert rows[0].figures["to_single_rater_valence"] == pytest.approx(wanted[0])
    alone = [row_of("m", "2", "uniform", (0.15, 0.15), clips=(3,))]
    with_parity(alone, found)
    assert alone[0].figures == {}


def test_the_page_says_how_raters_agree(corpus, tmp_path):
    rows = [row_of("good", "2", "uniform", (0.1, 0.1))]
    with_parity(rows, known_parity(corpus))
    rows[0].figures.update(rmse=0.1, rmse_low=0.05, rmse_high=0.2)
    write_page(tmp_path / "page.html", corpus, rows, [], "feltline bench run")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "As good as a single rater" in page
    assert "<td>good</td><td>2</td>" in page
    for sentence in agreement_sentences(corpus):
        assert sentence in page
