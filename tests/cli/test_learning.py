"""train, evaluate, export-encoder and encoders, as a user types them."""

import json
import sys

import polars as pl
import pytest
from tests.lab.datasets.layouts import picture
from tests.lab.training.corpus import make_ferplus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return make_ferplus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("FELTLINE_ENCODERS", str(tmp_path / "shelf"))


@pytest.fixture(scope="module")
def shared_run(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture
def best(feltline, corpus, shared_run):
    """A checkpoint that is trained once and left as it is."""
    path = shared_run / "best.safetensors"
    if not path.exists():
        feltline("train", "ferplus", corpus, "--out", shared_run, *SHORT)
    return path


SHORT = ("--epochs", 1, "--batch", 16, "--embedding", 16, "--device", "cpu")


def test_from_a_corpus_to_labels(
    feltline, feltline_json, corpus, video, support, tmp_path
):
    run, out = tmp_path / "run", tmp_path / "all.csv"
    made = feltline_json("train", "ferplus", corpus, "--out", run, *SHORT)
    assert made["epochs"] == 1
    assert set(made["valid"]) >= {"accuracy", "ccc_valence", "overall"}
    best = run / "best.safetensors"
    picture = tmp_path / "confusion.png"
    code, text, err = feltline(
        *("evaluate", best, "ferplus", corpus, "--pairs", 50, "--confusion", picture)
    )
    assert code == 0
    assert "trained on FER+" in err
    assert "CCC of differences, pair heads" in text
    assert picture.stat().st_size > 5000
    told = feltline_json("evaluate", best, "ferplus", corpus, "--pairs", 50)
    exported = feltline_json(
        *("export-encoder", best, "--name", "mine", "--out", tmp_path),
        *("--licence", "CC0-1.0", "--margin", 0.04),
    )
    graph = feltline_json(
        "evaluate", exported["card"], "ferplus", corpus, "--pairs", 50
    )
    assert graph["trained_on_this_corpus"]
    for one, other in (
        (graph["affect"], told["affect"]),
        (graph["pairs"], told["pairs"]),
    ):
        assert one["ccc"] == pytest.approx(other["ccc"], abs=1e-3)
    code, _, _ = feltline(
        *("label", video, "--support", support, "--out", out),
        *("--encoder", f"{exported['card']}+geometry"),
    )
    assert code == 0
    assert len(pl.read_csv(out)) == 30


def test_encoders_are_listed_shown_and_added(feltline, feltline_json, best, tmp_path):
    names = [row["name"] for row in feltline_json("encoders", "list")]
    assert names[0] == "geometry"
    assert "emonet" in names
    code, text, _ = feltline("encoders", "info", "emonet")
    assert code == 0
    assert "no commercial use" in text
    assert "not verified here" in text
    feltline("export-encoder", best, "--name", "mine", "--out", tmp_path)
    model, card = tmp_path / "mine.onnx", tmp_path / "mine.json"
    code, text, _ = feltline("encoders", "add", model, "--card", card)
    assert code == 0
    assert "mine is ready" in text
    assert feltline("encoders", "list")[1].count("mine") == 1
    code, text, _ = feltline("encoders", "add", model, "--card", "nobody")
    assert code == 4


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("train", "nothing", "{corpus}", "--out", "x"), "there is no corpus nothing"),
        (("train", "ferplus", "{corpus}/x", "--out", "x"), "is no folder"),
        (
            ("train", "ferplus", "{corpus}", "--out", "x", "--train-split", "all"),
            "has no split all",
        ),
        (("evaluate", "nobody", "ferplus", "{corpus}"), "there is no encoder nobody"),
        (("evaluate", "geometry.json", "ferplus", "{corpus}"), "no encoder card"),
        (("evaluate", "x.safetensors", "ferplus", "{corpus}"), "is no checkpoint"),
        (
            ("export-encoder", "x.safetensors", "--name", "a", "--out", "nowhere"),
            "nowhere is no folder",
        ),
    ],
)
def test_bad_input_is_a_sentence(
    feltline, corpus, monkeypatch, tmp_path, words, sentence
):
    monkeypatch.chdir(tmp_path)
    code, _, err = feltline(*(word.format(corpus=corpus) for word in words))
    assert code == 4
    assert sentence in " ".join(err.split())


def test_a_table_without_its_columns_is_named(feltline, tmp_path):
    (tmp_path / "ferplus.csv").write_text("split,name\ntrain,a\n")
    code, _, err = feltline("train", "ferplus", tmp_path, "--out", tmp_path / "x")
    assert code == 4
    assert "ferplus.csv lacks the columns NF, anger" in err


def test_a_card_is_evaluated_in_json_without_noise(feltline, corpus):
    code, out, _ = feltline("evaluate", "emonet", "ferplus", corpus, "--json")
    assert code == 4
    assert "only a card so far" in json.loads(out)["error"]


