import hashlib
import os

import numpy as np
import pytest

from feltline.encoder import (
    EncoderCard,
    OnnxEncoder,
    Output,
    available_providers,
    load_encoder,
)
from feltline.errors import EncoderError
from feltline.types import Encoder, FaceBatch

VA = ("va", 2)
CLASSES = ("classes", 8)
BOTH = {"valence_arousal": "va", "expression": "classes"}


def _encode(encoder, crops):
    mesh = np.zeros((len(crops), 478, 3), np.float32)
    return encoder.encode(FaceBatch(mesh=mesh, crop=crops))


def _naive(crops, *, grey=False, standardise=False, mean=None, std=None):
    """Pixel by pixel what the card promises: (batch, channel, row, column)."""
    faces = []
    for crop in crops:
        pixels = [[[c / 255 for c in pixel] for pixel in row] for row in crop.tolist()]
        if grey:
            pixels = [
                [[0.299 * r + 0.587 * g + 0.114 * b] for r, g, b in row]
                for row in pixels
            ]
        channels = [
            [[pixel[c] for pixel in row] for row in pixels]
            for c in range(1 if grey else 3)
        ]
        face = np.array(channels, np.float64)
        if standardise:
            face = (face - face.mean()) / face.std()
        for c in range(len(face)):
            if mean is not None:
                face[c] = face[c] - mean[c]
            if std is not None:
                face[c] = face[c] / std[c]
        faces.append(face)
    return np.array(faces)


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize(
    "feed",
    [
        {},
        {"standardise": True},
        {"mean": [0.5, 0.4, 0.3], "std": [0.2, 0.25, 2.0]},
        {"std": [0.5, 0.5, 0.5]},
    ],
)
def test_network_is_fed_as_the_card_says(workshop, crops, grey, feed):
    channels = 1 if grey else 3
    own = {k: v[:channels] if isinstance(v, list) else v for k, v in feed.items()}
    workshop.model(channels=channels)
    colour = "grey" if grey else "rgb"
    card = workshop.card(workshop.fields(colour=colour, **own))
    seen = _encode(load_encoder(str(card)), crops).vector
    expected = _naive(crops, grey=grey, **own)
    assert seen.dtype == np.float32
    assert seen.reshape(expected.shape) == pytest.approx(expected, abs=2e-4)


def test_a_plain_crop_is_standardised_to_zero(workshop):
    workshop.model(channels=1)
    fields = workshop.fields(colour="grey", standardise=True)
    plain = np.full((1, 8, 8, 3), 77, np.uint8)
    seen = _encode(load_encoder(str(workshop.card(fields))), plain).vector
    assert np.abs(seen).max() < 0.01


def test_priors_are_clipped_and_turned_into_shares(workshop, crops):
    weights = workshop.model(heads=(VA, CLASSES))
    card = workshop.card(workshop.fields(outputs=BOTH, std=[0.1] * 3))
    e = _encode(load_encoder(str(card)), crops)
    mean = _naive(crops, std=[0.1] * 3).mean(axis=(2, 3))
    raw = mean @ weights["va"]
    assert np.abs(raw).max() > 1
    assert e.zero_shot_value == pytest.approx(np.clip(raw, -1, 1), abs=1e-4)
    logits = mean @ weights["classes"]
    shares = [[np.exp(v - max(row)) for v in row] for row in logits]
    expected = [[v / sum(row) for v in row] for row in shares]
    assert e.zero_shot_expression == pytest.approx(np.array(expected), abs=1e-4)
    assert e.has_zero_shot


def test_small_valence_and_arousal_pass_unchanged(workshop, crops):
    weights = workshop.model(heads=(VA,))
    fields = workshop.fields(outputs={"valence_arousal": "va"}, std=[50.0] * 3)
    e = _encode(load_encoder(str(workshop.card(fields))), crops)
    raw = _naive(crops, std=[50.0] * 3).mean(axis=(2, 3)) @ weights["va"]
    assert 0 < np.abs(raw).max() < 1
    assert e.zero_shot_value == pytest.approx(raw, abs=1e-5)


def test_huge_logits_do_not_overflow(workshop):
    workshop.model(heads=(CLASSES,))
    fields = workshop.fields(outputs={"expression": "classes"}, std=[1e-4] * 3)
    white = np.full((2, 8, 8, 3), 255, np.uint8)
    shares = _encode(
        load_encoder(str(workshop.card(fields))), white
    ).zero_shot_expression
    assert np.isfinite(shares).all()
    assert shares.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("missing", ["valence_arousal", "expression"])
