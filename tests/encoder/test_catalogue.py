import hashlib
import json

import numpy as np
import onnx
import pytest

from feltline.encoder import (
    GEOMETRY,
    ConcatenatedEncoder,
    EncoderCard,
    GeometryEncoder,
    OnnxEncoder,
    OnnxPairHeads,
    add_encoder,
    encoder_parts,
    find_card,
    known_cards,
    load_encoder,
    reference_distribution_of,
)
from feltline.encoder.external_data import external_files
from feltline.errors import EncoderError
from feltline.types import EXPRESSIONS, FaceBatch


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    folder = tmp_path / "shelf"
    monkeypatch.setenv("FELTLINE_ENCODERS", str(folder))
    return folder


def _faces(n=3, size=8):
    rng = np.random.default_rng(0)
    mesh = rng.normal(size=(n, 478, 3)).astype(np.float32)
    crop = rng.integers(256, size=(n, size, size, 3), dtype=np.uint8)
    return FaceBatch(mesh=mesh, crop=crop)


def test_every_card_that_comes_with_feltline_reads():
    cards = {card.name: card for card in known_cards()}
    without = {"enet_b0_8_va_mtl", "mbf_va_mtl", "emonet", "dinov2-s", "clip-vit-b32"}
    assert without <= set(cards)
    for name in without:
        card = cards[name]
        assert not card.sha256
        assert not card.is_verified
        assert card.licence
        assert card.training_data
        with pytest.raises(EncoderError, match="only a card so far"):
            load_encoder(name)


def test_columns_of_the_known_cards_put_classes_in_our_order():
    """EmotiEffLib gives its classes by alphabet, EmoNet in AffectNet's order."""
    alphabet = sorted(EXPRESSIONS)
    affectnet = ["neutral", "happiness", "sadness", "surprise", "fear", "disgust"]
    affectnet += ["anger", "contempt"]
    for name, theirs in (("mbf_va_mtl", alphabet), ("emonet", affectnet)):
        columns = find_card(name).outputs["expression"].columns
        assert tuple(theirs[c] for c in columns) == EXPRESSIONS


def test_an_added_encoder_is_known_by_name(workshop, shelf):
    workshop.model()
    fields = workshop.fields() | {"sha256": ""}
    card = EncoderCard.read(workshop.card(fields))
    kept = add_encoder(workshop.folder / "tiny.onnx", card)
    assert kept.is_verified
    model = (shelf / "tiny.onnx").read_bytes()
    assert kept.sha256 == hashlib.sha256(model).hexdigest()
    assert load_encoder("tiny").encode(_faces()).vector.shape == (3, 192)
    assert "tiny" in [c.name for c in known_cards()]


def test_a_file_of_another_hash_is_refused(workshop, shelf):
    workshop.model()
    card = EncoderCard.read(workshop.card(workshop.fields() | {"sha256": "0" * 64}))
    with pytest.raises(EncoderError, match=r"tiny\.onnx is not the file of the card"):
        add_encoder(workshop.folder / "tiny.onnx", card)
    assert not shelf.exists()


def test_a_model_that_does_not_do_what_its_card_says_is_refused(workshop, shelf):
    workshop.model()
    fields = workshop.fields(outputs={"expression": "nowhere"}) | {"sha256": ""}
    card = EncoderCard.read(workshop.card(fields))
    with pytest.raises(EncoderError, match="no output named nowhere"):
        add_encoder(workshop.folder / "tiny.onnx", card)
    assert not shelf.exists()


def test_a_missing_model_is_named(workshop, tmp_path):
    workshop.model()
    card = EncoderCard.read(workshop.card(workshop.fields()))
    with pytest.raises(EncoderError, match=r"gone\.onnx cannot be read"):
        add_encoder(tmp_path / "gone.onnx", card)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(EncoderError, match=f"no encoder nobody.*{GEOMETRY}.*emonet"):
        load_encoder("nobody")


