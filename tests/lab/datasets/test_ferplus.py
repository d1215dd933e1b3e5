import csv
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.lab.training.corpus import make_ferplus

from feltline.errors import InputError, ShapeError
from feltline.lab.datasets import KINDS, MISSING, read_dataset
from feltline.lab.datasets.ferplus import affect_of_votes, majority
from feltline.types import EXPRESSION_AFFECT

VOTES = st.lists(st.integers(0, 10), min_size=10, max_size=10)


@given(votes=VOTES)
def test_the_majority_protocol_vote_by_vote(votes):
    kept = [v if v > 1 else 0 for v in votes]
    label = MISSING
    for i, count in enumerate(kept[:8]):
        if count > sum(kept) / 2:
            label = i
    assert majority(np.array([votes]))[0] == label


@given(votes=VOTES)
def test_affect_is_the_mean_of_the_terms_that_were_voted_for(votes):
    terms = [EXPRESSION_AFFECT[i] for i, n in enumerate(votes[:8]) for _ in range(n)]
    found = affect_of_votes(np.array([votes]))[0]
    if terms:
        np.testing.assert_allclose(found, np.mean(terms, axis=0), atol=1e-5)
    else:
        assert np.isnan(found).all()


@pytest.fixture
def folder(tmp_path):
    return make_ferplus(tmp_path, per_class=3)


def _change(folder, row, **cells):
    path = folder / "ferplus.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows[row] |= {name: str(value) for name, value in cells.items()}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_faces_are_cut_from_the_mosaic_row_by_row(folder):
    faces = read_dataset("ferplus", folder, "valid")
    mosaic = np.asarray(Image.open(folder / "valid.png"))
    assert len(faces) == 24
    for i in (0, 5, 23):
        row, column = divmod(i, 4)
        tile = mosaic[row * 48 : row * 48 + 48, column * 48 : column * 48 + 48]
        np.testing.assert_array_equal(
            faces.pictures.read(np.array([i]), 48)[0, ..., 0], tile
        )
    assert faces.pictures.read(np.arange(3), 24).shape == (3, 24, 24, 1)
    np.testing.assert_array_equal(faces.expression, np.repeat(np.arange(8), 3))
    np.testing.assert_allclose(faces.votes[0], [0.8, 0.2, 0, 0, 0, 0, 0, 0])


def test_copies_of_other_splits_are_left_out_of_valid_and_test_only(folder):
    for row in (0, 24, 48):  # the first of train, valid and test
        _change(folder, row, identical_in_other_split=1)
    counts = {s: len(read_dataset("ferplus", folder, s)) for s in ("train", "test")}
    assert counts == {"train": 24, "test": 23}
    valid = read_dataset("ferplus", folder, "valid")
    assert valid.name[0] == "valid0001"
    assert valid.left_out == {"identical in another split": 1}
    first = valid.pictures.read(np.array([0]), 48)
    whole = np.asarray(Image.open(folder / "valid.png"))
    np.testing.assert_array_equal(first[0, ..., 0], whole[:48, 48:96])


def test_a_face_that_most_could_not_judge_has_no_votes(folder):
    _change(folder, 0, neutral=2, happiness=0, unknown=5, NF=3)
    _change(folder, 1, neutral=0, happiness=0, unknown=10)
    faces = read_dataset("ferplus", folder, "train")
    assert np.isnan(faces.votes[:2]).all()
    assert (faces.expression[:2] == MISSING).all()
    assert faces.has_affect[:2].tolist() == [True, False]


def test_broken_folders_are_explained(folder):
    for kind, path, split, words in (
        ("nothing", folder, "train", f"no corpus nothing; give one of {KINDS[0]}"),
        ("ferplus", folder / "gone", "train", "is no folder"),
        ("ferplus", folder, "all", "has no split all"),
    ):
        with pytest.raises(InputError, match=words):
            read_dataset(kind, path, split)
    (folder / "test.png").unlink()
    with pytest.raises(InputError, match=r"mosaic .*test\.png cannot be read"):
        read_dataset("ferplus", folder, "test")
    Image.new("L", (100, 48)).save(folder / "test.png")
    with pytest.raises(InputError, match="100 x 48 pixels; expected a grid"):
        read_dataset("ferplus", folder, "test")
    (folder / "ferplus.csv").unlink()
    with pytest.raises(InputError, match=r"ferplus\.csv cannot be read"):
        read_dataset("ferplus", folder, "test")