def test_a_corpus_is_looked_over(feltline, feltline_json, corpus, tmp_path):
    code, text, _ = feltline("data", "check", "ferplus", corpus)
    assert code == 0
    assert "train and test share no person; 0 identical pictures" in text
    assert "disgust" in text
    report = feltline_json("data", "check", "ferplus", corpus, "--no-pictures")
    assert report["splits"]["train"]["faces"] == 32
    assert report["leaks"][0]["pictures"] is None
    _, text, _ = feltline("data", "check", "ferplus", corpus, "--no-pictures")
    assert "pictures were not compared" in text
    (tmp_path / "faces.csv").write_text("image,split\na.png,one\nb.png,two\n")
    for name in "ab":
        picture(tmp_path / f"{name}.png")
    code, _, err = feltline("data", "check", "folder", tmp_path)
    assert code == 0
    assert "one and two share 0 persons, 1 identical pictures" in err
    (tmp_path / "b.png").write_text("no picture")
    code, text, err = feltline("data", "check", "folder", tmp_path)
    assert code == 4
    assert "1 pictures do not decode" in err
    assert "b.png cannot be read" in err
    code, _, _ = feltline("data", "check", "folder", tmp_path, "--json")
    assert code == 4


def test_folds_are_made_and_learnt_from(feltline, feltline_json, corpus, tmp_path):
    folds = tmp_path / "folds.csv"
    made = feltline_json(
        *("data", "split", "ferplus", corpus, "--out", folds, "--folds", 4)
    )
    assert made["faces"] == {f"fold{i}": 8 for i in range(4)}
    code, _, err = feltline("data", "split", "ferplus", corpus, "--out", folds)
    assert code == 4
    assert "exists; give another --out" in err
    run = feltline_json(
        *("train", "ferplus", corpus, "--out", tmp_path / "run", "--folds", folds),
        *("--train-split", "fold1,fold2,fold3", "--valid-split", "fold0", *SHORT),
    )
    assert run["epochs"] == 1
    best = tmp_path / "run" / "best.safetensors"
    told = feltline_json(
        *("evaluate", best, "ferplus", corpus, "--folds", folds, "--split", "fold0")
    )
    assert told["faces"] == 8
    code, _, err = feltline(
        *("evaluate", best, "ferplus", corpus, "--folds", folds, "--split", "fold9")
    )
    assert code == 4
    assert "no fold fold9" in err


def test_pair_heads_are_trained_alone(feltline, feltline_json, corpus, best, tmp_path):
    heads = ("train", "ferplus", corpus, "--recipe", "heads", "--epochs", 1)
    code, _, err = feltline(*heads, "--out", tmp_path / "heads")
    assert code == 4
    assert "with --init-from" in err
    made = feltline_json(*heads, "--out", tmp_path / "heads", "--init-from", best)
    assert set(made["valid"]) >= {"auc", "ccc_valence", "overall"}
    before, after = (
        feltline_json("evaluate", path, "ferplus", corpus, "--pairs", 50)
        for path in (best, tmp_path / "heads" / "best.safetensors")
    )
    assert before["affect"] == after["affect"]
    assert before["pairs"]["ccc_single"] == after["pairs"]["ccc_single"]
    assert before["pairs"]["ccc"] != after["pairs"]["ccc"]


@pytest.mark.parametrize("heads", ["mlp", "linear"])
def test_heads_are_fitted_to_features(feltline, feltline_json, corpus, best, heads):
    asked = ("evaluate", best, "ferplus", corpus, "--heads", heads)
    told = feltline_json(*asked)
    assert told["heads"] == heads
    assert told["affect"]["faces"] == told["faces"]
    code, _, err = feltline(*asked, "--split", "train")
    assert code == 4
    assert "judged on it" in err


def test_a_folder_with_a_broken_picture_or_a_lonely_class(
    feltline, feltline_json, tmp_path
):
    rows = ["image,valence,arousal,expression,split"]
    for i, expression in enumerate(["anger"] * 9 + ["fear"]):
        for split in ("train", "valid"):
            name = f"{split}{i}.png"
            picture(tmp_path / name, colour=(20 * i, 9, 9))
            rows.append(f"{name},{i / 10},0.1,{expression},{split}")
    (tmp_path / "faces.csv").write_text("\n".join(rows))
    asked = ("train", "folder", tmp_path, *SHORT)
    made = feltline_json(*asked, "--out", tmp_path / "run")  # one face of fear
    assert made["epochs"] == 1
    (tmp_path / "train3.png").write_bytes(b"no picture")
    code, _, err = feltline(*asked, "--out", tmp_path / "again")
    assert code == 4
    assert "train3.png cannot be read" in err
    assert "feltline data check" in err


@pytest.mark.parametrize(
    "words",
    [
        ("train", "ferplus", "{corpus}", "--out", "x"),
        ("evaluate", "x.safetensors", "ferplus", "{corpus}"),
        ("evaluate", "ferplus-s", "ferplus", "{corpus}", "--heads", "mlp"),
        ("export-encoder", "x.safetensors", "--name", "a", "--out", "."),
    ],
)
def test_what_a_plain_installation_lacks_is_named(feltline, corpus, monkeypatch, words):
    monkeypatch.setitem(sys.modules, "torch", None)
    code, _, err = feltline(*(word.format(corpus=corpus) for word in words))
    assert code == 4
    assert "needs torch, which is not installed: pip install torch" in err
    assert "pip install 'feltline[train]'" in err


def test_pair_heads_are_learnt_on_an_encoder_given_by_name(
    feltline_json, corpus, tmp_path
):
    asked = ("train", "ferplus", corpus, "--recipe", "heads", "--epochs", "1")
    made = feltline_json(
        *asked, "--batch", "8", "--init-from", "affect-s", "--out", tmp_path / "run"
    )
    assert made["epochs"] == 1
