import numpy as np
import pytest
from tests.lab.datasets import layouts

from feltline.errors import InputError
from feltline.lab.datasets import Folds, check_corpus, make_folds, read_dataset


@pytest.fixture
def afewva(tmp_path):
    folder = tmp_path / "afew"
    for i in range(9):
        frames = {f"{k:05d}": (i - 4, 2) for k in range(1 + i % 3)}
        layouts.afewva_clip(folder, f"{i:03d}", f"actor {i // 2}", frames)
    return folder


def test_folds_keep_persons_together_and_are_reproducible(afewva, tmp_path):
    faces = read_dataset("afew-va", afewva, "all")
    made = make_folds(faces, 3, seed=1)
    made.write(tmp_path / "folds.csv")
    assert Folds.read(tmp_path / "folds.csv") == made == make_folds(faces, 3, seed=1)
    parts = [
        read_dataset("afew-va", afewva, name, folds=tmp_path / "folds.csv")
        for name in made.names
    ]
    assert sorted(n for p in parts for n in p.name) == sorted(faces.name)
    sizes = [len(p) for p in parts]
    assert max(sizes) - min(sizes) <= 4  # no actor has more than four frames
    persons = [set(p.person) for p in parts]
    assert not persons[0] & persons[1] | persons[1] & persons[2]
    both = read_dataset("afew-va", afewva, "fold0,fold2", folds=tmp_path / "folds.csv")
    assert len(both) == sizes[0] + sizes[2]
    assert both.split == "fold0,fold2"


def test_a_row_of_folds_with_too_many_cells_is_refused(tmp_path):
    """What was beyond the header went in silence."""
    file = tmp_path / "folds.csv"
    file.write_text("split_of,person,fold\nall,Ann, Mary,fold0\nall,Ben,fold1\n")
    with pytest.raises(InputError, match="row 2: it has 4 cells"):
        Folds.read(file)


def test_folds_that_do_not_fit_are_explained(afewva, tmp_path):
    faces = read_dataset("afew-va", afewva, "all")
    with pytest.raises(InputError, match="5 persons, too few for 6 folds"):
        make_folds(faces, 6, seed=0)
    path = tmp_path / "folds.csv"
    make_folds(faces, 2, seed=0).write(path)
    with pytest.raises(InputError, match="no fold fold2; there are fold0, fold1"):
        read_dataset("afew-va", afewva, "fold2", folds=path)
    layouts.afewva_clip(afewva, "100", "stranger", {"00000": (0, 0)})
    with pytest.raises(InputError, match="stranger of AFEW-VA all is in no fold"):
        read_dataset("afew-va", afewva, "fold0", folds=path)
    for text in ("person,fold\na,b\n", "split_of,person,fold\n", ""):
        path.write_text(text)
        with pytest.raises(InputError, match=r"folds\.csv"):
            Folds.read(path)


def test_a_report_counts_and_finds_leaks(tmp_path):
    for name, colour in (("a", 10), ("b", 20), ("c", 30), ("d", 10), ("e", 50)):
        layouts.picture(tmp_path / f"{name}.png", colour=(colour, 0, 0))
    (tmp_path / "faces.csv").write_text(
        "image,person,valence,arousal,expression,split\n"
        "a.png,anna,-1,0.95,anger,train\n"
        "b.png,bo,,,anger,train\n"
        "c.png,anna,0.5,0.5,,test\n"
        "d.png,dan,,,,test\n"
        "e.png,eve,,,fear,test\n"
        "gone.png,eve,,,fear,test\n"
    )
    (tmp_path / "e.png").write_text("no picture")
    splits = {s: read_dataset("folder", tmp_path, s) for s in ("train", "test")}
    report = check_corpus(splits)
    train, test = report.splits["train"], report.splits["test"]
    assert (train.faces, train.persons, train.with_affect) == (2, 2, 1)
    assert train.expressions["anger"] == 2
    assert train.histogram["valence"] == [1, *[0] * 9]
    assert train.histogram["arousal"] == [*[0] * 9, 1]
    assert test.left_out == {"picture missing": 1}
    assert list(report.undecodable) == ["e.png"]
    (leak,) = report.leaks
    assert (leak.persons, leak.pictures) == (1, 1)
    assert leak.examples == ["anna", "a.png = d.png"]
    quick = check_corpus(splits, pictures=False)
    assert quick.leaks[0].pictures is None
    assert quick.undecodable == {}


def test_the_real_corpus_leaks_nothing(data):
    folder = data.parent / "ferplus"
    splits = {s: read_dataset("ferplus", folder, s) for s in ("train", "valid", "test")}
    report = check_corpus(splits)
    assert [leak.pictures for leak in report.leaks] == [0, 0, 0]
    assert sum(report.splits["test"].histogram["valence"]) == 3258
    assert np.sum(list(report.splits["valid"].left_out.values())) == 305
