"""Each corpus in its own layout: labels, missing markers, absent and broken things."""

import json

import numpy as np
import pytest
from tests.lab.datasets import layouts

from feltline.errors import InputError
from feltline.lab.datasets import MISSING, read_dataset, splits_of
from feltline.lab.datasets.pictures import Files
from feltline.types import EXPRESSIONS

PICTURES = "Manually_Annotated_Images"


def names(faces):
    return [EXPRESSIONS[e] if e != MISSING else None for e in faces.expression]


@pytest.mark.parametrize("header", [True, False])
def test_affectnet_table(tmp_path, header):
    for i in range(6):
        layouts.picture(tmp_path / PICTURES / "1" / f"{i}.jpg")
    rows = [
        ("1/0.jpg", 2, -0.5, -0.25),
        ("1/1.jpg", 7, -2, -2),
        ("1/2.jpg", 9, -2, -2),
        ("1/3.jpg", 10, -2, -2),
        ("1/gone.jpg", 1, 0.5, 0.5),
        ("1/4.jpg", 1, 1.5, 0.5),
        ("1/5.jpg", "happy", 0.5, 0.5),
        ("../0.jpg", 1, 0.5, 0.5),
    ]
    layouts.affectnet_table(tmp_path, rows, "training", header=True)
    layouts.affectnet_table(tmp_path, rows, "validation", header=header)
    for split in splits_of("affectnet", tmp_path):
        faces = read_dataset("affectnet", tmp_path, split)
        assert names(faces) == ["sadness", "contempt", None]
        np.testing.assert_allclose(faces.affect[0], [-0.5, -0.25])
        assert np.isnan(faces.affect[1:]).all()
        assert faces.left_out == {
            "no face in the picture": 1,
            "picture missing": 1,
            "row cannot be read": 3,
        }
        line = 6 + (header or split == "train")
        assert f"row {line}: valence 1.5" in faces.first_left_out["row cannot be read"]


def test_affectnet_faces_are_cut_by_landmarks_else_by_box(tmp_path):
    from PIL import Image

    path = tmp_path / PICTURES / "a.png"
    path.parent.mkdir()
    pixels = np.zeros((60, 60, 3), np.uint8)
    pixels[12:52, 10:50] = 200  # the box of every row
    Image.fromarray(pixels).save(path)
    marks = layouts.landmarks(left=25, top=30, wide=10, high=10)
    text = ";".join(f"{x:.1f}" for x in marks.ravel())
    rows = [("a.png", 0, 0, 0), ("a.png", 0, 0, 0, text)]
    layouts.affectnet_table(tmp_path, rows)
    faces = read_dataset("affectnet", tmp_path, "train")
    whole, inner = faces.pictures.read(np.arange(2), 20)
    assert (whole == 200).all()
    assert (inner == 200).all()
    assert isinstance(faces.pictures, Files)
    cut = faces.pictures.cut
    np.testing.assert_allclose(cut[0], [30, 32, 40, 0])
    # Brows to chin are 10, the forehead 2 more; a tenth of that on each side.
    np.testing.assert_allclose(cut[1], [30, 34, 14.4, 0], atol=0.02)


def test_affectnet_arrays(tmp_path):
    rows = [(0, 6, "-0.4", "0.6"), (1, 8, "-2.0", "-2.0"), (2, 10, "-2", "-2")]
    layouts.affectnet_arrays(tmp_path, rows)
    (tmp_path / "train_set" / "annotations" / "3_exp.npy").write_bytes(b"no array")
    np.save(tmp_path / "train_set" / "annotations" / "4_exp.npy", np.array("1"))
    faces = read_dataset("affectnet", tmp_path, "train")
    assert names(faces) == ["anger", None]
    assert faces.affect[0].tolist() == pytest.approx([-0.4, 0.6])
    assert faces.left_out == {
        "no face in the picture": 1,
        "row cannot be read": 1,
        "annotation missing": 1,
    }
    assert "4_val.npy" in faces.first_left_out["annotation missing"]
    with pytest.raises(InputError, match=r"neither validation\.csv nor val_set"):
        read_dataset("affectnet", tmp_path, "test")