def test_what_the_card_does_not_name_is_nan(workshop, crops, missing):
    workshop.model(heads=(VA, CLASSES))
    outputs = {k: v for k, v in BOTH.items() if k != missing}
    card = workshop.card(workshop.fields(outputs=outputs))
    e = _encode(load_encoder(str(card)), crops)
    no_va = missing == "valence_arousal"
    assert np.isnan(e.zero_shot_value).all() == no_va
    assert np.isfinite(e.zero_shot_value).all() != no_va
    assert np.isnan(e.zero_shot_expression).all() != no_va
    assert e.has_zero_shot != no_va


@pytest.mark.parametrize("count", [1, 2, 5])
def test_faces_are_encoded_alike_in_any_batch(workshop, crops, count):
    workshop.model(heads=(VA, CLASSES))
    encoder = load_encoder(str(workshop.card(workshop.fields(outputs=BOTH))))
    whole, part = _encode(encoder, crops), _encode(encoder, crops[:count])
    assert len(part) == count
    for name in ("vector", "zero_shot_value", "zero_shot_expression"):
        assert getattr(part, name) == pytest.approx(
            getattr(whole, name)[:count], abs=1e-6
        )


def test_encoder_says_what_it_is(workshop):
    workshop.model()
    encoder = load_encoder(str(workshop.card(workshop.fields())))
    assert isinstance(encoder, Encoder)
    assert encoder.crop_size == 8
    assert encoder.encoder_id.startswith("tiny-")


def test_card_is_read_whole(workshop):
    workshop.model(channels=1)
    fields = workshop.fields(colour="grey", standardise=True, mean=[0.25], std=[2])
    fields["sha256"] = fields["sha256"].upper()
    path = workshop.card(fields)
    card = EncoderCard.read(path)
    assert card == EncoderCard(
        name="tiny",
        path=path,
        model_path=workshop.folder / "tiny.onnx",
        sha256=fields["sha256"].lower(),
        size=8,
        margin=0.1,
        lift=0.0,
        grey=True,
        standardise=True,
        mean=(0.25,),
        std=(2.0,),
        outputs={"embedding": Output(name="flat")},
        pair_heads=None,
        reference_distribution=None,
        readout=None,
        readout_persons={},
        licence="CC0-1.0",
        training_data=("nothing",),
        source="",
        is_verified=False,
        notes={},
    )
    assert OnnxEncoder(card, threads=1).crop_size == 8


def test_id_changes_with_weights_and_preprocessing_only(workshop):
    def encoder_id(name, **feed):
        fields = workshop.fields(name, **feed)
        return load_encoder(str(workshop.card(fields))).encoder_id

    workshop.model("one.onnx", heads=(VA,), seed=0)
    workshop.model("two.onnx", heads=(VA,), seed=1)
    (workshop.folder / "copy.onnx").write_bytes(
        (workshop.folder / "one.onnx").read_bytes()
    )
    ids = [
        encoder_id("one.onnx"),
        encoder_id("two.onnx"),
        encoder_id("one.onnx", standardise=True),
        encoder_id("one.onnx", mean=[0.5, 0.5, 0.5]),
        encoder_id("one.onnx", std=[0.5, 0.5, 0.5]),
        encoder_id("one.onnx", size=16),
        encoder_id("one.onnx", colour="grey"),
        encoder_id("one.onnx", outputs={"valence_arousal": "va"}),
    ]
    assert len(set(ids)) == len(ids)
    assert encoder_id("copy.onnx") == ids[0]


def test_a_missing_card_names_the_other_encoder(tmp_path):
    with pytest.raises(EncoderError, match=r"nowhere\.json.*'geometry'"):
        load_encoder(str(tmp_path / "nowhere.json"))


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe\x00card"])
def test_a_card_that_is_no_json_is_named(tmp_path, content):
    path = tmp_path / "card.json"
    path.write_bytes(content)
    with pytest.raises(EncoderError, match=r"card\.json.*docs/encoders\.md"):
        load_encoder(str(path))


def test_a_folder_is_no_card(tmp_path):
    with pytest.raises(EncoderError, match=r"cannot be read.*docs/encoders\.md"):
        load_encoder(str(tmp_path))


@pytest.mark.parametrize("content", ["[]", "7", '"geometry"', "null"])
def test_a_card_that_is_no_object_is_named(tmp_path, content):
    path = tmp_path / "card.json"
    path.write_text(content)
    with pytest.raises(EncoderError, match=r"card\.json.*docs/encoders\.md"):
        load_encoder(str(path))