def test_columns_are_picked_from_an_output(workshop):
    workshop.model(heads=(("scores", 10),))
    order = [5, 4, 7, 6, 0, 2, 3, 1]
    outputs = {
        "valence_arousal": {"name": "scores", "columns": [8, 9]},
        "expression": {"name": "scores", "columns": order},
    }
    plain = workshop.fields(outputs={}) | {"outputs": {"embedding": "scores"}}
    scores = load_encoder(str(workshop.card(plain))).encode(_faces()).vector
    seen = load_encoder(str(workshop.card(workshop.fields(outputs=outputs))))
    e = seen.encode(_faces())
    grown = np.exp(scores[:, order])
    shares = grown / grown.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(
        e.zero_shot_value, np.clip(scores[:, 8:], -1, 1), atol=1e-5
    )
    np.testing.assert_allclose(e.zero_shot_expression, shares, atol=1e-5)


@pytest.mark.parametrize("columns", [[1], [0, -1], [0, 1, 2]])
def test_columns_that_make_no_sense_are_refused(workshop, columns):
    outputs = {"valence_arousal": {"name": "scores", "columns": columns}}
    workshop.model(heads=(("scores", 10),))
    with pytest.raises(EncoderError, match="columns of valence_arousal"):
        EncoderCard.read(workshop.card(workshop.fields(outputs=outputs)))


def test_a_column_that_is_not_there_is_named(workshop):
    workshop.model(heads=(("scores", 4),))
    outputs = {"valence_arousal": {"name": "scores", "columns": [8, 9]}}
    encoder = load_encoder(str(workshop.card(workshop.fields(outputs=outputs))))
    with pytest.raises(EncoderError, match=r"shape \(3, 4\).*column 9"):
        encoder.encode(_faces())


def test_joined_encoders_stand_side_by_side(workshop):
    workshop.model(heads=(("va", 2),))
    card = workshop.card(workshop.fields(outputs={"valence_arousal": "va"}))
    network, joint = load_encoder(str(card)), load_encoder(f"geometry+{card}")
    assert isinstance(joint, ConcatenatedEncoder)
    e, alone = joint.encode(_faces()), network.encode(_faces())
    shape = GeometryEncoder().encode(_faces())
    np.testing.assert_array_equal(e.vector, np.hstack([shape.vector, alone.vector]))
    np.testing.assert_array_equal(e.zero_shot_value, alone.zero_shot_value)
    assert e.views == (96, 192)
    assert joint.encoder_id == f"{GeometryEncoder().encoder_id}+{network.encoder_id}"
    assert (joint.crop_size, joint.crop_margin) == (8, 0.1)


def test_two_networks_cannot_be_joined(workshop):
    workshop.model()
    card = workshop.card(workshop.fields())
    for name in (f"{card}+{card}", "geometry+geometry"):
        with pytest.raises(EncoderError, match="cannot be joined"):
            load_encoder(name)


def test_an_encoder_without_pair_heads_says_so(workshop):
    workshop.model()
    card = EncoderCard.read(workshop.card(workshop.fields()))
    OnnxEncoder(card)
    with pytest.raises(EncoderError, match="no heads that compare"):
        OnnxPairHeads(card)


def test_a_card_keeps_everything_it_was_given(workshop, shelf):
    """Adding changes file, hash and state of verification, nothing else."""
    workshop.model()
    fields = workshop.fields() | {"sha256": "", "notes": {"limits": "many"}}
    add_encoder(workshop.folder / "tiny.onnx", EncoderCard.read(workshop.card(fields)))
    kept = json.loads((shelf / "tiny.json").read_text())
    changed = {"file", "sha256", "verified"}
    assert {k: v for k, v in kept.items() if k not in changed} == {
        k: v for k, v in fields.items() if k not in changed
    }


def test_the_encoder_that_comes_with_feltline_is_small_and_whole():
    card = find_card("ferplus-s")
    assert card.is_verified
    assert card.training_data == ("FER+",)
    assert card.pair_heads is not None
    files = (card.model_path, card.pair_heads.path)
    assert sum(path.stat().st_size for path in files) < 12e6
    faces = _faces(5, 48)
    e = load_encoder("ferplus-s").encode(faces)
    assert e.vector.shape == (5, 256)
    assert e.has_zero_shot
    np.testing.assert_allclose(e.zero_shot_expression.sum(axis=1), 1, rtol=1e-5)
    mirrored = FaceBatch(mesh=faces.mesh, crop=faces.crop[:, :, ::-1].copy())
    other = load_encoder("ferplus-s").encode(mirrored)
    np.testing.assert_allclose(e.vector, other.vector, atol=1e-4)
    heads = OnnxPairHeads(card)
    there = heads.compare(e.vector[:2], e.vector[2:4])
    back = heads.compare(e.vector[2:4], e.vector[:2])
    np.testing.assert_allclose(there.difference, -back.difference, atol=1e-5)
    np.testing.assert_allclose(there.alike, back.alike, atol=1e-5)