def test_afewva(tmp_path):
    layouts.afewva_clip(tmp_path, "001", "anna", {"00000": (-2, 3), "00001": (10, -10)})
    layouts.afewva_clip(
        tmp_path, "002", "bo", {"00000": (11, 0), "00001": (None, 1), "00002": (0, 0)}
    )
    (tmp_path / "001" / "00001.png").unlink()
    (tmp_path / "notes").mkdir()
    faces = read_dataset("afew-va", tmp_path, "all")
    assert faces.name == ("001/00000.png", "002/00002.png")
    assert faces.person == ("anna", "bo")
    np.testing.assert_allclose(faces.affect, [[-0.2, 0.3], [0.0, 0.0]], atol=1e-6)
    assert faces.left_out == {
        "picture missing": 1,
        "row cannot be read": 1,
        "frame without valence and arousal": 1,
    }
    assert faces.pictures.read(np.arange(2), 24).shape == (2, 24, 24, 3)
    (tmp_path / "002" / "002.json").write_text(json.dumps({"frames": 3}))
    with pytest.raises(InputError, match=r"002\.json is no annotation of AFEW-VA"):
        read_dataset("afew-va", tmp_path, "all")


VA = "VA_Estimation_Challenge"


def test_affwild2_valence_and_arousal(tmp_path):
    lines = ["-0.4,0.6", "-5,-5", "0.1,-5", "0.2,0.2", "x,0.1", "2,0"]
    layouts.affwild2_file(
        tmp_path, VA, "Train_Set", "7_left", "valence,arousal", lines, missing={4}
    )
    layouts.affwild2_file(
        tmp_path, VA, "Train_Set", "7_right", "valence,arousal", ["0.5,0.5"]
    )
    faces = read_dataset("aff-wild2", tmp_path, "train")
    assert faces.name == (
        "cropped_aligned/7_left/00001.jpg",
        "cropped_aligned/7_right/00001.jpg",
    )
    assert set(faces.person) == {"7"}
    np.testing.assert_allclose(faces.affect, [[-0.4, 0.6], [0.5, 0.5]], atol=1e-6)
    assert faces.left_out == {
        "frame without a label": 2,
        "picture missing": 1,
        "row cannot be read": 2,
    }
    assert "7_left.txt, row 6" in faces.first_left_out["row cannot be read"]
    with pytest.raises(InputError, match=f"no annotations in {VA}/Validation_Set"):
        read_dataset("aff-wild2", tmp_path, "valid")


@pytest.mark.parametrize(
    "where", ["EXPR_Recognition_Challenge", "EXPR_Classification_Challenge"]
)
def test_affwild2_expressions(tmp_path, where):
    header = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other"
    lines = [*"0123456", "7", "-1", "8"]
    layouts.affwild2_file(tmp_path, where, "Validation_Set", "v", header, lines)
    faces = read_dataset("aff-wild2-expression", tmp_path, "valid")
    assert names(faces) == [
        *("neutral", "anger", "disgust", "fear"),
        *("happiness", "sadness", "surprise"),
    ]
    assert not faces.has_affect.any()
    assert faces.left_out == {"frame without a label": 2, "row cannot be read": 1}


def test_affwild2_multi_task(tmp_path):
    folder = tmp_path / "MTL_Challenge"
    folder.mkdir()
    lines = [
        "image,valence,arousal,expression,AU1",
        "a/00001.jpg,0.3,-0.1,4,1",
        "a/00002.jpg,-5,-5,6,-1",
        "a_left/00009.jpg,0.5,0.5,-1,0",
        "a/00003.jpg,-5,-5,-1,0",
    ]
    (folder / "training_set.txt").write_text("\n".join(lines))
    for name in ("a/00001", "a/00002", "a/00003", "a_left/00009"):
        layouts.picture(tmp_path / "cropped_aligned" / f"{name}.jpg")
    faces = read_dataset("aff-wild2-multi", tmp_path, "train")
    assert names(faces) == ["happiness", "surprise", None]
    assert faces.has_affect.tolist() == [True, False, True]
    assert faces.person == ("a", "a", "a")
    assert faces.left_out == {"frame without a label": 1}


def test_official_ferplus(tmp_path):
    votes = [0, 8, 0, 2, 0, 0, 0, 0, 0, 0]
    none = [0, 0, 0, 0, 0, 0, 0, 0, 0, 10]
    rows = [
        ("Training", "fer0.png", votes),
        ("Training", "", none),
        ("PublicTest", "fer1.png", votes),
        ("Training", "fer2.png", votes),
    ]
    layouts.official_ferplus(tmp_path, rows)
    layouts.picture(tmp_path / "FER2013Train" / "fer0.png", (48, 48))
    layouts.picture(tmp_path / "images" / "fer1.png", (48, 48))
    faces = read_dataset("ferplus", tmp_path, "train")
    assert names(faces) == ["happiness"]
    np.testing.assert_allclose(faces.affect[0], [0.522, 0.354], atol=1e-3)
    np.testing.assert_allclose(faces.votes[0][:4], [0, 0.8, 0, 0.2], atol=1e-6)
    assert faces.left_out == {"row without a photo": 1, "picture missing": 1}
    valid = read_dataset("ferplus", tmp_path, "valid")
    assert valid.name == ("images/fer1.png",)