def test_a_set_checks_what_it_is_made_of(folder):
    faces = read_dataset("ferplus", folder, "train")
    for wrong in (
        {"name": faces.name[:-1]},
        {"affect": faces.affect + 3},
        {"expression": faces.expression + 8},
    ):
        with pytest.raises(ShapeError, match="FER\\+ train"):
            replace(faces, **wrong)
    some = faces.only(faces.expression == 3)
    assert len(some) == 3
    np.testing.assert_array_equal(
        some.pictures.read(np.array([2]), 48), faces.pictures.read(np.array([11]), 48)
    )


def test_the_real_corpus_has_its_known_counts(data):
    folder = data.parent / "ferplus"
    counts = {s: read_dataset("ferplus", folder, s) for s in ("train", "valid", "test")}
    assert [len(f) for f in counts.values()] == [27689, 4052, 3258]
    assert [int(f.has_expression.sum()) for f in counts.values()] == [24308, 2923, 2868]


RATED = """\
split,index,rater,valence,arousal
train,0,a,0.5,0.1
train,4,a,-0.5,0.3
train,5,a,-0.1,0.7
test,1,a,0.2,0.4
test,1,b,0.4,0.0
"""


def test_direct_ratings_take_the_place_of_weak_labels(folder):
    before = read_dataset("ferplus", folder, "test")
    assert before.is_weak.all()
    np.testing.assert_array_equal(before.trusted_affect, before.affect)
    (folder / "affect.csv").write_text(RATED, encoding="utf-8")
    faces = read_dataset("ferplus", folder, "test")
    np.testing.assert_allclose(faces.affect[1], [0.3, 0.2], atol=1e-6)
    assert faces.is_weak.tolist() == [i != 1 for i in range(24)]
    # Where some of it is rated, weak labels are not scored against.
    assert np.isfinite(faces.trusted_affect).all(axis=1).tolist() == [
        i == 1 for i in range(24)
    ]


def test_one_rated_photo_in_ten_judges_and_is_not_learnt_from(folder):
    (folder / "affect.csv").write_text(RATED, encoding="utf-8")
    train = read_dataset("ferplus", folder, "train")
    valid = read_dataset("ferplus", folder, "valid")
    assert len(train) == 23
    assert "train0000" not in train.name
    assert len(valid) == 25
    assert valid.name[-1] == "train/train0000"
    assert valid.expression[-1] == MISSING
    assert np.isnan(valid.votes[-1]).all()
    assert valid.is_weak.tolist() == [True] * 24 + [False]
    np.testing.assert_allclose(valid.affect[-1], [0.5, 0.1], atol=1e-6)


def test_a_photo_whose_copy_is_learnt_from_judges_nothing(folder):
    picture = np.asarray(Image.open(folder / "train.png")).copy()
    picture[:48, 48:96] = picture[:48, :48]  # the second photo is the first
    Image.fromarray(picture).save(folder / "train.png")
    (folder / "affect.csv").write_text(RATED, encoding="utf-8")
    assert len(read_dataset("ferplus", folder, "train")) == 23
    assert len(read_dataset("ferplus", folder, "valid")) == 24


def test_weak_labels_follow_the_places_of_rated_photos(folder):
    """Photos of two classes are rated; the places of these two explain the ratings."""
    rows = [
        f"train,{i},a,{0.6 if i < 3 else -0.2},{0.1 if i < 3 else 0.5}"
        for i in range(6)
    ]
    text = "split,index,rater,valence,arousal\n" + "\n".join(rows)
    (folder / "affect.csv").write_text(text, encoding="utf-8")
    test = read_dataset("ferplus", folder, "test")
    np.testing.assert_allclose(test.affect[:3], [[0.6, 0.1]] * 3, atol=1e-5)
    np.testing.assert_allclose(test.affect[3:6], [[-0.2, 0.5]] * 3, atol=1e-5)