def test_a_card_in_a_path_with_a_plus_is_one_encoder(tmp_path):
    """It failed after all the work, when the network's name was taken apart."""
    folder = tmp_path / "a+b" / "c+d"
    folder.mkdir(parents=True)
    card = folder / "card.json"
    shipped = find_card("ferplus-s")
    written = json.loads(shipped.path.read_text(encoding="utf-8"))
    files = ["ferplus-s.onnx", "ferplus-s-pairs.onnx", "ferplus-s-reference.npz"]
    for name in files:
        (folder / name).symlink_to(shipped.path.parent / name)
    card.write_text(json.dumps(written))
    assert encoder_parts(str(card)) == [str(card)]
    assert encoder_parts(f"{card}+{GEOMETRY}") == [str(card), GEOMETRY]
    assert encoder_parts(f"{GEOMETRY}+{card}") == [GEOMETRY, str(card)]
    assert encoder_parts("ferplus-s+geometry") == ["ferplus-s", GEOMETRY]
    both = load_encoder(f"{card}+{GEOMETRY}")
    assert both.encoder_id == load_encoder("ferplus-s+geometry").encoder_id
    assert reference_distribution_of(f"{card}+{GEOMETRY}") is not None


def test_a_card_of_a_former_version_has_its_reference_distribution(tmp_path):
    shipped = find_card("ferplus-s")
    written = json.loads(shipped.path.read_text(encoding="utf-8"))
    written["typical"] = written.pop("reference_distribution")
    (tmp_path / "card.json").write_text(json.dumps(written))
    card = EncoderCard.read(tmp_path / "card.json")
    assert card.reference_distribution is not None
    assert card.reference_distribution.path.name == "ferplus-s-reference.npz"


def with_second_file(workshop, *, keep="", inside=False):
    """Weights of the model in a file beside it; `inside` a branch of the graph."""
    workshop.model(heads=[("va", 2)])
    model = onnx.load(workshop.folder / "tiny.onnx")
    if inside:
        weights = model.graph.initializer.pop()
        node = onnx.helper.make_node("Constant", [], [weights.name], value=weights)
        model.graph.node.insert(0, node)
    onnx.save_model(
        *(model, workshop.folder / "tiny.onnx"),
        save_as_external_data=True,
        size_threshold=0,
        convert_attribute=True,
        location=keep or "tiny.onnx.data",
    )


@pytest.mark.parametrize("keep", ["", "weights.bin", "gewichte ü.data"])
@pytest.mark.parametrize("inside", [False, True])
def test_weights_in_a_second_file_are_refused(
    workshop, shelf, keep, inside, monkeypatch
):
    with_second_file(workshop, keep=keep, inside=inside)
    # Where ONNX Runtime would find them, and call the encoder ready.
    monkeypatch.chdir(workshop.folder)
    card = EncoderCard.read(workshop.card(workshop.fields() | {"sha256": ""}))
    name = keep or r"tiny\.onnx\.data"
    with pytest.raises(EncoderError, match=rf"second file \({name}\).*one file"):
        add_encoder(workshop.folder / "tiny.onnx", card)
    assert not list(shelf.glob("*"))
    with pytest.raises(EncoderError, match="keeps weights in a second file"):
        load_encoder(str(workshop.card(workshop.fields())))


def test_what_is_no_graph_names_no_other_files():
    rng = np.random.default_rng(0)
    for size in (0, 1, 7, 100, 1000):
        assert external_files(rng.bytes(size)) == []


def test_a_file_beside_the_model_whose_hash_is_not_said_is_refused(tmp_path):
    shipped = find_card("ferplus-s")
    assert shipped.reference_distribution is not None
    written = json.loads(shipped.path.read_text(encoding="utf-8"))
    beside = shipped.reference_distribution.path
    (tmp_path / beside.name).write_bytes(beside.read_bytes())
    written["reference_distribution"]["sha256"] = ""
    (tmp_path / "card.json").write_text(json.dumps(written))
    with pytest.raises(EncoderError, match="is not the file of the card"):
        reference_distribution_of(str(tmp_path / "card.json"))