def _folder(tmp_path, text, pictures=("a.png", "b.png", "c.png")):
    for name in pictures:
        layouts.picture(tmp_path / name)
    (tmp_path / "faces.csv").write_text(text)
    return tmp_path


def test_a_plain_folder(tmp_path):
    folder = _folder(
        tmp_path,
        "image,person,valence,arousal,expression,split,note\n"
        "a.png,anna,0.5,-0.5,Happiness,train,x\n"
        "b.png,,,,sadness,train,\n"
        "\n"
        "c.png,cleo,0,1,,test,\n"
        "gone.png,,0,0,,test,\n",
    )
    assert splits_of("folder", folder) == ("train", "test")
    train = read_dataset("folder", folder, "train")
    assert names(train) == ["happiness", "sadness"]
    assert train.person == ("anna", "b.png")
    assert train.has_affect.tolist() == [True, False]
    assert read_dataset("folder", folder, "test").left_out == {"picture missing": 1}


def test_a_plain_folder_without_splits(tmp_path):
    folder = _folder(tmp_path, "image,valence,arousal\na.png,0.5,-0.5\n")
    assert len(read_dataset("folder", folder, "all")) == 1


def test_a_table_of_ones_own_is_read_as_spreadsheets_save_it(tmp_path):
    folder = _folder(tmp_path, "")
    text = "image;valence;arousal;person\r\na.png;\u22120,5;0,25;\u7f8e\u5948\r\n"
    (folder / "faces.csv").write_bytes(text.replace("\u2212", "-").encode("cp932"))
    faces = read_dataset("folder", folder, "all")
    assert faces.affect.tolist() == [[-0.5, 0.25]]
    assert list(faces.person) == ["\u7f8e\u5948"]
    (folder / "faces.csv").write_text(text, encoding="utf-16")
    assert read_dataset("folder", folder, "all").affect.tolist() == [[-0.5, 0.25]]
    (folder / "faces.csv").write_text("image,valence,arousal\na.png,0,1,0,2\n")
    with pytest.raises(InputError, match="is a decimal comma in it"):
        read_dataset("folder", folder, "all")
    (folder / "faces.csv").write_text('image,valence,arousal\n"a.png,0,1\n')
    with pytest.raises(InputError, match=r"row 2 of .* opens a quote"):
        read_dataset("folder", folder, "all")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("a.png,nan,0.5,", "row 2: valence or arousal is NaN"),
        (
            "a.png,0.5,1.5,",
            "row 2: valence 0.5 and arousal 1.5 are not both from -1 to 1",
        ),
        ("a.png,0.5,,", "fill in both valence and arousal"),
        ("a.png,high,0.5,", "valence is 'high'; expected a number"),
        ("a.png,0.5,0.5,joy", "expression is 'joy'; expected neutral"),
        (",0.5,0.5,", "image is empty"),
        ("../a.png,0.5,0.5,", "lies outside the corpus"),
        ("/a.png,0.5,0.5,", "lies outside the corpus"),
        ("gone.png,0.5,0.5,", "picture missing: 1, first gone.png"),
    ],
)
def test_bad_rows_of_a_folder_are_named(tmp_path, row, sentence):
    folder = _folder(tmp_path, f"image,valence,arousal,expression\n{row}\n")
    with pytest.raises(InputError) as caught:
        read_dataset("folder", folder, "all")
    assert sentence in str(caught.value)


def test_a_folder_without_its_table_or_column(tmp_path):
    with pytest.raises(InputError, match=r"no file .*faces\.csv"):
        read_dataset("folder", tmp_path, "all")
    with pytest.raises(InputError, match="lacks the column image"):
        read_dataset("folder", _folder(tmp_path, "picture\na.png\n"), "all")


def test_a_quote_that_is_not_closed_swallows_no_faces(tmp_path):
    layouts.picture(tmp_path / "Manually_Annotated_Images" / "1/a.jpg")
    layouts.affectnet_table(tmp_path, [("1/a.jpg", 0, 0.1, 0.2)])
    table = next(tmp_path.glob("*.csv"))
    with table.open("a") as file:
        file.write('"1/a.jpg,0,0,9,9,,0,0.1,0.2\n1/a.jpg,0,0,9,9,,0,0.1,0.2\n')
    with pytest.raises(InputError, match="cannot be read as a CSV"):
        read_dataset("affectnet", tmp_path, "train")