@pytest.mark.parametrize(
    "field",
    ["name", "file", "sha256", "input", "outputs", "licence", "training_data"],
)
def test_a_missing_field_is_named(workshop, field):
    workshop.model()
    fields = workshop.fields()
    del fields[field]
    path = workshop.card(fields)
    with pytest.raises(EncoderError, match=rf"card\.json.*'{field}'.*encoders\.md"):
        EncoderCard.read(path)


@pytest.mark.parametrize("field", ["size", "colour"])
def test_a_missing_field_of_the_input_is_named(workshop, field):
    workshop.model()
    fields = workshop.fields()
    del fields["input"][field]
    path = workshop.card(fields)
    with pytest.raises(EncoderError, match=rf"card\.json.*'{field}'.*encoders\.md"):
        EncoderCard.read(path)


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        ({"colour": "bgr"}, "rgb or grey, not bgr"),
        ({"size": 4}, "at least 8 pixels, not 4"),
        ({"size": "large"}, "large"),
        ({"mean": [0.5]}, "3 numbers"),
        ({"std": [1, 1]}, "3 numbers"),
        ({"std": [1, 0, 1]}, "std above 0"),
        ({"colour": "grey", "mean": [0.1, 0.1, 0.1]}, "1 numbers"),
        ({"mean": ["a", "b", "c"]}, "could not convert"),
    ],
)
def test_a_bad_value_of_the_input_is_named(workshop, feed, words):
    workshop.model()
    path = workshop.card(workshop.fields(**feed))
    with pytest.raises(EncoderError, match=rf"card\.json.*{words}.*encoders\.md"):
        EncoderCard.read(path)


@pytest.mark.parametrize("outputs", [{}, {"valence_arousal": "va"}, ["flat"]])
def test_a_card_must_name_an_embedding(workshop, outputs):
    workshop.model()
    path = workshop.card({**workshop.fields(), "outputs": outputs})
    with pytest.raises(EncoderError, match=r"card\.json.*encoders\.md"):
        EncoderCard.read(path)


def test_a_missing_model_is_named(workshop):
    workshop.model()
    path = workshop.card({**workshop.fields(), "file": "gone.onnx"})
    with pytest.raises(EncoderError, match=r"gone\.onnx.*put the file there"):
        load_encoder(str(path))


def test_a_model_of_another_hash_is_refused(workshop):
    workshop.model(heads=(VA,), seed=0)
    path = workshop.card(workshop.fields())
    workshop.model(heads=(VA,), seed=1)
    now = hashlib.sha256((workshop.folder / "tiny.onnx").read_bytes()).hexdigest()
    with pytest.raises(EncoderError, match=rf"tiny\.onnx.*{now}.*write a card"):
        load_encoder(str(path))


def test_an_output_that_the_model_lacks_is_named(workshop):
    workshop.model(heads=(VA,))
    outputs = {"expression": "emotion", "valence_arousal": "va"}
    path = workshop.card(workshop.fields(outputs=outputs))
    message = r"tiny\.onnx.*named emotion; it has flat, va\. Correct `outputs`"
    with pytest.raises(EncoderError, match=message):
        load_encoder(str(path))


@pytest.mark.parametrize("content", [b"", b"not a network", os.urandom(500)])
def test_a_file_that_is_no_network_is_named(workshop, content):
    (workshop.folder / "tiny.onnx").write_bytes(content)
    path = workshop.card(workshop.fields())
    with pytest.raises(EncoderError, match=r"tiny\.onnx is not a model"):
        load_encoder(str(path))


def test_the_processor_is_always_there():
    assert available_providers()[-1] == "CPUExecutionProvider"


def test_a_card_that_misspells_an_output_is_refused(workshop):
    workshop.model(heads=(VA,))
    path = workshop.card(workshop.fields(outputs={"emotion": "va"}))
    with pytest.raises(EncoderError, match=r"card\.json.*only"):
        EncoderCard.read(path)


def test_a_card_of_another_colour_is_named_when_it_is_used(workshop, crops):
    workshop.model(channels=3)
    path = workshop.card(workshop.fields(colour="grey"))
    with pytest.raises(
        EncoderError, match=r"tiny\.onnx does not take.*Correct `input`"
    ):
        _encode(load_encoder(str(path)), crops)


def test_a_head_of_another_width_is_named(workshop, crops):
    workshop.model(heads=(("va", 3),))
    path = workshop.card(workshop.fields(outputs={"valence_arousal": "va"}))
    with pytest.raises(EncoderError, match=r"output va of .*expected"):
        _encode(load_encoder(str(path)), crops)
